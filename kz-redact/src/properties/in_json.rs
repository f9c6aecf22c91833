//! What is masked in a text is masked in a string of JSON that says the same: strings of
//! a message are looked at together, and only where rules and values may be.

use serde_json::Value;

use super::{cases, mixture, secret, shapes, show};
use crate::{Redactor, forms::Random};

#[test]
fn a_string_is_masked_as_it_is_alone() {
    let mut masked = 0;
    for case in 0..cases(600) {
        let random = &mut Random::new(case);
        let values: Vec<_> = (0..=random.below(2)).map(|_| secret(random)).collect();
        let redactor = Redactor::builder().build().unwrap();
        for (index, (value, _)) in values.iter().enumerate() {
            redactor.add(&format!("NAME_{index}"), value).unwrap();
        }
        let strings: Vec<String> = (0..=random.below(6))
            .flat_map(|_| {
                let text = if random.coin() {
                    mixture(random, &values)
                } else {
                    shapes(random, &values)
                };
                pieces(&String::from_utf8_lossy(&text), random)
            })
            .collect();
        // Under keys of their own, so that none is read with what stands beside it.
        let whole: Value = strings
            .iter()
            .enumerate()
            .map(|(index, string)| (format!("k{index}"), Value::from(&**string)))
            .collect();
        let text = whole.to_string();
        let redacted: Value =
            serde_json::from_str(&redactor.redact_json_str(&text).unwrap()).unwrap();
        for (index, string) in strings.iter().enumerate() {
            let is_masked = redacted[format!("k{index}")] != **string;
            assert!(
                is_masked || redactor.redact_str(string) == **string,
                "case {case}: {:?}\nvalues {:?}",
                show(string.as_bytes()),
                values.iter().map(|(value, _)| value).collect::<Vec<_>>()
            );
            masked += usize::from(is_masked);
        }
    }
    assert!(masked > 100);
}

/// Parts of a text as long as it comes, so that some have no escape and some are short.
fn pieces(text: &str, random: &mut Random) -> Vec<String> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let mut length = (8 + random.below(120)).min(rest.len());
        while !rest.is_char_boundary(length) {
            length += 1;
        }
        let (piece, behind) = rest.split_at(length);
        // Characters that have to be escaped, in half of them.
        pieces.push(if random.coin() {
            piece.replace(|c: char| c.is_control() || matches!(c, '"' | '\\'), " ")
        } else {
            piece.to_owned()
        });
        rest = behind;
    }
    pieces
}
