//! Where secrets live: one module = one cargo feature = one backend, and a
//! registry from URI scheme to provider.
#![forbid(unsafe_code)]
