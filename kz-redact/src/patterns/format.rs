//! Matches a format as a file of rules writes it: literals and runs of classes
//! with counts. No part needs to be tried twice, so a match is one walk.

/// The classes that a rule may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    Hex,
    UpperHex,
    AnyHex,
    Digit,
    Lower,
    Upper,
    LowerLetter,
    Alphanumeric,
    Word,
    Url,
    Base64,
}

/// A piece of a format.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Literal(&'static str),
    /// One of these bytes.
    OneOf(&'static [u8]),
    /// As many bytes of the set as there are, at least and at most so many.
    Run(Set, usize, usize),
}

/// The length of the format that `text` begins with: of the first alternative
/// that matches.
pub(super) fn length(alternatives: &[&[Part]], text: &[u8]) -> Option<usize> {
    alternatives.iter().find_map(|parts| walk(parts, text))
}

fn walk(parts: &[Part], text: &[u8]) -> Option<usize> {
    let mut rest = text;
    for part in parts {
        rest = match part {
            Part::Literal(literal) => rest.strip_prefix(literal.as_bytes())?,
            Part::OneOf(members) => {
                let (first, rest) = rest.split_first()?;
                members.contains(first).then_some(rest)?
            }
            Part::Run(set, least, most) => {
                let run = rest.iter().take(*most).take_while(|byte| set.holds(**byte));
                let count = run.count();
                (count >= *least).then(|| &rest[count..])?
            }
        };
    }
    // A format that ends with a count is not followed by more of the kind.
    if let (Some(Part::Run(set, _, most)), Some(next)) = (parts.last(), rest.first())
        && *most < usize::MAX
        && (next.is_ascii_alphanumeric() || (*set == Set::Url && set.holds(*next)))
    {
        return None;
    }
    Some(text.len() - rest.len())
}

impl Set {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::UpperHex => matches!(byte, b'0'..=b'9' | b'A'..=b'F'),
            Self::AnyHex => byte.is_ascii_hexdigit(),
            Self::Digit => byte.is_ascii_digit(),
            Self::Lower => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
            Self::Upper => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            Self::LowerLetter => byte.is_ascii_lowercase(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_ends() {
        const KEY: &[Part] = &[
            Part::Literal("kz"),
            Part::OneOf(b"_-"),
            Part::Run(Set::Hex, 4, 6),
        ];
        const OPEN: &[Part] = &[Part::Literal("kz="), Part::Run(Set::Url, 4, usize::MAX)];
        for (text, expected) in [
            ("kz_0a1f", Some(7)),
            ("kz-0a1f2b.", Some(9)),
            ("kz-0a1f2bc", None),
            ("kz-0a1f2g", None),
            ("kz-0a1", None),
            ("kz.0a1f", None),
            ("kz=0a-f_x!", Some(9)),
            ("kz=0a", None),
        ] {
            assert_eq!(length(&[KEY, OPEN], text.as_bytes()), expected, "{text}");
        }
    }
}
