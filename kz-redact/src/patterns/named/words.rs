//! Reads the name that stands before a value.

use std::ops::Range;

use zeroize::Zeroizing;

use super::{
    super::LOOK_BEHIND,
    gap::{Call, Gap},
    vocabulary,
};

/// Room for the letters of [`Around`]. A value may stand before a value: the room
/// stays where it is made, because a move would leave a copy behind.
pub(super) type Letters = Zeroizing<[u8; LOOK_BEHIND]>;

/// Names of what holds a value.
pub(super) const GENERIC: [&str; 12] = [
    "--body",
    "--value",
    "--secret-string",
    "--data",
    "value",
    "val",
    "default",
    "content",
    "plaintext",
    "defaultvalue",
    "input_value",
    "string",
];
/// Heads of sections in which a `key` is a credential.
const SECTIONS: [&str; 9] = [
    "api",
    "auth",
    "secret",
    "encryption",
    "signing",
    "webhook",
    "license",
    "jwt",
    "crypt",
];
/// Types that stand between a name and its value.
pub(super) const TYPES: [&str; 13] = [
    "REG_SZ",
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
    "As",
    "NSString",
];

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
    /// The value is the first that is handed to what the name names: `api.NewClient("…")`.
    called: bool,
}

impl<'b> Around<'b> {
    /// Reads `before`; `None` if nothing in it can name a value.
    pub(super) fn read(before: &[u8], letters: &'b mut Letters) -> Option<Self> {
        if let Some(name) = element_around(before) {
            let mut around = Self::empty(letters);
            around.assigned = true;
            around.push(name);
            return Some(around);
        }
        let gap = Gap::before_value(before)?;
        // The line, or the one before if the value stands on its own.
        let mut line = last_line(gap.rest);
        let mut name = name_at_end(line);
        let is_option = line[name.clone()].starts_with(b"--");
        let mut assigned = gap.assigned;
        if (assigned || is_option)
            && is_generic(&line[name.clone()])
            && let Some((other, place)) = secret_before(gap.rest)
        {
            (line, name, assigned) = (other, place, true);
        } else {
            line = drop_attribute(line);
            name = name_at_end(line);
        }
        // `"AWS::AppSync::ApiKey": …` names a type.
        let is_type_path = line[start_of_name(line)..]
            .windows(2)
            .any(|pair| pair == b"::");
        if is_type_path && gap.call == Call::No || !line.iter().any(u8::is_ascii_alphabetic) {
            return None;
        }
        let mut around = Self::empty(letters);
        around.assigned = assigned && gap.call != Call::Maker || is_set(&gap, line, &name);
        around.called = gap.call != Call::No;
        let mut says_which = false;
        if line[name.clone()].eq_ignore_ascii_case(b"key") {
            if let Some(section) = section_within(&line[..name.start]).and_then(kind_of_section) {
                around.push(section);
                around.push(&line[name]);
                return Some(around);
            }
            let section = section_before(gap.rest, line);
            let kind = kind_of_section(section);
            says_which = kind.is_some();
            around.push(kind.unwrap_or(section));
        }
        let section = around.words;
        around.push(&line[..name.start]);
        around.name = around.words;
        // `api:`, and `key: …` below it.
        if says_which && around.words == section {
            around.name = 0;
        }
        around.push(&line[name]);
        Some(around)
    }

    fn empty(letters: &'b mut Letters) -> Self {
        Self {
            letters,
            ends: [0; LOOK_BEHIND],
            words: 0,
            name: 0,
            assigned: false,
            called: false,
        }
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

    /// Whether the value is handed to what makes a client of a service, and whose name
    /// goes on so from `gap` on: `api.NewClient("…")`, `Client::new("…")`.
    pub(super) fn makes_client(&self, gap: usize) -> bool {
        self.called
            && gap < self.words
            && (gap..self.words).all(|at| vocabulary::makes_client(self.word(at)))
    }

    /// Whether from `gap` on there is nothing but what says that a credential comes:
    /// `Fixer API key: …`.
    pub(super) fn says_nothing_but_secret(&self, gap: usize) -> bool {
        let says = |at: usize| {
            let word = self.word(at);
            vocabulary::says_secret(word) || vocabulary::is_kind_of_key(word)
        };
        self.assigned && gap < self.words && (gap..self.words).all(says)
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

/// The name of the element of XML in whose text a value stands, if it is that of a
/// credential and other words stand before the value: `<secret>{acme …`.
fn element_around(before: &[u8]) -> Option<&[u8]> {
    let close = before.iter().rposition(|byte| *byte == b'>')?;
    let text = &before[close + 1..];
    let open = before[..close].iter().rposition(|byte| *byte == b'<')?;
    let tag = &before[open + 1..close];
    let end = tag.iter().position(u8::is_ascii_whitespace);
    let name = &tag[..end.unwrap_or(tag.len())];
    let name = name.rsplit(|byte| *byte == b':').next()?;
    let is_text = text.last() == Some(&b' ')
        && text.iter().any(u8::is_ascii_alphanumeric)
        && !text.iter().any(|byte| b"<\n\r\"'=".contains(byte));
    (is_text && name.iter().copied().all(is_name) && vocabulary::is_secret_name(name))
        .then_some(name)
}

/// The last word of the line before `line`, with which `text` ends, if it heads what follows:
/// `acme:` or `"acme": {`.
fn section_before<'t>(text: &'t [u8], line: &[u8]) -> &'t [u8] {
    let above = text[..text.len() - line.len().min(text.len())].trim_ascii_end();
    let head = last_line(above);
    let opens = head.ends_with(b":") || head.ends_with(b"{") || head.ends_with(b"]");
    let end = head
        .iter()
        .rposition(|byte| is_name(*byte))
        .map_or(0, |at| at + 1);
    if opens {
        &head[name_before(&head[..end], is_name)..end]
    } else {
        b""
    }
}

/// The word that heads what a line ends within: `Jwt` of `{"Jwt":{"`, `crypt` of
/// `'crypt' => ['`.
fn section_within(line: &[u8]) -> Option<&[u8]> {
    let drop = |text: &[u8], set: &[u8]| {
        text.len()
            - text
                .iter()
                .rev()
                .take_while(|byte| set.contains(byte))
                .count()
    };
    let open = &line[..drop(line, b"\"'\\ ")];
    let head = open
        .strip_suffix(b"{")
        .or_else(|| open.strip_suffix(b"["))?;
    let name = &head[..drop(head, b"\"'\\ :=>")];
    (name.len() < head.len()).then(|| &name[name_before(name, is_name)..])
}

/// Which of [`SECTIONS`] a head names: `Jwt`, `JwtSettings`.
fn kind_of_section(head: &[u8]) -> Option<&[u8]> {
    const REST: [&[u8]; 4] = [b"settings", b"config", b"options", b"bearer"];
    let mut words = vocabulary::split(head);
    let first = words.next()?;
    let is = |word: &[u8], known: &[u8]| word.eq_ignore_ascii_case(known);
    let is_section = SECTIONS.iter().any(|known| is(first, known.as_bytes()));
    let mut rest = words.map(|word| REST.iter().any(|known| is(word, known)));
    (is_section && rest.all(|is_known| is_known)).then_some(first)
}

/// The last line of a text.
fn last_line(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
    &text[end.map_or(0, |at| at + 1)..]
}

/// Where the name stands that a line ends with.
fn name_at_end(line: &[u8]) -> Range<usize> {
    // A closing quote or bracket, as in `"token": …`, `env['TOKEN'] = …`, `token[] = …`.
    let is_closing = |byte: &u8| b"\"'`\\[])*: ".contains(byte);
    let end = line.len()
        - line
            .iter()
            .rev()
            .take_while(|byte| is_closing(byte))
            .count();
    let mut name = name_before(&line[..end], is_name)..end;
    // `token: string = …`, `var token string = …`, `Dim token As String = …`.
    for _ in 0..2 {
        if !is_type(&line[name.clone()]) {
            break;
        }
        let before = line[..name.start].iter().rev();
        let gap = before.take_while(|byte| !is_name(**byte)).count();
        name.end = name.start - gap;
        name.start = name_before(&line[..name.end], is_name);
    }
    // `ESC [ 36 m` before it.
    let start = super::behind_colour(line, name.start);
    name.start = start.min(name.end);
    // `-Dapi.key=…`.
    if line[name.clone()].starts_with(b"-D") {
        name.start += 2;
    }
    // `API key: …`.
    if line[name.clone()].eq_ignore_ascii_case(b"key") && line[..name.start].ends_with(b" ") {
        let word = name_before(&line[..name.start - 1], |byte| byte.is_ascii_alphanumeric());
        let is_kind = vocabulary::is_kind_of_key(&line[word..name.start - 1]);
        name.start = if is_kind { word } else { name.start };
    }
    name
}

/// Whether the name is that of what holds a value: the value's own stands before it.
fn is_generic(name: &[u8]) -> bool {
    GENERIC
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

/// The last name of a credential in `text`, before that of what holds a value, with the
/// line that it ends and where it stands there.
fn secret_before(text: &[u8]) -> Option<(&[u8], Range<usize>)> {
    let mut end = text.len();
    while let Some(byte) = text[..end].last() {
        if b"}]".contains(byte) {
            return None;
        }
        if !is_name(*byte) {
            end -= 1;
            continue;
        }
        let start = name_before(&text[..end], is_name);
        if vocabulary::is_secret_name(&text[start..end]) {
            let line = last_line(&text[..end]);
            return Some((line, line.len() - (end - start)..line.len()));
        }
        end = start;
    }
    None
}

/// Whether a name sets what follows it without a sign: `setx API_KEY …`,
/// `config.setToken("…")`, `token{"…"}`.
fn is_set(gap: &Gap<'_>, line: &[u8], name: &Range<usize>) -> bool {
    const VERBS: [&[u8]; 4] = [b"set", b"with", b"use", b"add"];
    let word = &line[name.clone()];
    if gap.call != Call::No {
        let last = word.rsplit(|byte| *byte == b'.').next().unwrap_or(word);
        let first = vocabulary::split(last).next().unwrap_or_default();
        return VERBS.iter().any(|verb| first.eq_ignore_ascii_case(verb))
            || (word.len() > last.len() && vocabulary::is_kind_of_key(first));
    }
    let behind = line[name.end..].trim_ascii();
    if !gap.blank || !vocabulary::is_secret_name(word) {
        return false;
    }
    let shouts = !word.iter().any(u8::is_ascii_lowercase);
    (behind.iter().all(|byte| b"\"'`".contains(byte)) || is_type(behind))
        && (shouts || vocabulary::split(word).count() >= 2)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
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
    TYPES.iter().any(|known| known.as_bytes() == word)
}
