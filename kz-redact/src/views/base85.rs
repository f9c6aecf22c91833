use super::{Run, Source, Symbol, TRANSPARENT, Unpacked};
use crate::{oracle::Reading, wiped::Wiped};

/// Five symbols for four bytes, wrapped or not. The `z` that Ascii85 writes for
/// four zeros ends a run: no value of text has them.
pub(super) struct Base85(Alphabet);

#[derive(Clone, Copy)]
enum Alphabet {
    /// Adobe's, also `Ascii85Encode` of PDF and Python's `a85encode`.
    Ascii85,
    /// That of RFC 1924, which Git and Python's `b85encode` use.
    Git,
    /// ZeroMQ's Z85 (ZeroMQ RFC 32).
    Z85,
}

pub(super) static ASCII85: Base85 = Base85(Alphabet::Ascii85);
pub(super) static GIT: Base85 = Base85(Alphabet::Git);
pub(super) static Z85: Base85 = Base85(Alphabet::Z85);

/// Symbols of a group.
const GROUP: usize = 5;

impl Base85 {
    fn value(&self, byte: u8) -> Option<u8> {
        let alphabet: &[u8; 85] = match self.0 {
            Alphabet::Ascii85 => return (b'!'..=b'u').contains(&byte).then(|| byte - b'!'),
            Alphabet::Git => {
                b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
            }
            Alphabet::Z85 => {
                b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
            }
        };
        let place = alphabet.iter().position(|&symbol| symbol == byte)?;
        u8::try_from(place).ok()
    }
}

impl Run for Base85 {
    /// A little more than they carry: ten symbols are eight bytes.
    fn bits(&self) -> u32 {
        7
    }

    fn opens(&self, byte: u8) -> bool {
        self.value(byte).is_some()
    }

    fn opens_units(&self) -> bool {
        true
    }

    fn continues(&self, byte: u8) -> bool {
        matches!(byte, b'\r' | b'\n')
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        // By a unit if there is one: what opens units is a symbol too.
        // But for the `+` of a form: no symbol is a space.
        let take = |at| {
            text.take_unit(at, |byte| {
                self.value(byte).is_some() || is_break(byte) || byte == b'\t'
            })
            .or_else(|| text.take(at, |byte| byte == b' '))
        };
        let mut start = at;
        let (mut byte, mut end) = take(at)?;
        if is_break(byte) && !first {
            for _ in 0..TRANSPARENT {
                if self.value(byte).is_some() {
                    break;
                }
                start = end;
                (byte, end) = take(start)?;
            }
        }
        Some(Symbol {
            value: self.value(byte)?,
            start: crate::oracle::place(start),
            end: crate::oracle::place(end),
        })
    }

    fn phases(&self) -> usize {
        GROUP
    }

    fn unpack(
        &self,
        _text: &Reading<'_>,
        run: &[Symbol],
        phase: usize,
        complete: bool,
    ) -> Option<Unpacked> {
        let run = run.get(phase..)?;
        let mut bytes = Wiped::with_capacity(run.len());
        let mut sources = Vec::with_capacity(run.len());
        let mut at = phase;
        for group in run.chunks(GROUP) {
            if group.len() < GROUP && (group.len() < 2 || !complete) {
                break;
            }
            // The last group is filled up with the largest symbol.
            let number = (0..GROUP).fold(0_u32, |number, index| {
                let value = group.get(index).map_or(84, |symbol| symbol.value);
                number.wrapping_mul(85).wrapping_add(u32::from(value))
            });
            let source = (at, at + group.len());
            for &byte in &number.to_be_bytes()[..group.len() - 1] {
                bytes.push(byte);
                sources.push(source);
            }
            at += group.len();
        }
        Some(Unpacked {
            bytes,
            source: Source::Each(sources),
            rest: at,
        })
    }
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}
