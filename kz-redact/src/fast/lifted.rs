use super::{buffer::Buffer, carried::Worth};

/// Runs of symbols lifted out of a text, one behind the other, so that what they
/// carry is decoded and searched in one go.
#[derive(Default)]
pub(super) struct Lifted {
    /// Six bits for each symbol.
    values: Buffer,
    /// Where stretches of symbols come from, in order.
    sources: Vec<Source>,
    /// Four bits for each hexadecimal digit of long stretches of digits.
    digits: Buffer,
    /// Where stretches of digits come from among the symbols.
    digit_sources: Vec<Source>,
}

#[derive(Clone, Copy)]
struct Source {
    at: usize,
    from: usize,
    length: usize,
}

/// Zeros between two runs: no symbol of one meets a symbol of the other.
const BETWEEN: usize = 16;

/// How many symbols may be read before the first, for the four phases.
const BEFORE: usize = 3;

impl Lifted {
    pub(super) fn clear(&mut self) {
        self.values.clear();
        self.digits.clear();
        self.sources.clear();
        self.digit_sources.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Begins a run; the mark takes it back.
    pub(super) fn begin(&mut self) -> Mark {
        let mark = Mark(self.values.len(), self.sources.len());
        let room = if self.values.is_empty() {
            BEFORE
        } else {
            BETWEEN
        };
        self.values.resize(self.values.len() + room);
        mark
    }

    /// How many symbols were added since the mark.
    pub(super) fn added(&self, mark: &Mark) -> usize {
        let room = if mark.0 == 0 { BEFORE } else { BETWEEN };
        self.values.len().saturating_sub(mark.0 + room)
    }

    /// Whether what was added since the mark is worth a search, read as base64 or as
    /// hexadecimal digits.
    pub(super) fn is_worth(&self, mark: &Mark, worth: Worth<'_>) -> bool {
        let added = &self.values[self.values.len() - self.added(mark)..];
        let digit = |value: u8| NIBBLES[usize::from(value)];
        worth.has_sixes(added, |value| value) || worth.has_pairs(added, digit)
    }

    /// As [`is_worth`](Self::is_worth), of symbols that stand in the text.
    pub(super) fn are_worth(symbols: &[u8], worth: Worth<'_>) -> bool {
        let value = |byte: u8| VALUES[usize::from(byte)];
        let digit = |byte: u8| NIBBLES[usize::from(value(byte))];
        worth.has_sixes(symbols, value) || worth.has_pairs(symbols, digit)
    }

    pub(super) fn take_back(&mut self, mark: &Mark) {
        self.values.truncate(mark.0);
        self.sources.truncate(mark.1);
    }

    /// Adds symbols that stand at `from` of the text.
    pub(super) fn add(&mut self, symbols: &[u8], from: usize) {
        self.sources.push(Source {
            at: self.values.len(),
            from,
            length: symbols.len(),
        });
        self.values
            .extend(symbols.iter().map(|&byte| VALUES[usize::from(byte)]));
    }

    /// Adds the value of a symbol that begins at `from` of the text.
    pub(super) fn add_value(&mut self, value: u8, from: usize) {
        let at = self.values.len();
        match self.sources.last_mut() {
            Some(last) if last.at + last.length == at && last.from + last.length == from => {
                last.length += 1;
            }
            _ => self.sources.push(Source {
                at,
                from,
                length: 1,
            }),
        }
        self.values.push(value);
    }

    /// Decodes the symbols from one of four phases on.
    pub(super) fn decode(&self, phase: usize, bytes: &mut Buffer) {
        let values = &self.values[BEFORE - phase..];
        bytes.clear();
        bytes.resize(values.len() / 8 * 6);
        let (eights, rest) = values.as_chunks::<8>();
        for (eight, six) in eights.iter().zip(bytes.as_mut_slice().chunks_exact_mut(6)) {
            six.copy_from_slice(&packed(u64::from_le_bytes(*eight))[..6]);
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        let whole = rest.len() * 6 / 8;
        let packed = packed(u64::from_le_bytes(last));
        bytes.extend(packed.into_iter().take(whole));
    }

    /// Where the symbols that carry the decoded bytes `from..to` of a phase stand,
    /// and a few more.
    pub(super) fn source(&self, phase: usize, from: usize, to: usize) -> (usize, usize) {
        let base = BEFORE - phase;
        let first = (from * 8 / 6 + base).saturating_sub(2);
        let last = to * 8 / 6 + base + 2;
        self.places(first, last)
    }

    /// Where the symbols between two places come from. Runs that units are part of
    /// stand before the others, so a later one may come from before.
    fn places(&self, first: usize, last: usize) -> (usize, usize) {
        let from = self
            .sources
            .partition_point(|source| source.at + source.length <= first);
        let mut start = usize::MAX;
        let mut end = 0;
        for source in self.sources[from..]
            .iter()
            .take_while(|source| source.at < last)
        {
            let skipped = first.saturating_sub(source.at);
            let taken = source.length.min(last - source.at);
            start = start.min(source.from + skipped);
            end = end.max(source.from + taken);
        }
        (start.min(end), end)
    }

    /// Takes the stretches of at least `fewest` hexadecimal digits apart.
    pub(super) fn collect_digits(&mut self, fewest: usize) {
        let values = &self.values;
        let is_digit = |at: usize| {
            values
                .get(at)
                .is_some_and(|&v| NIBBLES[usize::from(v)] < 16)
        };
        let mut at = BEFORE;
        while at + fewest <= values.len() {
            // The last of the digits that would be enough tells most quickly.
            let Some(gap) = (at..at + fewest).rev().find(|&at| !is_digit(at)) else {
                let end = (at..values.len())
                    .find(|&at| !is_digit(at))
                    .unwrap_or(values.len());
                let room = if self.digits.is_empty() { 1 } else { BETWEEN };
                self.digits.resize(self.digits.len() + room);
                self.digit_sources.push(Source {
                    at: self.digits.len(),
                    from: at,
                    length: end - at,
                });
                let nibbles = values[at..end].iter().map(|&v| NIBBLES[usize::from(v)]);
                self.digits.extend(nibbles);
                at = end;
                continue;
            };
            at = gap + 1;
        }
    }

    pub(super) fn has_digits(&self) -> bool {
        !self.digits.is_empty()
    }

    /// Decodes pairs of digits from the first or the second on.
    pub(super) fn decode_digits(&self, phase: usize, bytes: &mut Buffer) {
        bytes.clear();
        let digits = &self.digits[1 - phase..];
        bytes.extend(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    }

    /// As [`source`](Self::source), for digits.
    pub(super) fn digit_source(&self, phase: usize, from: usize, to: usize) -> (usize, usize) {
        let base = 1 - phase;
        let (first, last) = ((from * 2 + base).saturating_sub(1), to * 2 + base + 1);
        let index = self
            .digit_sources
            .partition_point(|source| source.at + source.length <= first);
        let mut symbols = (usize::MAX, 0);
        for source in self.digit_sources[index..]
            .iter()
            .take_while(|source| source.at < last)
        {
            let skipped = first.saturating_sub(source.at);
            symbols.0 = symbols.0.min(source.from + skipped);
            symbols.1 = source.from + source.length.min(last - source.at);
        }
        self.places(symbols.0.min(symbols.1), symbols.1)
    }
}

/// What takes a run back.
pub(super) struct Mark(usize, usize);

/// Eight values of six bits as six bytes.
fn packed(eight: u64) -> [u8; 8] {
    let pairs = (eight & 0x00ff_00ff_00ff_00ff) << 6 | eight >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs & 0x0000_ffff_0000_ffff) << 12 | pairs >> 16 & 0x0000_ffff_0000_ffff;
    let all = (fours & 0xffff_ffff) << 24 | fours >> 32;
    (all << 16).to_be_bytes()
}

static VALUES: [u8; 256] = crate::views::BASE64_VALUES;

/// The four bits of each value whose symbol is a hexadecimal digit.
static NIBBLES: [u8; 64] = {
    let mut nibbles = [0xff; 64];
    let mut byte = 0;
    while byte < 128 {
        let nibble = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => 0xff,
        };
        if nibble < 16 {
            nibbles[VALUES[byte as usize] as usize] = nibble;
        }
        byte += 1;
    }
    nibbles
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phase_of_every_run_is_decoded() {
        let text = b"....a3otY2FuYXJ5LTQ3MTE-..6b7a2d63616e617279....a3otY2FuYXJ5";
        let mut lifted = Lifted::default();
        for range in [4..24, 26..44, 48..60] {
            lifted.begin();
            lifted.add(&text[range.clone()], range.start);
        }
        lifted.collect_digits(16);
        let mut found = Vec::new();
        let mut bytes = Buffer::default();
        for phase in 0..4 {
            lifted.decode(phase, &mut bytes);
            for at in memchr::memmem::find_iter(&bytes, b"kz-canary") {
                found.push(lifted.source(phase, at, at + 9));
            }
        }
        for phase in 0..2 {
            lifted.decode_digits(phase, &mut bytes);
            for at in memchr::memmem::find_iter(&bytes, b"kz-canary") {
                found.push(lifted.digit_source(phase, at, at + 9));
            }
        }
        found.sort_unstable();
        let holds = |start: usize, end: usize| {
            found
                .iter()
                .any(|&(from, to)| from <= start && end <= to && from + 8 > start && to < end + 8)
        };
        assert!(holds(4, 16), "{found:?}");
        assert!(holds(26, 44), "{found:?}");
        assert!(holds(48, 60), "{found:?}");
    }
}
