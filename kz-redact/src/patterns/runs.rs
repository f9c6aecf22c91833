//! Finds runs of the characters that keys are made of: where a value may begin
//! that is told by the words before it.

/// No shorter run is a value of this kind.
pub(super) const MIN: usize = 12;

/// Letters, digits and `_-+/.~`; not `=`, which stands before a value.
pub(super) fn is_member(byte: u8) -> bool {
    MEMBERS[usize::from(byte)]
}

/// Calls `visit` with the start of each run of at least [`MIN`] bytes that begins
/// at or after `from`, and the place where it ends.
pub(super) fn each(text: &[u8], from: usize, mut visit: impl FnMut(usize, usize)) {
    // A run of `MIN` bytes covers one of these blocks, wherever it begins.
    const BLOCK: usize = 8;
    const STRIDE: usize = MIN - BLOCK + 1;
    let mut at = from;
    while let Some(block) = text.get(at..at + BLOCK) {
        if !is_dense(block) || !block.iter().all(|byte| is_member(*byte)) {
            at += STRIDE;
            continue;
        }
        let before = text[..at].iter().rev().take(STRIDE + BLOCK);
        let start = at - before.take_while(|byte| is_member(**byte)).count();
        let end = at + BLOCK + length(&text[at + BLOCK..]);
        let begins = start >= from && (start == 0 || !is_member(text[start - 1]));
        if begins && end - start >= MIN {
            visit(start, end);
        }
        at = end;
    }
}

/// How many members `text` begins with.
fn length(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_member(**byte)).count()
}

/// Whether no byte of the block is below `+`, as blanks, quotes and most
/// punctuation are: eight comparisons in one.
fn is_dense(block: &[u8]) -> bool {
    const LEAST: u64 = 0x2B2B_2B2B_2B2B_2B2B;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let Ok(bytes) = block.try_into() else {
        return true;
    };
    let bytes = u64::from_le_bytes(bytes);
    bytes.wrapping_sub(LEAST) & !bytes & HIGH == 0
}

static MEMBERS: [bool; 256] = {
    let mut members = [false; 256];
    let mut value = 0_u8;
    while value < 128 {
        members[value as usize] = value.is_ascii_alphanumeric()
            || matches!(value, b'_' | b'-' | b'+' | b'/' | b'.' | b'~');
        value += 1;
    }
    members
};

#[cfg(test)]
mod tests {
    use super::*;

    /// Every run of every length at every place, found as a plain loop finds it.
    #[test]
    fn runs_are_found_wherever_they_begin() {
        for length in 0..40 {
            for place in 0..24 {
                let text = [" ".repeat(place), "a1".repeat(length), "\"x".to_owned()].concat();
                let mut found = Vec::new();
                each(text.as_bytes(), 0, |start, end| found.push((start, end)));
                let run = (place, place + 2 * length);
                let expected = if 2 * length >= MIN { vec![run] } else { vec![] };
                assert_eq!(found, expected, "{length} at {place}");
                let mut later = 0;
                each(text.as_bytes(), place + 1, |_, _| later += 1);
                assert_eq!(later, 0, "it began before");
            }
        }
    }
}
