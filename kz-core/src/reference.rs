use std::{borrow::Cow, fmt, str::FromStr};

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::{Error, ErrorKind};

/// Where a secret lives, as a URI: `vault://secret/data/dev/postgres#url`.
///
/// The scheme is the provider's canonical name, whatever alias was read. The
/// path, the field and the query are held decoded and printed encoded, so that
/// parsing what was printed gives the same reference. A reference holds neither
/// userinfo nor variables: it is safe to log.
///
/// ```
/// use kz_core::SecretRef;
/// let reference: SecretRef = "openbao://secret/data/dev/postgres/url".parse()?;
/// assert_eq!(reference.provider(), "vault");
/// assert_eq!(reference.path(), "secret/data/dev/postgres");
/// assert_eq!(reference.field(), Some("url"));
/// assert_eq!(reference.to_string(), "vault://secret/data/dev/postgres#url");
/// # Ok::<(), kz_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretRef {
    provider: Cow<'static, str>,
    path: String,
    field: Option<String>,
    query: Vec<(String, String)>,
}

/// Other words for a provider, and the provider's own.
const ALIASES: &[(&str, &str)] = &[
    ("1password", "op"),
    ("aws", "aws-sm"),
    ("env_file", "dotenv"),
    ("gcp", "gcp-sm"),
    ("hashicorp", "vault"),
    ("openbao", "vault"),
];

/// The provider whose references take their last path segment as the field.
const FIELD_IN_PATH: &str = "vault";

/// What must be encoded in a path so that it reads back as itself.
const IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'%')
    .add(b'?')
    .add(b'#')
    .add(b'$')
    .add(b'"')
    .add(b'<')
    .add(b'>');
/// As in a path, and the delimiters of a query.
const IN_QUERY: &AsciiSet = &IN_PATH.add(b'&').add(b'=').add(b'+');

impl SecretRef {
    /// Reads the table form: a provider name or alias, a reference with or
    /// without its scheme, and an optional field.
    ///
    /// ```
    /// use kz_core::SecretRef;
    /// let reference = SecretRef::from_parts("1password", "op://Dev/GitHub-PAT/token", None)?;
    /// assert_eq!(reference, SecretRef::from_parts("op", "Dev/GitHub-PAT/token", None)?);
    /// # Ok::<(), kz_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`] as for [`FromStr`]; also when the scheme inside
    /// `reference` is another provider's, or both name a field.
    pub fn from_parts(provider: &str, reference: &str, field: Option<&str>) -> Result<Self, Error> {
        let provider = canonical_provider(provider)?;
        let rest = match split_scheme(reference) {
            Some((scheme, rest)) => {
                if canonical_provider(scheme)? != provider {
                    return Err(config("the scheme of `ref` is not that of `provider`")
                        .with_remedy("leave one of the two out"));
                }
                rest
            }
            None => reference,
        };
        let mut parsed = Self::parse_rest(provider, rest, field.is_none())?;
        if let Some(field) = field {
            if parsed.field.is_some() {
                return Err(config("the reference names a field twice")
                    .with_remedy("use either `#field` or `field = …`"));
            }
            if field.is_empty() {
                return Err(config("the field is empty"));
            }
            parsed.field = Some(field.to_owned());
        }
        Ok(parsed)
    }

    /// The provider's canonical name, which is the scheme.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// The path, decoded, without `//` in front.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The field of a JSON document to pick, if one is named.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The query's pairs, decoded, in order.
    pub fn query(&self) -> &[(String, String)] {
        &self.query
    }

    /// The first query value under `key`.
    pub fn query_value(&self, key: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    fn parse_rest(
        provider: Cow<'static, str>,
        rest: &str,
        field_in_path: bool,
    ) -> Result<Self, Error> {
        if rest.contains('$') {
            return Err(config("a reference holds no variables")
                .with_remedy("write the value out, or `%24` for a dollar sign"));
        }
        if rest.chars().any(char::is_control) {
            return Err(config("a reference holds no control characters"));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(config("a reference holds no user name or password")
                .with_remedy("put credentials under [providers], or write `%40` for an at sign"));
        }
        // `path?query#field` and `path#field?query` are both written; neither
        // delimiter can stand undecoded inside a part.
        let (path, tail) = match rest.find(['?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (mut field, mut query) = (None, None);
        let mut tail = tail;
        while let Some(mark) = tail.chars().next() {
            let body = &tail[1..];
            let (part, next) = match body.find(['?', '#']) {
                Some(at) => body.split_at(at),
                None => (body, ""),
            };
            let slot = if mark == '#' { &mut field } else { &mut query };
            if slot.replace(part).is_some() {
                return Err(config(
                    "a reference has one `#field` and one `?query` at most",
                ));
            }
            tail = next;
        }
        let mut path = decode(path)?;
        let mut field = field.map(decode).transpose()?;
        if path.is_empty() {
            return Err(config("the reference has no path"));
        }
        if field.as_deref() == Some("") {
            return Err(config("the field is empty"));
        }
        if provider == FIELD_IN_PATH && field.is_none() && field_in_path {
            match path.rsplit_once('/') {
                Some((parent, last)) if !parent.is_empty() && !last.is_empty() => {
                    field = Some(last.to_owned());
                    path = parent.to_owned();
                }
                _ => {
                    return Err(config("the reference names no field")
                        .with_remedy("end it with `#field`, or with the field as last segment"));
                }
            }
        }
        let query = match query {
            None | Some("") => Vec::new(),
            Some(text) => text.split('&').map(decode_pair).collect::<Result<_, _>>()?,
        };
        Ok(Self {
            provider,
            path,
            field,
            query,
        })
    }
}

impl FromStr for SecretRef {
    type Err = Error;

    /// # Errors
    /// [`ErrorKind::Config`] when the text is not a reference. The message does
    /// not quote it: what is not a reference may be a secret.
    fn from_str(text: &str) -> Result<Self, Error> {
        let Some((scheme, rest)) = split_scheme(text) else {
            return Err(config("not a reference")
                .with_remedy("write it as `provider://path`; a value never belongs here"));
        };
        Self::parse_rest(canonical_provider(scheme)?, rest, true)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (authority, rest) = match self.path.find('/') {
            Some(at) => self.path.split_at(at),
            None => (self.path.as_str(), ""),
        };
        write!(f, "{}://", self.provider)?;
        let mut parts = authority.split('@');
        if let Some(first) = parts.next() {
            write!(f, "{}", utf8_percent_encode(first, IN_PATH))?;
        }
        for part in parts {
            write!(f, "%40{}", utf8_percent_encode(part, IN_PATH))?;
        }
        write!(f, "{}", utf8_percent_encode(rest, IN_PATH))?;
        if let Some(field) = &self.field {
            write!(f, "#{}", utf8_percent_encode(field, IN_PATH))?;
        }
        for (index, (key, value)) in self.query.iter().enumerate() {
            let mark = if index == 0 { '?' } else { '&' };
            write!(
                f,
                "{mark}{}={}",
                utf8_percent_encode(key, IN_QUERY),
                utf8_percent_encode(value, IN_QUERY)
            )?;
        }
        Ok(())
    }
}

fn config(reason: &'static str) -> Error {
    Error::new(ErrorKind::Config, "parse", reason)
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    is_scheme(scheme).then_some((scheme, rest))
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 32
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

fn canonical_provider(name: &str) -> Result<Cow<'static, str>, Error> {
    if !is_scheme(name) {
        return Err(config("not the name of a provider"));
    }
    let lower = name.to_ascii_lowercase();
    Ok(match ALIASES.iter().find(|(alias, _)| *alias == lower) {
        Some((_, canonical)) => Cow::Borrowed(canonical),
        None => Cow::Owned(lower),
    })
}

fn decode(text: &str) -> Result<String, Error> {
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| config("the reference is not UTF-8 once decoded"))?;
    if decoded.contains('\0') {
        return Err(config("a reference holds no NUL"));
    }
    Ok(decoded.into_owned())
}

fn decode_pair(text: &str) -> Result<(String, String), Error> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| config("the query is not a list of `key=value`"))?;
    Ok((decode(key)?, decode(value)?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings() {
        for (text, printed) in [
            (
                "vault://secret/data/dev/postgres#url",
                "vault://secret/data/dev/postgres#url",
            ),
            (
                "vault://secret/data/dev/postgres/url",
                "vault://secret/data/dev/postgres#url",
            ),
            ("hashicorp://kv/app/key", "vault://kv/app#key"),
            ("op://Dev/GitHub-PAT/token", "op://Dev/GitHub-PAT/token"),
            (
                "1password://Dev/GitHub-PAT/token",
                "op://Dev/GitHub-PAT/token",
            ),
            (
                "aws-sm://prod/db#password?stage=AWSPREVIOUS",
                "aws-sm://prod/db#password?stage=AWSPREVIOUS",
            ),
            (
                "aws://prod/db?stage=AWSPREVIOUS#password",
                "aws-sm://prod/db#password?stage=AWSPREVIOUS",
            ),
            ("aws-ssm:///app/key", "aws-ssm:///app/key"),
            (
                "gcp-sm://project/name?version=3",
                "gcp-sm://project/name?version=3",
            ),
            ("ENV://NAME", "env://NAME"),
            ("file:///run/secrets/db", "file:///run/secrets/db"),
            ("dotenv://.env#NAME", "dotenv://.env#NAME"),
            ("env_file://.env#NAME", "dotenv://.env#NAME"),
            (
                "keychain://service/user@example.com",
                "keychain://service/user@example.com",
            ),
            (
                "exec://pass?arg=show&arg=web%2Fdb",
                "exec://pass?arg=show&arg=web/db",
            ),
            ("file:///a%20b%24c", "file:///a%20b%24c"),
        ] {
            let reference: SecretRef = text.parse().unwrap();
            assert_eq!(reference.to_string(), printed, "{text}");
            assert_eq!(printed.parse::<SecretRef>().unwrap(), reference, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "",
            "plain-value",
            "ghp_0000",
            "://x",
            "env://",
            "vault://onlyone",
            "vault:///x",
            "vault://user:pass@host/x/y",
            "env://$NAME",
            "env://${NAME}",
            "file:///a\nb",
            "aws-sm://a#",
            "aws-sm://a#b#c",
            "aws-sm://a?b",
            "a b://c",
            "file:///a%00",
        ] {
            let error = text.parse::<SecretRef>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(
                text.len() < 6 || !error.to_string().contains(text),
                "{text}"
            );
        }
    }

    #[test]
    fn parts() {
        let by_parts =
            |provider, reference, field| SecretRef::from_parts(provider, reference, field);
        assert_eq!(
            by_parts("vault", "secret/data/dev/postgres/url", None)
                .unwrap()
                .field(),
            Some("url")
        );
        let whole = by_parts("vault", "secret/data/dev/postgres", Some("url")).unwrap();
        assert_eq!(whole.to_string(), "vault://secret/data/dev/postgres#url");
        assert!(by_parts("vault", "op://a/b/c", None).is_err());
        assert!(by_parts("vault", "a/b#c", Some("d")).is_err());
        assert!(by_parts("vault", "openbao://a/b#c", None).is_ok());
    }

    proptest! {
        #[test]
        fn print_and_parse_agree(
            provider in "[a-z][a-z0-9-]{0,8}",
            path in "[^\\p{Cc}]{1,40}",
            field in proptest::option::of("[^\\p{Cc}]{1,12}"),
            query in proptest::collection::vec(("[^\\p{Cc}]{1,8}", "[^\\p{Cc}]{0,8}"), 0..3),
        ) {
            let reference = SecretRef {
                provider: canonical_provider(&provider).unwrap(),
                path,
                // Printing always spells the field out where the provider needs one.
                field: field.or_else(|| (provider == FIELD_IN_PATH).then(|| "f".to_owned())),
                query,
            };
            prop_assert_eq!(reference.to_string().parse::<SecretRef>().unwrap(), reference);
        }
    }
}
