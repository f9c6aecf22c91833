//! Calls a tool ten thousand times over stdio: of a server built on rmcp as it is, of the
//! same with kz's guard, and of the first under `kz run`. `calls KZ ECHO`, by
//! `cargo xtask bench`.
#![forbid(unsafe_code)]

mod server;

use std::{path::PathBuf, time::Duration};

use server::{Server, manifest, secret};

/// Calls of each server.
const CALLS: u64 = 10_000;
/// The servers take turns, so many calls at a time.
const BLOCK: u64 = 50;

/// What is echoed, and how many calls are under way at once.
const ROWS: [(&str, usize, u64); 4] = [
    ("64 bytes, one after the other", 64, 1),
    ("64 bytes, 16 under way", 64, 16),
    ("4 KiB, one after the other", 4096, 1),
    ("4 KiB, 16 under way", 4096, 16),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(kz), Some(echo)) = (arguments.next(), arguments.next()) else {
        panic!("usage: calls KZ ECHO");
    };
    let folder = std::env::temp_dir().join(format!("kz-bench-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a folder of our own");
    let manifest_path = folder.join("keyzero.toml");
    std::fs::write(&manifest_path, manifest()).expect("the folder is ours");
    measure(&kz, &echo, &manifest_path);
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

fn measure(kz: &str, echo: &str, manifest: &PathBuf) {
    let mut servers = [
        Server::start("rmcp alone", &[echo], manifest),
        Server::start("with the guard", &[echo, "guarded"], manifest),
        Server::start("under kz run", &[kz, "run", "--", echo], manifest),
    ];
    check(&mut servers);
    println!("\n### Calls of a tool, {} secrets\n", server::SECRETS);
    println!("| echoed | rmcp alone | with the guard | under kz run |");
    println!("|---|---:|---:|---:|");
    for (name, size, ahead) in ROWS {
        let text = text(size);
        let figures = figures(&mut servers, ahead, &text);
        let cells: Vec<String> = figures
            .iter()
            .map(|figure| {
                let ratio = figures[0].call.as_secs_f64() / figure.call.as_secs_f64();
                let micros = |time: Duration| time.as_secs_f64() * 1e6;
                format!(
                    "{:.1} µs ({ratio:.2} ×), {:.1} µs of CPU",
                    micros(figure.call),
                    micros(figure.cpu)
                )
            })
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}

/// A server that masks nothing would be quick.
fn check(servers: &mut [Server; 3]) {
    let canary = secret(3);
    let [alone, guarded, run] = servers;
    assert!(alone.echo(&canary).contains(&canary));
    for server in [guarded, run] {
        let said = server.echo(&canary);
        assert!(
            said.contains("[REDACTED:SECRET_3]") && !said.contains(&canary),
            "{said}"
        );
    }
}

/// What one call takes.
struct Figure {
    /// Of the client's time, in the best block: what else runs on the machine only adds.
    call: Duration,
    /// Of the processors' time, for the server and for kz, over all blocks.
    cpu: Duration,
}

/// The servers take turns, in changing order.
fn figures(servers: &mut [Server; 3], ahead: u64, text: &str) -> Vec<Figure> {
    for server in servers.iter_mut() {
        server.calls(BLOCK, ahead, text);
    }
    let before: Vec<Duration> = servers.iter().map(Server::cpu).collect();
    let mut best = [Duration::MAX; 3];
    for round in 0..CALLS / BLOCK {
        for turn in 0..servers.len() {
            let which = (turn + round as usize) % servers.len();
            best[which] = servers[which].calls(BLOCK, ahead, text).min(best[which]);
        }
    }
    let after = servers
        .iter()
        .zip(before)
        .map(|(server, before)| server.cpu() - before);
    best.iter()
        .zip(after)
        .map(|(best, cpu)| Figure {
            call: *best / BLOCK as u32,
            cpu: cpu / CALLS as u32,
        })
        .collect()
}

/// Ordinary words: no part of it is like a secret.
fn text(size: usize) -> String {
    const WORDS: &str = "The quick brown fox jumps over 13 lazy dogs; 100% recovered. ";
    WORDS.chars().cycle().take(size).collect()
}
