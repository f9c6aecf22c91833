//! Redacts the same texts in several ways and prints how long each takes.
#![forbid(unsafe_code)]

mod inputs;
mod registration;
mod rivals;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use inputs::{Text, secrets, texts};
use rivals::Rival;

/// Measures everything and prints a table for each number of secrets.
pub fn run() {
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
    registration::run();
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
    const ROUNDS: usize = 12;
    const ROUND: Duration = Duration::from_millis(30);
    let calls: Vec<u32> = rivals
        .iter()
        .map(|rival| {
            let masked = (rival.redact)(&text.content);
            let hits = if rival.knows { text.hits } else { 0 };
            let found = masked.matches("[REDACTED:").count();
            assert_eq!(found, hits, "{} does what it is timed for", rival.name);
            let once = timed(rival, text, 1);
            (ROUND.as_nanos() / once.as_nanos().max(1)).clamp(1, 1_000_000) as u32
        })
        .collect();
    let mut best = vec![Duration::MAX; rivals.len()];
    for _ in 0..ROUNDS {
        for ((rival, calls), best) in rivals.iter().zip(&calls).zip(&mut best) {
            *best = timed(rival, text, *calls).min(*best);
        }
    }
    best
}

/// The time of one of `calls`.
fn timed(rival: &Rival, text: &Text, calls: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        drop(black_box((rival.redact)(black_box(&text.content))));
    }
    start.elapsed() / calls
}
