//! What is left in the memory of a process that used kz: nothing.
//!
//! The tests scan every writable mapping of their own process for every piece of
//! the values, in ten forms; they themselves hold the values XORed. They are built
//! optimised only: without, the compiler copies vectors of bytes to the stack that
//! no source mentions, and so does the standard library.
//! `cargo test --profile dev-release -p kz-mcp --test memory`.
#![cfg(all(target_os = "linux", not(debug_assertions)))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod canary;
mod fork;
mod scan;
mod server;
mod stack;

use std::sync::{Mutex, MutexGuard, PoisonError};

use canary::{Canary, FORMS, filled};
use kz_redact::{Redactor, Weak};
use scan::{Hit, Scanner};
use zeroize::{Zeroize as _, Zeroizing};

/// One scan at a time: its buffer holds the memory of all tests.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shapes of values; `{}` is where the secret is.
const SHAPES: &[(&str, &[usize], &str)] = &[
    ("short", &[7], "{}"),
    ("opaque", &[24], "{}"),
    ("long", &[4096], "{}"),
    ("pages", &[9000], "{}"),
    ("dsn", &[20], "postgres://app:{}@db.internal:5432/app"),
    (
        "libpq",
        &[20],
        "host=db.internal user=app password='{}' dbname=app",
    ),
    ("odbc", &[20], "Server=db;Uid=app;Pwd={};Encrypt=yes"),
    (
        "json",
        &[32, 40],
        r#"{"user":"app","password":"{}","nested":{"token":["{}"]},"port":5432}"#,
    ),
    (
        "pem",
        &[64, 64, 32],
        "-----BEGIN KZ CANARY-----\r\n{}\r\n{}\r\n{}\r\n-----END KZ CANARY-----\r\n",
    ),
    ("block", &[24, 24], "# made up\nexport A={}\nB=\"{}\"\n"),
];

/// The values of one shape.
fn canaries(lengths: &[usize]) -> Vec<Canary> {
    const NAMES: [&str; 3] = ["first", "second", "third"];
    let named = lengths.iter().zip(NAMES);
    named.map(|(&len, name)| Canary::new(name, len)).collect()
}

fn places(canaries: &[Canary]) -> Vec<&Canary> {
    canaries.iter().collect()
}

/// Has `redactor` read the values in every form, as a whole and in pieces.
fn redact_everything(redactor: &Redactor, canaries: &[Canary]) {
    for canary in canaries {
        let plain = canary.plain();
        for form in FORMS {
            let written = form.write(&plain);
            let mut text = Zeroizing::new(Vec::with_capacity(written.len() + 20));
            text.extend_from_slice(b"{\"a\": \"");
            text.extend_from_slice(&written);
            text.extend_from_slice(b" \"}");
            // What is not masked leaves, and is the reader's to wipe.
            let leave = |mut output: Vec<u8>| output.zeroize();
            leave(redactor.redact_bytes(&text).into_owned());
            if let Ok(text) = std::str::from_utf8(&text) {
                leave(redactor.redact_str(text).into_owned().into());
                if let Ok(json) = redactor.redact_json_str(text) {
                    leave(json.into_owned().into());
                }
                drop(redactor.scan(text));
            }
            let mut stream = redactor.stream();
            for piece in text.chunks(11) {
                leave(stream.write(piece));
            }
            leave(stream.finish());
            // One that ends in the middle of a value, and one that is dropped.
            let mut stream = redactor.stream();
            leave(stream.write(&text[..text.len() / 2]));
            leave(stream.finish());
            let mut stream = redactor.stream();
            leave(stream.write(&text[..text.len() / 2]));
        }
    }
}

#[test]
fn the_scanner_finds_what_is_there() {
    let _alone = alone();
    let canaries = [Canary::new("value", 40)];
    let scanner = Scanner::new(&canaries);
    assert_eq!(scanner.scan().len(), 0);
    for form in FORMS {
        let mut heap = form.write(&canaries[0].plain());
        assert!(found(&scanner.scan(), form.name), "{}", form.name);
        // What an allocator would leave of it.
        heap[..16].fill(0);
        assert!(found(&scanner.scan(), form.name), "{}", form.name);
        drop(heap);
        assert_eq!(scanner.scan().len(), 0, "{}", form.name);
    }
    let plain = canaries[0].plain();
    let mut stack = [0; 40];
    stack.copy_from_slice(&plain);
    let hits = scanner.scan();
    let place = std::hint::black_box(&mut stack).as_ptr() as usize;
    assert!(hits.iter().any(|hit| hit.address == place), "{hits:?}");
    stack.fill(0);
    std::hint::black_box(&stack);
}

fn found(hits: &[Hit], form: &str) -> bool {
    hits.iter().any(|hit| hit.form == form)
}

#[test]
fn nothing_is_left_of_a_redactor() {
    let _alone = alone();
    for (shape, lengths, template) in SHAPES {
        let (old, new) = (canaries(lengths), canaries(lengths));
        let redactor = Redactor::builder()
            .secret("VALUE", filled(template, &places(&old)))
            .build()
            .unwrap();
        redact_everything(&redactor, &old);
        // Rotated, refused, registered again, read on other threads.
        let value = filled(template, &places(&new));
        let handle = redactor
            .add_declared("VALUE", &value, Weak::Refuse)
            .unwrap();
        redactor.add("OTHER", &value).unwrap();
        assert!(redactor.add("not a name", &value).is_err());
        drop(value);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| redact_everything(&redactor.clone(), &new));
            }
        });
        assert!(!handle.value.is_empty());
        drop((redactor, handle));
        for canaries in [&old, &new] {
            let hits = Scanner::new(canaries).scan();
            assert!(hits.is_empty(), "{shape}: {hits:#?}");
        }
    }
}

/// How often a whole value is there as it is.
fn copies<'h>(hits: impl IntoIterator<Item = &'h Hit>) -> usize {
    let hits = hits.into_iter();
    hits.filter(|hit| hit.form == "literal" && hit.at == 0)
        .count()
}

#[test]
fn a_value_is_held_once_and_well() {
    let _alone = alone();
    let one = canaries(&[24]);
    let redactor = Redactor::builder()
        .secret("ONE", filled("{}", &places(&one)))
        .build()
        .unwrap();
    let handle = redactor
        .add_declared("AGAIN", one[0].plain(), Weak::Refuse)
        .unwrap();
    redact_everything(&redactor, &one);
    let hits = Scanner::new(&one).scan();
    assert_eq!(copies(&hits), 1, "{hits:#?}");
    assert!(hits.iter().all(|hit| hit.is_kept), "{hits:#?}");
    drop((redactor, handle));

    // A composite is held with its parts in it; what is derived from it (lines
    // that are joined, letters in lower case) lies in the same kind of memory.
    for (shape, lengths, template) in SHAPES {
        let canaries = canaries(lengths);
        let redactor = Redactor::builder()
            .secret("VALUE", filled(template, &places(&canaries)))
            .build()
            .unwrap();
        redact_everything(&redactor, &canaries);
        let hits = Scanner::new(&canaries).scan();
        assert!(copies(&hits) >= lengths.len(), "{shape}: {hits:#?}");
        // Of these, `user:password` is held too, and lines are joined.
        if !matches!(*shape, "libpq" | "odbc" | "json" | "pem" | "block") {
            assert_eq!(copies(&hits), lengths.len(), "{shape}: {hits:#?}");
        }
        let stray: Vec<_> = hits.iter().filter(|hit| !hit.is_kept).collect();
        assert!(stray.is_empty(), "{shape}: {stray:#?}");
    }
}
