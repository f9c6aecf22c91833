use super::{Run, Source, Symbol, Unpacked, hex_value};
use crate::{oracle::Reading, wiped::Wiped};

/// Characters by their code points, with something in between: `107, 28450`,
/// `chr(107) + chr(122)`, `U+006B U+007A`, `0x6b|0x6f22`.
pub(super) struct Codes(Number);

#[derive(Clone, Copy, PartialEq)]
enum Number {
    Decimal,
    /// Behind `U+` or `0x`.
    Prefixed,
}

pub(super) static DECIMAL: Codes = Codes(Number::Decimal);
pub(super) static PREFIXED: Codes = Codes(Number::Prefixed);

/// Most bytes between two numbers: `) + String.fromCharCode(`.
const BETWEEN: usize = 32;

impl Codes {
    /// The number at `at`, and where it ends.
    fn number(&self, text: &Reading<'_>, at: usize) -> Option<(u32, usize)> {
        let (mut at, radix) = match self.0 {
            Number::Decimal => (at, 10),
            Number::Prefixed => {
                let (first, at) = text.take(at, |byte| matches!(byte, b'U' | b'u' | b'0'))?;
                let second: &[u8] = if first == b'0' { b"xX" } else { b"+" };
                (text.take(at, |byte| second.contains(&byte))?.1, 16)
            }
        };
        let mut code = 0;
        let mut digits = 0;
        while digits < 8
            && let Some((digit, end)) = text.take(at, |byte| char::from(byte).is_digit(radix))
        {
            code = code * radix + u32::from(hex_value(digit)?);
            at = end;
            digits += 1;
        }
        let is_whole = digits > 0
            && !text
                .raw(at)
                .is_some_and(|byte| byte.is_ascii_alphanumeric())
            && !text.may_go_on(at);
        (is_whole && char::from_u32(code).is_some()).then_some((code, at))
    }
}

impl Run for Codes {
    /// What a character carries at most, in UTF-8.
    fn bits(&self) -> u32 {
        32
    }

    fn opens(&self, byte: u8) -> bool {
        match self.0 {
            Number::Decimal => byte.is_ascii_digit(),
            Number::Prefixed => matches!(byte, b'U' | b'u' | b'0'),
        }
    }

    fn continues(&self, byte: u8) -> bool {
        byte.is_ascii()
    }

    fn symbol(&self, text: &Reading<'_>, at: usize, first: bool) -> Option<Symbol> {
        let mut start = at;
        if first {
            // The tail of a longer number is no number.
            if text.is_preceded_by(at, |byte| byte.is_ascii_alphanumeric()) {
                return None;
            }
        } else {
            let is_between = |byte: u8| byte.is_ascii() && !byte.is_ascii_digit();
            for _ in 0..BETWEEN {
                let opens = text.take(start, |byte| self.opens(byte));
                if start > at && opens.is_some() && self.number(text, start).is_some() {
                    break;
                }
                (_, start) = text.take_unit(start, is_between)?;
            }
        }
        let (_, end) = self.number(text, start)?;
        Some(Symbol {
            value: 0,
            start: crate::oracle::place(start),
            end: crate::oracle::place(end),
        })
    }

    fn phases(&self) -> usize {
        1
    }

    fn unpack(
        &self,
        text: &Reading<'_>,
        run: &[Symbol],
        _phase: usize,
        _complete: bool,
    ) -> Option<Unpacked> {
        let mut bytes = Wiped::with_capacity(run.len());
        let mut sources = Vec::with_capacity(run.len());
        for (index, symbol) in run.iter().enumerate() {
            let (code, _) = self.number(text, symbol.start as usize)?;
            let mut buffer = zeroize::Zeroizing::new([0; 4]);
            for &byte in char::from_u32(code)?.encode_utf8(&mut *buffer).as_bytes() {
                bytes.push(byte);
                sources.push((index, index + 1));
            }
        }
        Some(Unpacked {
            bytes,
            source: Source::Each(sources),
            rest: run.len(),
        })
    }
}
