//! Values that come while others are read, and how many there may be.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use kz_core::ErrorKind;
use kz_redact::{PatternLevel, Redactor, Weak};

fn builder() -> kz_redact::RedactorBuilder {
    Redactor::builder().patterns(PatternLevel::Off)
}

#[test]
fn what_is_added_is_masked_by_every_later_call() {
    const VALUES: usize = 60;
    let redactor = builder().build().unwrap();
    let value = |index: usize| format!("kz-canary-{index:03}-made-up");
    let added = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let before = added.load(Ordering::Acquire);
                    for index in 0..before {
                        assert_eq!(redactor.redact_str(&value(index)), "[REDACTED:A]");
                    }
                    if before == VALUES {
                        break;
                    }
                }
            });
        }
        for index in 0..VALUES {
            redactor.add("A", value(index)).unwrap();
            added.store(index + 1, Ordering::Release);
        }
    });
    assert_eq!(redactor.stats().names, 1);
}

#[test]
fn a_full_table_refuses_and_forgets_nothing() {
    let redactor = builder().limit(20).build().unwrap();
    let value = |index: usize| format!("kz-canary-{index:03}-made-up");
    let mut count = 0;
    let error = loop {
        match redactor.add("A", value(count)) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.remedy().is_some() && !error.to_string().contains("canary"));
    let stats = redactor.stats();
    assert!(count > 3 && stats.parts <= stats.limit && stats.limit == 20);
    for index in 0..count {
        assert_eq!(redactor.redact_str(&value(index)), "[REDACTED:A]");
    }
    // What is registered already needs no room.
    let again = redactor.add_declared("B", value(0), Weak::Refuse).unwrap();
    assert_eq!(again.value.expose_bytes(), value(0).as_bytes());
    assert_eq!(redactor.stats().parts, stats.parts);
}

#[test]
fn the_same_value_again_takes_no_room() {
    let redactor = builder().secret("A", "kz-canary-1").build().unwrap();
    let before = redactor.stats();
    for _ in 0..100 {
        redactor.add("A", "kz-canary-1").unwrap();
    }
    assert_eq!(redactor.stats(), before);
}
