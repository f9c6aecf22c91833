//! Anchors with letters beyond ASCII, which the sieve does not know. Most text has no such
//! letter, so that blocks without one are passed over, and the others searched.

use aho_corasick::AhoCorasick;

use super::{anchor::Anchor, rule::Rule};

/// What is passed over at once, and what is searched where that cannot be.
const BLOCKS: [usize; 2] = [4096, 256];

/// The anchors of rules that have such letters.
#[derive(Debug)]
pub(super) struct BeyondAscii {
    anchors: Vec<Anchor>,
    automaton: Option<AhoCorasick>,
    longest: usize,
}

impl BeyondAscii {
    /// Whether a rule's anchors are such.
    pub(super) fn has(rule: &Rule) -> bool {
        rule.anchors.iter().any(|anchor| !anchor.is_ascii())
    }

    pub(super) fn new(anchors: Vec<Anchor>) -> Self {
        let literals = || anchors.iter().map(Anchor::literal);
        Self {
            automaton: (!anchors.is_empty()).then(|| {
                AhoCorasick::new(literals()).expect("a few words make a few hundred states")
            }),
            longest: literals().map(<[u8]>::len).max().unwrap_or(0),
            anchors,
        }
    }

    pub(super) fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// Calls `visit` with each place at or behind `from` and the anchor that stands there, and
    /// says whether anything had to be searched.
    pub(super) fn each(
        &self,
        text: &[u8],
        from: usize,
        mut visit: impl FnMut(usize, &Anchor),
    ) -> bool {
        let Some(automaton) = &self.automaton else {
            return false;
        };
        // What begins before is done.
        let (mut at, mut done, mut is_searched) = (from, from, false);
        while at < text.len() {
            let is_ascii = |size: &&usize| text[at..text.len().min(at + **size)].is_ascii();
            if let Some(size) = BLOCKS.iter().find(is_ascii) {
                at += size;
                continue;
            }
            is_searched = true;
            // An anchor may begin with letters of ASCII before the block, and end behind it.
            let end = text.len().min(at + BLOCKS[1]);
            let start = done.max(at.saturating_sub(self.longest));
            let shown = &text[start..text.len().min(end + self.longest)];
            for found in automaton.find_iter(shown) {
                if start + found.start() >= end {
                    break;
                }
                visit(start + found.start(), &self.anchors[found.pattern()]);
            }
            (at, done) = (end, end);
        }
        is_searched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_found_once_wherever_it_stands() {
        let words = ["пароль", "hasło", "密码"];
        let anchors = words.iter().map(|word| Anchor::new(word, false, 0));
        let beyond = BeyondAscii::new(anchors.collect());
        let padding = "a é ".repeat(3000);
        for (name, around) in [("ascii", "-".repeat(9000)), ("mixed", padding)] {
            for word in words {
                for at in (0..20).chain(230..280).chain(4080..4110) {
                    if !around.is_char_boundary(at) {
                        continue;
                    }
                    let mut text = around.clone();
                    text.insert_str(at, word);
                    for from in [0, at.saturating_sub(1), at, at + 1] {
                        let mut found = Vec::new();
                        beyond.each(text.as_bytes(), from, |at, anchor| {
                            found.push((at, anchor.len()));
                        });
                        let expected = (from <= at).then_some((at, word.len()));
                        assert_eq!(found, Vec::from_iter(expected), "{name} {word} {at} {from}");
                    }
                }
            }
        }
        assert!(!beyond.each("-".repeat(9000).as_bytes(), 0, |_, _| {}));
    }
}
