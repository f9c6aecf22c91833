use std::{cell::Cell, ops::Range};

use super::{
    blocks::{Blocks, SPILLED},
    string::Escaped,
};
use crate::wiped;

/// A token of JSON text that carries something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    /// Behind the last byte, quotation marks included.
    pub(crate) end: usize,
}

// As large as a place: a token has no gaps, with which it would take along what the stack
// holds there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    Key,
    String,
    Number,
    /// `true`, `false`, `null`.
    Literal,
}

impl Token {
    /// What stands between the quotation marks of a key or string.
    pub(crate) fn content<'t>(&self, text: &'t str) -> &'t [u8] {
        &text.as_bytes()[self.start + 1..self.end - 1]
    }
}

/// The text is not one JSON value (RFC 8259).
#[derive(Debug)]
pub(crate) struct NotJson;

/// One JSON value in tokens.
#[derive(Default)]
pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    pub(crate) blocks: Blocks,
    /// The brackets that are open.
    open: Vec<u8>,
    /// How many keys are `text`.
    texts: usize,
    /// Two strings follow each other, with no key between.
    has_rows: bool,
}

thread_local! {
    /// The memory for one, kept for the next: only places are in there.
    static LEXED: Cell<Option<Box<Lexed>>> = const { Cell::new(None) };
}

/// The longest text whose memory is kept.
const KEPT: usize = 1 << 20;

impl Lexed {
    /// Forgets what it held, and reads another text.
    fn read(&mut self, text: &[u8]) -> Result<(), NotJson> {
        self.tokens.clear();
        self.open.clear();
        self.blocks.read(text);
        self.texts = 0;
        self.has_rows = false;
        let lexer = Lexer {
            text,
            at: 0,
            lexed: self,
        };
        lexer.run()?;
        // All escapes stand in strings: nothing else begins with a backslash.
        let mut others = self.blocks.code_points().iter();
        if others.all(|at| is_code_point(&text[*at..])) {
            Ok(())
        } else {
            Err(NotJson)
        }
    }

    /// Whether a reader may put strings of it together: those that follow each other in an
    /// array, and the `text` of objects. In most messages there are none.
    pub(super) fn may_be_joined(&self) -> bool {
        self.has_rows || self.texts > 1
    }

    /// Widens a stretch of a string so that it cuts no escape.
    pub(super) fn widen(&self, text: &str, start: usize, end: usize) -> (usize, usize) {
        let over = |place| self.escape_over(text.as_bytes(), place);
        (
            over(start).map_or(start, |escape| escape.start),
            over(end - 1).map_or(end, |escape| escape.end),
        )
    }

    /// The escape that the byte at `place` belongs to.
    fn escape_over(&self, text: &[u8], place: usize) -> Option<Range<usize>> {
        // A pair of surrogates is the longest; its second half is one by itself.
        let starts = place.saturating_sub(11)..=place;
        starts
            .filter(|start| self.blocks.is_escape(*start))
            .map(|start| start..Escaped::read(text, start).end)
            .find(|escape| escape.contains(&place))
    }
}

/// Splits one JSON value into tokens. Nesting costs no stack.
pub(crate) fn lex(text: &str) -> Result<Lexed, NotJson> {
    let mut lexed = Lexed::default();
    let result = lexed.read(text.as_bytes());
    wiped::stack::<SPILLED>();
    result.map(|()| lexed)
}

/// As [`lex`], in memory that the thread keeps, for `look`, which begins with a search: that
/// wipes the stack.
pub(crate) fn with_lexed<T>(text: &str, look: impl FnOnce(&Lexed) -> T) -> Result<T, NotJson> {
    let mut lexed = LEXED.take().unwrap_or_default();
    let seen = lexed.read(text.as_bytes()).map(|()| look(&lexed));
    if text.len() <= KEPT {
        LEXED.set(Some(lexed));
    }
    seen
}

struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    lexed: &'t mut Lexed,
}

impl Lexer<'_> {
    fn run(mut self) -> Result<(), NotJson> {
        loop {
            let mut closed = self.value()?;
            // Behind a whole value: close what ends here, then go on to the next.
            loop {
                if closed {
                    match self.lexed.open.last() {
                        None => {
                            self.space();
                            return if self.at == self.text.len() {
                                Ok(())
                            } else {
                                Err(NotJson)
                            };
                        }
                        Some(&bracket) => match (self.next(), bracket) {
                            (Some(b','), b'[') => {
                                break;
                            }
                            (Some(b','), _) => {
                                self.key()?;
                                break;
                            }
                            (Some(b']'), b'[') | (Some(b'}'), b'{') => self.close(),
                            _ => return Err(NotJson),
                        },
                    }
                } else {
                    // Just opened: empty, or the first item.
                    let bracket = self.lexed.open.last().copied().ok_or(NotJson)?;
                    self.space();
                    match (self.text.get(self.at), bracket) {
                        (Some(b']'), b'[') | (Some(b'}'), b'{') => {
                            self.at += 1;
                            self.close();
                            closed = true;
                        }
                        (_, b'{') => {
                            self.key()?;
                            break;
                        }
                        _ => break,
                    }
                }
            }
        }
    }

    /// Reads a value up to its end, or only its opening bracket; says which.
    fn value(&mut self) -> Result<bool, NotJson> {
        self.space();
        let start = self.at;
        match self.text.get(start).copied().ok_or(NotJson)? {
            bracket @ (b'{' | b'[') => {
                self.at += 1;
                self.lexed.open.push(bracket);
                self.token(Kind::Open, start);
                return Ok(false);
            }
            b'"' => {
                self.string()?;
                let last = self.lexed.tokens.last();
                self.lexed.has_rows |= last.is_some_and(|last| last.kind == Kind::String);
                self.token(Kind::String, start);
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                self.token(Kind::Number, start);
            }
            _ => {
                self.literal()?;
                self.token(Kind::Literal, start);
            }
        }
        Ok(true)
    }

    #[inline(never)]
    fn literal(&mut self) -> Result<(), NotJson> {
        let rest = &self.text[self.at..];
        let word = [&b"true"[..], b"false", b"null"]
            .into_iter()
            .find(|word| rest.starts_with(word))
            .ok_or(NotJson)?;
        self.at += word.len();
        Ok(())
    }

    fn key(&mut self) -> Result<(), NotJson> {
        self.space();
        let start = self.at;
        if self.text.get(start) != Some(&b'"') {
            return Err(NotJson);
        }
        self.string()?;
        self.lexed.texts += usize::from(self.text[start..self.at] == *b"\"text\"");
        self.token(Kind::Key, start);
        if self.next() == Some(b':') {
            Ok(())
        } else {
            Err(NotJson)
        }
    }

    fn string(&mut self) -> Result<(), NotJson> {
        let start = self.at + 1;
        let end = self.lexed.blocks.next_quote(start).ok_or(NotJson)?;
        if self.lexed.blocks.has_control(start, end) {
            return Err(NotJson);
        }
        self.at = end + 1;
        Ok(())
    }

    #[inline(never)]
    fn number(&mut self) -> Result<(), NotJson> {
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.text.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.text.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), NotJson> {
        let count = self.text[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        self.at += count;
        if count == 0 { Err(NotJson) } else { Ok(()) }
    }

    fn close(&mut self) {
        self.lexed.open.pop();
        self.token(Kind::Close, self.at - 1);
    }

    fn token(&mut self, kind: Kind, start: usize) {
        self.lexed.tokens.push(Token {
            kind,
            start,
            end: self.at,
        });
    }

    #[inline]
    fn space(&mut self) {
        // Most messages have none.
        if self.text.get(self.at).is_some_and(|byte| *byte <= b' ') {
            self.skip_space();
        }
    }

    #[inline(never)]
    fn skip_space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.space();
        let byte = self.text.get(self.at).copied();
        self.at += 1;
        byte
    }
}

/// Whether the escape that `text` begins with is that of a code point.
fn is_code_point(text: &[u8]) -> bool {
    let [_, b'u', rest @ ..] = text else {
        return false;
    };
    rest.first_chunk::<4>()
        .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::lex;

    #[test]
    fn accepts_what_serde_json_accepts() {
        for text in [
            "",
            " ",
            "1",
            "-0.5e+3",
            "01",
            "1.",
            ".5",
            "-",
            "1e",
            "true",
            "tru",
            "nul",
            "null ",
            "\"a\"",
            "\"a",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\\ud800\"",
            "\"\t\"",
            "[]",
            "[ ]",
            "[1]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{}",
            "{ }",
            "{\"a\":1}",
            "{\"a\":1,}",
            "{\"a\"}",
            "{\"a\" : [ { } , null ] }",
            "{a:1}",
            "[1}",
            "{\"a\":1]",
            "]",
            "[[[]]",
            "1 2",
            "{} {}",
            "\u{feff}1",
            "\"\\/\"",
            "{\"a\":1,\"a\":2}",
        ] {
            // serde_json refuses lone surrogates, which senders do write.
            let expected =
                serde_json::from_str::<serde_json::Value>(text).is_ok() || text == "\"\\ud800\"";
            assert_eq!(lex(text).is_ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn escapes_are_not_cut() {
        let text = r#"["a\\nb\ud83d\ude00\ud800\u00e9\n"]"#;
        let content = &text[2..text.len() - 2];
        let (lexed, decoded) = (lex(text).unwrap(), super::super::decode(content.as_bytes()));
        for start in 0..content.len() {
            for end in start + 1..=content.len() {
                let (from, to) = decoded.widen(start, end);
                assert_eq!(lexed.widen(text, start + 2, end + 2), (from + 2, to + 2));
            }
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(lex(&deep).unwrap().tokens.len(), 400_000);
    }
}
