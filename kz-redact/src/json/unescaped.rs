//! A JSON text as it is meant: the one copy of it that is searched for values, and that
//! tells rules where to look, however many strings there are.

use std::ops::Range;

use super::{Kind, Lexed, Token, shortened::Shortened};

/// A JSON text with the escapes of its strings undone, and all else as it is written.
///
/// Quotation marks and all that stands between strings stay, so that nothing goes on from
/// one string to the next. What is found in here only says which [parts](Part) are worth
/// a look of their own.
pub(crate) struct Unescaped<'t> {
    written: &'t [u8],
    tokens: &'t [Token],
    /// `None` if no string has an escape.
    decoded: Option<Shortened>,
}

/// What is read by itself: a key or string without its quotation marks, or numbers that
/// follow each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The first of its tokens, and behind the last.
    pub(crate) tokens: Range<usize>,
    /// Where it stands in the text as it is meant.
    pub(crate) meant: Range<usize>,
}

impl<'t> Unescaped<'t> {
    pub(crate) fn new(text: &'t str, lexed: &'t Lexed) -> Self {
        let written = text.as_bytes();
        let has_escapes = lexed.blocks.has_escapes();
        Self {
            written,
            tokens: &lexed.tokens,
            decoded: has_escapes.then(|| Shortened::without_escapes(written, &lexed.blocks)),
        }
    }

    /// The text as it is written.
    pub(crate) fn written(&self) -> &'t [u8] {
        self.written
    }

    /// The text as it is meant.
    pub(crate) fn meant(&self) -> &[u8] {
        self.decoded
            .as_ref()
            .map_or(self.written, |decoded| decoded.text())
    }

    /// Where the byte at `meant` is written: where its escape ends, if it has one.
    pub(crate) fn place(&self, meant: usize) -> usize {
        self.decoded
            .as_ref()
            .map_or(meant, |decoded| decoded.place(meant))
    }

    pub(crate) fn has_escapes(&self) -> bool {
        self.decoded.is_some()
    }

    /// Where what is written from `place` on begins in the text as it is meant.
    fn meant_by(&self, place: usize) -> usize {
        self.decoded
            .as_ref()
            .map_or(place, |decoded| decoded.meant_by(place))
    }

    /// What a stretch of the text as it is written stands for.
    pub(crate) fn meant_in(&self, place: Range<usize>) -> Range<usize> {
        let start = self.meant_by(place.start);
        start..self.meant_by(place.end).max(start + 1)
    }

    /// The part that the byte at `meant` belongs to.
    pub(crate) fn part_at(&self, meant: usize) -> Option<Part> {
        let place = self.place(meant);
        let index = self.tokens.partition_point(|token| token.end <= place);
        self.part_of(index)
            .filter(|part| part.meant.contains(&meant))
    }

    /// Whether a part is a key.
    pub(crate) fn is_key(&self, part: &Part) -> bool {
        let token = self.tokens.get(part.tokens.start);
        token.is_some_and(|token| token.kind == Kind::Key)
    }

    /// The first tokens of the parts of which some byte stands in one of these stretches of
    /// the text as it is meant, which are in order and apart.
    pub(crate) fn parts_in(&self, stretches: impl Iterator<Item = Range<usize>>) -> Vec<usize> {
        let (mut parts, mut behind) = (Vec::new(), 0);
        for stretch in stretches {
            let place = self.place(stretch.start);
            let first = self.tokens.partition_point(|token| token.end <= place);
            let mut index = first.max(behind);
            while let Some(token) = self.tokens.get(index)
                && self.meant_by(token.start) < stretch.end
            {
                index += 1;
                if let Some(part) = self.part_of(index - 1) {
                    parts.push(part.tokens.start);
                    index = part.tokens.end;
                }
            }
            behind = index;
        }
        parts
    }

    /// The part that a token belongs to.
    pub(super) fn part_of(&self, index: usize) -> Option<Part> {
        let token = self.tokens.get(index)?;
        let (tokens, start, end) = match token.kind {
            Kind::Key | Kind::String => (index..index + 1, token.start + 1, token.end - 1),
            Kind::Number => {
                let is_number = |token: &&Token| token.kind == Kind::Number;
                let before = self.tokens[..index].iter().rev().take_while(is_number);
                let behind = self.tokens[index..].iter().take_while(is_number);
                let tokens = index - before.count()..index + behind.count();
                let (start, end) = (
                    self.tokens[tokens.start].start,
                    self.tokens[tokens.end - 1].end,
                );
                (tokens, start, end)
            }
            _ => return None,
        };
        Some(Part {
            tokens,
            meant: self.meant_by(start)..self.meant_by(end),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        forms::Random,
        json::{decode, lex},
    };

    #[test]
    fn parts_are_meant_as_they_are_alone() {
        let random = &mut Random::new(11);
        for case in 0..400 {
            let string = |random: &mut Random| -> String {
                let units = [
                    "a",
                    "b",
                    "k\\n",
                    "\\\"",
                    "\\\\",
                    "\\u00e9",
                    "\\ud83d\\ude00",
                    "\\ud800",
                    "é",
                    "\\/",
                ];
                (0..random.below(30))
                    .map(|_| *random.pick(&units))
                    .collect()
            };
            let items: Vec<String> = (0..random.below(12))
                .map(|_| match random.below(3) {
                    0 => format!(" {} ", random.below(5000)),
                    1 => format!("{{\"{}\" : -1.5}}", string(random)),
                    _ => format!("\"{}\"", string(random)),
                })
                .collect();
            let text = format!("[{}]", items.join(","));
            let lexed = lex(&text).unwrap();
            let json = Unescaped::new(&text, &lexed);
            for (index, token) in lexed.tokens.iter().enumerate() {
                if !matches!(token.kind, Kind::Key | Kind::String) {
                    continue;
                }
                let expected = decode(token.content(&text));
                let part = json.part_of(index).unwrap();
                let start = part.meant.start;
                assert_eq!(
                    json.meant()[part.meant.clone()],
                    *expected.bytes,
                    "{case}: {text}"
                );
                for at in 0..expected.bytes.len() {
                    let (from, end) = expected.written(at, at + 1);
                    let place = json.place(start + at) - token.start - 1;
                    assert!((from..end).contains(&place), "{case}: {text}");
                    assert_eq!(json.meant_by(place + token.start + 1), start + at);
                    assert_eq!(json.part_at(start + at).unwrap(), part);
                }
                assert_eq!(json.part_at(start - 1), None);
                assert_eq!(json.part_at(part.meant.end), None);
            }
            let all = std::iter::once(0..json.meant().len());
            let parts = json.parts_in(all).into_iter();
            let parts: Vec<Part> = parts.map(|first| json.part_of(first).unwrap()).collect();
            let count = parts.iter().map(|part| part.tokens.len()).sum::<usize>();
            let is_read = |token: &&Token| !matches!(token.kind, Kind::Open | Kind::Close);
            assert_eq!(lexed.tokens.iter().filter(is_read).count(), count);
            // Each by itself, in stretches of one byte.
            let bytes = parts.iter().filter(|part| !part.meant.is_empty());
            let bytes = bytes.map(|part| part.meant.end - 1..part.meant.end);
            let expected = parts.iter().filter(|part| !part.meant.is_empty());
            let expected: Vec<usize> = expected.map(|part| part.tokens.start).collect();
            assert_eq!(json.parts_in(bytes), expected, "{case}: {text}");
        }
    }
}
