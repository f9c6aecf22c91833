//! How long the redactor takes on clean and on hit text.
//!
//! `cargo run --release -p kz-redact --example timing`
#![expect(clippy::print_stdout, reason = "prints a table")]

use std::{fmt::Write as _, time::Instant};

use kz_redact::{PatternLevel, Redactor};

fn main() {
    println!(
        "{:>8} {:>8} {:>6} {:>9} {:>10}",
        "secrets", "bytes", "text", "patterns", "µs"
    );
    for secrets in [20, 100] {
        for level in [PatternLevel::Off, PatternLevel::Default] {
            let redactor = redactor(secrets, level);
            for size in [1024, 16 * 1024] {
                for hit in [false, true] {
                    let text = message(size, hit);
                    let micros = best(|| redactor.redact_json_str(&text).map(|text| text.len()));
                    let on = if level == PatternLevel::Off {
                        "off"
                    } else {
                        "on"
                    };
                    let kind = if hit { "hit" } else { "clean" };
                    println!("{secrets:>8} {size:>8} {kind:>6} {on:>9} {micros:>10.1}");
                }
            }
        }
    }
}

fn value(index: usize) -> String {
    format!(
        "kz-canary-{:016x}",
        (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    )
}

fn redactor(secrets: usize, level: PatternLevel) -> Redactor {
    let mut builder = Redactor::builder().patterns(level);
    for index in 0..secrets {
        let name = format!("NAME_{index}");
        builder = if index % 4 == 0 {
            builder.secret(
                name,
                format!("postgres://app:{}@db.internal:5432/app", value(index)),
            )
        } else {
            builder.secret(name, value(index))
        };
    }
    builder.build().expect("the values are strong")
}

/// A tool result as a database server sends it, with one value a KiB if `hit`.
fn message(size: usize, hit: bool) -> String {
    let mut text =
        String::from(r#"{"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":""#);
    let mut row = 0;
    while text.len() < size {
        let _ = write!(
            text,
            r#"{{\"id\": {row}, \"name\": \"Ada Lovelace\", \"email\": \"ada{row}@example.org\", \"created\": \"2026-01-{:02}T10:00:00Z\"}}\n"#,
            row % 28 + 1
        );
        if hit && row % 10 == 3 {
            let _ = write!(
                text,
                "dsn postgres://app:{}@db.internal:5432/app\\n",
                value(0)
            );
        }
        row += 1;
    }
    text.push_str(r#""}],"isError":false}}"#);
    text
}

/// The best of several runs, in microseconds.
fn best<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..40 {
        let start = Instant::now();
        std::hint::black_box(run());
        best = best.min(start.elapsed().as_secs_f64() * 1e6);
    }
    best
}
