//! The literals with which matches begin.

/// A literal of a rule, in which `[…]` stands for one byte of a class.
#[derive(Debug)]
pub(super) struct Anchor {
    /// One of the bytes that may stand in each place, and all of them.
    bytes: Vec<u8>,
    places: Vec<Vec<u8>>,
    /// In either case (ASCII).
    pub(super) fold: bool,
    pub(super) rule: usize,
}

impl Anchor {
    pub(super) fn new(source: &str, fold: bool, rule: usize) -> Self {
        let mut places = Vec::new();
        let mut rest = source.as_bytes();
        while let Some((&first, tail)) = rest.split_first() {
            let members;
            (members, rest) = match tail.iter().position(|byte| *byte == b']') {
                Some(end) if first == b'[' => (class(&tail[..end]), &tail[end + 1..]),
                _ => (vec![first], tail),
            };
            places.push(members);
        }
        Self {
            bytes: places.iter().map(|members| members[0]).collect(),
            places,
            fold,
            rule,
        }
    }

    pub(super) fn places(&self) -> &[Vec<u8>] {
        &self.places
    }

    /// The first of the bytes that may stand in each place.
    pub(super) fn literal(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether `text` begins with it.
    pub(super) fn begins(&self, text: &[u8]) -> bool {
        text.len() >= self.len() && self.agrees(text)
    }

    /// Whether one of them begins with the other.
    pub(super) fn agrees(&self, text: &[u8]) -> bool {
        let is = |member: u8, byte: u8| {
            member == byte || (self.fold && member.eq_ignore_ascii_case(&byte))
        };
        let mut places = self.bytes.iter().zip(text).enumerate();
        places.all(|(place, (member, byte))| {
            is(*member, *byte)
                || self.places[place][1..]
                    .iter()
                    .any(|other| is(*other, *byte))
        })
    }

    /// All that its first bytes may be, so many of them, as numbers in little endian,
    /// with the bit set in which letters of either case differ.
    pub(super) fn heads(&self, count: usize) -> Vec<u64> {
        let mut heads = vec![0];
        for (place, members) in self.places.iter().take(count).enumerate() {
            let mut all: Vec<u8> = members.iter().map(|byte| byte | 0x20).collect();
            all.sort_unstable();
            all.dedup();
            let longer = |head: &u64| {
                let head = *head;
                let longer = all
                    .iter()
                    .map(move |byte| head | u64::from(*byte) << (8 * place));
                longer.collect::<Vec<_>>()
            };
            heads = heads.iter().flat_map(longer).collect();
        }
        heads
    }
}

/// All literals that an anchor stands for.
#[cfg(test)]
pub(super) fn expand(anchor: &str) -> Vec<Vec<u8>> {
    let mut literals = vec![Vec::new()];
    for members in Anchor::new(anchor, false, 0).places {
        literals = literals
            .iter()
            .flat_map(|literal| {
                members.iter().map(move |member| {
                    let mut longer: Vec<u8> = literal.clone();
                    longer.push(*member);
                    longer
                })
            })
            .collect();
    }
    literals
}

/// The members of a class: bytes and ranges `a-z`.
fn class(text: &[u8]) -> Vec<u8> {
    match text {
        [first, b'-', last, rest @ ..] => (*first..=*last).chain(class(rest)).collect(),
        [first, rest @ ..] => std::iter::once(*first).chain(class(rest)).collect(),
        [] => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_expand() {
        let literals = |anchor| {
            expand(anchor)
                .into_iter()
                .map(|bytes| String::from_utf8(bytes).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(literals("abc"), ["abc"]);
        assert_eq!(literals("a[x1-2]"), ["ax", "a1", "a2"]);
        assert_eq!(literals("[ab][cd]"), ["ac", "ad", "bc", "bd"]);
    }

    #[test]
    fn a_folded_anchor_is_found_in_either_case() {
        let anchor = Anchor::new("a1B[c-d]", true, 0);
        assert_eq!(anchor.heads(3), [0x62_31_61]);
        assert_eq!(anchor.heads(4), [0x63_62_31_61, 0x64_62_31_61]);
        assert!(anchor.begins(b"A1bD...") && !anchor.begins(b"A1be"));
        assert!(anchor.agrees(b"a1b") && !anchor.begins(b"a1b"));
        assert!(!Anchor::new("a1B", false, 0).begins(b"a1b"));
    }
}
