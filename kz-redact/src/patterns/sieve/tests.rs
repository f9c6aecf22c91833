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
        let gap = GAPS.sets(byte);
        assert_eq!(gap & IN_GAPS != 0, b" \t\n\"'`=:,".contains(&byte));
        assert_eq!(gap & ASSIGNS != 0, b"=:,".contains(&byte));
        assert_eq!(gap & BREAKS != 0, byte == b'\n');
        assert_eq!(gap & LABELS != 0, b"&!".contains(&byte));
        assert_eq!(gap & TAGS != 0, byte == b'>');
    }
}

#[test]
fn vectors_see_what_bytes_show() {
    let random = &mut Random::new(11);
    let mut prefixes = vec![
        (Kind::AtWord, prefix(b"a_", false)),
        (Kind::Anywhere, prefix(b"://", false)),
        (Kind::Anywhere, prefix(b"Pass", true)),
        (Kind::InQuery, prefix(b"?ab", true)),
        (Kind::RunAtWord, prefix(b"ab1x", false)),
        (Kind::RunAnywhere, prefix(b"\x7fZ", false)),
        (Kind::Hint, prefix(b"key", true)),
        (Kind::Mark, prefix(b"Q~", false)),
    ];
    // So many that they have to share buckets.
    prefixes.extend((0..60).map(|_| {
        let word: [u8; 4] = std::array::from_fn(|_| *random.pick(b"PpAaSsb1xZkKeEyYmQ"));
        let kind = *random.pick(&[Kind::Anywhere, Kind::AtWord, Kind::InQuery]);
        (kind, prefix(&word, random.below(2) == 0))
    }));
    let sieve = Sieve::new(&prefixes);
    for length in [
        0, 1, 2, 3, 63, 64, 65, 66, 67, 68, 127, 128, 200, 1500, 1650,
    ] {
        for _ in 0..40 {
            let text: Vec<u8> = (0..length)
                .map(|_| match random.below(4) {
                    0 => u8::try_from(random.below(256)).unwrap(),
                    _ => *random.pick(b"a_://PpAaSsb1x\x7fZkKeEyYmQ~\\%"),
                })
                .collect();
            for at in (0..=length).step_by(BLOCK) {
                let exactly = filled_plainly(&sieve, &text, at, through);
                let by_halves = filled_plainly(&sieve, &text, at, through_halves);
                for (way, sieve) in in_each_way(&sieve) {
                    let fast = filled(&sieve, &text, at);
                    let plain = if way == 0 { &exactly } else { &by_halves };
                    assert_eq!(fast, *plain, "{length} from {at}");
                }
            }
            let end = random.below(length + 1);
            for (way, fast) in in_each_way(&sieve) {
                let through = if way == 0 { through } else { through_halves };
                let places = [u16::try_from(end).unwrap()];
                let [mut plain, mut before] = [[Before::default()]; 2];
                sieve.look_back_plainly(&text, 0, &places, &mut plain, through);
                fast.look_back(&text, 0, &places, &mut before);
                assert_eq!(before, plain, "{length} to {end}");
            }
        }
    }
}

/// As [`through`], but each byte is told from its halves.
fn through_halves(sieve: &Sieve, of: usize, text: &[u8]) -> u8 {
    in_each_place(text, |place, byte| sieve.halves[of][place].sets(byte))
}

/// What stands in as many blocks as there is room for, as if each had a long run.
fn filled(sieve: &Sieve, text: &[u8], at: usize) -> Masks {
    let mut masks = Masks::default();
    let count = sieve.fill(text, at, &mut masks, 1..ROOM);
    masks.long = [1; ROOM];
    sieve.fill_runs(text, at, &mut masks, count);
    masks
}

/// The same, a byte at a time.
fn filled_plainly(sieve: &Sieve, text: &[u8], at: usize, through: Through) -> Masks {
    let mut masks = Masks::default();
    let count = text.len().saturating_sub(at).div_ceil(BLOCK).min(ROOM - 1);
    sieve.fill_plainly(text, at, &mut masks, 1..count + 1, through);
    masks.long = [1; ROOM];
    sieve.fill_runs_plainly(text, at, &mut masks, count, through);
    masks
}

/// The sieve with the vector code of each kind of processor of which this is one, and
/// which kind it is: the first tells bytes exactly, others by their halves.
fn in_each_way(sieve: &Sieve) -> Vec<(usize, Sieve)> {
    let mut sieves = vec![(0, sieve.without_vectors())];
    #[cfg(target_arch = "x86_64")]
    sieves.extend(Way::all().map(|way| {
        let with_way = Sieve {
            way: Some(way),
            ..sieve.clone()
        };
        (usize::from(!way.is_exact()), with_way)
    }));
    sieves
}

impl Sieve {
    fn without_vectors(&self) -> Self {
        Self {
            #[cfg(target_arch = "x86_64")]
            way: None,
            ..self.clone()
        }
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
        for through in [through, through_halves] {
            let masks = filled_plainly(&sieve, word, 0, through);
            let mask = match kind {
                Kind::Anywhere => masks.anywhere[1],
                Kind::AtWord => masks.at_words[1],
                Kind::InQuery => masks.before_queries[1],
                Kind::RunAtWord => masks.runs_at_words[1],
                Kind::RunAnywhere => masks.runs_anywhere[1],
                Kind::Mark => masks.marks[1],
                Kind::Hint => {
                    // Behind it, more of the text follows, as a value does.
                    let text = [&word[..], &[0; BLOCK]].concat();
                    let mut before = [Before::default()];
                    sieve.look_back_plainly(&text, 0, &[64], &mut before, through);
                    before[0].hints
                }
            };
            assert_eq!(mask & 1, 1);
        }
    }
}

#[test]
fn three_bytes_are_told_together() {
    let random = &mut Random::new(13);
    let mut word = || -> [u8; 3] { std::array::from_fn(|_| *random.pick(b"abcdefghij_-")) };
    let words: Vec<[u8; 3]> = (0..16).map(|_| word()).collect();
    let mut threes = Threes::NONE;
    for word in &words {
        threes.add(prefix(word, true).shape().threes, 1);
    }
    for word in &words {
        assert_eq!(threes.of(word), 1);
        assert_eq!(threes.of(&word.to_ascii_uppercase()), 1);
    }
    // Each byte of it stands there in one of them.
    let is_mixed = |mixed: &[u8; 3]| {
        (0..3).all(|place| words.iter().any(|word| word[place] == mixed[place]))
            && !words.contains(mixed)
    };
    let mixed: Vec<[u8; 3]> = (0..2000).map(|_| word()).filter(is_mixed).collect();
    let stopped = mixed.iter().filter(|mixed| threes.of(&mixed[..]) == 0);
    let stopped = stopped.count();
    assert!(
        stopped > 500 && stopped > mixed.len() * 3 / 4,
        "{stopped} of {}",
        mixed.len()
    );
}
