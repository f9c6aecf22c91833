//! Many cases on short texts: every shape of secret, in every form, in every
//! surrounding, in every kind of pieces, alone or overlapping with another.
//!
//! `KZ_PROPERTY_CASES` says how many; `cargo xtask test` asks for a million.

use std::{collections::HashSet, thread};

use memchr::memmem;

use super::{ALNUM, FORMS, SHAPES, SIGNS, in_pieces, joined, shaped, show, write};
use crate::{
    OnRequest, PatternLevel, Redactor, Weak,
    forms::{Form, ON_REQUEST, Promise, Random, Text},
    oracle::cut::LONGEST_END,
};

/// Texts for each redactor that is built.
const TEXTS: u64 = 250;

/// How many cases there are unless it is said.
const FEW: u64 = 2_000;

/// How many wrong cases are shown.
const SHOWN: usize = 12;

/// How secrets stand to each other in a text.
const OVERLAPS: [&str; 5] = ["alone", "twice", "overlapping", "nested", "adjacent"];

/// What stands before a secret and behind it.
const AROUND: [(&[u8], &[u8]); 8] = [
    (b"", b""),
    (b"error: ", b" ."),
    (b"dsn = \xc2\xab", b"\xc2\xbb failed"),
    (b"\n(", b"\n."),
    (b"{ ", b" }"),
    (b"2026-11-21T17:30:05Z WARN id 4711 <", b"> took 12 ms"),
    (b"\xff\xfe \x00", b" \x80\xf0"),
    (
        b"the quick brown fox jumps over the lazy dog; ",
        b" and more of it",
    ),
];

/// Most bytes of a piece of a stream.
const PIECES: [usize; 6] = [1, 2, 3, 7, 64, 1000];

/// Shapes beside those of [`shaped`].
const MORE_SHAPES: [&str; 4] = ["word", "UUID", "JSON", "long"];

/// The shapes of long values: a PEM, several lines, a document, and the last of all.
const LONG: [usize; 4] = [6, 8, SHAPES + 2, SHAPES + 3];

/// A value, and the part of it that is masked with what stands around that.
fn secret(shape: usize, random: &mut Random) -> (String, Text) {
    let whole = |value: String| {
        let part = Text {
            before: Vec::new(),
            secret: value.clone().into_bytes(),
            after: Vec::new(),
        };
        (value, part)
    };
    let hex = "0123456789abcdef";
    let Some(shape) = shape.checked_sub(SHAPES) else {
        return loop {
            let length = if shape == 3 { 8 } else { 8 + random.below(17) };
            if let Some(secret) = shaped(shape, length, random) {
                break secret;
            }
        };
    };
    match MORE_SHAPES[shape] {
        "word" => {
            let length = 3 + random.below(4);
            whole("7".to_owned() + &random.string(ALNUM, length))
        }
        "UUID" => {
            let parts = [8, 4, 4, 4, 12].map(|length| random.string(hex, length));
            whole(parts.join("-"))
        }
        "JSON" => {
            let leaf = random.string(hex, 40);
            let value = format!(
                "{{\"type\": \"service_account\", \"project_id\": \"kz\", \
                 \"client_secret\": \"{leaf}\", \"client_email\": \"a@kz.example\"}}"
            );
            (value, whole(leaf).1)
        }
        _ => {
            let length = [200, 400, 800, 4000][random.below(100) / 33] + random.below(97);
            whole(
                random
                    .string(&format!("{ALNUM}{ALNUM}{SIGNS}"), length)
                    .trim()
                    .replace(['[', ']'], "x"),
            )
        }
    }
}

/// A redactor and the values that it knows.
struct Known {
    redactor: Redactor,
    shape: usize,
    value: String,
    part: Text,
    /// What may follow on the value. It is a value too.
    next: String,
    /// The end of the value with what follows is a value, and so is something inside.
    has_overlaps: bool,
    asked: Option<OnRequest>,
}

impl Known {
    fn new(shape: usize, random: &mut Random) -> Self {
        let (value, part) = secret(shape, random);
        let asked = (random.below(16) == 0).then(|| *random.pick(OnRequest::ALL));
        let builder = Redactor::builder().patterns(PatternLevel::Off);
        let builder = asked
            .iter()
            .fold(builder, |builder, &form| builder.form(form));
        let redactor = builder.build().unwrap();
        let add = |name: &str, value: &str| {
            redactor.add_declared(name, value, Weak::Ignore).unwrap();
        };
        let next = random.string(ALNUM, 20);
        add("NAME", &value);
        add("NEXT", &next);
        let boundary = |at: usize| (at..value.len()).find(|&at| value.is_char_boundary(at));
        let is_whole = part.secret == value.as_bytes() && value.len() >= 16;
        let cuts = (
            boundary(value.len() / 4),
            boundary(value.len() / 2),
            boundary(value.len() * 3 / 4),
        );
        let mut has_overlaps = false;
        if let (Some(quarter), Some(half), Some(last)) = cuts
            && is_whole
            && !value.contains('\n')
        {
            add("TAIL", &(value[half..].to_owned() + &next));
            add("INNER", &value[quarter..last]);
            has_overlaps = true;
        }
        Self {
            redactor,
            shape,
            value,
            part,
            next,
            has_overlaps,
            asked,
        }
    }

    /// Makes a case; says which it was, unless the value cannot be written so, or
    /// what is wrong.
    fn run(&self, seed: u64) -> Option<Result<Case, String>> {
        let random = &mut Random::new(seed);
        let is_word = self.value.len() < 8;
        let asked = ON_REQUEST.iter().filter(|form| {
            self.asked
                .is_some_and(|asked| form.promise == Promise::OnRequest(asked))
        });
        let asked: Vec<&Form> = asked.collect();
        let on_request = !asked.is_empty() && random.coin();
        let form = if is_word {
            &FORMS[0]
        } else if on_request {
            random.pick(&asked)
        } else {
            random.pick(&FORMS)
        };
        let overlap = random.below(OVERLAPS.len());
        let around = random.below(AROUND.len());
        let (before, after) = AROUND[around];
        // Any byte of another script may be of the same word.
        let is_bound = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii);
        if is_word && !(is_bound(before.last()) && is_bound(after.first())) {
            return None;
        }
        // What is shown in part shows a part of one value.
        let in_part = form.views.contains(&"cut") || form.name == "Node buffer";
        if in_part && self.value.len() > LONGEST_END {
            return None;
        }
        let mut text = self.part.clone();
        match OVERLAPS[overlap] {
            "overlapping" if self.has_overlaps && !in_part && !on_request => {
                text.secret.extend(self.next.bytes());
            }
            "adjacent"
                if !self.has_overlaps
                    && !in_part
                    && !on_request
                    && text.after.is_empty()
                    && (is_word || self.value.len() >= 16) =>
            {
                text.secret.extend(self.next.bytes());
            }
            "nested" if self.has_overlaps => {}
            "alone" | "twice" => {}
            _ => return None,
        }
        // The surroundings are written in the form too, or stand around what is.
        // Of base85 the last group ends where no symbol follows.
        let is_inside = form.views.contains(&"base85") || random.coin();
        let surrounded = |text: &Text| Text {
            before: [before, &text.before].concat(),
            secret: text.secret.clone(),
            after: [&text.after, after].concat(),
        };
        let mut write = |text: &Text| {
            if is_word {
                return Some(surrounded(text));
            }
            if is_inside {
                return write(form, &surrounded(text), random);
            }
            write(form, text, random).map(|text| surrounded(&text))
        };
        let mut texts = vec![write(&text)?];
        if OVERLAPS[overlap] == "twice" {
            texts.push(write(&text)?);
        }
        let length: usize = texts.iter().map(|text| joined(text).len()).sum();
        if length > MANY && random.below(6) > 0 {
            return None;
        }
        let pieces = random.below(PIECES.len());
        let checked = self
            .check(form, &texts, overlap)
            .and_then(|(output, whole)| self.stream(&whole, &output, PIECES[pieces], random));
        Some(match checked {
            Ok(()) => Ok(Case {
                shape: self.shape,
                form: form.name,
                around: (around, is_inside),
                pieces,
                overlap,
            }),
            Err(wrong) => Err(format!(
                "seed {seed}, {}, {}, asked {:?}: {wrong}\nvalue    {:?}\nnext     {:?}",
                form.name, OVERLAPS[overlap], self.asked, self.value, self.next
            )),
        })
    }

    /// Nothing of the secrets is left, and nothing else is gone. Returns what comes
    /// out, and the whole text.
    fn check(
        &self,
        form: &Form,
        texts: &[Text],
        overlap: usize,
    ) -> Result<(Vec<u8>, Vec<u8>), String> {
        let whole = texts.iter().map(joined).collect::<Vec<_>>().join(BETWEEN);
        let output = self.redactor.redact_bytes(&whole);
        let expected: Vec<Vec<u8>> = texts
            .iter()
            .map(|text| [&text.before, &b"[REDACTED:NAME]"[..], &text.after].concat())
            .collect();
        let expected = expected.join(BETWEEN);
        // Beside a sign that opens escapes, a part of the neighbour may go too.
        let signs = ['\\', '\'', '"', '=', '%', '&'];
        let is_exact = !self.value.starts_with(signs)
            && !self.value.ends_with(signs)
            && OVERLAPS[overlap] != "adjacent"
            // Signs at the end of a value may be of the next that is set apart.
            && self.asked != Some(OnRequest::Spaced)
            // White space at a mark may be of the value, and a symbol of base85 may
            // be one that an escape writes.
            && !form.views.iter().any(|view| ["cut", "base85"].contains(view));
        let is_there = |part: &[u8]| memmem::find(&output, part).is_some();
        let wrong = if !is_there(b"[REDACTED:NAME]") {
            "not found"
        } else if texts.iter().any(|text| is_there(&text.secret)) {
            "left"
        } else if is_exact && *output != expected {
            "not exact"
        } else if self.redactor.redact_bytes(&output) != output {
            "not idempotent"
        } else {
            return Ok((output.into_owned(), whole));
        };
        Err(format!(
            "{wrong}\ntext     {:?}\noutput   {:?}\nexpected {:?}",
            show(&whole),
            show(&output),
            show(&expected)
        ))
    }

    /// In pieces it is the same.
    fn stream(
        &self,
        whole: &[u8],
        expected: &[u8],
        pieces: usize,
        random: &mut Random,
    ) -> Result<(), String> {
        let output = in_pieces(&self.redactor, whole, pieces, random);
        if output == expected {
            return Ok(());
        }
        Err(format!(
            "pieces of {pieces}\ntext     {:?}\noutput   {:?}\nexpected {:?}",
            show(whole),
            show(&output),
            show(expected)
        ))
    }
}

/// Of texts that are longer than this there are fewer.
const MANY: usize = 160;

/// Between two texts: nothing goes on over it.
const BETWEEN: &[u8] = b" ;; ";

/// Which case it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Case {
    shape: usize,
    form: &'static str,
    around: (usize, bool),
    pieces: usize,
    overlap: usize,
}

/// What was run.
#[derive(Default)]
struct Tally {
    cases: u64,
    redactors: u64,
    combinations: HashSet<Case>,
    wrong: Vec<String>,
}

/// Runs the cases of every `step`-th redactor from `first` on.
fn run(first: u64, step: usize, redactors: u64) -> Tally {
    let mut tally = Tally::default();
    for redactor in (first..redactors).step_by(step) {
        let random = &mut Random::new(redactor);
        // Of long values there are fewer, because each takes as long as many.
        let shape = loop {
            let shape = random.below(SHAPES + MORE_SHAPES.len());
            if !LONG.contains(&shape) || random.below(8) == 0 {
                break shape;
            }
        };
        let known = Known::new(shape, random);
        let mut made = 0;
        let mut seed = redactor << 20;
        while made < TEXTS {
            seed += 1;
            match known.run(seed) {
                None => {}
                Some(Ok(case)) => {
                    tally.combinations.insert(case);
                    made += 1;
                }
                Some(Err(wrong)) => {
                    tally.wrong.push(wrong);
                    break;
                }
            }
        }
        tally.cases += made;
        tally.redactors += 1;
    }
    tally
}

#[test]
fn in_every_combination() {
    let wanted = std::env::var("KZ_PROPERTY_CASES").ok();
    let wanted = wanted.map_or(FEW, |cases| {
        cases.parse().expect("KZ_PROPERTY_CASES is a number")
    });
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let redactors = wanted.div_ceil(TEXTS);
    let mut all = Tally::default();
    thread::scope(|scope| {
        let runs: Vec<_> = (0..threads as u64)
            .map(|first| scope.spawn(move || run(first, threads, redactors)))
            .collect();
        for one in runs {
            // The thread has said why.
            let one = one.join().expect("a thread panicked");
            all.wrong.extend(one.wrong);
            all.cases += one.cases;
            all.redactors += one.redactors;
            all.combinations.extend(one.combinations);
        }
    });
    let of = |dimension: fn(&Case) -> String| {
        let values: HashSet<_> = all.combinations.iter().map(dimension).collect();
        values.len()
    };
    let seen = [
        of(|case| case.shape.to_string()),
        of(|case| case.form.to_owned()),
        of(|case| format!("{:?}", case.around)),
        of(|case| case.pieces.to_string()),
        of(|case| case.overlap.to_string()),
    ];
    let there = [
        SHAPES + MORE_SHAPES.len(),
        FORMS.len() + ON_REQUEST.len(),
        AROUND.len() * 2,
        PIECES.len(),
        OVERLAPS.len(),
    ];
    println!(
        "property cases: {} with {} redactors, {} combinations of {} shapes, {} forms, \
         {} surroundings, {} kinds of pieces, {} overlaps",
        all.cases,
        all.redactors,
        all.combinations.len(),
        seen[0],
        seen[1],
        seen[2],
        seen[3],
        seen[4],
    );
    assert!(
        all.wrong.is_empty(),
        "{} cases are wrong, the first of them:\n{}",
        all.wrong.len(),
        all.wrong[..all.wrong.len().min(SHOWN)].join("\n\n")
    );
    assert!(all.cases >= wanted, "{} of {wanted} cases", all.cases);
    assert!(all.redactors * 200 <= all.cases);
    if wanted >= 500_000 {
        assert_eq!(seen, there, "not every value of a dimension was there");
    }
}
