//! The values of the data, in base64.

use std::ops::Range;

use super::{super::super::rule::run, is_base64, is_of_name, items_behind};

/// Where the values are in a block that begins with the first, and the comments between them:
/// all but names and what stands around them.
pub(super) fn values(block: &[u8], from: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // What comes next is a value, whatever it looks like; it goes on with the last one.
    let (mut is_value, mut goes_on) = (true, false);
    let mut at = from;
    while let Some(byte) = block.get(at) {
        match byte {
            b'\\' if matches!(block.get(at + 1), Some(b'n' | b't' | b'r')) => at += 2,
            b'\\' | b'"' | b'\'' | b',' => at += 1,
            byte if byte.is_ascii_whitespace() => at += 1,
            b'#' => {
                let start = at + 1 + run(|byte| b" \t#".contains(&byte), &block[at + 1..]);
                at = start + run(|byte| byte != b'\n', &block[start..]);
                let end = start + block[start..at].trim_ascii_end().len();
                if start < end {
                    found.push(start..end);
                }
                goes_on = false;
            }
            _ => {
                let name = at + run(is_of_name, &block[at..]);
                if let Some(colon) = items_behind(block, name).filter(|_| !is_value && name > at) {
                    at = colon + run(|byte| b" \t\"'\\|>-".contains(&byte), &block[colon..]);
                    (is_value, goes_on) = (true, false);
                    continue;
                }
                let start = at;
                at += run(is_base64, &block[at..]).max(1);
                match found.last_mut() {
                    Some(last) if goes_on => last.end = at,
                    _ => found.push(start..at),
                }
                (is_value, goes_on) = (false, true);
            }
        }
    }
    found
}
