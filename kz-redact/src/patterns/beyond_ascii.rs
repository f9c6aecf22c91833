//! Anchors with letters beyond ASCII, which the sieve does not know. Most text has no such
//! letter, so that blocks without one are passed over, and the others searched.

use aho_corasick::{AhoCorasick, packed};

use super::{anchor::Anchor, rule::Rule};

/// What is passed over at once, and what is searched where that cannot be.
const BLOCKS: [usize; 2] = [4096, 1024];

/// The anchors of rules that have such letters.
#[derive(Debug)]
pub(super) struct BeyondAscii {
    anchors: Vec<Anchor>,
    search: Option<Search>,
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
            search: (!anchors.is_empty()).then(|| Search::new(literals)),
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
        let Some(search) = &self.search else {
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
            search.each(shown, |at, index| {
                if start + at < end {
                    visit(start + at, &self.anchors[index]);
                }
            });
            (at, done) = (end, end);
        }
        is_searched
    }
}

/// How all anchors are sought at once: with vectors, where the processor has them.
#[derive(Debug)]
enum Search {
    Vectors(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Search {
    fn new<'a, I: Iterator<Item = &'a [u8]>>(literals: impl Fn() -> I) -> Self {
        packed::Searcher::new(literals()).map_or_else(
            || {
                let automaton = AhoCorasick::new(literals());
                Self::Automaton(automaton.expect("a few words make a few hundred states"))
            },
            Self::Vectors,
        )
    }

    /// Calls `visit` with where an anchor stands, and which.
    fn each(&self, text: &[u8], mut visit: impl FnMut(usize, usize)) {
        let mut visit =
            |found: aho_corasick::Match| visit(found.start(), found.pattern().as_usize());
        match self {
            Self::Vectors(searcher) => searcher.find_iter(text).for_each(&mut visit),
            Self::Automaton(automaton) => automaton.find_iter(text).for_each(&mut visit),
        }
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
