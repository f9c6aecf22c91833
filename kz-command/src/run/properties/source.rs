//! Makes choices of bytes.

/// Choices, each made by the next bytes; when they are used up, always the first.
pub(super) struct Source<'b>(&'b [u8]);

impl<'b> Source<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let mut number = usize::from(self.byte());
        let mut reach = 256;
        while reach < limit && reach < 1 << 24 {
            number = number << 8 | usize::from(self.byte());
            reach <<= 8;
        }
        number % limit
    }

    pub(super) fn coin(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    pub(super) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 1
    }

    pub(super) fn pick<T: Copy>(&mut self, table: &[T]) -> T {
        table[self.below(table.len())]
    }

    /// At most that many bytes, as they are.
    pub(super) fn bytes(&mut self, most: usize) -> &'b [u8] {
        let count = self.below(most + 1).min(self.0.len());
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }
}

/// The bytes of a case, the same in every run: up to 512 of them, by the generator
/// `xorshift64*` (Vigna, 2016).
#[cfg(test)]
pub(super) fn random_bytes(case: u64) -> Vec<u8> {
    let mut state = (case + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56
    };
    let length = 2 * next();
    (0..length)
        .map(|_| u8::try_from(next()).expect("the shift leaves eight of 64 bits"))
        .collect()
}
