//! The contract that every kz crate speaks: what a secret is called
//! ([`SecretRef`]), what its bytes are held in ([`SecretValue`]), where it comes
//! from ([`Provider`]), who must hear of it first ([`Intake`]), what is written
//! down about it ([`AuditSink`]) and how failures are named ([`Error`],
//! [`ErrorKind`]).
//!
//! No runtime, no HTTP and no regular expressions live here.

mod audit;
mod error;
mod memory;
mod name;
mod platform;
mod provider;
mod reference;
#[cfg(feature = "testing")]
pub mod testing;
mod value;
mod wiped;

pub use audit::{Actor, AuditEvent, AuditSink, Outcome};
pub use error::{Error, ErrorKind};
pub use name::SecretName;
pub use provider::{Capabilities, Fetched, Intake, Lease, Provider, Request, Role};
pub use reference::SecretRef;
pub use value::{SecretArena, SecretValue};
pub use wiped::WipedBytes;
