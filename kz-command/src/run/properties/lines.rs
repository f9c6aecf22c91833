//! What servers write: messages, nearly messages, and anything else.

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{PASSWORD, VALUES, holds, shown, source::Source};

/// A line of a server, with its line end.
pub(super) struct Line {
    pub(super) bytes: Vec<u8>,
    /// The id of the request that it answers, as JSON.
    pub(super) id: Option<String>,
}

/// Lines, and how the values in them are spelled.
pub(super) struct Lines {
    lines: Vec<Line>,
    spellings: Vec<Vec<u8>>,
}

/// Longest that a case gets, in lines.
const MOST: usize = 12;
/// Deepest that arrays nest.
const DEEPEST: usize = 600;

impl Lines {
    /// Lines of every kind, many with a value in them.
    pub(super) fn any(source: &mut Source<'_>) -> Self {
        Self::make(source, Kind::Any)
    }

    /// Whole messages, many with a value in them, a line end behind each.
    pub(super) fn valid(source: &mut Source<'_>) -> Self {
        Self::make(source, Kind::Valid)
    }

    /// Lines of every kind, none with a value in it.
    pub(super) fn clean(source: &mut Source<'_>) -> Self {
        Self::make(source, Kind::Clean)
    }

    fn make(source: &mut Source<'_>, kind: Kind) -> Self {
        let mut writer = Writer {
            source,
            kind,
            spellings: Vec::new(),
        };
        let mut lines = Vec::new();
        while lines.len() < MOST && !writer.source.is_empty() {
            lines.push(writer.line(lines.len()));
        }
        if kind != Kind::Valid
            && writer.source.coin()
            && let Some(last) = lines.last_mut()
        {
            // The server ends, or dies, in the middle of a line.
            last.bytes.pop();
        }
        Self {
            spellings: writer.spellings,
            lines,
        }
    }

    pub(super) fn joined(&self) -> Vec<u8> {
        self.lines
            .iter()
            .flat_map(|line| line.bytes.clone())
            .collect()
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter()
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().filter_map(|line| line.id.as_deref())
    }

    /// Fails if the output holds a value as it was spelled in the input, or a message
    /// with a value in one of its strings or keys.
    #[track_caller]
    pub(super) fn assert_none_left(&self, input: &[u8], output: &[u8]) {
        for spelling in &self.spellings {
            assert!(
                !holds(output, spelling),
                "{} is left\ninput  {}\noutput {}",
                shown(spelling),
                shown(input),
                shown(output)
            );
        }
        for line in output.split(|byte| *byte == b'\n') {
            let Ok(message) = serde_json::from_slice(line) else {
                continue;
            };
            assert!(
                !says_a_value(&message),
                "a value is left in {}\ninput {}",
                shown(line),
                shown(input)
            );
        }
    }
}

fn says_a_value(message: &serde_json::Value) -> bool {
    use serde_json::Value;
    let says = |text: &str| {
        [VALUES[0], VALUES[1], PASSWORD]
            .iter()
            .any(|value| text.contains(value))
    };
    match message {
        Value::String(text) => {
            says(text) || serde_json::from_str(text).is_ok_and(|inner| says_a_value(&inner))
        }
        Value::Array(items) => items.iter().any(says_a_value),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| says(key) || says_a_value(value)),
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Valid,
    Clean,
}

struct Writer<'s, 'b> {
    source: &'s mut Source<'b>,
    kind: Kind,
    spellings: Vec<Vec<u8>>,
}

impl Writer<'_, '_> {
    fn line(&mut self, number: usize) -> Line {
        let choice = self
            .source
            .below(if self.kind == Kind::Valid { 5 } else { 9 });
        let (mut bytes, id) = match choice {
            0..=3 => {
                let id = if self.source.coin() {
                    number.to_string()
                } else {
                    format!("\"id-{number}\"")
                };
                let (message, is_answer) = self.message(&id);
                (message.into_bytes(), is_answer.then_some(id))
            }
            4 => (self.batch().into_bytes(), None),
            5 => (self.nearly_a_message(number), None),
            6 => (self.deep().into_bytes(), None),
            7 => (self.noise(), None),
            _ => (self.log_line().into_bytes(), None),
        };
        let end: &[u8] = if self.source.one_in(4) {
            b"\r\n"
        } else {
            b"\n"
        };
        bytes.extend_from_slice(end);
        Line { bytes, id }
    }

    /// A message, and whether it is an answer.
    fn message(&mut self, id: &str) -> (String, bool) {
        let space = self.source.pick(&["", "", "", " ", "\t "]);
        let payload = self.value(3);
        match self.source.below(4) {
            0 => (
                format!("{{{space}\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{payload}{space}}}"),
                true,
            ),
            1 => (
                format!(
                    "{{\"result\":{space}{{\"a\":{payload}}},\"jsonrpc\":\"2.0\",{space}\"id\":{id}}}"
                ),
                true,
            ),
            2 => {
                let text = self.string();
                (
                    format!(
                        "{{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{{\"code\":-32603,{space}\"message\":{text},\"data\":{payload}}}}}"
                    ),
                    true,
                )
            }
            _ => (
                format!(
                    "{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{{\"level\":\"info\",\"data\":{payload}}}}}{space}"
                ),
                false,
            ),
        }
    }

    fn batch(&mut self) -> String {
        let count = self.source.below(4);
        let messages: Vec<String> = (0..count)
            .map(|number| self.message(&format!("{}", 100 + number)).0)
            .collect();
        format!("[{}]", messages.join(", "))
    }

    /// JSON with duplicate keys, huge numbers and escapes.
    fn value(&mut self, depth: usize) -> String {
        let choice = self.source.below(if depth == 0 { 4 } else { 7 });
        match choice {
            0..=2 => self.string(),
            3 => (self.source.pick(&[
                "0",
                "-0",
                "1.50",
                // Valid, and more than the parser of these tests reads.
                if self.kind == Kind::Valid {
                    "1e300"
                } else {
                    "1e999"
                },
                "-1E-999",
                "9007199254740993",
                "true",
                "null",
                "123456789012345678901234567890123456789012345678901234567890",
                "0.1000000000000000055511151231257827021181583404541015625",
            ]))
            .to_owned(),
            4 => {
                let count = self.source.below(4);
                let items: Vec<String> = (0..count).map(|_| self.value(depth - 1)).collect();
                format!("[{}]", items.join(","))
            }
            _ => {
                let count = self.source.below(4);
                let members: Vec<String> = (0..count)
                    .map(|_| {
                        let key = match self.source.below(4) {
                            0 => self.string(),
                            1 => "\"\\u0061\"".to_owned(),
                            2 => "\"text\"".to_owned(),
                            _ => "\"a\"".to_owned(),
                        };
                        format!("{key}:{}", self.value(depth - 1))
                    })
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// A string of JSON; often with a value in it, in one of its spellings.
    fn string(&mut self) -> String {
        let mut text = String::from("\"");
        for _ in 0..self.source.below(4) {
            if self.kind != Kind::Clean && self.source.one_in(3) {
                let spelling = self.spelled_in_json();
                self.spellings.push(spelling.clone().into_bytes());
                text.push_str(&spelling);
            } else {
                text.push_str(self.source.pick(&[
                    "word ",
                    " ",
                    "\\n",
                    "\\\"",
                    "\\\\",
                    "\\/",
                    "\\u00e9",
                    "\\ud83d\\ude00",
                    "é",
                    "\u{1f511}",
                    "\u{2028}",
                    "9f86d081884c7d65",
                    "data:image/png;base64,iVBORw0KGgo=",
                    "{\\\"a\\\":[1]}",
                    "%20",
                    "&lt;",
                ]));
            }
        }
        text.push('"');
        text
    }

    /// A value as it stands between quotation marks.
    fn spelled_in_json(&mut self) -> String {
        let value = self.source.pick(&[VALUES[0], VALUES[1], PASSWORD]);
        let inner = |text: &str| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        match self.source.below(7) {
            0 | 1 => inner(value),
            2 => inner(&inner(value)),
            3 => value.encode_utf16().fold(String::new(), |mut text, unit| {
                let _ = write!(text, "\\u{unit:04x}");
                text
            }),
            // Some characters escaped, as no encoder does and every decoder reads.
            4 => value.chars().fold(String::new(), |mut text, letter| {
                if letter.is_ascii_alphanumeric() && self.source.coin() {
                    let _ = write!(text, "\\u{:04X}", u32::from(letter));
                } else if letter == '/' {
                    text.push_str("\\/");
                } else {
                    text.push_str(&inner(&letter.to_string()));
                }
                text
            }),
            5 => value.bytes().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
            _ => STANDARD.encode(value),
        }
    }

    /// A message with one mistake in it. A spelling that the mistake falls into is no
    /// spelling any more, and then is not found in the output either.
    fn nearly_a_message(&mut self, number: usize) -> Vec<u8> {
        let mut message = self.message(&number.to_string()).0.into_bytes();
        let at = self.source.below(message.len());
        match self.source.below(6) {
            0 => message.truncate(at + 1),
            1 => drop(message.remove(at)),
            2 => message.insert(at, self.source.pick(b"{}[]\",:\\\0\x1b\xff\xc3 ")),
            3 => message.extend_from_slice(b" trailing"),
            4 => message.splice(0..0, *b"\xef\xbb\xbf").for_each(drop),
            _ => message[at] = self.source.byte(),
        }
        message.retain(|byte| *byte != b'\n');
        message
    }

    fn deep(&mut self) -> String {
        let depth = self.source.below(DEEPEST);
        let (open, close) = self.source.pick(&[("[", "]"), ("{\"a\":", "}")]);
        let text = self.string();
        let head = if self.source.coin() {
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":"
        } else {
            ""
        };
        let tail = if head.is_empty() { "" } else { "}" };
        // Sometimes left open.
        let closed = depth - usize::from(depth > 0 && self.source.one_in(4));
        format!(
            "{head}{}{text}{}{tail}",
            open.repeat(depth),
            close.repeat(closed)
        )
    }

    fn noise(&mut self) -> Vec<u8> {
        let mut bytes = match self.kind {
            // What the generator makes of its bytes must not be a secret by chance.
            Kind::Clean => {
                vec![self.source.pick(b"\0\x1b\x7f\x80\xff\xc3("); self.source.below(9)]
            }
            _ => self.source.bytes(40).to_vec(),
        };
        bytes.retain(|byte| *byte != b'\n');
        bytes
    }

    fn log_line(&mut self) -> String {
        let mut line = (self.source.pick(&[
            "INFO ready ",
            "    at f (x.js:1:2)",
            "[log] ",
            "",
            "- \u{e9} ",
        ]))
        .to_owned();
        if self.kind != Kind::Clean && self.source.coin() {
            let value = self.source.pick(&VALUES);
            // Of an address only the credentials are secret.
            let secret = if value == VALUES[2] { PASSWORD } else { value };
            self.spellings.push(secret.as_bytes().to_vec());
            let _ = write!(line, "value={value} ");
        }
        line + self.source.pick(&["", " done", "\t", "."])
    }
}
