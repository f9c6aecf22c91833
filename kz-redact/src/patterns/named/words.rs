//! Reads what stands before a value.

use zeroize::Zeroizing;

use super::{super::LOOK_BEHIND, vocabulary};

/// Room for the letters of [`Around`]. A value may stand before a value: the room
/// stays where it is made, because a move would leave a copy behind.
pub(super) type Letters = Zeroizing<[u8; LOOK_BEHIND]>;

/// The words before a value, nearest last.
pub(super) struct Around<'b> {
    /// All words one after the other, in small letters.
    letters: &'b mut Letters,
    /// Where each word ends in `letters`.
    ends: [u8; LOOK_BEHIND],
    /// How many words there are.
    words: usize,
    /// From which word on they belong to the name that the value is assigned to.
    name: usize,
    /// An operator of assignment stands between name and value.
    assigned: bool,
}

impl<'b> Around<'b> {
    /// Reads `before`; `None` if nothing in it can name a value.
    pub(super) fn read(before: &[u8], letters: &'b mut Letters) -> Option<Self> {
        let (rest, assigned) = between(before)?;
        // The line, or the one before if the value stands on its own.
        let line = rest.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        let line = &rest[line.map_or(0, |at| at + 1)..];
        let line = drop_attribute(line);
        // `"AWS::AppSync::ApiKey": …` names a type.
        let is_type_path = line[start_of_name(line)..]
            .windows(2)
            .any(|pair| pair == b"::");
        if is_type_path || !line.iter().any(u8::is_ascii_alphabetic) {
            return None;
        }
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        // A closing quote or bracket, as in `"token": …` and `env['TOKEN'] = …`.
        let closing = line
            .iter()
            .rev()
            .take_while(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b' '))
            .count();
        let end = line.len() - closing;
        let mut start = name_before(&line[..end], is_name);
        // `token: string = …`, `var token string = …`, `Token value="…`.
        if is_type(&line[start..end]) {
            let before = line[..start].iter().rev();
            let gap = before.take_while(|byte| !is_name(**byte)).count();
            start = name_before(&line[..start - gap.min(start)], is_name);
        }
        let mut around = Self {
            letters,
            ends: [0; LOOK_BEHIND],
            words: 0,
            name: 0,
            assigned,
        };
        around.push(&line[..start]);
        around.name = around.words;
        around.push(&line[start..end]);
        Some(around)
    }

    fn push(&mut self, text: &[u8]) {
        for word in vocabulary::split(text) {
            let start = self.letters().len();
            for (letter, byte) in self.letters[start..].iter_mut().zip(word) {
                *letter = byte.to_ascii_lowercase();
            }
            let end = (start + word.len()).min(LOOK_BEHIND);
            self.ends[self.words] = u8::try_from(end).unwrap_or(u8::MAX);
            self.words += 1;
        }
    }

    /// All words one after the other, in small letters.
    pub(super) fn letters(&self) -> &[u8] {
        &self.letters[..self.end(self.words)]
    }

    /// Where the first `count` words end.
    fn end(&self, count: usize) -> usize {
        count
            .checked_sub(1)
            .map_or(0, |last| usize::from(self.ends[last]))
    }

    fn word(&self, index: usize) -> &[u8] {
        &self.letters[self.end(index)..self.end(index + 1)]
    }

    /// The number of the word that begins at this place in `letters`.
    pub(super) fn word_at(&self, place: usize) -> Option<usize> {
        if place == 0 {
            return Some(0);
        }
        self.word_ending_at(place).map(|word| word + 1)
    }

    pub(super) fn word_ending_at(&self, place: usize) -> Option<usize> {
        let place = u8::try_from(place).ok()?;
        self.ends[..self.words].binary_search(&place).ok()
    }

    pub(super) fn is_assigned(&self) -> bool {
        self.assigned
    }

    /// Whether the name that the value is assigned to is that of a credential.
    pub(super) fn is_secret(&self) -> bool {
        let words: Vec<&[u8]> = (self.name..self.words).map(|at| self.word(at)).collect();
        vocabulary::is_secret(&words)
    }

    /// Whether that name is some key's, which a digest may be too.
    pub(super) fn is_some_key(&self) -> bool {
        let words: Vec<&[u8]> = (self.name..self.words).map(|at| self.word(at)).collect();
        vocabulary::is_some_key(&words)
    }

    /// Whether a word from `gap` on says that a credential comes.
    pub(super) fn says_secret(&self, gap: usize) -> bool {
        let says = (gap..self.words).any(|at| vocabulary::says_secret(self.word(at)));
        says && !self.is_harmless(gap)
    }

    /// Whether this word belongs to the name that the value is assigned to.
    pub(super) fn is_in_name(&self, word: usize) -> bool {
        word >= self.name
    }

    /// Whether a value may follow a name of a service: behind words that say so, or
    /// assigned to just that name if it is no digest.
    pub(super) fn leads(&self, gap: usize, value: &[u8]) -> bool {
        let is_name = self.assigned && gap >= self.words && !is_digest(value);
        self.says_secret(gap) || (is_name && !self.is_harmless(gap))
    }

    fn is_harmless(&self, gap: usize) -> bool {
        // The last word of the name may stand before the gap: `secret_id`.
        if gap < self.words && vocabulary::is_other(self.word(self.words - 1)) {
            return true;
        }
        (gap..self.words).any(|at| vocabulary::is_harmless(self.word(at)))
    }
}

/// Hexadecimal digits of one case, as digests and UUIDs are written.
pub(super) fn is_digest(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && !(value.iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase))
}

/// What stands between a name and its value: the text before it, and whether it
/// assigns. `None` if the value is not set off at all.
pub(super) fn between(before: &[u8]) -> Option<(&[u8], bool)> {
    let mut end = before.len();
    let mut assigned = false;
    let mut lines = 0;
    while let Some(byte) = before[..end].last() {
        match byte {
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'[' | b'(' | b'{' | b'$' | b'@'
            | b'\r' => {}
            b'\n' => lines += 1,
            b'=' | b':' | b'>' | b',' => assigned = true,
            // What a string may begin with in Python, Rust and C++, and `\n`, `\t`.
            b'b' | b'r' | b'f' | b'u' | b'n' | b't' | b'L' => {
                if !is_prefix(before, end) {
                    break;
                }
            }
            other => {
                if !(assigned && b"?.+|~".contains(other)) {
                    break;
                }
            }
        }
        end -= 1;
    }
    let set_off = end < before.len() && (assigned || lines == 0) && lines <= 1;
    set_off.then_some((&before[..end], assigned))
}

/// Whether the letter before `end` belongs to the quote behind it or to the
/// backslash before it.
fn is_prefix(before: &[u8], end: usize) -> bool {
    let quoted = matches!(before.get(end), Some(b'"' | b'\''));
    match before[..end - 1].last() {
        Some(b'\\') => true,
        Some(byte) => quoted && !byte.is_ascii_alphanumeric() && *byte != b'_',
        None => quoted,
    }
}

/// `<add key="Token" value=` and `"name": "TOKEN", "value":` name the value by
/// the attribute before.
fn drop_attribute(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b'"' | b'\'' | b'\\' | b' '))
        .map_or(0, |at| at + 1);
    let Some((head, b"value" | b"Value" | b"VALUE")) =
        line[..end].split_at_checked(end.wrapping_sub(5))
    else {
        return line;
    };
    let gap = head
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b'"' | b'\'' | b'\\' | b' ' | b',' | b'\t'))
        .count();
    if gap >= 2
        && head[head.len() - gap..]
            .iter()
            .any(|byte| matches!(byte, b'"' | b'\''))
    {
        &head[..head.len() - gap]
    } else {
        line
    }
}

/// Where the last word of a line begins, paths of names included.
fn start_of_name(line: &[u8]) -> usize {
    let end = line
        .iter()
        .rposition(u8::is_ascii_alphanumeric)
        .map_or(0, |at| at + 1);
    name_before(&line[..end], |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':')
    })
}

fn name_before(text: &[u8], is_name: impl Fn(u8) -> bool) -> usize {
    text.len() - text.iter().rev().take_while(|byte| is_name(**byte)).count()
}

fn is_type(word: &[u8]) -> bool {
    const TYPES: [&str; 10] = [
        "string",
        "String",
        "str",
        "&str",
        "char",
        "text",
        "const",
        "Str",
        "any",
        "std.string",
    ];
    TYPES.iter().any(|known| known.as_bytes() == word)
}
