//! How much is done for a text, counted in steps and bytes read, so that a test of
//! it does not depend on the machine.

use std::cell::Cell;

use crate::{OnRequest, PatternLevel, Redactor, RedactorBuilder};

thread_local! {
    static WORK: Cell<u64> = const { Cell::new(0) };
}

/// Counts one step of a walk, or one byte that a view, a run or the filter reads.
pub(crate) fn count() {
    WORK.set(WORK.get() + 1);
}

fn work(redactor: &Redactor, text: &str) -> u64 {
    WORK.set(0);
    redactor.redact_str(text);
    WORK.get()
}

#[test]
fn twice_the_text_is_twice_the_work() {
    let without_blanks = |builder: RedactorBuilder| {
        builder
            .patterns(PatternLevel::Off)
            .secret("A", "kz-canary-8f3a77c0-and-more-of-it")
            .secret("B", "abababababababababababababababac")
            .secret("D", "deadbeefdeadbeefdeadbeefdeadbee0")
    };
    let redactor = |builder: RedactorBuilder| {
        without_blanks(builder)
            .secret("C", "correct horse battery staple")
            .build()
            .unwrap()
    };
    let by_default = redactor(Redactor::builder());
    let without_blanks = without_blanks(Redactor::builder()).build().unwrap();
    let forms = OnRequest::ALL.iter();
    let on_request = redactor(forms.fold(Redactor::builder(), |builder, &form| builder.form(form)));
    for unit in [
        "...",
        "…",
        "***",
        "[truncated]",
        "[",
        "(truncated ",
        "...kz-canary",
        "kz-canary-8f3a77...",
        "ab",
        "abab\n",
        "ab\u{200b}",
        "ab=\n",
        "ab\\\n  ",
        "ab\x1b[1m",
        "&shy;ab",
        "\\u200b",
        "\u{200b}",
        "=\n",
        "=",
        "= \t",
        "\n",
        "\n    ",
        "\\\n",
        "\\n  ",
        "correct\n",
        "correct horse\n  ",
        "kz-\n",
        "de ad ",
        "de:",
        "dead beef\n",
        "de  ",
        "de  |",
        "00000000: dead  xx\n",
        "00000000: dead  dead\n",
        "000000  de ad  >..<\n",
        "de ad be ef  |....|\n",
        "0a,",
        "0x0a ",
        "YWJh",
        "ZGVhZA==\n",
        "\\",
        "%25",
        "&amp;",
        "''",
        "\\x{",
        "\\c[",
        "\\E\\\\E\\Q",
        "\\134",
        "a-b-",
        "H4sIAAAA ",
        "eJwBAQD+/2E ",
        "<~87cUR",
        "107, ",
        "U+006B ",
        "chr(97)+",
        "MFRGG===",
    ] {
        // Of a dump so much is read again as a value can reach over.
        let bytes = if unit.starts_with("0000") {
            8_000
        } else {
            2_000
        };
        let text = |bytes: usize| unit.repeat(bytes / unit.len());
        for redactor in [&by_default, &without_blanks, &on_request] {
            let (once, twice) = (
                work(redactor, &text(bytes)),
                work(redactor, &text(2 * bytes)),
            );
            assert!(once > 0 || twice == 0, "{unit:?}");
            assert!(
                twice * 2 <= once * 5,
                "{unit:?}: {once} for a text, {twice} for twice the text"
            );
            // Nor is a byte of it read without end.
            assert!(twice < 2 * bytes as u64 * 10_000, "{unit:?}: {twice}");
        }
    }
}
