//! Text in which nothing is found is read without a single allocation: logs, JSON, traces
//! and prose, as they are and as a string of a message. Where units stand inside of units, and in lists of numbers, some is needed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(unsafe_code, reason = "an allocator is unsafe to write")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    borrow::Cow,
    cell::Cell,
};

use kz_redact::Redactor;

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is handed on to the allocator of the system.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as for this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LINES: [&str; 5] = [
    "2026-03-15T10:23:51.123Z INFO  request id=9 method=GET path=/v1/items/4 status=200\n",
    "{\"level\":\"warn\",\"message\":\"slow query\",\"rows\":17,\"table\":\"orders\"}\n",
    "  File \"/srv/app/lib/python3.11/site-packages/app/pool.py\", line 9, in acquire\n",
    "error: relation \"customers_4\" does not exist at character 5 (SQLSTATE 42P01)\r\n",
    "The quick brown fox jumps over 3 lazy dogs; nobody was hurt, and 100% recovered.\n",
];

#[test]
fn clean_text_allocates_nothing() {
    let redactor = Redactor::builder().build().unwrap();
    for index in 0..100_u64 {
        let value = format!(
            "kz{:016x}/\"{index:04}",
            (index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        );
        redactor.add(&format!("NAME_{index}"), value).unwrap();
    }
    for line in LINES {
        for length in [1, 10, 1000] {
            let text = line.repeat(length);
            // What a thread needs for all texts is there after the first.
            let _ = redactor.redact_str(&text);
            let before = COUNT.get();
            let redacted = redactor.redact_str(&text);
            let count = COUNT.get() - before;
            assert!(matches!(redacted, Cow::Borrowed(_)), "{line:?}");
            assert_eq!(count, 0, "{length} lines of {line:?}");

            let message = serde_json::json!({ "id": 7, "result": { "text": text } }).to_string();
            let _ = redactor.redact_json_str(&message).unwrap();
            let before = COUNT.get();
            let redacted = redactor.redact_json_str(&message).unwrap();
            let count = COUNT.get() - before;
            assert!(matches!(redacted, Cow::Borrowed(_)), "{line:?}");
            assert_eq!(count, 0, "a message of {length} lines of {line:?}");
        }
    }
}
