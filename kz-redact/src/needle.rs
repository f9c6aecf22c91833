use std::{cmp::Ordering, ops::Range, sync::Arc};

use kz_core::SecretValue;
use zeroize::Zeroize;

/// Values shorter than this are looked for as they stand only, never encoded.
pub(crate) const MIN_LENGTH: usize = 8;

/// Bytes to look for and which of them to mask.
pub(crate) struct Needle {
    value: SecretValue,
    mask: Range<usize>,
    any_case: bool,
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
            name,
            order,
        }
    }

    /// Looks for the bytes in either case of ASCII.
    pub(crate) fn in_any_case(mut self) -> Self {
        self.any_case = true;
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
    /// Length of the longest.
    longest: usize,
    /// Whether some needle begins with these two bytes, one bit each.
    pairs: Pairs,
}

#[derive(Clone, Default)]
struct Pairs(Vec<u64>);

impl Drop for Pairs {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Needles {
    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    pub(crate) fn get(&self, index: usize) -> &Needle {
        &self.sorted[index]
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
        self.longest = self.longest.max(needle.bytes().len());
        self.exact += usize::from(!needle.any_case);
        self.sorted.insert(at, Arc::new(needle));
        true
    }

    /// Whether these bytes are looked for with this part of them masked.
    pub(crate) fn has(&self, bytes: &[u8], mask: &Range<usize>) -> bool {
        let first = self.sorted.partition_point(|known| known.bytes() < bytes);
        let equal = self.sorted[first..].iter();
        equal
            .take_while(|known| known.bytes() == bytes)
            .any(|known| known.mask == *mask)
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
        let byte = if low as usize >= self.exact {
            byte.to_ascii_lowercase()
        } else {
            byte
        };
        let slice = &self.sorted[low as usize..high as usize];
        if let [only] = slice {
            return if only.byte(depth) == Some(byte) {
                (low, high)
            } else {
                (low, low)
            };
        }
        let first = slice.partition_point(|needle| needle.byte(depth) < Some(byte));
        let count = slice[first..].partition_point(|needle| needle.byte(depth) == Some(byte));
        let first = low + crate::oracle::place(first);
        (first, first + crate::oracle::place(count))
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
        assert!(needles.has(b"abc", &(0..3)) && !needles.has(b"abc", &(1..3)));
        assert!(!needles.has(b"ab", &(0..2)) && !needles.has(b"c", &(0..1)));
        assert!(needles.begin(b'a') && needles.begin(b'b') && !needles.begin(b'c'));
        assert_eq!(needles.narrow(0, 3, 1, b'b'), (0, 3));
        assert_eq!(needles.narrow(0, 3, 2, b'd'), (2, 3));
        assert!(needles.begin_with(b'a', b'b') && needles.begin_with(b'b', b'x'));
        assert!(!needles.begin_with(b'a', b'x'));

        let folded = || Needle::new(SecretValue::copy_from(b"ABc"), 0..3, 0, 9).in_any_case();
        assert!(needles.add(folded()) && !needles.add(folded()));
        assert_eq!(needles.tables(), [(0, 4), (4, 5)]);
        assert_eq!(needles.narrow(4, 5, 0, b'a'), (4, 5));
        assert_eq!(needles.narrow(4, 5, 0, b'A'), (4, 5));
        assert_eq!(needles.narrow(0, 4, 0, b'A'), (0, 0));
        assert!(needles.begin_with(b'A', b'b') && needles.begin_with(b'A', b'B'));
    }
}
