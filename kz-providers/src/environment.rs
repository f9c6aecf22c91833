use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    sync::Arc,
};

use zeroize::Zeroize as _;

/// A snapshot of environment variables. Its values may be secret: `Debug` shows
/// none, and they are wiped when the last handle drops.
///
/// The default is the environment of this process.
#[derive(Clone)]
pub struct Environment(Arc<Variables>);

struct Variables(BTreeMap<OsString, OsString>);

impl Drop for Variables {
    fn drop(&mut self) {
        for value in std::mem::take(&mut self.0).into_values() {
            value.into_encoded_bytes().zeroize();
        }
    }
}

impl Environment {
    /// The variables of this process, now.
    pub fn process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// Just these variables.
    pub fn from_pairs<K: Into<OsString>, V: Into<OsString>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|(name, value)| (name.into(), value.into()));
        Self(Arc::new(Variables(pairs.collect())))
    }

    /// The value of a variable that is set.
    pub fn get(&self, name: impl AsRef<OsStr>) -> Option<&OsStr> {
        self.0.0.get(name.as_ref()).map(OsString::as_os_str)
    }

    /// The value as text, where it is set, text and not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.to_str().filter(|value| !value.is_empty())
    }

    /// The first of `names` that is set and not empty.
    pub fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.text(name))
    }

    /// Every variable.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0
            .0
            .iter()
            .map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::process()
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Environment({} variables)", self.0.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_variables_hide_those_of_the_process() {
        let environment = Environment::from_pairs([("A", "1"), ("B", "")]);
        assert_eq!(environment.first(&["B", "A"]), Some("1"));
        assert_eq!(environment.text("PATH"), None);
        assert!(environment.get("B").is_some());
        assert!(Environment::process().get("PATH").is_some());
    }

    #[test]
    fn debug_shows_no_value() {
        let environment = Environment::from_pairs([("A", "kz-canary-environment")]);
        assert_eq!(format!("{environment:?}"), "Environment(1 variables)");
    }
}
