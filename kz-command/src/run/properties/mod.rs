//! What holds of the filters of `kz run`, whatever a server writes.
//!
//! A property takes bytes, makes its case of them and panics when it does not hold. The
//! same functions are run by `cargo test` and `cargo xtask deep` with bytes from a seeded
//! generator, and by libFuzzer (`fuzz/`) with bytes that it evolves.

mod lines;
mod source;

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use kz_mcp::MessageFilter;
use kz_redact::{PatternLevel, Redactor};

use self::{lines::Lines, source::Source};
use super::sieve::{Messages, Sieve, Text, messages};

/// A property: makes a case of the bytes, and panics if it does not hold.
pub(crate) type Property = fn(&[u8]);

/// All of them, by name.
pub(crate) const ALL: &[(&str, Property)] = &[
    ("cuts_make_no_difference", cuts_make_no_difference),
    ("no_value_leaves_as_a_message", no_value_leaves_as_a_message),
    ("no_value_leaves_as_text", no_value_leaves_as_text),
    ("messages_stay_messages", messages_stay_messages),
    ("what_is_not_secret_stays", what_is_not_secret_stays),
    ("too_long_a_line_never_leaves", too_long_a_line_never_leaves),
    ("any_bytes_are_survived", any_bytes_are_survived),
];

/// Registered in every case, under `CANARY`, `QUOTED` and `ADDRESS`.
pub(super) const VALUES: [&str; 3] = [
    "kz-canary-4711-of-properties",
    "kz\"canary\\quoted/é\u{1f511}<&>'1",
    "postgres://app:kz-canary-pass@db.internal:5432/app",
];
/// What of the last one is secret.
pub(super) const PASSWORD: &str = "kz-canary-pass";

/// However the bytes come in, the same bytes go out.
pub(crate) fn cuts_make_no_difference(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let input = Lines::any(&mut source).joined();
    let redactor = redactor();
    let mut whole = stdout(&redactor);
    let mut cut = stdout(&redactor);
    let expected = passed(&mut whole, [&*input]);
    let got = passed(&mut cut, pieces(&input, &mut source));
    assert_same(&input, &expected, &got);
    let whole = passed(&mut Text::new(&redactor), [&*input]);
    let got = passed(&mut Text::new(&redactor), pieces(&input, &mut source));
    assert_same(&input, &whole, &got);
    // A line without an end may be half a secret: of that more is masked.
    if input.ends_with(b"\n") {
        assert_same(&input, &redactor.redact_bytes(&input), &got);
    }
}

/// No registered value leaves on standard output, as it was written or decoded.
pub(crate) fn no_value_leaves_as_a_message(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let lines = Lines::any(&mut source);
    let input = lines.joined();
    let redactor = redactor();
    let output = passed(&mut stdout(&redactor), pieces(&input, &mut source));
    lines.assert_none_left(&input, &output);
}

/// No registered value of one line leaves on standard error, wherever the server pauses.
/// A whole line is let out in a pause, so a value of several lines is cut there.
pub(crate) fn no_value_leaves_as_text(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let lines = Lines::any(&mut source);
    let input = lines.joined();
    let mut sieve = Text::new(&redactor());
    let mut output = Vec::new();
    for piece in pieces(&input, &mut source) {
        sieve.write(piece, &mut output);
        if sieve.waits() && source.coin() {
            sieve.pause(&mut output);
        }
    }
    sieve.finish(&mut output);
    lines.assert_none_left(&input, &output);
}

/// A message goes out as one line of JSON, an answer under the id of its request.
pub(crate) fn messages_stay_messages(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let lines = Lines::valid(&mut source);
    let input = lines.joined();
    let redactor = redactor();
    let filter = Arc::new(MessageFilter::new(redactor.clone()));
    for id in lines.ids() {
        filter
            .incoming(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call"}}"#).as_bytes());
    }
    let output = passed(
        &mut messages(filter, &redactor),
        pieces(&input, &mut source),
    );
    let output = String::from_utf8(output).expect("what comes in is JSON, and masks are text");
    let left: Vec<&str> = output.lines().collect();
    assert_eq!(left.len(), lines.len(), "{}", shown(&input));
    for (line, left) in lines.iter().zip(left) {
        let now: serde_json::Value = serde_json::from_str(left).unwrap_or_else(|error| {
            panic!(
                "{error}: {}\nwas {}",
                shown(left.as_bytes()),
                shown(&line.bytes)
            )
        });
        if let Some(id) = &line.id {
            assert_eq!(now["id"].to_string(), *id, "{}", shown(left.as_bytes()));
        }
    }
}

/// Lines in which nothing is secret leave byte for byte as they came: line ends, spelling
/// of numbers, duplicate keys and bytes that are no text included.
pub(crate) fn what_is_not_secret_stays(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let input = Lines::clean(&mut source).joined();
    let redactor = redactor();
    for sieve in [
        &mut stdout(&redactor) as &mut dyn Sieve,
        &mut Text::new(&redactor),
    ] {
        let output = passed(sieve, pieces(&input, &mut source));
        assert_same(&input, &input, &output);
    }
    // With nothing registered and no rules, that is so for any bytes at all.
    let output = passed(&mut stdout(&nothing()), pieces(bytes, &mut source));
    assert_same(bytes, bytes, &output);
}

/// Of a line over the limit nothing leaves, and what follows is not lost.
pub(crate) fn too_long_a_line_never_leaves(bytes: &[u8]) {
    const LIMIT: usize = 64;
    let mut source = Source::new(bytes);
    let mut input = Vec::new();
    let mut expected = Vec::new();
    while !source.is_empty() {
        // One byte more or less than the limit, a line end included, is of interest.
        let length = source.pick(&[1, 8, LIMIT - 2, LIMIT - 1, LIMIT, LIMIT + 1, 3 * LIMIT]);
        let opening = if source.coin() { b'{' } else { b'x' };
        let line = [&[opening], &*vec![b'a'; length - 1], b"\n"].concat();
        expected.extend_from_slice(if line.len() > LIMIT {
            b"withheld\n"
        } else {
            &line
        });
        input.extend_from_slice(&line);
    }
    let mut sieve = Messages::new(
        |message| Cow::Borrowed(message),
        |_| true,
        Text::new(&nothing()),
        LIMIT,
        "withheld".to_owned(),
    );
    // A byte at a time: a line that comes whole in one read needs no memory of its own.
    let output = passed(&mut sieve, input.chunks(1));
    assert_same(&input, &expected, &output);
}

/// Neither side's bytes, whatever they are, make the filter panic; and none of the values
/// in them is let out.
pub(crate) fn any_bytes_are_survived(bytes: &[u8]) {
    let redactor = redactor();
    let filter = Arc::new(MessageFilter::new(redactor.clone()));
    let mut source = Source::new(bytes);
    let half = source.below(bytes.len() + 1);
    let (client, server) = bytes.split_at(half);
    for line in client.split(|byte| *byte == b'\n') {
        filter.incoming(line);
    }
    let output = passed(
        &mut messages(filter, &redactor),
        pieces(server, &mut source),
    );
    for value in [VALUES[0], VALUES[1], PASSWORD] {
        assert!(!holds(&output, value.as_bytes()), "{}", shown(server));
    }
}

/// The three values, and the built-in rules.
fn redactor() -> Redactor {
    // Built once: to compile the rules takes longer than most cases.
    static SHARED: LazyLock<Redactor> = LazyLock::new(|| {
        let [canary, quoted, address] = VALUES;
        Redactor::builder()
            .secret("CANARY", canary)
            .secret("QUOTED", quoted)
            .secret("ADDRESS", address)
            .build()
            .expect("the values are constants that are long enough, and no rule is added")
    });
    SHARED.clone()
}

/// No values and no rules.
fn nothing() -> Redactor {
    static SHARED: LazyLock<Redactor> = LazyLock::new(|| {
        let nothing = Redactor::builder().patterns(PatternLevel::Off).build();
        nothing.expect("there is neither a value nor a rule that could be refused")
    });
    SHARED.clone()
}

fn stdout(redactor: &Redactor) -> impl Sieve + use<> {
    let filter = Arc::new(MessageFilter::new(redactor.clone()));
    messages(filter, redactor)
}

fn passed<'p>(
    sieve: &mut (impl Sieve + ?Sized),
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Vec<u8> {
    let mut output = Vec::new();
    for piece in pieces {
        sieve.write(piece, &mut output);
    }
    sieve.finish(&mut output);
    output
}

/// The bytes in pieces, mostly small ones.
fn pieces<'b>(bytes: &'b [u8], source: &mut Source<'_>) -> Vec<&'b [u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let most = source.pick(&[1, 2, 7, 64, 1000, usize::MAX]);
        let (piece, after) = rest.split_at(1 + source.below(most.min(rest.len())));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[track_caller]
fn assert_same(input: &[u8], expected: &[u8], got: &[u8]) {
    assert!(
        expected == got,
        "input    {}\nexpected {}\ngot      {}",
        shown(input),
        shown(expected),
        shown(got)
    );
}

fn holds(text: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(text, needle).is_some()
}

fn shown(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases for each property; `KZ_CASES` multiplies them.
    const CASES: u64 = 100;

    fn cases() -> u64 {
        let times = std::env::var("KZ_CASES").ok();
        CASES * times.and_then(|times| times.parse().ok()).unwrap_or(1)
    }

    fn hold(name: &str) {
        let (_, property) = ALL
            .iter()
            .find(|(each, _)| *each == name)
            .expect("it is in the table");
        for case in 0..cases() {
            let bytes = source::random_bytes(case);
            let held = std::panic::catch_unwind(|| property(&bytes));
            assert!(held.is_ok(), "{name} does not hold in case {case}");
        }
    }

    macro_rules! properties {
        ($($name:ident)*) => {
            $(#[test] fn $name() { hold(stringify!($name)); })*

            #[test]
            fn every_property_is_tested() {
                let tested = [$(stringify!($name)),*];
                let all: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
                assert_eq!(tested[..], all[..]);
            }
        };
    }

    properties! {
        cuts_make_no_difference
        no_value_leaves_as_a_message
        no_value_leaves_as_text
        messages_stay_messages
        what_is_not_secret_stays
        too_long_a_line_never_leaves
        any_bytes_are_survived
    }

    /// A search that finds nothing proves nothing, unless there was something to find.
    #[test]
    fn the_cases_hold_values() {
        let mut with_values = 0;
        for case in 0..100 {
            let bytes = source::random_bytes(case);
            let lines = Lines::any(&mut Source::new(&bytes));
            let input = lines.joined();
            let found = std::panic::catch_unwind(|| lines.assert_none_left(&input, &input));
            with_values += u32::from(found.is_err());
        }
        assert!(with_values > 50, "{with_values} of 100");
    }
}
