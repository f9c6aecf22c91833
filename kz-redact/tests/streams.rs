//! Streams: what is held, what is released, what is never let through.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;

use kz_redact::Redactor;

fn redactor() -> Redactor {
    Redactor::builder()
        .secret("A", "kz-canary-1")
        .build()
        .unwrap()
}

fn key(lines: usize) -> String {
    let body = "kzCanaryKzCanaryKzCanaryKzCanaryKzCanaryKzCanaryKzCanaryKzCana\n".repeat(lines);
    format!(
        "{}BEGIN PRIVATE KEY-----\n{body}{}END PRIVATE KEY-----",
        "-----", "-----"
    )
}

#[test]
fn releases_what_is_settled() {
    let mut stream = redactor().stream();
    assert_eq!(stream.write(b"clean text. kz-can"), b"clean text. ");
    assert_eq!(
        stream.write(b"ned goods, and much more text to follow."),
        b"kz-canned goods, and much more text to follow."
    );
    assert_eq!(stream.finish(), b"");
}

#[test]
fn flush_releases_and_goes_on() {
    let mut stream = redactor().stream();
    let mut output = stream.write(b"prompt kz-ca");
    output.extend(stream.flush());
    assert_eq!(output, b"prompt kz-ca");
    output.extend(stream.write(b"\nkz-canary-1\n"));
    output.extend(stream.flush());
    assert_eq!(output, b"prompt kz-ca\n[REDACTED:A]\n");
}

#[test]
fn a_long_key_is_swallowed_to_its_end() {
    for lines in [3, 1500] {
        let text = format!("before {} after kz-canary-1.", key(lines));
        for size in [1, 7, 4096, 1 << 20] {
            if size == 1 && lines > 100 {
                continue;
            }
            let mut stream = redactor().stream();
            let mut output = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                output.extend(stream.write(piece));
            }
            output.extend(stream.finish());
            let output = String::from_utf8(output).unwrap();
            assert_eq!(
                output,
                redactor().redact_str(&text),
                "{lines} lines, pieces of {size}"
            );
            assert!(!output.contains("Canary") && output.ends_with(" after [REDACTED:A]."));
        }
    }
}

#[test]
fn a_key_without_end_stays_masked_over_flushes() {
    let text = key(50);
    let text = &text[..text.len() - 30];
    let mut stream = redactor().stream();
    let mut output = Vec::new();
    for line in text.split_inclusive('\n') {
        output.extend(stream.write(line.as_bytes()));
        output.extend(stream.flush());
    }
    output.extend(stream.finish());
    let output = String::from_utf8(output).unwrap();
    assert!(!output.contains("Canary"), "{output}");
}

#[test]
fn a_writer_writes_the_same() {
    let mut writer = redactor().writer(Vec::new());
    for byte in b"x kz-canary-1 y" {
        writer.write_all(&[*byte]).unwrap();
    }
    assert_eq!(writer.finish().unwrap(), b"x [REDACTED:A] y");
}

#[test]
fn small_writes_cost_no_more_than_twice() {
    // Without amortisation this is 20,000 scans of a growing window.
    let text = "YWJj".repeat(5_000);
    let mut stream = redactor().stream();
    let mut output = Vec::new();
    for byte in text.as_bytes() {
        output.extend(stream.write(&[*byte]));
    }
    output.extend(stream.finish());
    assert_eq!(output, text.as_bytes());
}

#[test]
fn a_value_added_on_the_way_is_masked_from_then_on() {
    let redactor = redactor();
    let mut stream = redactor.stream();
    let mut output = stream.write(b"kz-canary-2 given out, kz-canary-1, kz-canar");
    assert_eq!(output, b"kz-canary-2 given out, [REDACTED:A], ");
    redactor.add("B", "kz-canary-2").unwrap();
    assert_eq!(stream.held(), 8);
    output.extend(stream.write(b"y-2 kz-canary-2 kz-canary-1"));
    output.extend(stream.finish());
    assert_eq!(
        String::from_utf8(output).unwrap(),
        "kz-canary-2 given out, [REDACTED:A], [REDACTED:B] [REDACTED:B] [REDACTED:A]"
    );
}

#[test]
fn bytes_that_are_no_text_pass_around_the_masks() {
    let redactor = redactor();
    let text = b"\xff\xfe\x00kz-canary-1\xc3(kz-canary-1\xf0\x9f\x98 \xed\xa0\x80\x80kz-canary-1";
    let expected =
        b"\xff\xfe\x00[REDACTED:A]\xc3([REDACTED:A]\xf0\x9f\x98 \xed\xa0\x80\x80[REDACTED:A]";
    for size in 1..=text.len() {
        let mut stream = redactor.stream();
        let mut output = Vec::new();
        for piece in text.chunks(size) {
            output.extend(stream.write(piece));
        }
        output.extend(stream.finish());
        assert_eq!(output, expected, "by {size}");
    }
}
