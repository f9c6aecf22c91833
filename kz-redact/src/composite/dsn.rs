use zeroize::Zeroizing;

use super::{Parts, lines, pairs, percent_decoded};
use crate::{
    needle::MIN_LENGTH,
    weak::{Strength, strength},
};

/// Registers the secret parts of a connection string. Says whether the value
/// looks like one and something secret was found in it.
///
/// Only credentials are masked, since host, port and database are what an
/// operator needs. Where a value cannot be split surely, every plausible split
/// is registered: more rather than less.
pub(super) fn add(parts: &mut Parts, value: &[u8]) -> bool {
    if value.starts_with(b"{") {
        return false;
    }
    let before = parts.drafts.len();
    if let Some(at) = find(value, b"://")
        && is_scheme(&value[..at])
    {
        let rest = &value[at + 3..];
        url(parts, &value[..at], rest);
        if parts.drafts.len() == before && is_web(&value[..at]) {
            web_address(parts, value, rest);
        }
        let host = host_of(&rest[userinfo_ends(rest).last().map_or(0, |end| end + 1)..]);
        let public = [&value[..at], host, after_host(rest)];
        // MySQL's JDBC driver takes `(host=…,password=…)` for a host.
        let bracketed = rest.contains(&b'(');
        let separators: &[u8] = if bracketed { b"?&;,()" } else { b"?&;" };
        pairs::add(parts, rest, separators, &public);
        return parts.drafts.len() > before;
    }
    // Only after a scheme is a line break surely part of a password.
    if value.iter().any(|&byte| matches!(byte, b'\n' | b'\r')) {
        return false;
    }
    if pairs::add(parts, value, b"; \t", &[]) && parts.drafts.len() > before {
        return true;
    }
    oracle(parts, value) || without_scheme(parts, value)
}

/// Registers the userinfo of an address that stands where nothing secret should,
/// such as under the key `host`.
pub(super) fn add_userinfo(parts: &mut Parts, value: &[u8]) {
    if let Some(at) = find(value, b"://")
        && is_scheme(&value[..at])
    {
        url(parts, &value[..at], &value[at + 3..]);
    }
}

/// What follows `scheme://`.
fn url(parts: &mut Parts, scheme: &[u8], rest: &[u8]) {
    if several_hosts(parts, scheme, rest) {
        return;
    }
    let ends = userinfo_ends(rest);
    for &end in &ends {
        let userinfo = &rest[..end];
        let host = host_of(&rest[end + 1..]);
        let (user, password) = match userinfo.iter().position(|&byte| byte == b':') {
            Some(colon) => (&userinfo[..colon], &userinfo[colon + 1..]),
            // `https://TOKEN@host`: a lone user of a web address is its key.
            None if is_web(scheme) => (&b""[..], userinfo),
            None => continue,
        };
        if password.is_empty() {
            continue;
        }
        let path = after_host(&rest[end + 1..]);
        let public = [scheme, user, host, path];
        self::password(parts, password, &public);
        pair(parts, scheme, userinfo, &rest[end..]);
    }
}

/// `user:password@host,user:password@host`, where each host has credentials of
/// its own: every userinfo is masked and every host stays.
fn several_hosts(parts: &mut Parts, scheme: &[u8], rest: &[u8]) -> bool {
    let authority = until(rest, b"/?#");
    let mut members = Vec::new();
    let mut from = 0;
    for member in authority.split(|&byte| byte == b',') {
        let Some(length) = userinfo_of(member) else {
            return false;
        };
        if length > 0 {
            // Without a password it is no list, but a password with an `@`.
            if !member[..length].contains(&b':') {
                return false;
            }
            members.push((from, from + length, from + member.len()));
        }
        from += member.len() + 1;
    }
    let [first, .., last] = &members[..] else {
        return false;
    };
    let hosts: Vec<&[u8]> = authority
        .split(|&byte| byte == b',')
        .map(|member| {
            host_of(
                member
                    .split(|&byte| byte == b'@')
                    .next_back()
                    .unwrap_or(member),
            )
        })
        .collect();
    // The same text could be one password that holds `@` and `,`: as such it is
    // masked too, but for what would be its hosts.
    let colon = |start: usize| start + until(&authority[start..], b":").len();
    let (whole_from, whole_to) = (colon(first.0) + 1, last.1);
    for &(start, end, to) in &members {
        let userinfo = &authority[start..end];
        let (user, password) = (
            &authority[start..colon(start)],
            &authority[colon(start) + 1..end],
        );
        if password.is_empty() {
            continue;
        }
        let mut public = vec![scheme, user, after_host(rest)];
        public.extend(&hosts);
        self::password(parts, password, &public);
        if !masks_alone(parts, userinfo) {
            parts.inside(&authority[start..to], 0..userinfo.len());
        }
        parts.inside(
            &authority[whole_from..whole_to],
            start.saturating_sub(whole_from)..end - whole_from,
        );
    }
    true
}

/// How long the userinfo of `[userinfo@]host[:port]` is, if `member` is one without
/// a sign that would have to be escaped.
fn userinfo_of(member: &[u8]) -> Option<usize> {
    let mut at_signs = member.iter().enumerate().filter(|(_, byte)| **byte == b'@');
    let at = at_signs.next().map(|(at, _)| at);
    if at_signs.next().is_some() {
        return None;
    }
    let host = &member[at.map_or(0, |at| at + 1)..];
    let (name, port) = match host.iter().rposition(|&byte| byte == b':') {
        Some(colon) if !host.ends_with(b"]") => (&host[..colon], &host[colon + 1..]),
        _ => (host, &b""[..]),
    };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_[]:%".contains(byte);
    let is_host =
        !name.is_empty() && name.iter().all(is_name) && port.iter().all(u8::is_ascii_digit);
    is_host.then_some(at.unwrap_or(0))
}

/// Where a userinfo may end: at the one `@` of a well-formed address, and at
/// every `@` that an unescaped password could hold.
fn userinfo_ends(rest: &[u8]) -> Vec<usize> {
    let Some(first) = rest.iter().position(|&byte| byte == b'@') else {
        return Vec::new();
    };
    // A query that is one cannot hold the end of a userinfo.
    let query = (first..rest.len())
        .find(|&at| rest[at] == b'?' && is_query(&rest[at + 1..]))
        .unwrap_or(rest.len());
    (first..query)
        .filter(|&at| rest[at] == b'@' && begins_with_host(&rest[at + 1..]))
        .collect()
}

pub(super) fn is_query(text: &[u8]) -> bool {
    let key = text
        .iter()
        .take_while(|&&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count();
    key > 0 && text.get(key) == Some(&b'=')
}

fn begins_with_host(text: &[u8]) -> bool {
    match text.first() {
        Some(&byte) => {
            byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b'/' | b'%' | b'_' | b'*' | b'(')
        }
        None => true,
    }
}

fn host_of(text: &[u8]) -> &[u8] {
    until(text, b":/?#,")
}

/// What stands before the first of some signs.
fn until<'t>(text: &'t [u8], signs: &[u8]) -> &'t [u8] {
    let end = text.iter().position(|byte| signs.contains(byte));
    &text[..end.unwrap_or(text.len())]
}

/// The first segment of the path, which names the database.
fn after_host(text: &[u8]) -> &[u8] {
    let Some(slash) = text.iter().position(|&byte| byte == b'/') else {
        return b"";
    };
    until(&text[slash + 1..], b"?#/")
}

/// Registers a userinfo, which is masked as one: written and decoded, so that a
/// `Basic` header is covered too. A short one is masked in its address only.
fn pair(parts: &mut Parts, scheme: &[u8], userinfo: &[u8], behind: &[u8]) {
    if masks_alone(parts, userinfo) {
        return;
    }
    let room = scheme.len() + userinfo.len() + behind.len() + 3;
    let mut context = Zeroizing::new(Vec::with_capacity(room));
    context.extend_from_slice(scheme);
    context.extend_from_slice(b"://");
    let start = context.len();
    context.extend_from_slice(userinfo);
    let end = context.len();
    let host = 1 + host_of(&behind[1..]).len();
    context.extend_from_slice(&behind[..host]);
    parts.inside(&context, start..end);
}

/// Registers a userinfo that is long enough to be looked for everywhere.
fn masks_alone(parts: &mut Parts, userinfo: &[u8]) -> bool {
    let decoded = percent_decoded(userinfo);
    let is_long = decoded.len() >= MIN_LENGTH;
    if is_long {
        parts.strong(userinfo);
        parts.strong(&decoded);
    }
    is_long
}

/// Registers a password as it is written and as it is meant, and what is left
/// of it when a reader cuts it at an unescaped delimiter.
fn password(parts: &mut Parts, written: &[u8], public: &[&[u8]]) {
    let decoded = percent_decoded(written);
    for form in [written, &decoded] {
        if public.contains(&form) {
            parts.note(pairs::PUBLIC);
            continue;
        }
        // A password that was pasted with a line break is several lines.
        if !lines::add(parts, form) && !parts.whole(form) {
            parts.note(pairs::WEAK);
        }
        let cuts: Vec<usize> = (0..form.len())
            .filter(|&at| {
                matches!(form[at], b'@' | b'/' | b'#' | b':' | b'?')
                    || form[at].is_ascii_whitespace()
            })
            .take(CUTS)
            .collect();
        for (index, &from) in std::iter::once(&usize::MAX).chain(&cuts).enumerate() {
            for &to in cuts[index..].iter().chain(std::iter::once(&form.len())) {
                let piece = &form[from.wrapping_add(1)..to];
                if strength(piece) == Strength::Strong && !public.contains(&piece) {
                    parts.strong(piece);
                }
            }
        }
    }
}

/// Most delimiters at which a password is cut.
const CUTS: usize = 12;

/// A web address without userinfo is a secret by its path or query, as those of
/// webhooks are.
fn web_address(parts: &mut Parts, value: &[u8], rest: &[u8]) {
    parts.whole(value);
    let target = &rest[host_of(rest).len()..];
    let target = match target.iter().position(|&byte| byte == b'/') {
        Some(slash) => &target[slash..],
        None => return,
    };
    if target.len() >= 16 {
        parts.whole(target);
    }
}

/// `user/password@host`, as Oracle's clients and its JDBC driver read it.
fn oracle(parts: &mut Parts, value: &[u8]) -> bool {
    let jdbc: [&[u8]; 2] = [b"jdbc:oracle:thin:", b"jdbc:oracle:oci:"];
    let bare = jdbc.iter().find_map(|prefix| value.strip_prefix(*prefix));
    let rest = bare.unwrap_or(value);
    let Some(at) = rest.iter().rposition(|&byte| byte == b'@') else {
        return false;
    };
    let Some(slash) = rest[..at].iter().position(|&byte| byte == b'/') else {
        return false;
    };
    let (user, password) = (&rest[..slash], &rest[slash + 1..at]);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_$#.-".contains(byte);
    let address = &rest[at + 1..];
    let host = host_of(&address[address.iter().take_while(|&&byte| byte == b'/').count()..]);
    let is_host = !host.is_empty() && host.iter().all(is_name);
    if user.is_empty() || password.is_empty() || !user.iter().all(is_name) || !is_host {
        return false;
    }
    if bare.is_none() {
        parts.whole(value);
    }
    let quoted = password
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    self::password(parts, quoted.unwrap_or(password), &[user, host]);
    let length = user.len() + 1 + password.len();
    if length >= MIN_LENGTH {
        parts.strong(&rest[..length]);
    }
    parts.credentials(user, quoted.unwrap_or(password));
    parts.inside(&rest[..length + 1 + address.len()], 0..length);
    true
}

/// `user:password@host`, `scheme:/user:password@host` and the like. The value is
/// masked as a whole too, since it may be no connection string at all.
fn without_scheme(parts: &mut Parts, value: &[u8]) -> bool {
    let Some(at) = value.iter().rposition(|&byte| byte == b'@') else {
        return false;
    };
    // `tcp(127.0.0.1:3306)` is what Go's driver of MySQL reads.
    let address = &value[at + 1..];
    let host = host_of(match address.iter().position(|&byte| byte == b'(') {
        Some(bracket) if address.contains(&b')') => &address[bracket + 1..],
        _ => address,
    });
    let is_host = !host.is_empty()
        && host
            .iter()
            .all(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    if !is_host || !value[..at].contains(&b':') {
        return false;
    }
    parts.whole(value);
    for colon in (0..at).filter(|&index| value[index] == b':').take(CUTS) {
        let written = &value[colon + 1..at];
        let password = &written[written.iter().take_while(|&&byte| byte == b'/').count()..];
        let public = [host, after_host(&value[at + 1..]), &value[..colon]];
        self::password(parts, written, &public);
        self::password(parts, password, &public);
    }
    true
}

fn is_scheme(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|&byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b':' | b'_')
        })
}

fn is_web(scheme: &[u8]) -> bool {
    matches!(
        scheme.to_ascii_lowercase().as_slice(),
        b"http" | b"https" | b"git" | b"git+https" | b"ws" | b"wss"
    )
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    memchr::memmem::find(text, wanted)
}
