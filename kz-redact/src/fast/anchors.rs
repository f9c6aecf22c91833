use zeroize::Zeroize;

use super::{
    carried::may_be_carried,
    grams::{Grams, Hasher, eight},
    openers::Openers,
};
use std::sync::Arc;

/// What is known of the needles without reading them: from this alone the filter
/// tells where it is worth looking.
///
/// The *anchor* of a needle is its first [`LONGEST`] bytes, or as many as it has
/// before a line break. Whatever way a text takes through the needle, it either
/// has the anchor as it stands, or the first byte of the anchor that it writes
/// otherwise, or interrupts, follows on bytes of the anchor as they stand.
#[derive(Clone)]
pub(crate) struct Anchors {
    pub(super) hasher: Hasher,
    /// Stretches of the anchors, by the length of those; see [`CLASSES`].
    pub(super) classes: [Grams; 3],
    /// Each four bytes of the anchors, by the place of the last.
    pub(super) joints: Grams,
    /// The first four bytes of each needle.
    pub(super) heads: Grams,
    /// The first byte of each needle, in either case.
    pub(super) firsts: Bytes,
    /// Each two bytes of the anchors.
    pairs: Rows<16>,
    /// Each three bytes of the anchors.
    rows: Rows<18>,
    /// The last two bytes of each anchor.
    lasts: Rows<16>,
    /// The last two bytes of each anchor that is a whole needle.
    wholes: Rows<16>,
    /// The first three bytes of each end of a needle that is looked for alone.
    ends: Rows<18>,
    /// The bytes that occur in anchors, in either case.
    pub(super) bytes: Bytes,
    /// The bytes that something may have that a run carries.
    pub(super) carried: Bytes,
    /// The units that matter.
    pub(super) openers: Arc<Openers>,
    /// The length of the shortest needle, or part of one.
    pub(super) shortest: usize,
    /// The length of the shortest needle, or part of one with its mark.
    pub(super) shortest_marked: usize,
    /// Some needle has no anchor, because it begins with short lines.
    pub(super) without: bool,
}

/// A class of anchors: those of at least `length` bytes. Any `length` bytes of
/// text contain one of `length - gram + 1` places in a row at which a stretch of
/// `gram` bytes begins, so only every such place need be looked at.
#[derive(Clone, Copy)]
pub(super) struct Class {
    pub(super) length: usize,
    pub(super) gram: usize,
}

impl Class {
    pub(super) const fn step(self) -> usize {
        self.length - self.gram + 1
    }
}

/// Classes by falling length, so that one short value slows the search for long
/// ones by as little as can be.
pub(super) const CLASSES: [Class; 3] = [
    Class {
        length: 20,
        gram: 8,
    },
    Class {
        length: 12,
        gram: 5,
    },
    Class { length: 8, gram: 4 },
];

/// The length of the shortest mark that says that something was left out.
const SHORTEST_MARK: usize = 3;

/// The length of the longest anchor.
pub(super) const LONGEST: usize = CLASSES[0].length;

impl Default for Anchors {
    fn default() -> Self {
        Self {
            hasher: Hasher::new(),
            classes: Default::default(),
            joints: Grams::default(),
            heads: Grams::default(),
            firsts: Bytes::default(),
            pairs: Rows::default(),
            rows: Rows::default(),
            lasts: Rows::default(),
            wholes: Rows::default(),
            ends: Rows::default(),
            bytes: Bytes::default(),
            carried: Bytes::of(may_be_carried),
            openers: Arc::new(Openers::new(&Bytes::default())),
            shortest: usize::MAX,
            shortest_marked: usize::MAX,
            without: false,
        }
    }
}

impl Anchors {
    /// Adds the anchor of a needle, of which `shortest` bytes may be all there is.
    pub(crate) fn add(&mut self, needle: &[u8], shortest: usize) {
        self.shortest = self.shortest.min(shortest);
        let marked = needle.len().min(shortest + SHORTEST_MARK);
        self.shortest_marked = self.shortest_marked.min(marked);
        for &byte in needle {
            self.carried.add_both_cases(byte);
        }
        let line = needle
            .iter()
            .position(|&byte| byte == b'\n')
            .unwrap_or(needle.len());
        let class = CLASSES.iter().position(|class| class.length <= line);
        let Some(index) = class else {
            self.without = true;
            return;
        };
        let Class { length, gram } = CLASSES[index];
        let anchor = &needle[..length];
        for place in 0..CLASSES[index].step() {
            let hash = self.hasher.hash_of(gram, eight(anchor, place));
            self.classes[index].add(hash, place);
        }
        for place in 3..length {
            let hash = self.hasher.hash::<4>(eight(anchor, place - 3));
            self.joints.add(hash, place);
        }
        self.heads.add(self.hasher.hash::<4>(eight(anchor, 0)), 0);
        let before = self.bytes.clone();
        self.firsts.add_both_cases(anchor[0]);
        for &byte in anchor {
            self.bytes.add_both_cases(byte);
        }
        for pair in anchor.windows(2) {
            self.pairs.add(self.hash_of_pair(pair[0], pair[1]));
        }
        let behind = needle.get(length);
        let with_behind = &needle[..length + usize::from(behind.is_some())];
        for row in with_behind.windows(3) {
            self.rows.add(self.hash_of_row(row[0], row[1], row[2]));
        }
        if let Some(&[first, second]) = anchor.last_chunk() {
            let pair = self.hash_of_pair(first, second);
            self.lasts.add(pair);
            if behind.is_none() {
                self.wholes.add(pair);
            }
        }
        if self.bytes != before {
            self.openers = Arc::new(Openers::new(&self.bytes));
        }
    }

    /// Adds an end of a needle, which is looked for behind a mark.
    pub(crate) fn add_end(&mut self, end: &[u8]) {
        if let Some(&[first, second, third]) = end.first_chunk() {
            self.ends.add(self.hash_of_row(first, second, third));
        }
    }

    /// Whether an end of a needle may begin with these bytes.
    pub(super) fn may_end(&self, [first, second, third]: [u8; 3]) -> bool {
        self.ends.has(self.hash_of_row(first, second, third))
    }

    /// Whether two bytes may stand next to each other in an anchor, in either case.
    #[inline]
    pub(super) fn may_pair(&self, first: u8, second: u8) -> bool {
        self.pairs.has(self.hash_of_pair(first, second))
    }

    /// Whether three bytes may stand next to each other in a needle, of which the first two
    /// are of its anchor.
    ///
    /// Behind the anchor, units are passed over that stand for none of its bytes, and a
    /// mark may say that the rest was left out; both begin with a sign.
    #[inline]
    pub(super) fn may_row(&self, first: u8, second: u8, third: u8) -> bool {
        let pair = self.hash_of_pair(first, second);
        let lasts = if third.is_ascii_alphanumeric() {
            &self.wholes
        } else {
            &self.lasts
        };
        self.rows.has(self.hash_of_row(first, second, third)) | lasts.has(pair)
    }

    #[inline]
    fn hash_of_pair(&self, first: u8, second: u8) -> u64 {
        self.hasher
            .hash::<2>(u64::from(u16::from_le_bytes([first, second])))
    }

    #[inline]
    fn hash_of_row(&self, first: u8, second: u8, third: u8) -> u64 {
        let row = u32::from_le_bytes([first, second, third, 0]);
        self.hasher.hash::<3>(u64::from(row))
    }

    /// The first place from `at` on, in steps of a class, where one of its stretches may
    /// stand, and the hash of that.
    #[inline(never)]
    pub(super) fn next_in<const CLASS: usize>(
        &self,
        text: &[u8],
        at: usize,
    ) -> Option<(usize, u64)> {
        let class = CLASSES[CLASS];
        let (step, hasher, grams) = (class.step(), self.hasher, &self.classes[CLASS]);
        let small = grams.small()?;
        let may_hold = |hash| small.look(hash) & 1 == 1 && grams.may_be_in_large(hash);
        let mut at = at;
        let mut rest = text.get(at..)?;
        // Several at a time: hardly ever there is one among them.
        while rest.len() >= (PROBES - 1) * step + 8 {
            let hashes: [u64; PROBES] = std::array::from_fn(|probe| {
                let eight = rest[probe * step..].first_chunk().copied();
                hasher.hash_of(class.gram, eight.map_or(0, u64::from_le_bytes))
            });
            let any = hashes.iter().fold(0, |any, hash| any | small.look(*hash));
            if any & 1 == 1
                && let Some(probe) = hashes.iter().position(|hash| may_hold(*hash))
            {
                return Some((at + probe * step, hashes[probe]));
            }
            at += PROBES * step;
            rest = rest.get(PROBES * step..)?;
        }
        while at + class.gram <= text.len() {
            let hash = hasher.hash_of(class.gram, eight(text, at));
            if may_hold(hash) {
                return Some((at, hash));
            }
            at += step;
        }
        None
    }
}

/// How many places are looked at together.
const PROBES: usize = 4;

/// A set of short rows of bytes, by a few bits of a hash of each that is keyed anew in
/// every process: the rows of one value as they are would nearly spell it. Wiped on drop.
#[derive(Clone, Default)]
struct Rows<const BITS: u32>(Vec<u64>);

impl<const BITS: u32> Rows<BITS> {
    fn add(&mut self, hash: u64) {
        let index = Self::index(hash);
        self.0.resize(1 << (BITS - 6), 0);
        self.0[index / 64] |= 1 << (index % 64);
    }

    #[inline]
    fn has(&self, hash: u64) -> bool {
        let index = Self::index(hash);
        self.0
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }

    #[inline]
    fn index(hash: u64) -> usize {
        usize::try_from(hash >> (64 - BITS)).unwrap_or_default()
    }
}

impl<const BITS: u32> Drop for Rows<BITS> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A set of bytes, wiped on drop.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    fn of(is: fn(u8) -> bool) -> Self {
        let mut bytes = Self::default();
        (0..=u8::MAX)
            .filter(|&byte| is(byte))
            .for_each(|byte| bytes.add(byte));
        bytes
    }

    pub(super) fn add(&mut self, byte: u8) {
        self.0[usize::from(byte) / 64] |= 1 << (byte % 64);
    }

    fn add_both_cases(&mut self, byte: u8) {
        self.add(byte.to_ascii_lowercase());
        self.add(byte.to_ascii_uppercase());
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte) / 64] >> (byte % 64) & 1 == 1
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_those_of_the_anchor_in_either_case() {
        let mut anchors = Anchors::default();
        anchors.add(b"kz-Canary-1", 11);
        let pairs = |text: &[u8]| {
            text.windows(2)
                .all(|pair| anchors.may_pair(pair[0], pair[1]))
        };
        assert!(pairs(b"kz-Canar") && pairs(b"KZ-cANAR"));
        let all = || (0..=u8::MAX).flat_map(|a| (0..=u8::MAX).map(move |b| (a, b)));
        let held = all().filter(|&(a, b)| anchors.may_pair(a, b)).count();
        assert!(held < 100, "{held} of 65,536");
    }

    #[test]
    fn what_follows_on_an_anchor_may_be_anything() {
        let mut anchors = Anchors::default();
        anchors.add(b"kz-Canary-1-'", 13);
        assert!(anchors.may_row(b'z', b'-', b'c'));
        assert!(!anchors.may_row(b'z', b'-', b'd'));
        assert!(anchors.may_row(b'1', b'-', b'\\'));
        assert!(anchors.may_row(b'1', b'-', b'\''));
        assert!(!anchors.may_row(b'1', b'-', b'2'));
    }

    #[test]
    fn no_sign_that_may_follow_on_an_anchor_is_a_letter_or_digit() {
        use crate::{oracle::cut, views::VIEWS};
        let introducers = VIEWS.iter().flat_map(|view| view.introducers());
        let signs = cut::SIGNS.iter().map(|sign| &sign.as_bytes()[0]);
        assert!(!introducers.chain(signs).any(u8::is_ascii_alphanumeric));
        assert!((0..=u8::MAX).all(|byte| !(cut::opens(byte) && byte.is_ascii_alphanumeric())));
    }

    #[test]
    fn pairs_are_kept_by_hashes_of_their_own() {
        let table = || {
            let mut anchors = Anchors::default();
            anchors.add(b"kz-Canary-1", 11);
            anchors.pairs.0.clone()
        };
        assert_ne!(table(), table());
    }
}
