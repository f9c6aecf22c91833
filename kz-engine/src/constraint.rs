//! What a manifest demands of a value. The reason says which demand failed,
//! never what the value is.

use regex::bytes::Regex;

pub(crate) const PEM_LABELS: &[&str] = &[
    "CERTIFICATE",
    "CERTIFICATE REQUEST",
    "EC PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "PRIVATE KEY",
    "PUBLIC KEY",
    "RSA PRIVATE KEY",
    "RSA PUBLIC KEY",
];

#[derive(Debug, Clone, Default)]
pub(crate) struct Constraints {
    /// In bytes.
    pub(crate) min_length: Option<usize>,
    pub(crate) prefix: Option<String>,
    pub(crate) pattern: Option<Pattern>,
    /// The label of the PEM block that the value must be.
    pub(crate) pem: Option<String>,
}

/// A regular expression that the whole value must match.
#[derive(Debug, Clone)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    pub(crate) fn new(text: &str) -> Option<Self> {
        // Compiled alone first: `a)(b` must not become valid between the anchors.
        Regex::new(text).ok()?;
        Regex::new(&format!(r"\A(?:{text})\z")).ok().map(Self)
    }
}

impl Constraints {
    /// # Errors
    /// The reason and the remedy.
    pub(crate) fn check(&self, value: &[u8]) -> Result<(), (String, &'static str)> {
        if let Some(least) = self.min_length
            && value.len() < least
        {
            return Err((
                format!("it is shorter than {least} bytes"),
                "store the whole value",
            ));
        }
        if let Some(prefix) = &self.prefix
            && !value.starts_with(prefix.as_bytes())
        {
            return Err((
                format!("it does not start with `{prefix}`"),
                "store the right value, or mend `prefix`",
            ));
        }
        if let Some(Pattern(pattern)) = &self.pattern
            && !pattern.is_match(value)
        {
            return Err((
                "it does not match `pattern`".to_owned(),
                "store the right value, or mend `pattern`",
            ));
        }
        if let Some(label) = &self.pem
            && !is_pem(value, label)
        {
            return Err((
                format!("it is not a PEM block of a {label}"),
                "store the block with its BEGIN and END lines",
            ));
        }
        Ok(())
    }
}

fn is_pem(value: &[u8], label: &str) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let text = text.trim();
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let body = text
        .strip_prefix(&begin)
        .and_then(|rest| rest.strip_suffix(&end));
    body.is_some_and(|body| {
        let is_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
        // Old private keys say how they are encrypted above the base64.
        let base64 = body.rsplit("\n\n").next().unwrap_or(body);
        !base64.trim().is_empty()
            && base64
                .bytes()
                .all(|b| is_base64(b) || b.is_ascii_whitespace())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_demanded() {
        let pattern = |text| Constraints {
            pattern: Pattern::new(text),
            ..Constraints::default()
        };
        let pem = Constraints {
            pem: Some("PUBLIC KEY".into()),
            ..Constraints::default()
        };
        let prefix = Constraints {
            prefix: Some("kz_".into()),
            min_length: Some(6),
            ..Constraints::default()
        };
        for (name, constraints, value, expected) in [
            ("prefix and length", &prefix, "kz_abc", true),
            ("too short", &prefix, "kz_ab", false),
            ("other prefix", &prefix, "zk_abcd", false),
            ("the whole value", &pattern("[a-z]+"), "abc", true),
            ("a part of the value", &pattern("[a-z]+"), "abc1", false),
            ("an alternation is anchored", &pattern("a|b"), "ax", false),
            (
                "a PEM block",
                &pem,
                "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
                true,
            ),
            (
                "another label",
                &pem,
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                false,
            ),
            ("no PEM", &pem, "AAAA", false),
        ] {
            assert_eq!(
                constraints.check(value.as_bytes()).is_ok(),
                expected,
                "{name}"
            );
        }
        assert!(Pattern::new("a)(b").is_none());
    }
}
