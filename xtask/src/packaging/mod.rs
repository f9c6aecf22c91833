//! What `dist` leaves and `test` tests: the parts of the packages, and the packages.

pub(crate) mod licences;
pub(crate) mod packages;
pub(crate) mod zig;
