//! Where a secret may be sent: hosts, methods, paths, places. A manifest that
//! misspells one is refused now, before anything relies on it.

use std::{fmt, str::FromStr};

/// `host`, `*.suffix`, an IP literal; each with an optional `:port`. Held in
/// lower case without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host(String);

impl FromStr for Host {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const HELP: &str = "write `host`, `*.suffix` or `host:port`, without scheme and path";
        let lower = text.to_ascii_lowercase();
        let (host, port) = if let Some(rest) = lower.strip_prefix('[') {
            let (address, port) = rest.split_once(']').ok_or(HELP)?;
            address
                .parse::<std::net::Ipv6Addr>()
                .map_err(|_| "that is not an IPv6 address")?;
            let port = match port {
                "" => None,
                port => Some(port.strip_prefix(':').ok_or(HELP)?),
            };
            (format!("[{address}]"), port)
        } else {
            let (host, port) = match lower.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (lower.as_str(), None),
            };
            let host = host.strip_suffix('.').unwrap_or(host);
            let name = host.strip_prefix("*.").unwrap_or(host);
            let dotted = host.len() == name.len() || name.contains('.');
            if !dotted || name.len() > 253 || !name.split('.').all(is_label) {
                return Err(HELP);
            }
            (host.to_owned(), port)
        };
        match port {
            None => Ok(Self(host)),
            Some(port) => match port.parse::<u16>() {
                Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => {
                    Ok(Self(format!("{host}:{number}")))
                }
                _ => Err("the port is a number from 1 to 65535"),
            },
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// A method of HTTP, in upper case.
pub(crate) fn method(text: &str) -> Result<String, &'static str> {
    let upper = text.to_ascii_uppercase();
    if upper.is_empty() || !upper.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err("write a method such as `GET`");
    }
    Ok(upper)
}

/// A path of a URL, which may end in `*`.
pub(crate) fn path(text: &str) -> Result<String, &'static str> {
    if !text.starts_with('/') || text.contains(['?', '#']) || text.chars().any(char::is_control) {
        return Err("write a path that begins with `/`, without query");
    }
    Ok(text.to_owned())
}

/// A part of a request that a secret may stand in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    kind: &'static str,
    name: Option<String>,
}

/// Kinds of places, and whether each takes a name.
const PLACES: &[(&str, Named)] = &[
    ("header", Named::Always),
    ("query", Named::Perhaps),
    ("path", Named::Never),
    ("basic", Named::Never),
    ("body", Named::Never),
    ("json", Named::Perhaps),
    ("form", Named::Perhaps),
    ("multipart", Named::Perhaps),
    ("websocket", Named::Never),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Always,
    Perhaps,
    Never,
}

impl FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, name) = match text.split_once(':') {
            Some((word, name)) => (word, Some(name)),
            None => (text, None),
        };
        let (kind, named) = PLACES
            .iter()
            .find(|(kind, _)| *kind == word)
            .ok_or("write `header:NAME`, `query:NAME`, `path`, `basic`, `body`, `json`, `form`, `multipart` or `websocket`")?;
        match (named, name) {
            (Named::Always, None) => Err("name the header, as in `header:authorization`"),
            (Named::Never, Some(_)) => Err("this place takes no name"),
            (_, Some(name)) if !is_token(name) => Err("that is no name of a header or field"),
            (_, name) => Ok(Self {
                kind,
                name: name.map(|name| match *kind {
                    "header" => name.to_ascii_lowercase(),
                    _ => name.to_owned(),
                }),
            }),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{}:{name}", self.kind),
            None => f.write_str(self.kind),
        }
    }
}

/// RFC 9110, section 5.6.2, and `/` and brackets for fields of a body.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~/[]".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (text, expected) in [
            ("api.github.com", Some("api.github.com")),
            ("API.GitHub.com.", Some("api.github.com")),
            ("*.amazonaws.com", Some("*.amazonaws.com")),
            ("localhost:8443", Some("localhost:8443")),
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("[::1]:443", Some("[::1]:443")),
            ("*", None),
            ("*.com", None),
            ("a.*.com", None),
            ("", None),
            ("https://a.com", None),
            ("a.com/x", None),
            ("u@a.com", None),
            ("a..com", None),
            ("a.com:0", None),
            ("a.com:+80", None),
            ("a.com:http", None),
            ("[::1", None),
        ] {
            let parsed = text.parse::<Host>().ok().map(|host| host.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn places() {
        for (text, expected) in [
            ("header:Authorization", Some("header:authorization")),
            ("query:api_key", Some("query:api_key")),
            ("query", Some("query")),
            ("path", Some("path")),
            ("basic", Some("basic")),
            ("json:/auth/key", Some("json:/auth/key")),
            ("header", None),
            ("header:", None),
            ("header:a b", None),
            ("path:x", None),
            ("cookie-jar", None),
        ] {
            let parsed = text.parse::<Place>().ok().map(|place| place.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }
}
