//! How many of the promised forms are found by default.

use super::{FORMS, joined, secret, surround, write};
use crate::{
    PatternLevel, Redactor,
    forms::{Form, Promise, Random},
};

/// The forms that should be found, in the words of the design, with the rows that
/// write them, from the inside out.
#[rustfmt::skip]
const SHOULD: &[(&str, &[&[&str]])] = &[
    ("double base64", &[&["base64", "base64"], &["base64url", "base64 unpadded"]]),
    ("spaced hex and xxd", &[&["hex, spaced"], &["hex, wrapped"], &["xxd"], &["hexdump -C"], &["od -A x -t x1z"]]),
    ("$'…'", &[&["shell $'…'"]]),
    ("quoted-printable", &[&["quoted-printable"], &["quoted-printable of every byte"], &["quoted-printable, wrapped"]]),
    ("octal", &[&["octal of every byte"]]),
    ("\\u{…}", &[&["\\u{…} of every character"], &["\\x{…}"]]),
    ("regex escapes", &[&["regex"], &["regex \\Q…\\E"]]),
    ("YAML folding", &[&["YAML folded"], &["continued lines"]]),
    ("hard wraps", &[&["hard wrap"], &["hard wrap, escaped"]]),
    ("zero-width characters", &[&["zero-width"], &["zero-width, escaped"], &["zero-width, percent"], &["zero-width, entity"]]),
    ("NFC and NFD", &[&["NFC"], &["NFD"]]),
    ("UTF-16", &[&["UTF-16LE"], &["UTF-16BE"]]),
    ("UTF-16 in base64", &[&["UTF-16LE", "base64"], &["UTF-16BE", "base64"]]),
    ("case folding", &[&["other case"]]),
    ("cut off at its end", &[&["cut off at its end"], &["base64, cut off"], &["hex, cut off"], &["Node buffer, cut off"]]),
    ("cut off at its front", &[&["cut off at its front"]]),
];

/// Of how many texts in these forms the secret is gone, and how many there were.
fn found(forms: &[&Form]) -> (u32, u32) {
    let (mut found, mut written) = (0, 0);
    for case in 0..30 {
        let random = &mut Random::new(case);
        let (value, part) = secret(random);
        let text = surround(random, &part);
        let text = forms
            .iter()
            .try_fold(text, |text, form| write(form, &text, random));
        let Some(text) = text else {
            continue;
        };
        let redactor = Redactor::builder()
            .patterns(PatternLevel::Off)
            .secret("NAME", &value);
        let output = redactor
            .build()
            .unwrap()
            .redact_bytes(&joined(&text))
            .into_owned();
        let is_there = |part: &[u8]| memchr::memmem::find(&output, part).is_some();
        found += u32::from(is_there(b"[REDACTED:NAME]") && !is_there(&text.secret));
        written += 1;
    }
    (found, written)
}

fn row(name: &str) -> &'static Form {
    let row = FORMS.iter().find(|form| form.name == name);
    row.unwrap_or_else(|| panic!("there is no row {name}"))
}

#[test]
fn every_form_that_must_be_found_is() {
    for form in FORMS.iter().filter(|form| form.promise == Promise::Must) {
        let (found, written) = found(&[form]);
        assert!(
            written > 2 && found == written,
            "{}: {found} of {written}",
            form.name
        );
    }
}

#[test]
fn ninety_five_percent_of_those_that_should_be_found_are() {
    for form in FORMS.iter().filter(|form| form.promise == Promise::Should) {
        let mut rows = SHOULD
            .iter()
            .flat_map(|(_, forms)| forms.iter().flat_map(|form| form.iter()));
        assert!(
            rows.any(|row| *row == form.name),
            "{} is counted nowhere",
            form.name
        );
    }
    let is_found = |forms: &&[&str]| {
        let forms: Vec<_> = forms.iter().map(|name| row(name)).collect();
        let (found, written) = found(&forms);
        assert!(written > 2, "{} was hardly written", forms[0].name);
        found == written
    };
    let all = SHOULD
        .iter()
        .filter(|(_, forms)| forms.iter().all(is_found));
    let recognised: Vec<_> = all.map(|(name, _)| *name).collect();
    println!(
        "{} of {} forms that should be found are",
        recognised.len(),
        SHOULD.len()
    );
    assert!(
        recognised.len() * 100 >= SHOULD.len() * 95,
        "only {recognised:?}"
    );
}
