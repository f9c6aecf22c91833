//! Redacts the same texts in several ways and prints how long each takes.
#![deny(unsafe_code)]

mod inputs;
mod patterns;
mod plots;
mod registration;
mod rivals;
#[cfg(feature = "vectorscan")]
mod vectorscan;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use inputs::{Text, secrets, texts};
use rivals::Rival;

/// Measures everything and prints its tables; with an argument, only that part:
/// `known`, `patterns`, `plots` or `registration`.
pub fn run() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let parts: [(&str, fn()); 4] = [
        ("known", known),
        ("patterns", patterns::run),
        ("plots", plots::run),
        ("registration", registration::run),
    ];
    for (name, part) in parts {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            part();
        }
    }
}

/// Known values: a table for each number of secrets.
fn known() {
    for count in [10, 100] {
        let secrets = secrets(count);
        let rivals = rivals::all(&secrets);
        let texts = texts(&secrets);
        let columns: Vec<Vec<Duration>> = texts.iter().map(|text| column(&rivals, text)).collect();
        println!(
            "\n### Rust, {count} secrets of {} bytes\n",
            secrets[0].len()
        );
        println!("| way | covers | {} |", inputs::TITLES.join(" | "));
        println!("|---|---|{}", "---:|".repeat(texts.len()));
        for (row, rival) in rivals.iter().enumerate() {
            let cells: Vec<String> = texts
                .iter()
                .zip(&columns)
                .map(|(text, times)| cell(text, times[row], times[0]))
                .collect();
            println!(
                "| {} | {} | {} |",
                rival.name,
                rival.covers,
                cells.join(" | ")
            );
        }
    }
}

/// Throughput, and how many times that of the first row.
fn cell(text: &Text, time: Duration, first: Duration) -> String {
    let rate = text.content.len() as f64 / time.as_secs_f64() / 1e6;
    let ratio = first.as_secs_f64() / time.as_secs_f64();
    format!("{rate:.1} MB/s ({ratio:.2} ×)")
}

/// The best time of each rival. They take turns, so that what else runs on the
/// machine slows all of them alike; it only ever adds, so the best is kept.
fn column(rivals: &[Rival], text: &Text) -> Vec<Duration> {
    for rival in rivals {
        let masked = (rival.redact)(&text.content);
        let hits = if rival.knows { text.hits } else { 0 };
        let found = masked.matches("[REDACTED:").count();
        assert_eq!(found, hits, "{} does what it is timed for", rival.name);
    }
    let ways = rivals.iter().map(|rival| {
        let way = || drop(black_box((rival.redact)(black_box(&text.content))));
        Box::new(way) as Box<dyn Fn() + '_>
    });
    best_times(&ways.collect::<Vec<_>>(), Duration::from_millis(4))
}

/// The best of many rounds in turns, of which each takes about as long as `round`: short
/// ones, so that some of them have the processor for themselves on a busy machine. What
/// takes longer than a round does with fewer.
fn best_times(ways: &[Box<dyn Fn() + '_>], round: Duration) -> Vec<Duration> {
    const ROUNDS: usize = 96;
    const FEWER: usize = 12;
    let calls: Vec<u32> = ways
        .iter()
        .map(|way| {
            let once = timed(way, 1);
            (round.as_nanos() / once.as_nanos().max(1)).clamp(1, 1_000_000) as u32
        })
        .collect();
    let mut best = vec![Duration::MAX; ways.len()];
    for number in 0..ROUNDS {
        for ((way, calls), best) in ways.iter().zip(&calls).zip(&mut best) {
            if *calls == 1 && number >= FEWER {
                continue;
            }
            *best = timed(way, *calls).min(*best);
        }
    }
    best
}

/// The time of one of `calls`.
fn timed(way: &dyn Fn(), calls: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        way();
    }
    start.elapsed() / calls
}
