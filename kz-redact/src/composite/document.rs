use zeroize::Zeroizing;

use super::{Parts, pairs};
use crate::json::{self, Kind, Token};

/// Registers a JSON document: as a whole, and each text in it of eight bytes
/// that does not stand under a plain key. Says whether the value is one.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    if !matches!(value.first(), Some(b'{' | b'[')) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let Ok(lexed) = json::lex(text) else {
        return false;
    };
    parts.whole(value);
    let fields = fields(text, &lexed.tokens);
    let public: Vec<&Field> = fields.iter().filter(|field| field.plain).collect();
    for field in &public {
        super::dsn::add_userinfo(parts, field.value.trim_ascii());
    }
    for field in fields.iter().filter(|field| !field.plain) {
        let equal = |other: &&Field| other.value.trim_ascii() == field.value.trim_ascii();
        let key = field.key.as_slice();
        let (close, spaced) = (written(key, b"\":\""), written(key, b"\": \""));
        let around: [(&[u8], &[u8]); 2] = [(&close, b"\""), (&spaced, b"\"")];
        if public.iter().any(equal) {
            parts.in_place(key, field.value.trim_ascii(), &around);
        } else {
            parts.field(key, &field.value, &around);
        }
        let user = |other: &&Field| other.object == field.object && pairs::is_user(&other.key);
        if pairs::is_password(&field.key)
            && let Some(user) = fields.iter().find(user)
        {
            parts.credentials(&user.value, &field.value);
        }
    }
    true
}

/// A string of a document.
struct Field {
    /// The key that it stands under: its own, or that of the array around it.
    key: Zeroizing<Vec<u8>>,
    value: Zeroizing<Vec<u8>>,
    /// Under a plain key, or below one.
    plain: bool,
    /// Which object or array it stands in.
    object: usize,
}

fn fields(text: &str, tokens: &[Token]) -> Vec<Field> {
    let mut fields = Vec::new();
    // A key holds for all that lies under it, up to the next key.
    let mut open: Vec<(bool, usize)> = Vec::new();
    let (mut plain, mut object) = (false, 0);
    let mut key = Zeroizing::default();
    for (index, token) in tokens.iter().enumerate() {
        let content = || Zeroizing::new(json::decode(token.content(text)).bytes.to_vec());
        match token.kind {
            Kind::Open => {
                open.push((plain, object));
                object = index;
            }
            Kind::Close => (plain, object) = open.pop().unwrap_or_default(),
            Kind::Key => {
                key = content();
                let above = open.last().is_some_and(|(plain, _)| *plain);
                plain = above || std::str::from_utf8(&key).is_ok_and(is_plain_key);
            }
            Kind::String => fields.push(Field {
                key: key.clone(),
                value: content(),
                plain,
                object,
            }),
            Kind::Number | Kind::Literal => {}
        }
    }
    fields
}

/// `"key` and what follows it.
fn written(key: &[u8], after: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(1 + key.len() + after.len()));
    for piece in [b"\"", key, after] {
        text.extend_from_slice(piece);
    }
    text
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
