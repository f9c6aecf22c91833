use super::*;
use crate::{forms::Random, patterns::runs};

fn prefix(bytes: &[u8], folded: bool) -> Prefix {
    let places: Vec<Vec<u8>> = bytes.iter().map(|byte| vec![*byte]).collect();
    Prefix::new(&places.iter().collect::<Vec<_>>(), folded)
}

#[test]
fn classes_are_told_by_halves() {
    for byte in 0..=255_u8 {
        let class = CLASSES.sets(byte);
        assert_eq!(class & MEMBERS != 0, runs::is_member(byte), "{byte:#x}");
        assert_eq!(class & DIGITS != 0, byte.is_ascii_digit(), "{byte:#x}");
        assert_eq!(class & WORDS != 0, byte.is_ascii_alphanumeric());
        assert_eq!(class & ESCAPES != 0, byte == b'\\' || byte == b'%');
    }
}

#[test]
fn vectors_see_what_bytes_show() {
    let prefixes = [
        (Kind::AtWord, prefix(b"a_", false)),
        (Kind::Anywhere, prefix(b"://", false)),
        (Kind::Anywhere, prefix(b"Pass", true)),
        (Kind::InQuery, prefix(b"?ab", true)),
        (Kind::RunAtWord, prefix(b"ab1x", false)),
        (Kind::RunAnywhere, prefix(b"\x7fZ", false)),
        (Kind::Hint, prefix(b"key", true)),
        (Kind::Mark, prefix(b"Q~", false)),
    ];
    let sieve = Sieve::new(&prefixes);
    let random = &mut Random::new(11);
    for length in [0, 1, 2, 3, 63, 64, 65, 66, 67, 68, 127, 128, 200, 1000] {
        for _ in 0..40 {
            let text: Vec<u8> = (0..length)
                .map(|_| match random.below(4) {
                    0 => u8::try_from(random.below(256)).unwrap(),
                    _ => *random.pick(b"a_://PpAaSsb1x\x7fZkKeEyYmQ~\\%"),
                })
                .collect();
            for at in (0..=length).step_by(BLOCK) {
                let plain = [false, true].map(|by_halves| sieve.fill_plainly(&text, at, by_halves));
                let fast = sieve.fill(&text, at, &mut [Raw::default(); 5]);
                assert_eq!(fast, plain[0].len());
                #[cfg(target_arch = "x86_64")]
                for (plain, vector) in plain.iter().zip(crate::fast::SIEVES) {
                    let mut fast = [Raw::default(); 5];
                    let fast = &mut fast[..plain.len()];
                    if vector(&text, at, &sieve, fast) {
                        assert_eq!(fast, plain, "{length} from {at}");
                    }
                }
            }
        }
    }
}

impl Sieve {
    /// What stands in up to five blocks, a byte at a time.
    fn fill_plainly(&self, text: &[u8], at: usize, by_halves: bool) -> Vec<Raw> {
        let blocks = (at..text.len()).step_by(BLOCK).take(5);
        let block = |at| {
            Self::block(text, at, |of, place, byte| {
                if by_halves {
                    self.halves[of][place].sets(byte)
                } else {
                    self.sets(of, place, byte)
                }
            })
        };
        blocks.map(block).collect()
    }
}

#[test]
fn no_prefix_is_stopped() {
    let random = &mut Random::new(12);
    let words: Vec<[u8; DEPTH]> = (0..300)
        .map(|_| std::array::from_fn(|_| u8::try_from(random.below(128)).unwrap()))
        .collect();
    let prefixes = words.iter().map(|word| {
        let kind = *random.pick(&prefix::KINDS);
        let length = 3 + random.below(DEPTH - 2);
        (kind, prefix(&word[..length], kind == Kind::Hint))
    });
    let prefixes: Vec<_> = prefixes.collect();
    let sieve = Sieve::new(&prefixes);
    for ((kind, _), word) in prefixes.iter().zip(&words) {
        for by_halves in [false, true] {
            let raw = &sieve.fill_plainly(word, 0, by_halves)[0];
            let mask = match kind {
                Kind::Anywhere => raw.anywhere,
                Kind::AtWord => raw.at_words,
                Kind::InQuery => raw.before_queries,
                Kind::RunAtWord => raw.runs_at_words,
                Kind::RunAnywhere => raw.runs_anywhere,
                Kind::Hint => raw.hints,
                Kind::Mark => raw.marks,
            };
            assert_eq!(mask & 1, 1);
        }
    }
}
