//! The query of a reference, strictly.

use kz_core::{Error, ErrorKind, SecretRef};

/// Refuses keys that a provider does not know: a mistyped option must not be
/// passed over. Every key but `repeatable` may stand once.
pub(crate) fn allow(
    reference: &SecretRef,
    keys: &[&str],
    repeatable: Option<&str>,
) -> Result<(), Error> {
    let mut seen: Vec<&str> = Vec::new();
    for (key, _) in reference.query() {
        if !keys.contains(&key.as_str()) && repeatable != Some(key) {
            let known: Vec<_> = keys.iter().copied().chain(repeatable).collect();
            let remedy = if known.is_empty() {
                "leave the query out".to_owned()
            } else {
                format!("known here: {}", known.join(", "))
            };
            return Err(
                config(format!("the reference has an unknown option `{key}`")).with_remedy(remedy),
            );
        }
        if repeatable != Some(key) && seen.contains(&key.as_str()) {
            return Err(config(format!("the reference has `{key}` twice")));
        }
        seen.push(key);
    }
    Ok(())
}

/// A flag of the query; absent is `false`.
pub(crate) fn flag(reference: &SecretRef, key: &str) -> Result<bool, Error> {
    match reference.query_value(key) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(config(format!("`{key}` is neither true nor false"))
            .with_remedy("leave it out, or write `true`")),
    }
}

/// A number of the query.
pub(crate) fn number(reference: &SecretRef, key: &str) -> Result<Option<u32>, Error> {
    reference
        .query_value(key)
        .map(|text| {
            text.parse()
                .map_err(|_| config(format!("`{key}` is not a number")))
        })
        .transpose()
}

fn config(reason: String) -> Error {
    Error::new(ErrorKind::Config, "read", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_and_repeated_options_are_refused() {
        for (text, fits) in [
            ("exec://c", true),
            ("exec://c?arg=a&arg=b&raw=true", true),
            ("exec://c?args=a", false),
            ("exec://c?raw=true&raw=true", false),
        ] {
            let reference: SecretRef = text.parse().unwrap();
            let result = allow(&reference, &["raw"], Some("arg"));
            assert_eq!(result.is_ok(), fits, "{text}");
        }
        let reference: SecretRef = "file:///a?raw=yes".parse().unwrap();
        assert_eq!(
            flag(&reference, "raw").unwrap_err().kind(),
            ErrorKind::Config
        );
    }
}
