use std::{ops::Range, sync::Arc};

use kz_core::SecretValue;
use zeroize::Zeroize;

/// Values shorter than this are looked for as they stand only, never encoded.
pub(crate) const MIN_LENGTH: usize = 8;

/// Bytes to look for and which of them to mask.
pub(crate) struct Needle {
    value: SecretValue,
    mask: Range<usize>,
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
            name,
            order,
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.value.expose_bytes()
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

    fn same(&self, other: &Self) -> bool {
        self.bytes() == other.bytes() && self.mask == other.mask
    }
}

/// Needles in the order of their bytes, which is all the index there is: values
/// live once, shared between generations of the table, and no automaton holds
/// copies that could not be wiped.
#[derive(Clone, Default)]
pub(crate) struct Needles {
    sorted: Vec<Arc<Needle>>,
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

    /// Adds a needle, unless the same is there already; says whether it was new.
    pub(crate) fn add(&mut self, needle: Needle) -> bool {
        let first = self
            .sorted
            .partition_point(|known| known.bytes() < needle.bytes());
        let mut at = first;
        while let Some(known) = self.sorted.get(at)
            && known.bytes() == needle.bytes()
        {
            if known.same(&needle) {
                return false;
            }
            at += 1;
        }
        self.pairs.add(needle.bytes());
        self.longest = self.longest.max(needle.bytes().len());
        self.sorted.insert(at, Arc::new(needle));
        true
    }

    /// Whether a needle begins with this byte.
    pub(crate) fn begin(&self, byte: u8) -> bool {
        self.pairs.has_any(byte)
    }

    /// Whether a needle begins with these two bytes, or is the first alone.
    pub(crate) fn begin_with(&self, first: u8, second: u8) -> bool {
        self.pairs.has(first, second)
    }

    /// The needles between `low` and `high`, which agree up to `depth`, that have
    /// `byte` there.
    pub(crate) fn narrow(&self, low: u32, high: u32, depth: usize, byte: u8) -> (u32, u32) {
        let slice = &self.sorted[low as usize..high as usize];
        if let [only] = slice {
            return if only.bytes().get(depth) == Some(&byte) {
                (low, high)
            } else {
                (low, low)
            };
        }
        let first = slice.partition_point(|needle| needle.bytes().get(depth) < Some(&byte));
        let count =
            slice[first..].partition_point(|needle| needle.bytes().get(depth) == Some(&byte));
        let first = low + crate::oracle::place(first);
        (first, first + crate::oracle::place(count))
    }
}

impl Pairs {
    fn add(&mut self, bytes: &[u8]) {
        self.0.resize(1024, 0);
        match *bytes {
            [first, second, ..] => {
                let index = usize::from(first) << 8 | usize::from(second);
                self.0[index / 64] |= 1 << (index % 64);
            }
            [first] => self.0[usize::from(first) * 4..][..4].fill(u64::MAX),
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
        assert!(needles.begin(b'a') && needles.begin(b'b') && !needles.begin(b'c'));
        assert_eq!(needles.narrow(0, 3, 1, b'b'), (0, 3));
        assert_eq!(needles.narrow(0, 3, 2, b'd'), (2, 3));
        assert!(needles.begin_with(b'a', b'b') && needles.begin_with(b'b', b'x'));
        assert!(!needles.begin_with(b'a', b'x'));
    }
}
