//! Forms that are found on request.

use super::{
    FORMS, cases, check, in_pieces, joined, mixture_of, nests, secret, show, surround, write,
};
use crate::{
    OnRequest, PatternLevel, Redactor,
    forms::{Form, ON_REQUEST, Promise, Random, Text},
};

fn redactor(values: &[(String, Text)], forms: &[OnRequest]) -> Redactor {
    let builder = Redactor::builder().patterns(PatternLevel::Off);
    let builder = forms
        .iter()
        .fold(builder, |builder, &form| builder.form(form));
    let redactor = builder.build().unwrap();
    for (index, (value, _)) in values.iter().enumerate() {
        let name = if index == 0 {
            "NAME".into()
        } else {
            format!("NAME_{index}")
        };
        redactor.add(&name, value).unwrap();
    }
    redactor
}

fn asked(form: &Form) -> OnRequest {
    match form.promise {
        Promise::OnRequest(asked) => asked,
        promise => panic!("{} is found by default: {promise:?}", form.name),
    }
}

#[test]
fn each_form_is_a_row() {
    for form in OnRequest::ALL {
        assert!(ON_REQUEST.iter().any(|row| asked(row) == *form), "{form}");
    }
}

#[test]
fn every_form_is_masked_when_it_is_asked_for() {
    for form in ON_REQUEST {
        let (mut written, mut left) = (0, 0);
        for case in 0..cases(40) {
            let random = &mut Random::new(case);
            let (value, part) = secret(random);
            let text = surround(random, &part);
            let Some(text) = write(form, &text, random) else {
                continue;
            };
            written += 1;
            let values = [(value, part)];
            check(
                form.name,
                &redactor(&values, &[asked(form)]),
                &values[0].0,
                &text,
                case,
            );
            let whole = joined(&text);
            left += usize::from(redactor(&values, &[]).redact_bytes(&whole) == whole);
        }
        assert!(
            written > 2 && left > 0,
            "{}: {left} of {written}",
            form.name
        );
    }
}

#[test]
fn forms_nest() {
    let outer: Vec<&Form> = FORMS.iter().filter(|form| nests(form)).collect();
    for case in 0..cases(150) {
        let random = &mut Random::new(case);
        let form = random.pick(ON_REQUEST);
        let (value, part) = secret(random);
        let Some(text) = write(form, &surround(random, &part), random) else {
            continue;
        };
        let around = random.pick(&outer);
        let Some(text) = write(around, &text, random) else {
            continue;
        };
        let values = [(value, part)];
        let whole = joined(&text);
        let output = redactor(&values, &[asked(form)])
            .redact_bytes(&whole)
            .into_owned();
        assert!(
            memchr::memmem::find(&output, b"[REDACTED:NAME]").is_some()
                && memchr::memmem::find(&output, &text.secret).is_none(),
            "case {case}, {} in {}\nvalue  {:?}\ntext   {:?}\noutput {:?}",
            form.name,
            around.name,
            values[0].0,
            show(&whole),
            show(&output),
        );
    }
}

#[test]
fn a_stream_is_the_whole() {
    let all: Vec<Form> = FORMS.iter().chain(ON_REQUEST).copied().collect();
    for case in 0..cases(120) {
        let random = &mut Random::new(case);
        let values: Vec<_> = (0..2).map(|_| secret(random)).collect();
        let asked: Vec<OnRequest> = OnRequest::ALL
            .iter()
            .copied()
            .filter(|_| random.coin())
            .collect();
        let redactor = redactor(&values, &asked);
        let forms = if random.coin() { &all } else { ON_REQUEST };
        let text = mixture_of(forms, random, &values);
        let whole = redactor.redact_bytes(&text).into_owned();
        let context = || {
            format!(
                "case {case}, {asked:?}\ntext {:?}\nvalues {values:?}",
                show(&text)
            )
        };
        let largest = *random.pick(&[1, 2, 7, 64, 1000]);
        let output = in_pieces(&redactor, &text, largest, random);
        assert_eq!(
            show(&output),
            show(&whole),
            "pieces of {largest}: {}",
            context()
        );
    }
}

#[test]
fn what_is_compressed_is_unpacked_within_bounds() {
    let values = [(
        "kz-canary-8f3a77c0".to_owned(),
        Text {
            before: vec![],
            secret: vec![],
            after: vec![],
        },
    )];
    let redactor = redactor(&values, &[OnRequest::Gzip]);
    let form = ON_REQUEST
        .iter()
        .find(|form| form.name == "gzip in base64")
        .unwrap();
    let masked = |before: Vec<u8>, cut: usize| {
        let text = Text {
            before,
            secret: values[0].0.clone().into_bytes(),
            after: Vec::new(),
        };
        let mut text = joined(&(form.write)(&text, &mut Random::new(1)).unwrap());
        text.truncate(text.len() - cut);
        redactor.redact_bytes(&text) != text
    };
    assert!(masked(Vec::new(), 0));
    // Without the end, the check sum and the length.
    assert!(masked(Vec::new(), 12));
    // Half a byte each.
    let noise = |length: usize| {
        let noise = Random::new(7).string("abcdefghijklmnop", length);
        noise.into_bytes()
    };
    assert!(masked(noise(60_000), 0));
    assert!(!masked(noise(120_000), 0), "more symbols than are unpacked");
    assert!(!masked(vec![b'x'; 300_000], 0), "more than is looked at");
}
