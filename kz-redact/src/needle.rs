use std::{cmp::Ordering, ops::Range, sync::Arc};

use crate::oracle::cut;
use kz_core::SecretValue;
use zeroize::Zeroize;

use crate::{
    fast::Anchors,
    request::{OnRequest, Requested},
};

/// Values shorter than this are looked for as they stand only, never encoded.
pub(crate) const MIN_LENGTH: usize = 8;

/// Most bytes of text for each byte of a needle: what is stretched further is not
/// promised, in a whole as in a stream, so that a stream need hold back no more. A test
/// holds it to the table of forms.
pub(crate) const REACH: usize = 8 * 1024;

/// The reach of the shortest needles.
const SHORTEST_REACH: usize = 64 * 1024;

/// The same where what was compressed is unpacked.
const LONGEST_REACH: usize = 128 * 1024;

/// Bytes to look for and which of them to mask.
pub(crate) struct Needle {
    value: SecretValue,
    mask: Range<usize>,
    any_case: bool,
    may_be_cut: bool,
    name: u32,
    order: u32,
}

impl Needle {
    /// Looks for `value` and masks the part `mask` of it. `order` tells which
    /// of two needles came first.
    pub(crate) fn new(value: SecretValue, mask: Range<usize>, name: u32, order: u32) -> Self {
        Self {
            value,
            mask,
            any_case: false,
            may_be_cut: false,
            name,
            order,
        }
    }

    /// Looks for the bytes in either case of ASCII.
    pub(crate) fn in_any_case(mut self) -> Self {
        self.any_case = true;
        self
    }

    /// Looks for its first or its last bytes alone too, beside a mark that says
    /// that the rest was left out.
    pub(crate) fn in_part(mut self) -> Self {
        let length = self.bytes().len();
        self.may_be_cut = length >= cut::SHORTEST && self.mask == (0..length);
        self
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.value.expose_bytes()
    }

    /// The byte at `depth`, in lower case if it is looked for in any.
    fn byte(&self, depth: usize) -> Option<u8> {
        let byte = self.bytes().get(depth).copied();
        if self.any_case {
            byte.map(|byte| byte.to_ascii_lowercase())
        } else {
            byte
        }
    }

    /// How many bytes of `text` are those of the needle.
    pub(crate) fn common(&self, text: &[u8]) -> usize {
        let bytes = self.bytes();
        if text.starts_with(bytes) {
            return bytes.len();
        }
        let pairs = text.iter().zip(bytes);
        pairs
            .take_while(|(a, b)| a == b || self.any_case && a.eq_ignore_ascii_case(b))
            .count()
    }

    /// How the first bytes compare with `prefix`.
    fn order_of(&self, prefix: &[u8]) -> Ordering {
        let own = (0..prefix.len()).map(|depth| self.byte(depth));
        let others = prefix.iter().map(|&byte| {
            Some(if self.any_case {
                byte.to_ascii_lowercase()
            } else {
                byte
            })
        });
        own.cmp(others)
    }

    /// The order of the table.
    fn compare(&self, other: &Self) -> Ordering {
        let longer = self.bytes().len().max(other.bytes().len());
        let different = (0..longer).find(|&at| self.byte(at) != other.byte(at));
        different.map_or(Ordering::Equal, |at| self.byte(at).cmp(&other.byte(at)))
    }

    pub(crate) fn mask(&self) -> Range<usize> {
        self.mask.clone()
    }

    pub(crate) fn name(&self) -> u32 {
        self.name
    }

    pub(crate) fn order(&self) -> u32 {
        self.order
    }
}

/// Needles in the order of their bytes, which is all the index there is: values
/// live once, shared between generations of the table, and no automaton holds
/// copies that could not be wiped. Those that are looked for as they are written
/// come first, behind them those that are looked for in any case.
#[derive(Clone, Default)]
pub(crate) struct Needles {
    sorted: Vec<Arc<Needle>>,
    /// How many are looked for as they are written.
    exact: usize,
    /// Ends of needles, in the same order: which needle, and from where on. They
    /// are counted behind the needles.
    ends: Vec<End>,
    /// How many ends are looked for as they are written.
    exact_ends: usize,
    /// In the order in which they came.
    by_age: Vec<Arc<Needle>>,
    /// Length of the longest.
    longest: usize,
    /// Whether some needle begins with these two bytes, one bit each.
    pairs: Pairs,
    /// What tells where it is worth looking.
    anchors: Anchors,
    /// In which other forms they are looked for.
    requested: Requested,
}

#[derive(Clone, Copy)]
struct End {
    /// By age.
    needle: u32,
    offset: u32,
}

#[derive(Clone, Default)]
struct Pairs(Vec<u64>);

impl Drop for Pairs {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Needles {
    /// No needles yet, to be looked for in these forms too.
    pub(crate) fn requesting(requested: Requested) -> Self {
        Self {
            requested,
            ..Self::default()
        }
    }

    pub(crate) fn requested(&self) -> Requested {
        self.requested
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The needle at `index`, or the one that the end there is of.
    pub(crate) fn get(&self, index: usize) -> &Needle {
        match self.end(index) {
            Some(end) => &self.by_age[end.needle as usize],
            None => &self.sorted[index],
        }
    }

    fn end(&self, index: usize) -> Option<End> {
        let index = index.checked_sub(self.sorted.len())?;
        Some(self.ends[index])
    }

    /// Whether an end stands at `index`.
    pub(crate) fn is_end(&self, index: u32) -> bool {
        index as usize >= self.sorted.len()
    }

    /// How many bytes are read of what stands at `index`.
    pub(crate) fn length(&self, index: u32) -> usize {
        let offset = self.end(index as usize).map_or(0, |end| end.offset);
        self.get(index as usize).bytes().len() - offset as usize
    }

    /// The byte at `depth` of what stands at `index`, in lower case if it is looked
    /// for in any.
    pub(crate) fn byte(&self, index: u32, depth: usize) -> Option<u8> {
        match self.end(index as usize) {
            Some(end) => self.by_age[end.needle as usize].byte(end.offset as usize + depth),
            None => self.sorted[index as usize].byte(depth),
        }
    }

    /// Whether the needle at `index` is recognised by its first `depth` bytes.
    pub(crate) fn may_be_cut_after(&self, index: u32, depth: usize) -> bool {
        let needle = self.get(index as usize);
        let whole = needle.bytes().len();
        !self.is_end(index) && needle.may_be_cut && depth >= cut::fewest(whole)
    }

    /// Whether there are ends.
    pub(crate) fn have_ends(&self) -> bool {
        !self.ends.is_empty()
    }

    /// The ends that are looked for as they are written, and those that are looked
    /// for in any case.
    pub(crate) fn ends(&self) -> [(u32, u32); 2] {
        let start = self.sorted.len();
        let [start, exact, all] =
            [0, self.exact_ends, self.ends.len()].map(|count| crate::oracle::place(start + count));
        [(start, exact), (exact, all)]
    }

    /// The longest stretch of text in which a needle is found.
    pub(crate) fn reach(&self) -> usize {
        let least = if self.requested.has(OnRequest::Gzip) {
            LONGEST_REACH
        } else {
            SHORTEST_REACH
        };
        self.longest.saturating_mul(REACH).max(least)
    }

    /// Length of the longest needle.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The needles that are looked for as they are written, and those that are
    /// looked for in any case.
    pub(crate) fn tables(&self) -> [(u32, u32); 2] {
        let [exact, all] = [self.exact, self.sorted.len()].map(crate::oracle::place);
        [(0, exact), (exact, all)]
    }

    /// Adds a needle, unless the same is there already; says whether it was new.
    pub(crate) fn add(&mut self, needle: Needle) -> bool {
        let (start, end) = if needle.any_case {
            (self.exact, self.sorted.len())
        } else {
            (0, self.exact)
        };
        let table = &self.sorted[start..end];
        let mut at = start + table.partition_point(|known| known.compare(&needle).is_lt());
        while let Some(known) = self.sorted[..end].get(at)
            && known.compare(&needle).is_eq()
        {
            if known.mask == needle.mask {
                return false;
            }
            at += 1;
        }
        self.pairs.add(&needle);
        let length = needle.bytes().len();
        let shortest = if needle.may_be_cut {
            cut::fewest(length)
        } else {
            length
        };
        self.anchors.add(needle.bytes(), shortest);
        self.longest = self.longest.max(needle.bytes().len());
        self.exact += usize::from(!needle.any_case);
        let needle = Arc::new(needle);
        self.sorted.insert(at, Arc::clone(&needle));
        self.by_age.push(needle);
        self.add_ends();
        true
    }

    /// Whether these bytes are looked for with this part of them masked.
    pub(crate) fn has(&self, bytes: &[u8], mask: &Range<usize>, any_case: bool) -> bool {
        let (start, end) = if any_case {
            (self.exact, self.sorted.len())
        } else {
            (0, self.exact)
        };
        let fold = |byte: u8| {
            if any_case {
                byte.to_ascii_lowercase()
            } else {
                byte
            }
        };
        let wanted = || bytes.iter().copied().map(fold);
        let known = |needle: &Needle| needle.bytes().iter().copied().map(fold).cmp(wanted());
        let table = &self.sorted[start..end];
        let first = table.partition_point(|needle| known(needle).is_lt());
        table[first..]
            .iter()
            .take_while(|needle| known(needle).is_eq())
            .any(|needle| needle.mask == *mask)
    }

    /// Adds the ends of the latest needle.
    fn add_ends(&mut self) {
        let age = self.by_age.len() - 1;
        let needle = &self.by_age[age];
        let length = needle.bytes().len();
        if !needle.may_be_cut || length > cut::LONGEST_END {
            return;
        }
        let byte = |end: End, depth: usize| {
            self.by_age[end.needle as usize].byte(end.offset as usize + depth)
        };
        let compare = |one: &End, other: &End| {
            let different = (0..=cut::LONGEST_END).find(|&at| byte(*one, at) != byte(*other, at));
            different.map_or(Ordering::Equal, |at| byte(*one, at).cmp(&byte(*other, at)))
        };
        let offsets = 1..=length - cut::fewest(length);
        for offset in offsets.clone() {
            self.anchors.add_end(&needle.bytes()[offset..]);
        }
        let mut fresh: Vec<End> = offsets
            .map(|offset| End {
                needle: crate::oracle::place(age),
                offset: crate::oracle::place(offset),
            })
            .collect();
        fresh.sort_by(compare);
        let any_case = needle.any_case;
        let (exact, folded) = self.ends.split_at(self.exact_ends);
        let known = if any_case { folded } else { exact };
        let mut merged = Vec::with_capacity(known.len() + fresh.len());
        let mut rest = known;
        for end in &fresh {
            let before = rest.partition_point(|known| compare(known, end).is_lt());
            merged.extend_from_slice(&rest[..before]);
            rest = &rest[before..];
            merged.push(*end);
        }
        merged.extend_from_slice(rest);
        let count = fresh.len();
        self.ends = if any_case {
            [exact, &merged].concat()
        } else {
            [&merged, folded].concat()
        };
        if !any_case {
            self.exact_ends += count;
        }
    }

    pub(crate) fn anchors(&self) -> &Anchors {
        &self.anchors
    }

    /// The needles that begin with `prefix`, by their places.
    pub(crate) fn beginning(&self, prefix: &[u8]) -> impl Iterator<Item = usize> + use<> {
        let [exact, any_case] = self.tables().map(|(low, high)| {
            let table = &self.sorted[low as usize..high as usize];
            let first = table.partition_point(|needle| needle.order_of(prefix).is_lt());
            let count = table[first..].partition_point(|needle| needle.order_of(prefix).is_eq());
            let first = low as usize + first;
            first..first + count
        });
        exact.chain(any_case)
    }

    /// Whether a needle begins with this byte.
    pub(crate) fn begin(&self, byte: u8) -> bool {
        self.pairs.has_any(byte)
    }

    /// Whether a needle begins with these two bytes, or is the first alone.
    pub(crate) fn begin_with(&self, first: u8, second: u8) -> bool {
        self.pairs.has(first, second)
    }

    /// The needles between `low` and `high`, which are of one table and agree up to
    /// `depth`, that have `byte` there.
    pub(crate) fn narrow(&self, low: u32, high: u32, depth: usize, byte: u8) -> (u32, u32) {
        let table = if self.is_end(low) {
            self.ends()
        } else {
            self.tables()
        };
        let any_case = low >= table[1].0;
        let byte = if any_case {
            byte.to_ascii_lowercase()
        } else {
            byte
        };
        let place = |is_before: &dyn Fn(Option<u8>) -> bool, low: u32| {
            let (mut low, mut high) = (low, high);
            while low < high {
                let middle = low + (high - low) / 2;
                if is_before(self.byte(middle, depth)) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        if high - low == 1 {
            return if self.byte(low, depth) == Some(byte) {
                (low, high)
            } else {
                (low, low)
            };
        }
        let first = place(&|other| other < Some(byte), low);
        (first, place(&|other| other == Some(byte), first))
    }
}

impl Pairs {
    fn add(&mut self, needle: &Needle) {
        self.0.resize(1024, 0);
        let cases = |byte: u8| {
            if needle.any_case {
                [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]
            } else {
                [byte; 2]
            }
        };
        match *needle.bytes() {
            [first, second, ..] => {
                for first in cases(first) {
                    for second in cases(second) {
                        let index = usize::from(first) << 8 | usize::from(second);
                        self.0[index / 64] |= 1 << (index % 64);
                    }
                }
            }
            [first] => {
                for first in cases(first) {
                    self.0[usize::from(first) * 4..][..4].fill(u64::MAX);
                }
            }
            [] => {}
        }
    }

    fn has_any(&self, first: u8) -> bool {
        self.0
            .get(usize::from(first) * 4..)
            .is_some_and(|words| words.iter().take(4).any(|&word| word != 0))
    }

    fn has(&self, first: u8, second: u8) -> bool {
        let index = usize::from(first) << 8 | usize::from(second);
        self.0
            .get(index / 64)
            .is_some_and(|word| word >> (index % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrowing_walks_the_sorted_needles() {
        let mut needles = Needles::default();
        for (order, text) in ["abd", "abc", "b", "abcd", "abc"].iter().enumerate() {
            let new = needles.add(Needle::new(
                SecretValue::copy_from(text.as_bytes()),
                0..text.len(),
                0,
                u32::try_from(order).unwrap(),
            ));
            assert_eq!(new, order != 4);
        }
        assert_eq!(needles.len(), 4);
        assert!(needles.has(b"abc", &(0..3), false) && !needles.has(b"abc", &(1..3), false));
        assert!(!needles.has(b"ab", &(0..2), false) && !needles.has(b"c", &(0..1), false));
        assert!(needles.begin(b'a') && needles.begin(b'b') && !needles.begin(b'c'));
        assert_eq!(needles.narrow(0, 3, 1, b'b'), (0, 3));
        assert_eq!(needles.narrow(0, 3, 2, b'd'), (2, 3));
        assert!(needles.begin_with(b'a', b'b') && needles.begin_with(b'b', b'x'));
        assert!(!needles.begin_with(b'a', b'x'));

        let folded = || Needle::new(SecretValue::copy_from(b"ABc"), 0..3, 0, 9).in_any_case();
        assert!(needles.add(folded()) && !needles.add(folded()));
        assert!(needles.has(b"aBC", &(0..3), true) && !needles.has(b"ABc", &(0..3), false));
        assert_eq!(needles.tables(), [(0, 4), (4, 5)]);
        assert_eq!(needles.narrow(4, 5, 0, b'a'), (4, 5));
        assert_eq!(needles.narrow(4, 5, 0, b'A'), (4, 5));
        assert_eq!(needles.narrow(0, 4, 0, b'A'), (0, 0));
        assert!(needles.begin_with(b'A', b'b') && needles.begin_with(b'A', b'B'));
    }
}
