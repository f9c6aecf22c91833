//! The properties of `kz run`'s filters, for libFuzzer.
//!
//! The files are those of `kz-command`, whose tests run the same functions with bytes
//! from a seeded generator.
#![forbid(unsafe_code)]

#[path = "../../kz-command/src/run/properties/mod.rs"]
mod properties;
#[path = "../../kz-command/src/run/sieve.rs"]
#[expect(dead_code, reason = "the program uses the rest")]
mod sieve;

/// Panics if the property of that name does not hold for a case made of these bytes.
///
/// # Panics
/// Also when there is no such property.
pub fn check(name: &str, bytes: &[u8]) {
    let found = properties::ALL.iter().find(|(each, _)| *each == name);
    let (_, property) = found.unwrap_or_else(|| panic!("there is no property {name}"));
    property(bytes);
}
