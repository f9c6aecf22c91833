//! How a file of rules writes a format: `glpat-{url:20}`. Literals, `[…]` for one
//! byte of a class, and `{class:count}`, where the count is `20`, `20-40` or `20+`.

use super::run::{self, Begin};

/// The sets of the crate's `format::Set` by the names that rules use, and as a class.
const SETS: [(&str, &str, &str); 11] = [
    ("hex", "Hex", "0-9a-f"),
    ("HEX", "UpperHex", "0-9A-F"),
    ("Hex", "AnyHex", "0-9A-Fa-f"),
    ("dig", "Digit", "0-9"),
    ("low", "Lower", "0-9a-z"),
    ("up", "Upper", "0-9A-Z"),
    ("az", "LowerLetter", "a-z"),
    ("an", "Alphanumeric", "0-9A-Za-z"),
    ("word", "Word", "0-9A-Za-z_"),
    ("url", "Url", "0-9A-Za-z_-"),
    ("b64", "Base64", "0-9A-Za-z+/"),
];
/// As many bytes as a sieve looks at in a row: `DEPTH` of the crate's `patterns::sieve`.
const HEAD: usize = 8;
/// What a template calls 8-4-4-4-12 digits.
const UUID_TEMPLATE: &str = "<hex8>-<hex4>-<hex4>-<hex4>-<hex12>";

/// A format, read.
pub(crate) struct Format {
    /// The literal that it begins with, classes included.
    pub(crate) prefix: String,
    /// What its first bytes may be, as far as their places are fixed: literals and
    /// classes, one of each.
    pub(crate) head: Vec<String>,
    /// An expression of the crate's `&[Part]`.
    pub(crate) code: String,
    /// A template of a text of this format.
    pub(crate) template: String,
    /// The same with half of its longest part, if that is too short to match.
    pub(crate) too_short: String,
    pub(crate) begin: Begin,
}

/// Reads a format.
pub(crate) fn parse(source: &str) -> Result<Format, String> {
    let mut format = Format {
        prefix: String::new(),
        head: Vec::new(),
        code: String::from("&["),
        template: String::new(),
        too_short: String::new(),
        begin: Begin::of_members(0),
    };
    let parts = parts(source)?;
    let members = parts.iter().map_while(Part::least_of_members);
    format.begin = Begin::of_members(members.sum());
    let longest = parts.iter().filter_map(Part::least).max().unwrap_or(0);
    let mut cut = false;
    let (mut in_prefix, mut in_head) = (true, true);
    for part in &parts {
        if in_head {
            in_head = part.add_to_head(&mut format.head);
        }
        format.code += &part.code();
        format.code += ", ";
        let (template, shorter) = part.templates();
        format.template += &template;
        if !cut && part.least() == Some(longest) {
            format.too_short += &shorter;
            cut = true;
        } else {
            format.too_short += &template;
        }
        match part {
            Part::Literal(text) if in_prefix => format.prefix += text,
            Part::OneOf(members) if in_prefix => {
                format.prefix.extend(["[", members, "]"]);
            }
            _ => in_prefix = false,
        }
    }
    format.code += "]";
    format.head.truncate(HEAD);
    Ok(format)
}

enum Part<'s> {
    Literal(&'s str),
    OneOf(&'s str),
    Run {
        name: &'s str,
        set: &'s str,
        least: usize,
        most: Option<usize>,
    },
    Uuid,
}

fn parts(source: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        let end = rest.find(['{', '[']).unwrap_or(rest.len());
        if end > 0 {
            parts.push(Part::Literal(&rest[..end]));
            rest = &rest[end..];
            continue;
        }
        let close = if rest.starts_with('{') { '}' } else { ']' };
        let length = rest
            .find(close)
            .ok_or_else(|| format!("the format {source} is not closed"))?;
        let inside = &rest[1..length];
        rest = &rest[length + 1..];
        parts.push(if close == ']' {
            Part::OneOf(inside)
        } else if inside == "uuid" {
            Part::Uuid
        } else {
            run(inside)?
        });
    }
    Ok(parts)
}

fn run(inside: &str) -> Result<Part<'_>, String> {
    let wrong = || format!("{{{inside}}} is no part of a format");
    let (name, count) = inside.split_once(':').ok_or_else(wrong)?;
    let (_, set, _) = SETS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(wrong)?;
    let number = |text: &str| text.parse::<usize>().map_err(|_| wrong());
    let (least, most) = if let Some(least) = count.strip_suffix('+') {
        (number(least)?, None)
    } else if let Some((least, most)) = count.split_once('-') {
        (number(least)?, Some(number(most)?))
    } else {
        (number(count)?, Some(number(count)?))
    };
    Ok(Part::Run {
        name,
        set,
        least,
        most,
    })
}

impl Part<'_> {
    fn code(&self) -> String {
        match self {
            Self::Literal(text) => format!("Part::Literal({text:?})"),
            Self::OneOf(members) => format!("Part::OneOf(&{:?})", bytes_of(members)),
            Self::Run {
                set, least, most, ..
            } => {
                let most = most.map_or("usize::MAX".to_owned(), |most| most.to_string());
                format!("Part::Run(Set::{set}, {least}, {most})")
            }
            Self::Uuid => [8, 4, 4, 4, 12]
                .map(|count| format!("Part::Run(Set::AnyHex, {count}, {count})"))
                .join(", Part::Literal(\"-\"), "),
        }
    }

    /// A template, and one that is too short.
    fn templates(&self) -> (String, String) {
        match self {
            Self::Literal(text) => ((*text).to_owned(), (*text).to_owned()),
            Self::OneOf(members) => {
                let first = members.chars().next().unwrap_or_default().to_string();
                (first.clone(), first)
            }
            Self::Run { name, least, .. } => {
                // A digit at the end of the name would be taken for the count.
                let name = name.strip_suffix("64").unwrap_or(name);
                (format!("<{name}{least}>"), format!("<{name}{}>", least / 2))
            }
            Self::Uuid => (UUID_TEMPLATE.to_owned(), "<hex8>-<hex4>".to_owned()),
        }
    }

    /// Adds the bytes that it has at least; says whether it has no more.
    fn add_to_head(&self, head: &mut Vec<String>) -> bool {
        let mut add = |name: &str, count: usize| {
            let (.., class) = SETS
                .iter()
                .find(|(known, ..)| *known == name)
                .expect("a part of a format is of a set");
            head.extend((0..count.min(HEAD)).map(|_| format!("[{class}]")));
        };
        match self {
            Self::Literal(text) => head.extend(text.chars().map(String::from)),
            Self::OneOf(members) => head.push(format!("[{members}]")),
            Self::Run {
                name, least, most, ..
            } => {
                add(name, *least);
                return *most == Some(*least) && *least <= HEAD;
            }
            Self::Uuid => {
                add("Hex", 8);
                return false;
            }
        }
        true
    }

    /// How many bytes it has at least, if all of them may be those of a key.
    fn least_of_members(&self) -> Option<usize> {
        let all = |bytes: &[u8]| bytes.iter().all(|byte| run::is_member(*byte));
        match self {
            Self::Literal(text) => all(text.as_bytes()).then_some(text.len()),
            Self::OneOf(members) => all(&bytes_of(members)).then_some(1),
            // So are those of all sets.
            Self::Run { least, .. } => Some(*least),
            Self::Uuid => Some(36),
        }
    }

    fn least(&self) -> Option<usize> {
        match self {
            Self::Run { least, .. } => Some(*least),
            Self::Uuid => Some(36),
            _ => None,
        }
    }
}

/// The members of a class: bytes and ranges `a-z`.
fn bytes_of(class: &str) -> Vec<u8> {
    match class.as_bytes() {
        [first, b'-', last, ..] => (*first..=*last).chain(bytes_of(&class[3..])).collect(),
        [first, ..] => std::iter::once(*first)
            .chain(bytes_of(&class[1..]))
            .collect(),
        [] => Vec::new(),
    }
}
