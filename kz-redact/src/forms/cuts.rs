//! Values that were cut off beside a mark that says so.

use super::{
    Form, Random, Text, form,
    runs::{STANDARD, base64},
    write::bytes,
};

pub(super) static ROWS: &[Form] = &[
    form("cut off at its end", &["cut"], |text, random| {
        let part = part(text, random, true)?;
        let mark = *random.pick(&[
            "...",
            "…",
            " ... ",
            "***",
            "[truncated]",
            "\n<TRUNCATED>",
            " (12 bytes omitted)",
            "…[snip]",
        ]);
        Some(Text {
            after: [mark.as_bytes(), b" ."].concat(),
            ..part
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("cut off at its front", &["cut"], |text, random| {
        let part = part(text, random, false)?;
        let mark = *random.pick(&[
            "...",
            "…",
            "... ",
            "***",
            "[truncated]\n",
            "(truncated 12 bytes) ",
            "[...]",
        ]);
        Some(Text {
            before: [&part.before[..], mark.as_bytes()].concat(),
            ..part
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("base64, cut off", &["base64", "cut"], |text, random| {
        let alone = Text {
            before: Vec::new(),
            after: Vec::new(),
            ..text.clone()
        };
        let mut coded = base64(&alone, STANDARD, false, None)?;
        let fewest = (text.secret.len() / 2).max(8);
        let most = text.secret.len() * 8 / 6;
        coded
            .secret
            .truncate((fewest * 8).div_ceil(6) + random.below(most - fewest * 8 / 6));
        Some(Text {
            before: b"Basic ".to_vec(),
            secret: coded.secret,
            after: random
                .pick::<&str>(&["...\n", "… .", " [truncated]"])
                .as_bytes()
                .to_vec(),
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("hex, cut off", &["hex", "cut"], |text, random| {
        let is_front = random.coin();
        let part = part(text, random, is_front)?;
        let secret = bytes(&part, |out, b| out.extend(format!("{b:02x}").bytes()))?.secret;
        Some(if is_front {
            Text {
                before: b"<Bytes ".to_vec(),
                secret,
                after: b" ... 14 more bytes>".to_vec(),
            }
        } else {
            Text {
                before: b"(...".to_vec(),
                secret,
                after: b")".to_vec(),
            }
        })
    })
    .shortest(16)
    .innermost()
    .should(),
    form("Node buffer, cut off", &["array", "cut"], |text, random| {
        let part = part(text, random, true)?;
        let hex = part
            .secret
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<Vec<_>>()
            .join(" ");
        Some(Text {
            before: b"<Buffer ".to_vec(),
            secret: hex.into_bytes(),
            after: b" ... 14 more bytes>".to_vec(),
        })
    })
    .shortest(16)
    .innermost()
    .should(),
];

/// At least the half of the secret that is needed to recognise it, from its front
/// or to its end.
fn part(text: &Text, random: &mut Random, front: bool) -> Option<Text> {
    let secret = std::str::from_utf8(&text.secret).ok()?;
    let fewest = (secret.len() / 2).max(8);
    let length = fewest + random.below(secret.len() - fewest);
    let at = if front { length } else { secret.len() - length };
    let at = (0..=at).rev().find(|&at| secret.is_char_boundary(at))?;
    let part = if front { &secret[..at] } else { &secret[at..] };
    // A blank at the cut may be of the value or of the mark.
    let is_torn = part.trim() != part
        || secret[..at].ends_with(char::is_whitespace)
        || secret[at..].starts_with(char::is_whitespace);
    // The fifty bytes that Node shows are found without a mark.
    let is_shown = front && secret.len() > 50 && (47..50).contains(&part.len());
    (part.len() >= fewest && !is_torn && !is_shown).then(|| Text {
        before: text.before.clone(),
        secret: part.into(),
        after: text.after.clone(),
    })
}
