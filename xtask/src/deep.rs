//! `cargo xtask deep`: properties, for long.

use std::fs;
use std::process::{Command, ExitCode};

use testbed::tools;

use crate::Result;
use crate::artifacts::cargo;
use crate::steps::Steps;
use crate::test;

/// How long it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Length {
    /// Cases for each property that proptest runs.
    pub(crate) cases: u32,
    /// How many times as many cases as usual the seeded properties get.
    pub(crate) times: u32,
    /// Seconds for each target of libFuzzer.
    pub(crate) seconds: u32,
}

/// The crates with properties, and which of their tests those are; nothing for all.
const CRATES: &[(&str, &[&str])] = &[
    ("kz-core", &[]),
    ("kz-redact", &[]),
    ("kz-providers", &["--lib"]),
    ("kz-engine", &[]),
    ("kz-mcp", &["--test", "properties"]),
    // Messages of 64 MiB among them, which take too long in the other profile.
    ("kz-command", &["--test", "pipes"]),
    ("kz-command", &["--bin", "kz", "properties"]),
];

/// How many cases of secrets, forms, surroundings, pieces and overlaps there are.
const PROPERTY_CASES: u64 = 10_000_000;

/// How many times as many cases the filters of `kz run` get where there is no libFuzzer.
const WITHOUT_FUZZER: u32 = 10;

pub(crate) fn run(length: Length) -> Result<ExitCode> {
    let mut steps = Steps::new("deep")?;
    for (package, only) in CRATES {
        properties(&mut steps, package, only, length);
    }
    let mut many = test::property_cases(PROPERTY_CASES);
    steps.check("ten million property cases", &mut many);
    let mut memory = cargo(&["test", "--locked", "-p", "kz-mcp", "--test", "memory"]);
    memory.args(["--profile", "dev-release"]);
    steps.check("nothing is left in memory", &mut memory);
    if has_nightly() {
        if let Err(error) = fuzz(&mut steps, length.seconds) {
            steps.fail(error.to_string());
        }
    } else {
        println!(
            "There is no nightly toolchain, so no libFuzzer (rustup toolchain install nightly): \
             the same properties, with more bytes of the seeded generator."
        );
        let times = length.times.saturating_mul(WITHOUT_FUZZER);
        let (package, only) = CRATES[CRATES.len() - 1];
        properties(&mut steps, package, only, Length { times, ..length });
    }
    Ok(steps.finish())
}

fn properties(steps: &mut Steps, package: &str, only: &[&str], length: Length) {
    let Length { cases, times, .. } = length;
    let mut tests = cargo(&["test", "--locked", "--release", "--no-fail-fast", "-p"]);
    tests
        .arg(package)
        .args(only)
        .env("PROPTEST_CASES", cases.to_string())
        .env("KZ_CASES", times.to_string())
        .env("KZ_REQUIRE_BACKENDS", "1");
    steps.check(
        &format!("{package}: {cases} cases a property, {times} times as many seeded ones"),
        &mut tests,
    );
}

fn has_nightly() -> bool {
    let version = Command::new("cargo")
        .args(["+nightly", "--version"])
        .output();
    version.is_ok_and(|output| output.status.success())
}

/// What `cargo fuzz build` would set: counters at every edge, comparisons, and a
/// sanitizer that sees every wrong access of the code beneath.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Zsanitizer=address --cfg fuzzing -Clink-dead-code -Ccodegen-units=1";
/// Sanitizers are for a target that is named.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Builds every target in `fuzz/` and runs each for that long. What libFuzzer finds is
/// left in `fuzz/artifacts`, and what it learnt in `fuzz/corpus`, for the next time.
fn fuzz(steps: &mut Steps, seconds: u32) -> Result<()> {
    let directory = tools::workspace().join("fuzz");
    let built = tools::target_directory().join("fuzz");
    let mut build = Command::new("cargo");
    build
        .args(["+nightly", "build", "--release", "--target", TARGET])
        .arg("--target-dir")
        .arg(&built)
        .current_dir(&directory)
        .env("RUSTFLAGS", FLAGS);
    steps.need("build the targets of libFuzzer", &mut build)?;
    let mut targets: Vec<String> = fs::read_dir(directory.join("fuzz_targets"))?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_suffix(".rs")?.to_owned())
        })
        .collect();
    targets.sort();
    for target in targets {
        let corpus = directory.join("corpus").join(&target);
        let artifacts = directory.join("artifacts").join(&target);
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&artifacts)?;
        let mut run = Command::new(built.join(TARGET).join("release").join(&target));
        run.arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", artifacts.display()))
            .args(["-max_len=4096", "-timeout=60", "-print_final_stats=1"])
            .arg(corpus)
            // Leaks are looked for by a tracer, which containers often forbid.
            .env("ASAN_OPTIONS", "detect_leaks=0");
        steps.check(&format!("libFuzzer: {target}"), &mut run);
    }
    Ok(())
}
