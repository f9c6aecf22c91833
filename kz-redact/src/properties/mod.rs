//! Properties that hold for every value, every form and every cut.

mod in_json;
mod many;
mod on_request;
mod shares;

use crate::{
    PatternLevel, Redactor,
    forms::{FORMS, Form, Random, Text},
};

const SIGNS: &str = "p@ss/\"w\\o'rd<&>%+$!#?:;,.()[]{}|~^*=`-_ ";
const ALNUM: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A secret of one of the shapes that occur, and the part of it that is masked
/// with what stands around that in the value.
pub(crate) fn secret(random: &mut Random) -> (String, Text) {
    loop {
        let shape = random.below(SHAPES);
        let length = 8 + random.below(40);
        if let Some(secret) = shaped(shape, length, random) {
            return secret;
        }
    }
}

/// How many shapes there are.
const SHAPES: usize = 9;

/// A secret of this shape, of about this length, unless it happens to be none.
fn shaped(shape: usize, length: usize, random: &mut Random) -> Option<(String, Text)> {
    let text = match shape {
        0 => random.string(ALNUM, length),
        1 => random.string(SIGNS, length),
        2 => random.string(&format!("{SIGNS}{ALNUM}"), length),
        3 => random.string("äöß漢字😀é€abc \\'", length),
        4 => random.string("0123456789abcdef", length),
        5 => random.string(&format!("{ALNUM}+/"), length),
        6 => {
            let mut lines: Vec<String> = vec!["-----BEGIN KZ CANARY-----".into()];
            for _ in 0..=random.below(4) {
                lines.push(random.string(ALNUM, 64));
            }
            let rest = 1 + random.below(30);
            lines.push(random.string(ALNUM, rest) + "==");
            lines.push("-----END KZ CANARY-----".into());
            lines.join("\n")
        }
        7 => {
            let length = 8 + random.below(20);
            let password = random.string(ALNUM, length);
            let userinfo = format!("{}:{password}", random.string("abcdef", 5));
            let whole = format!("postgres://{userinfo}@db.internal:5432/app");
            let text = Text {
                before: b"postgres://".to_vec(),
                secret: userinfo.into_bytes(),
                after: b"@db.internal:5432/app".to_vec(),
            };
            return Some((whole, text));
        }
        _ => format!(
            "kz canary\n{}\n{}",
            random.string(SIGNS, 30).trim(),
            random.string(ALNUM, 5)
        ),
    };
    let text = text.trim().to_owned();
    // Too many of one sign are weak, and a marker beside a bracket is ambiguous.
    if text.len() < 8 || text.chars().all(|c| text.starts_with(c)) || text.contains(['[', ']']) {
        return None;
    }
    let whole = Text {
        before: Vec::new(),
        secret: text.clone().into_bytes(),
        after: Vec::new(),
    };
    Some((text, whole))
}

/// How many cases a property gets; the long runs ask for more of them by
/// `KZ_CASES=20`.
pub(crate) fn cases(few: u64) -> u64 {
    let times = std::env::var("KZ_CASES").ok();
    few * times.and_then(|times| times.parse().ok()).unwrap_or(1)
}

fn redactor(value: &str) -> Redactor {
    Redactor::builder()
        .patterns(PatternLevel::Off)
        .secret("NAME", value)
        .build()
        .unwrap()
}

/// Surroundings that end and begin with no part of a run or escape.
pub(crate) fn surround(random: &mut Random, text: &Text) -> Text {
    let before = *random.pick(&["", "error: ", "dsn = «", "\n(", "é ", "{ "]);
    let after = *random.pick(&["", " .", "» failed", "\n.", ") é", " }"]);
    Text {
        before: [before.as_bytes(), &text.before].concat(),
        secret: text.secret.clone(),
        after: [&text.after, after.as_bytes()].concat(),
    }
}

pub(crate) fn show(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn joined(text: &Text) -> Vec<u8> {
    [&text.before[..], &text.secret, &text.after].concat()
}

/// Takes back one layer, as any reader would, to look for survivors.
fn readings(text: &[u8]) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    let engine = base64::engine::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        base64::engine::GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
    );
    let mut all = Vec::new();
    for run in text.split(|b| !b.is_ascii_alphanumeric() && !b"+/-_\r\n".contains(b)) {
        let run: Vec<u8> = run
            .iter()
            .filter(|b| !b.is_ascii_whitespace())
            .map(|b| match b {
                b'-' => b'+',
                b'_' => b'/',
                b => *b,
            })
            .collect();
        for phase in 0..4.min(run.len()) {
            let usable = (run.len() - phase) / 4 * 4;
            all.extend(engine.decode(&run[phase..phase + usable]));
        }
    }
    all
}

fn check(form: &str, redactor: &Redactor, value: &str, text: &Text, case: u64) {
    let whole = joined(text);
    let output = redactor.redact_bytes(&whole).into_owned();
    let expected = [&text.before[..], b"[REDACTED:NAME]", &text.after].concat();
    let context = || {
        format!(
            "case {case}, form {form}\nvalue    {value:?}\ntext     {:?}\noutput   {:?}\nexpected {:?}",
            show(&whole),
            show(&output),
            show(&expected)
        )
    };
    assert!(
        memchr::memmem::find(&output, b"[REDACTED:NAME]").is_some(),
        "{}",
        context()
    );
    assert!(
        memchr::memmem::find(&output, &text.secret).is_none(),
        "{}",
        context()
    );
    for reading in readings(&output) {
        assert!(
            memchr::memmem::find(&reading, value.as_bytes()).is_none(),
            "{}",
            context()
        );
    }
    // Beside a sign that opens escapes, a part of the neighbour may go too.
    if !value.starts_with(['\\', '\'', '"']) && !value.ends_with(['\\', '\'', '"']) {
        assert_eq!(output, expected, "{}", context());
    }
    assert_eq!(
        redactor.redact_bytes(&output),
        output,
        "not idempotent: {}",
        context()
    );
}

fn write(form: &Form, text: &Text, random: &mut Random) -> Option<Text> {
    // The user name of a connection string is found in its place only, however
    // long that is.
    let is_part = text.before.ends_with(b"://") && form.shortest > 8;
    if text.secret.len() < form.shortest || is_part {
        return None;
    }
    let written = (form.write)(text, random)?;
    (!written.secret.is_empty()).then_some(written)
}

#[test]
fn every_form_is_masked() {
    for form in &*FORMS {
        let mut written = 0;
        for case in 0..cases(40) {
            let random = &mut Random::new(case);
            let (value, part) = secret(random);
            let text = surround(random, &part);
            let Some(text) = write(form, &text, random) else {
                continue;
            };
            written += 1;
            check(form.name, &redactor(&value), &value, &text, case);
        }
        assert!(written > 2, "{} was hardly tested", form.name);
    }
}

/// The forms that a text of any content can be written in, as a whole.
pub(crate) fn nests(form: &Form) -> bool {
    !form.views.is_empty()
        && !form.innermost
        && !["line", "gap", "wrap"]
            .iter()
            .any(|view| form.views.contains(view))
        && ![
            "literal \\n",
            "Node buffer",
            "base64 alone",
            "regex \\Q…\\E",
        ]
        .contains(&form.name)
}

#[test]
fn forms_nest() {
    let outer: Vec<&Form> = FORMS.iter().filter(|form| nests(form)).collect();
    let inner: Vec<&Form> = FORMS.iter().filter(|form| form.innermost).collect();
    for case in 0..cases(150) {
        let random = &mut Random::new(case);
        let (value, part) = secret(random);
        let mut text = surround(random, &part);
        let mut names = Vec::new();
        if random.below(4) == 0
            && let form = random.pick(&inner)
            && let Some(written) = write(form, &text, random)
        {
            text = written;
            names.push(form.name);
        }
        let runs = ["base64", "hex", "array", "spaced hex"];
        let is_layer = |name: &&str| {
            let form = inner.iter().find(|form| form.name == *name);
            form.is_some_and(|form| form.views.iter().any(|view| runs.contains(view)))
        };
        let layers = names.iter().filter(|name| is_layer(name)).count();
        for _ in 0..2 + random.below(2) - layers {
            let form = random.pick(&outer);
            if let Some(written) = write(form, &text, random) {
                text = written;
                names.push(form.name);
            }
        }
        // `\\&#48;72` is an octal colon of which one digit is an entity, and an
        // escaped entity and two digits. A list is read in one way only.
        let octal = names.iter().position(|name| name.starts_with("octal"));
        if octal.is_some_and(|at| at > 0 && names[at..].contains(&"entities decimal")) {
            continue;
        }
        let redactor = redactor(&value);
        let whole = joined(&text);
        let output = redactor.redact_bytes(&whole).into_owned();
        assert!(
            memchr::memmem::find(&output, b"[REDACTED:NAME]").is_some()
                && memchr::memmem::find(&output, &text.secret).is_none(),
            "case {case}, {names:?}\nvalue  {value:?}\ntext   {:?}\noutput {:?}",
            show(&whole),
            show(&output),
        );
    }
}

/// A text with several secrets in several forms and much that looks like one.
pub(crate) fn mixture(random: &mut Random, values: &[(String, Text)]) -> Vec<u8> {
    mixture_of(&FORMS, random, values)
}

fn mixture_of(forms: &[Form], random: &mut Random, values: &[(String, Text)]) -> Vec<u8> {
    let mut whole = Vec::new();
    for _ in 0..=random.below(6) {
        let length = random.below(30);
        let noise = random.string("ab \\\"'%&+=\n\r\x1b[3m0x1,.:u;#", length);
        whole.extend(noise.bytes());
        let (_, part) = random.pick(values);
        let form = random.pick(forms);
        let mut text = part.clone();
        if let Some(written) = write(form, &text, random) {
            text = written;
        }
        if random.below(3) == 0
            && let Some(written) = write(random.pick(forms), &text, random)
        {
            text = written;
        }
        let mut text = joined(&text);
        if random.below(4) == 0 {
            text.truncate(random.below(text.len()));
        }
        whole.extend(text);
    }
    whole
}

#[test]
fn a_stream_is_the_whole() {
    for case in 0..cases(120) {
        let random = &mut Random::new(case);
        let values: Vec<_> = (0..3).map(|_| secret(random)).collect();
        let redactor = Redactor::builder()
            .patterns(PatternLevel::Off)
            .build()
            .unwrap();
        for (index, (value, _)) in values.iter().enumerate() {
            redactor.add(&format!("NAME_{index}"), value).unwrap();
        }
        redactor.add("SHORT", "ab0x").unwrap();
        let text = mixture(random, &values);
        let whole = redactor.redact_bytes(&text).into_owned();
        let again = redactor.redact_bytes(&whole).into_owned();
        assert_eq!(
            show(&again),
            show(&whole),
            "case {case}: not idempotent: {:?}",
            show(&text)
        );
        let largest = *random.pick(&[1, 2, 7, 64, 1000]);
        let output = in_pieces(&redactor, &text, largest, random);
        assert_eq!(
            show(&output),
            show(&whole),
            "case {case}, pieces of {largest}\ntext {:?}\nvalues {values:?}",
            show(&text)
        );
    }
}

/// Text in which rules find much, with cuts and known values inside.
fn shapes(random: &mut Random, values: &[(String, Text)]) -> Vec<u8> {
    let mut whole = Vec::new();
    for _ in 0..=random.below(8) {
        let token = random.string(ALNUM, 36);
        let value = random.pick(values).0.clone();
        let piece = match random.below(14) {
            0 => format!("ghp_{token}"),
            1 => format!("password={token}"),
            2 => format!("Authorization: Bearer {token}\n"),
            3 => format!("postgres://app:{token}@db:5432/x"),
            4 => format!(
                "-----BEGIN {}PRIVATE KEY-----\n{token}\n{token}\n",
                random.pick(&["RSA ", ""])
            ),
            5 => "-----END RSA PRIVATE KEY-----\n".into(),
            6 => format!("password={value}{token}"),
            7 => format!("\"api_key\": \"{value}\", "),
            8 => format!("AKIA{}", random.string("ABCDEFGHIJKLMNOP234567", 16)),
            9 => format!("mysql://u:{value}@h/x "),
            10 => value,
            11 => random.string(" \n\"'=:,", 4),
            12 => "token ".into(),
            _ => token,
        };
        let cut = if random.below(5) == 0 {
            random.below(piece.len())
        } else {
            piece.len()
        };
        let at = (0..=cut)
            .rev()
            .find(|&at| piece.is_char_boundary(at))
            .unwrap_or(0);
        whole.extend(&piece.as_bytes()[..at]);
        whole.extend(random.pick(&["", "", " ", "\n", ", "]).bytes());
    }
    whole
}

fn in_pieces(redactor: &Redactor, text: &[u8], largest: usize, random: &mut Random) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut output = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, tail) = rest.split_at((1 + random.below(largest)).min(rest.len()));
        output.extend(stream.write(piece));
        rest = tail;
    }
    output.extend(stream.finish());
    output
}

#[test]
fn rules_and_values_together() {
    for case in 0..cases(400) {
        let random = &mut Random::new(case);
        let values: Vec<_> = (0..2).map(|_| secret(random)).collect();
        let redactor = Redactor::builder().build().unwrap();
        for (index, (value, _)) in values.iter().enumerate() {
            redactor.add(&format!("NAME_{index}"), value).unwrap();
        }
        let text = shapes(random, &values);
        let whole = redactor.redact_bytes(&text).into_owned();
        let again = redactor.redact_bytes(&whole).into_owned();
        let context = || {
            format!(
                "case {case}\ntext   {:?}\nvalues {:?}\n",
                show(&text),
                values.iter().map(|(value, _)| value).collect::<Vec<_>>()
            )
        };
        assert_eq!(show(&again), show(&whole), "not idempotent: {}", context());
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
fn any_value_can_be_taken_apart() {
    for case in 0..cases(800) {
        let random = &mut Random::new(case);
        let length = random.below(40);
        let mut value = String::new();
        for _ in 0..random.below(8) {
            let piece: &str = random.pick::<&str>(&[
                "://",
                "postgres",
                ":",
                "@",
                "/",
                "?",
                "&",
                "=",
                "password",
                "pwd",
                "'",
                "\\",
                "%4",
                "%40",
                " ",
                ";",
                "[",
                "{\"a\":",
                "\"",
                "}",
                "\n",
                "\r",
                "-----BEGIN X-----",
                "é",
                "host",
            ]);
            value.push_str(piece);
        }
        let at = (0..=length.min(value.len()))
            .rev()
            .find(|&at| value.is_char_boundary(at))
            .unwrap_or(0);
        value.insert_str(at, &random.string(ALNUM, 9));
        let redactor = Redactor::builder()
            .patterns(PatternLevel::Off)
            .build()
            .unwrap();
        let declared = redactor.add_declared("NAME", &value, crate::Weak::Ignore);
        assert!(declared.is_ok(), "{value:?}");
        let output = redactor.redact_str(&value);
        assert!(
            output.contains("[REDACTED:NAME]"),
            "{value:?} became {output:?}"
        );
        assert_eq!(redactor.redact_str(&output), output, "{value:?}");
    }
}
