//! How long it takes to register a value among many, while others redact.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use kz_redact::Redactor;

use crate::inputs::secrets;

/// Prints a row for each number of registered values.
pub(crate) fn run() {
    println!("\n### Rust, registering one more value while a reader redacts\n");
    println!("| registered | median | 99th of 100 | a reader's calls meanwhile |");
    println!("|---:|---:|---:|---:|");
    for count in [10, 100, 1000] {
        let (times, calls) = measure(count);
        let micros = |time: Duration| format!("{:.0} µs", time.as_secs_f64() * 1e6);
        println!(
            "| {count} | {} | {} | {calls} |",
            micros(times[times.len() / 2]),
            micros(times[times.len() * 99 / 100])
        );
    }
}

/// The sorted times of 100 registrations, and how often a reader was done.
fn measure(count: usize) -> (Vec<Duration>, u64) {
    const MORE: usize = 100;
    let values = secrets(count + MORE);
    let (first, more) = values.split_at(count);
    let redactor = Redactor::builder().build().expect("the defaults are right");
    for value in first {
        redactor.add("VALUE", value).expect("a strong value");
    }
    let (done, calls) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut times: Vec<Duration> = thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                assert_eq!(redactor.redact_str(&first[0]), "[REDACTED:VALUE]");
                calls.fetch_add(1, Ordering::Relaxed);
            }
        });
        let add = |value| {
            let start = Instant::now();
            redactor.add("VALUE", value).expect("a strong value");
            start.elapsed()
        };
        let times = more.iter().map(add).collect();
        done.store(true, Ordering::Relaxed);
        times
    });
    times.sort_unstable();
    (times, calls.into_inner())
}
