use std::{
    cell::Cell,
    ops::{Deref, Range},
};

use super::{blocks::Blocks, string::Escaped};

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
pub(crate) struct Lexed(Room);

/// The memory for it, which a thread keeps for the next: only places are in there.
#[derive(Default)]
pub(crate) struct Room {
    pub(crate) tokens: Vec<Token>,
    pub(crate) blocks: Blocks,
    /// The brackets that are open.
    open: Vec<u8>,
}

thread_local! {
    static ROOM: Cell<Room> = Cell::default();
}

/// The most tokens whose memory is kept.
const KEPT: usize = 1 << 16;

impl Deref for Lexed {
    type Target = Room;

    fn deref(&self) -> &Room {
        &self.0
    }
}

impl Drop for Lexed {
    fn drop(&mut self) {
        if self.tokens.len() <= KEPT && self.blocks.len() <= KEPT {
            let room = std::mem::take(&mut self.0);
            // Or the thread ends.
            let _ = ROOM.try_with(|kept| kept.set(room));
        }
    }
}

impl Lexed {
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
    let text = text.as_bytes();
    let mut lexed = Lexed(ROOM.try_with(Cell::take).unwrap_or_default());
    lexed.0.read(text);
    let lexer = Lexer {
        text,
        at: 0,
        room: &mut lexed.0,
    };
    lexer.run()?;
    // All escapes stand in strings: nothing else begins with a backslash.
    let mut others = lexed.blocks.code_points().iter();
    if !others.all(|at| is_code_point(&text[*at..])) {
        return Err(NotJson);
    }
    Ok(lexed)
}

impl Room {
    /// Forgets what it held, and reads where strings end.
    fn read(&mut self, text: &[u8]) {
        self.tokens.clear();
        self.open.clear();
        self.blocks.read(text);
    }
}

struct Lexer<'t> {
    text: &'t [u8],
    at: usize,
    room: &'t mut Room,
}

impl Lexer<'_> {
    fn run(mut self) -> Result<(), NotJson> {
        loop {
            let mut closed = self.value()?;
            // Behind a whole value: close what ends here, then go on to the next.
            loop {
                if closed {
                    match self.room.open.last() {
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
                    let bracket = self.room.open.last().copied().ok_or(NotJson)?;
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
                self.room.open.push(bracket);
                self.token(Kind::Open, start);
                return Ok(false);
            }
            b'"' => {
                self.string()?;
                self.token(Kind::String, start);
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                self.token(Kind::Number, start);
            }
            _ => {
                let word = [&b"true"[..], b"false", b"null"]
                    .into_iter()
                    .find(|word| self.text[start..].starts_with(word))
                    .ok_or(NotJson)?;
                self.at += word.len();
                self.token(Kind::Literal, start);
            }
        }
        Ok(true)
    }

    fn key(&mut self) -> Result<(), NotJson> {
        self.space();
        let start = self.at;
        if self.text.get(start) != Some(&b'"') {
            return Err(NotJson);
        }
        self.string()?;
        self.token(Kind::Key, start);
        if self.next() == Some(b':') {
            Ok(())
        } else {
            Err(NotJson)
        }
    }

    fn string(&mut self) -> Result<(), NotJson> {
        let start = self.at + 1;
        let end = self.room.blocks.next_quote(start).ok_or(NotJson)?;
        if self.room.blocks.has_control(start, end) {
            return Err(NotJson);
        }
        self.at = end + 1;
        Ok(())
    }

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
        self.room.open.pop();
        self.token(Kind::Close, self.at - 1);
    }

    fn token(&mut self, kind: Kind, start: usize) {
        self.room.tokens.push(Token {
            kind,
            start,
            end: self.at,
        });
    }

    fn space(&mut self) {
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
