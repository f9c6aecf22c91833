//! Which text is a reference to a secret, when nothing around it says so.

use kz_core::SecretRef;

/// Schemes that are nothing but a reference wherever they stand.
const OWN: &[&str] = &[
    "1password",
    "age",
    "aws-sm",
    "aws-ssm",
    "azure-kv",
    "bws",
    "dotenv",
    "doppler",
    "env",
    "env_file",
    "exec",
    "gcp-sm",
    "hashicorp",
    "infisical",
    "k8s",
    "keychain",
    "op",
    "openbao",
    "pass",
    "sops",
    "vault",
];

/// Schemes that ordinary settings use as well.
const SHARED: &[&str] = &["aws", "file", "gcp"];

/// Whether `text` begins with the scheme of a provider.
pub(crate) fn has_known_scheme(text: &str) -> bool {
    scheme(text).is_some_and(|scheme| is_one_of(scheme, OWN) || is_one_of(scheme, SHARED))
}

/// Reads the value of a variable as a reference. `None` when it is not meant as
/// one; an error when it is, and is broken. `file://` and the like count only
/// where a `credential` is expected.
pub(crate) fn read(value: &str, credential: bool) -> Option<Result<SecretRef, kz_core::Error>> {
    let scheme = scheme(value)?;
    (is_one_of(scheme, OWN) || credential && is_one_of(scheme, SHARED)).then(|| value.parse())
}

fn scheme(text: &str) -> Option<&str> {
    text.split_once("://").map(|(scheme, _)| scheme)
}

fn is_one_of(scheme: &str, list: &[&str]) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (value, credential, expected) in [
            ("op://Dev/GitHub/token", false, Some(true)),
            ("vault://secret/data/app#key", false, Some(true)),
            ("OP://Dev/GitHub/token", false, Some(true)),
            ("vault://onlyone", false, Some(false)),
            ("op://Dev/$ITEM/token", false, Some(false)),
            ("file:///run/secrets/x", true, Some(true)),
            ("file:///run/secrets/x", false, None),
            ("https://example.com", true, None),
            ("postgres://u:p@h/d", true, None),
            ("plain", true, None),
            ("see op://Dev/GitHub/token", false, None),
        ] {
            let read = read(value, credential).map(|reference| reference.is_ok());
            assert_eq!(read, expected, "{value}");
        }
    }
}
