//! The fast engine and the oracle find the same.

use crate::{
    engine::Engine,
    fast::Fast,
    forms::{FORMS, Random},
    needle::{Needle, Needles},
    oracle::Oracle,
    properties::{cases, mixture, secret, show},
    span::{Label, Span, merge},
};

fn needles(values: &[Vec<u8>]) -> Needles {
    let mut needles = Needles::default();
    for (order, value) in (0..).zip(values) {
        let length = value.len();
        let value = kz_core::SecretValue::copy_from(value);
        let needle = Needle::new(value, 0..length, order, order);
        let needle = if order % 3 == 1 {
            needle
        } else {
            needle.in_part()
        };
        needles.add(if length >= 16 && order % 2 == 0 {
            needle.in_any_case()
        } else {
            needle
        });
    }
    needles
}

/// What would be masked. Of the ways in which one place can be read, one engine may
/// see more than the other.
fn masked(needles: &Needles, engine: &dyn Engine, text: &[u8]) -> Vec<(usize, usize)> {
    let (matches, _) = engine.scan(needles, text, true);
    let spans = matches.iter().map(|found| Span {
        start: found.start as usize,
        end: found.end as usize,
        label: Label::Known { name: 0, order: 0 },
    });
    merge(spans.collect())
        .iter()
        .map(|span| (span.start, span.end))
        .collect()
}

fn compare(values: &[Vec<u8>], text: &[u8], case: u64) {
    let needles = needles(values);
    assert_eq!(
        masked(&needles, &Fast, text),
        masked(&needles, &Oracle, text),
        "case {case}\nvalues {:?}\ntext   {:?}",
        values.iter().map(|value| show(value)).collect::<Vec<_>>(),
        show(text),
    );
}

#[test]
fn mixtures() {
    for case in 0..cases(3000) {
        let random = &mut Random::new(case);
        let values: Vec<_> = (0..=random.below(3)).map(|_| secret(random)).collect();
        let text = mixture(random, &values);
        let bytes: Vec<Vec<u8>> = values
            .iter()
            .map(|(value, _)| value.clone().into_bytes())
            .collect();
        compare(&bytes, &text, case);
    }
}

#[test]
fn short_alphabets() {
    for case in 0..cases(3000) {
        let random = &mut Random::new(case);
        let alphabet: &str = random.pick::<&str>(&[
            "ab\\",
            "a\\\"'",
            "a%412",
            "0123456789, ",
            "abcdef 0123456789\n",
            "a\n",
            "aA+ %20",
            "\\nab\n",
            "&#x61;a",
            "\x1b[0ma",
            "a\\u0061",
        ]);
        let values: Vec<Vec<u8>> = (0..=random.below(3))
            .map(|_| {
                let length = 8 + random.below(20);
                random.string(alphabet, length).into_bytes()
            })
            .collect();
        let mut text = Vec::new();
        while text.len() < 200 {
            let length = random.below(30);
            text.extend(random.string(alphabet, length).bytes());
            let value = random.pick(&values);
            let form = random.pick(&FORMS);
            let plain = crate::forms::Text {
                before: Vec::new(),
                secret: value.clone(),
                after: Vec::new(),
            };
            if random.coin()
                && let Some(written) = (form.write)(&plain, random)
            {
                text.extend(written.before);
                text.extend(written.secret);
                text.extend(written.after);
            } else {
                text.extend(value);
            }
        }
        compare(&values, &text, case);
    }
}

#[test]
fn nested() {
    let outer: Vec<_> = FORMS
        .iter()
        .filter(|form| crate::properties::nests(form))
        .collect();
    let inner: Vec<_> = FORMS.iter().filter(|form| form.innermost).collect();
    for case in 0..cases(400) {
        let random = &mut Random::new(case);
        let (_, part) = secret(random);
        let value = part.secret.clone();
        let mut text = crate::properties::surround(random, &part);
        if random.below(4) == 0
            && let Some(written) = (random.pick(&inner).write)(&text, random)
        {
            text = written;
        }
        for _ in 0..=random.below(3) {
            if let Some(written) = (random.pick(&outer).write)(&text, random) {
                text = written;
            }
        }
        compare(
            &[value],
            &[&text.before[..], &text.secret, &text.after].concat(),
            case,
        );
    }
}

/// What may stand between a part of a value and a mark, before or behind it, and beside.
static BESIDE_MARKS: &[&str] = &[
    "",
    "",
    "",
    " ",
    ", ",
    ",",
    "\n",
    "\r\n",
    " \n ",
    "\"",
    "'",
    "%20",
    "%0A",
    "=20",
    "\\n",
    "\\x20",
    "\\u0020",
    "\\u000a",
    "&#32;",
    "&#x2c;",
    "\x1b[0m",
    "=\n",
    "\\\n",
    "(",
    "[",
    "((",
    "<[",
    "] ",
    ")",
    "=",
    ": ",
    "\\\"",
    "%22",
    "internal-process",
    "authentication",
    "word",
    "é",
    "...",
    ". ",
];

static MARKS: &[&str] = &[
    "…",
    "...",
    "***",
    "[truncated]",
    "(snip)",
    "<12 bytes omitted>",
    "[…]",
    "[3 more ...]",
    "(elided",
    "\\u2026",
    "\\u002e..",
    ".%2e.",
    "%2E%2E%2E",
    "&hellip;",
    "&#46;..",
    "\\x2e\\x2e\\x2e",
    "=2E..",
    "[\\u2026]",
    "%5Btruncated%5D",
    "&lt;truncated&gt;",
    "&#91;snip]",
    "[trunc%61ted]",
    "(\\u0073nip)",
    "[\\x1b[0mtruncated]",
    "\\u005bomitted\\u005d",
];

#[test]
fn beside_marks() {
    let carriers: Vec<_> = FORMS
        .iter()
        .filter(|form| !form.views.contains(&"cut"))
        .collect();
    for case in 0..cases(6000) {
        let random = &mut Random::new(case);
        let (_, whole) = secret(random);
        let value = whole.secret;
        if value.len() < 16 {
            continue;
        }
        let mut text = Vec::new();
        for _ in 0..=random.below(2) {
            let is_front = random.coin();
            let length = 1 + random.below(value.len());
            let part = if is_front {
                &value[..length]
            } else {
                &value[value.len() - length..]
            };
            let prefix = *random.pick(&["", "", "a", "xy", "pw="]);
            let mut part = [prefix.as_bytes(), part].concat();
            for _ in 0..random.below(3) {
                let plain = crate::forms::Text {
                    before: Vec::new(),
                    secret: part.clone(),
                    after: Vec::new(),
                };
                if let Some(written) = (random.pick(&carriers).write)(&plain, random) {
                    let written = [written.before, written.secret, written.after].concat();
                    if written.len() <= 600 {
                        part = written;
                    }
                }
            }
            let lost = random.below(4).min(part.len());
            let part = if is_front {
                &part[..part.len() - lost]
            } else {
                &part[lost..]
            };
            let beside = |random: &mut Random| -> Vec<u8> {
                let pieces = (0..=random.below(3)).map(|_| *random.pick(BESIDE_MARKS));
                pieces.collect::<String>().into_bytes()
            };
            let mark = random.pick(MARKS).as_bytes();
            let pieces = if is_front {
                [part.to_vec(), beside(random), mark.to_vec(), beside(random)]
            } else {
                [beside(random), mark.to_vec(), beside(random), part.to_vec()]
            };
            text.extend(pieces.concat());
            text.extend(random.pick(&[" ", "\n", "; ", "a "]).bytes());
        }
        compare(&[value], &text, case);
    }
}
