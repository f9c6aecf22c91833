//! The repository's commands: `cargo xtask test`, `demo`, `bench`, `deep`, `dist`.
//!
//! Each prints a line a step, with the seconds it took, and keeps the step's whole output
//! below `target/xtask/logs`. Whatever is installed goes below `target/`, from files that
//! pin it by hash.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod artifacts;
mod bench;
mod deep;
mod demo;
mod dist;
mod node;
mod packaging;
mod python;
mod startup;
mod steps;
mod system;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What went wrong, for a person.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The repository's commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sets up and runs every check and test, real backends included
    Test,
    /// Shows what a model reads from real servers, without kz and with it
    Demo,
    /// Runs the benchmarks of every language
    Bench,
    /// Runs the property tests and the fuzz targets for long
    Deep {
        /// Cases for each property that proptest runs
        #[arg(long, default_value_t = 20_000)]
        cases: u32,
        /// How many times as many cases as usual the seeded properties get
        #[arg(long, default_value_t = 20)]
        times: u32,
        /// Seconds for each target of libFuzzer
        #[arg(long, default_value_t = 120)]
        seconds: u32,
    },
    /// Leaves the wheel, the npm tarball and the program in `dist/`
    Dist,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Test => test::run(),
        Command::Demo => demo::run(),
        Command::Bench => bench::run(),
        Command::Deep {
            cases,
            times,
            seconds,
        } => deep::run(deep::Length {
            cases,
            times,
            seconds,
        }),
        Command::Dist => dist::run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("xtask: {error}");
        ExitCode::FAILURE
    })
}
