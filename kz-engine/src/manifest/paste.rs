//! Tells a value that was pasted where a reference belongs.

/// How keys of well-known services begin.
const PREFIXES: &[&str] = &[
    "AIza",
    "AKIA",
    "ASIA",
    "SG.",
    "dckr_pat_",
    "dop_v1_",
    "eyJ",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "hf_",
    "hvb.",
    "hvs.",
    "npm_",
    "pypi-",
    "rk_live_",
    "sk-ant-",
    "sk-proj-",
    "sk_live_",
    "sk_test_",
    "whsec_",
    "xapp-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
];

/// Least characters after such a beginning.
const LEAST_REST: usize = 16;

/// Whether `text`, or a part of it between delimiters, is a key of a known
/// service, a private key or a JSON Web Token.
///
/// It is meant for references, which name things: long random names of vault
/// items do not count, only what announces itself.
pub(crate) fn looks_like_secret(text: &str) -> bool {
    text.contains("-----BEGIN")
        || text
            .split(['/', '#', '?', '&', '=', ':', '@', ' ', ',', ';'])
            .any(|part| {
                PREFIXES.iter().any(|prefix| {
                    part.strip_prefix(prefix).is_some_and(|rest| {
                        rest.len() >= LEAST_REST
                            && rest.bytes().all(|b| {
                                b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
                            })
                            && rest.bytes().filter(u8::is_ascii_digit).count() >= 2
                    })
                })
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_references() {
        for prefix in PREFIXES {
            assert!(
                looks_like_secret(&format!("{prefix}{}", "0a".repeat(18))),
                "{prefix}"
            );
            assert!(!looks_like_secret(prefix), "{prefix}");
        }
        assert!(looks_like_secret(&format!(
            "secret/{}{}",
            "ghp_",
            "0a".repeat(18)
        )));
        for reference in [
            "secret/data/dev/postgres/url",
            "Dev/GitHub-PAT/token",
            "npm_publish_token_for_ci",
            "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
            "6f1c2d3e-0000-4000-8000-0123456789ab",
            "/run/secrets/db",
        ] {
            assert!(!looks_like_secret(reference), "{reference}");
        }
    }
}
