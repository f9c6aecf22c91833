use miniz_oxide::inflate::{
    TINFLStatus,
    core::{DecompressorOxide, decompress, inflate_flags},
};

use super::{Run, Source, Symbol, Unpacked, base64::Base64};
use crate::{oracle::Reading, wiped::Wiped};

/// A text that gzip or zlib compressed, in base64 (RFC 1952, RFC 1950). Where the
/// value is found in it, the whole is masked.
pub(super) struct Gzip;

/// Most symbols of base64 that are unpacked; what is longer is not.
const MOST: usize = 64 * 1024;

/// Most bytes that are unpacked, and how many for each that is compressed; what
/// comes behind them is not looked at.
const MOST_UNPACKED: usize = 256 * 1024;
const RATIO: usize = 32;

impl Run for Gzip {
    fn bits(&self) -> u32 {
        Base64.bits()
    }

    /// `H4sI` is how gzip begins, `eA`, `eF`, `eJ`, `eN` how zlib does.
    fn opens(&self, byte: u8) -> bool {
        matches!(byte, b'H' | b'e')
    }

    fn continues(&self, byte: u8) -> bool {
        Base64.opens(byte) || Base64.continues(byte)
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        if first {
            if text.is_preceded_by(at, |byte| Base64.opens(byte)) {
                return None;
            }
            let (opening, second) = text.take(at, |byte| self.opens(byte))?;
            let wanted: &[&[u8]] = if opening == b'H' {
                &[b"4", b"s", b"I"]
            } else {
                &[b"AFJN"]
            };
            wanted.iter().try_fold(second, |at, wanted| {
                Some(text.take(at, |byte| wanted.contains(&byte))?.1)
            })?;
        }
        Base64.symbol(text, at, first)
    }

    fn padding(&self, text: &Reading<'_>, at: usize) -> usize {
        Base64.padding(text, at)
    }

    fn phases(&self) -> usize {
        1
    }

    fn unpack(
        &self,
        _text: &Reading<'_>,
        run: &[Symbol],
        _phase: usize,
        complete: bool,
    ) -> Option<Unpacked> {
        if run.len() > MOST {
            return None;
        }
        // Nothing is known of a value before the end is there.
        if !complete {
            return Some(Unpacked::nothing());
        }
        let mut packed = Wiped::with_capacity(run.len());
        for group in run.chunks(4) {
            let bits = (0..4).fold(0_u32, |bits, index| {
                bits << 6 | group.get(index).map_or(0, |symbol| u32::from(symbol.value))
            });
            packed.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
        }
        let (content, has_zlib_header, behind) = match content_of_gzip(&packed) {
            // A check sum and the length follow.
            Some(content) => (content, 0, 8),
            None => (&packed[..], inflate_flags::TINFL_FLAG_PARSE_ZLIB_HEADER, 0),
        };
        let room = (packed.len() * RATIO).min(MOST_UNPACKED);
        let mut bytes = Wiped::from(&vec![0; room][..]);
        let flags = has_zlib_header | inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        // What was unpacked before a mistake counts too: it may be cut off.
        let (status, read, written) = decompress(
            &mut Box::<DecompressorOxide>::default(),
            content,
            bytes.as_mut_slice(),
            0,
            flags,
        );
        bytes.truncate(written);
        // Words of the next line may follow in the run.
        let length = packed.len() - content.len() + read + behind;
        let symbols = match status {
            TINFLStatus::Done => (length * 8).div_ceil(6).min(run.len()),
            _ => run.len(),
        };
        Some(Unpacked {
            bytes,
            source: Source::Whole(symbols),
            rest: run.len(),
        })
    }
}

/// What is compressed, behind the header of gzip.
fn content_of_gzip(packed: &[u8]) -> Option<&[u8]> {
    let &[0x1f, 0x8b, 8, flags, ref rest @ ..] = packed else {
        return None;
    };
    let mut rest = rest.get(6..)?;
    if flags & 4 != 0 {
        let length = u16::from_le_bytes(rest.get(..2)?.try_into().ok()?);
        rest = rest.get(2 + usize::from(length)..)?;
    }
    // A name and a comment end with a zero each.
    for text in [8, 16] {
        if flags & text != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}
