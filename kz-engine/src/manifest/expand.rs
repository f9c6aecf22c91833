//! `$VAR` and `${VAR}` in addresses, paths and hosts; `$$` is a dollar sign.

use kz_providers::Environment;

/// The text with its variables in place.
///
/// # Errors
/// The reason, with the variable's name and never a value.
pub(super) fn expand(text: &str, environment: &Environment) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
            continue;
        }
        let (name, after) = match rest.strip_prefix('{') {
            Some(inner) => inner.split_once('}').ok_or("a `${` is not closed by `}`")?,
            None => rest.split_at(rest.find(|c: char| !is_name(c)).unwrap_or(rest.len())),
        };
        if name.is_empty()
            || !name.chars().all(is_name)
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(
                "a `$` is followed by no name of a variable: write `$$` for a dollar sign"
                    .to_owned(),
            );
        }
        let value = environment
            .text(name)
            .ok_or_else(|| format!("the variable {name} is not set, or empty"))?;
        expanded.push_str(value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expanded() {
        let environment =
            Environment::from_pairs([("HOST", "vault.internal"), ("P", "8200"), ("EMPTY", "")]);
        for (text, expected) in [
            ("https://$HOST:$P", Some("https://vault.internal:8200")),
            ("https://${HOST}x", Some("https://vault.internalx")),
            ("a$$b", Some("a$b")),
            ("plain", Some("plain")),
            ("$UNSET", None),
            ("$EMPTY", None),
            ("${HOST", None),
            ("$", None),
            ("${}", None),
            ("$1", None),
        ] {
            assert_eq!(
                expand(text, &environment).ok().as_deref(),
                expected,
                "{text}"
            );
        }
    }
}
