use std::{fmt, sync::Arc};

use kz_core::SecretValue;

use crate::Error;

/// A handle to the value that a secret had when it was asked for. It stays
/// readable after a rotation and after closing, and cannot be printed.
pub struct Secret {
    name: Arc<str>,
    value: SecretValue,
}

impl Secret {
    pub(crate) fn new(name: &str, value: SecretValue) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }

    /// Its declared name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes.
    pub fn expose_bytes(&self) -> &[u8] {
        self.value.expose_bytes()
    }

    /// The bytes as text.
    ///
    /// # Errors
    /// Kind `invalid` when they are not UTF-8.
    pub fn expose_str(&self) -> Result<&str, Error> {
        self.value
            .expose_str()
            .map_err(|error| Error::of_name(error.kind(), &self.name, error))
    }

    /// Another handle to the same value.
    #[must_use]
    pub fn share(&self) -> Self {
        Self {
            name: Arc::clone(&self.name),
            value: self.value.share(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[REDACTED:{}]", self.name)
    }
}
