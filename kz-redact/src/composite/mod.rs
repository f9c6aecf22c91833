//! What of a value is looked for: the value itself, or the secret parts of a
//! connection string, a header, a JSON document, a `.env` block or a text of
//! several lines.

mod authorization;
mod block;
mod document;
mod dsn;
mod lines;
mod on_request;
mod pairs;
mod spellings;
#[cfg(test)]
mod tables;

use std::ops::Range;

use zeroize::Zeroizing;

use crate::{
    marker,
    request::Requested,
    weak::{Strength, strength},
};

pub(crate) use document::is_plain_key;

/// What is to be registered for one value.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) drafts: Vec<Draft>,
    /// For the summary. Never a value.
    pub(crate) notes: Vec<&'static str>,
    /// In which forms they are looked for on request.
    requested: Requested,
}

/// A needle in the making.
pub(crate) struct Draft {
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    pub(crate) mask: Range<usize>,
    /// Looked for as it stands only, at token boundaries.
    pub(crate) word: bool,
    /// Looked for in either case of ASCII.
    pub(crate) any_case: bool,
    /// Another spelling of the nearest draft before that is none.
    pub(crate) derived: bool,
}

impl Parts {
    /// Takes `value` apart, to be looked for in the `requested` forms too.
    pub(crate) fn of(value: &[u8], requested: Requested) -> Self {
        let mut parts = Self {
            requested,
            ..Self::default()
        };
        parts.add(value.trim_ascii());
        parts
    }

    /// What is secret in a value that stands under a plain key: the credentials
    /// of an address, if it is one.
    pub(crate) fn of_plain(value: &[u8]) -> Self {
        let mut parts = Self::default();
        dsn::add_userinfo(&mut parts, value.trim_ascii());
        parts
    }

    /// Whether something of the value will be masked.
    pub(crate) fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// Registers the value as a word whatever it is.
    pub(crate) fn force_word(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        if !value.is_empty() {
            self.short(value);
        }
    }

    fn add(&mut self, value: &[u8]) {
        let is_composite = authorization::add(self, value)
            || dsn::add(self, value)
            || document::add(self, value)
            || block::add(self, value)
            || lines::add(self, value);
        if is_composite {
            return;
        }
        self.whole(value);
    }

    /// Registers `value` as one, by its strength; says whether it was not weak.
    fn whole(&mut self, value: &[u8]) -> bool {
        match strength(value) {
            Strength::Strong => self.strong(value),
            Strength::Short => self.short(value),
            Strength::Weak => return false,
        }
        true
    }

    fn strong(&mut self, value: &[u8]) {
        let known = self.drafts.len();
        self.push(value, 0..value.len(), false);
        self.derive(spellings::of(value));
        self.derive(on_request::of(value, self.requested));
        let inner = marker::without_marker_ends(value);
        if inner.len() < value.len() && strength(inner) == Strength::Strong {
            self.push(inner, 0..inner.len(), false);
        }
        // `<Buffer …>` of Node shows fifty bytes.
        if let Some(shown) = value.get(..NODE_SHOWS) {
            self.push(shown, 0..shown.len(), false);
        }
        // Hexadecimal is written in either case, and names of hosts, which is
        // what a parser may take a value for, in lower case.
        let hexadecimal = value
            .iter()
            .all(|&byte| byte.is_ascii_hexdigit() || byte == b'-');
        if hexadecimal || value.len() >= FOLDED {
            for draft in &mut self.drafts[known..] {
                draft.any_case = true;
            }
        }
    }

    /// Registers a value that is looked for as it stands only, at token boundaries.
    fn short(&mut self, value: &[u8]) {
        self.push(value, 0..value.len(), true);
        // Its digest is as long as any.
        self.derive(on_request::digests(value, self.requested));
    }

    /// Registers other spellings of the latest draft.
    fn derive(&mut self, spellings: Vec<Zeroizing<Vec<u8>>>) {
        let known = self.drafts.len();
        for spelling in spellings {
            self.push(&spelling, 0..spelling.len(), false);
        }
        for draft in &mut self.drafts[known..] {
            draft.derived = true;
        }
    }

    /// Registers what stands under a key of a document: by itself if it can be
    /// told apart, else in its place.
    fn field(&mut self, key: &[u8], value: &[u8], around: &[(&[u8], &[u8])]) {
        let value = value.trim_ascii();
        match strength(value) {
            Strength::Strong => self.add(value),
            Strength::Short if pairs::is_sensitive(key) => self.short(value),
            _ => self.in_place(key, value, around),
        }
    }

    /// Registers the value of a credential's key to be masked only between what
    /// stands `around` it.
    fn in_place(&mut self, key: &[u8], value: &[u8], around: &[(&[u8], &[u8])]) {
        if value.is_empty() || !pairs::is_sensitive(key) {
            return;
        }
        self.note("a field is weak or public elsewhere: masked inside its document only");
        for (before, after) in around {
            let room = before.len() + value.len() + after.len();
            let mut context = Zeroizing::new(Vec::with_capacity(room));
            for piece in [before, value, after] {
                context.extend_from_slice(piece);
            }
            self.inside(&context, before.len()..before.len() + value.len());
        }
    }

    /// Registers what a `Basic` header is made from.
    fn credentials(&mut self, user: &[u8], password: &[u8]) {
        let room = user.len() + 1 + password.len();
        if user.is_empty() || password.is_empty() || room < crate::needle::MIN_LENGTH {
            return;
        }
        let mut pair = Zeroizing::new(Vec::with_capacity(room));
        for piece in [user, b":", password] {
            pair.extend_from_slice(piece);
        }
        self.strong(&pair);
    }

    /// Registers the part `mask` of `context`, to be masked there only.
    fn inside(&mut self, context: &[u8], mask: Range<usize>) {
        if context.len() >= crate::needle::MIN_LENGTH && !mask.is_empty() {
            self.push(context, mask, false);
        }
    }

    pub(crate) fn note(&mut self, note: &'static str) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn push(&mut self, bytes: &[u8], mask: Range<usize>, word: bool) {
        let known = self
            .drafts
            .iter()
            .any(|draft| draft.bytes.as_slice() == bytes && draft.mask == mask);
        if !known {
            self.drafts.push(Draft {
                bytes: Zeroizing::new(bytes.to_vec()),
                mask,
                word,
                any_case: false,
                derived: false,
            });
        }
    }
}

/// Shortest value that is looked for in either case.
const FOLDED: usize = 16;

/// How many bytes of a buffer Node prints (`buffer.INSPECT_MAX_BYTES`).
const NODE_SHOWS: usize = 50;

/// Undoes percent-encoding; what is not a well-formed triplet stays.
fn percent_decoded(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let pair = (text.get(at + 1), text.get(at + 2));
        if byte == b'%'
            && let (Some(&high), Some(&low)) = pair
            && let (Some(high), Some(low)) =
                (crate::views::hex_value(high), crate::views::hex_value(low))
        {
            decoded.push(high * 16 + low);
            at += 3;
        } else {
            decoded.push(byte);
            at += 1;
        }
    }
    decoded
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What is looked for of `value`, with the masked part in braces, but for the
    /// same in UTF-16.
    pub(crate) fn needles_of(value: &str) -> Vec<String> {
        Parts::of(value.as_bytes(), Requested::default())
            .drafts
            .iter()
            .filter(|draft| !draft.bytes.contains(&0))
            .map(|draft| {
                let bytes = &draft.bytes;
                let show = |range: &[u8]| String::from_utf8_lossy(range).into_owned();
                if draft.mask == (0..bytes.len()) {
                    show(bytes)
                } else {
                    format!(
                        "{}{{{}}}{}",
                        show(&bytes[..draft.mask.start]),
                        show(&bytes[draft.mask.clone()]),
                        show(&bytes[draft.mask.end..])
                    )
                }
            })
            .collect()
    }

    #[test]
    fn opaque_values() {
        assert_eq!(needles_of(" kz-canary-1\n"), ["kz-canary-1"]);
        assert_eq!(needles_of("kz-1"), ["kz-1"]);
        assert!(needles_of("localhost").is_empty());
        assert_eq!(
            needles_of("kz-canary-1[RE"),
            ["kz-canary-1[RE", "kz-canary-1"]
        );
    }
}
