use zeroize::Zeroizing;

use super::Parts;
use crate::json::{self, Kind};

/// Registers a JSON document: as a whole, and each text in it of eight bytes
/// that does not stand under a plain key. Says whether the value is one.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    if !matches!(value.first(), Some(b'{' | b'[')) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let Ok(tokens) = json::lex(text) else {
        return false;
    };
    parts.whole(value);
    // A key holds for all that lies under it, up to the next key.
    let mut keys: Vec<bool> = Vec::new();
    let mut plain = false;
    let mut public: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    let mut leaves: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for token in &tokens {
        let content = || Zeroizing::new(json::decode(token.content(text)).bytes.to_vec());
        match token.kind {
            Kind::Open => keys.push(plain),
            Kind::Close => plain = keys.pop().unwrap_or(false),
            Kind::Key => {
                let above = keys.last().copied().unwrap_or(false);
                plain = above || std::str::from_utf8(&content()).is_ok_and(is_plain_key);
            }
            Kind::String if plain => public.push(content()),
            Kind::String => leaves.push(content()),
            Kind::Number | Kind::Literal => {}
        }
    }
    for value in &public {
        super::dsn::add_userinfo(parts, value.trim_ascii());
    }
    for leaf in &leaves {
        let leaf = leaf.trim_ascii();
        let strong = leaf.len() >= crate::needle::MIN_LENGTH;
        if strong && !public.iter().any(|other| other.trim_ascii() == leaf) {
            parts.add(leaf);
        }
    }
    true
}

/// Whether a field of this name is known not to be secret.
pub(crate) fn is_plain_key(key: &str) -> bool {
    let key: String = key
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect();
    PLAIN.binary_search(&key.as_str()).is_ok()
}

/// Keys of fields that are not secret, without signs, in lower case, sorted: of
/// connection documents, AWS RDS secrets, service accounts, metadata of stores.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "account", "accountid", "address", "algorithm", "application", "appname", "authprovider",
    "authproviderx509certurl", "authuri", "bucket", "catalog", "clientemail", "clientx509certurl",
    "cluster", "clusterid", "createdat", "createddate", "database", "db", "dbclusteridentifier",
    "dbinstanceidentifier", "dbname", "description", "dialect", "domain", "driver", "email",
    "encoding", "endpoint", "engine", "env", "environment", "expires", "expiresat", "expiresin",
    "expiry", "expirydate", "host", "hostname", "hosts", "id", "instance", "issuer", "keyid",
    "kind", "label", "login", "masterarn", "masteruser", "metadata", "method", "name",
    "namespace", "note", "notes", "organization", "owner", "port", "privatekeyid", "profile",
    "project", "projectid", "protocol", "provider", "quotaprojectid", "region", "role",
    "rolename", "schema", "scheme", "scope", "scopes", "server", "servername", "service",
    "sslmode", "stage", "status", "table", "tags", "tenant", "tenantid", "title", "tokentype",
    "tokenuri", "type", "universedomain", "updatedat", "user", "userid", "username", "version",
    "zone",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::tests::needles_of;

    #[test]
    fn plain_keys() {
        assert!(PLAIN.is_sorted());
        for (key, expected) in [
            ("host", true),
            ("Host-Name", true),
            ("db_name", true),
            ("client_email", true),
            ("password", false),
            ("private_key", false),
            ("hostPassword", false),
        ] {
            assert_eq!(is_plain_key(key), expected, "{key}");
        }
    }

    #[test]
    fn leaves() {
        let text = r#"{"username":"kz-canary-user","password":"kz-canary-\u0031","engine":"postgresql","extra":{"token":["kz-canary-2"]},"host":{"x":"kz-canary-host"}}"#;
        let needles = needles_of(text);
        for expected in [text, "kz-canary-1", "kz-canary-2"] {
            assert!(
                needles.iter().any(|needle| needle == expected),
                "{expected}"
            );
        }
        for plain in ["kz-canary-user", "postgresql", "kz-canary-host"] {
            assert!(!needles.iter().any(|needle| needle == plain), "{plain}");
        }
    }
}
