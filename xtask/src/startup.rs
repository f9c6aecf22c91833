//! How long the program takes to start through what the packages install, over the program
//! itself: pairs of runs, taken in turn, and the median of their differences.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testbed::tools;

use crate::artifacts::{self, cargo};
use crate::node;
use crate::packaging::{licences, packages};
use crate::steps::Steps;
use crate::{Result, python::Venv};

const ROUNDS: usize = 100;
/// Runs that are not counted: files are read into memory, the processor wakes up.
const WARM_UP: usize = 10;

/// What is started, and what it is compared with.
struct Way {
    name: &'static str,
    over: &'static str,
    command: Vec<PathBuf>,
    base: Vec<PathBuf>,
}

/// Builds it in the profile `release`, and puts it where the wheel takes it from.
pub(crate) fn program(steps: &mut Steps) -> Result<PathBuf> {
    let mut build = cargo(&["build", "--locked", "--release", "-p", "kz-command"]);
    steps.need("build kz (profile release)", &mut build)?;
    let program = tools::target_directory().join("release/kz");
    let licences = tools::target_directory().join("xtask/licences");
    licences::write(&licences, &artifacts::host()?, None)?;
    packages::prepare_wheel(&program, &licences)?;
    Ok(program)
}

/// Measures the program against what the wheel left in the environment, and the npm package.
pub(crate) fn measure(program: &Path, venv: &Venv) -> Result<()> {
    let launcher = launcher(program)?;
    let words = |start: &[&Path], rest: &[&str]| -> Vec<PathBuf> {
        let start = start.iter().map(PathBuf::from);
        start.chain(rest.iter().map(PathBuf::from)).collect()
    };
    let version = |start: &[&Path]| words(start, &["--version"]);
    let node = Path::new("node");
    let ways = [
        Way {
            name: "wheel: bin/kz",
            over: "the program",
            command: version(&[&venv.program("kz")]),
            base: version(&[program]),
        },
        Way {
            name: "wheel: bin/kz-mcp",
            over: "the program",
            command: version(&[&venv.program("kz-mcp")]),
            base: version(&[program]),
        },
        Way {
            name: "npm: kz",
            over: "the program",
            command: version(&[node, &launcher]),
            base: version(&[program]),
        },
        Way {
            name: "npm: kz",
            over: "Node alone",
            command: version(&[node, &launcher]),
            base: words(&[node], &["--eval", ""]),
        },
        Way {
            name: "kz run -- true",
            over: "true",
            command: words(&[&venv.program("kz")], &["run", "--", "true"]),
            base: words(&[Path::new("true")], &[]),
        },
    ];
    println!("\nStart-up: {ROUNDS} pairs in turn, medians in ms\n");
    println!("| what | takes | over | which takes | more |");
    println!("|---|---|---|---|---|");
    for way in &ways {
        let mut taken = Vec::new();
        for round in 0..WARM_UP + ROUNDS {
            let pair = (time(&way.command)?, time(&way.base)?);
            if round >= WARM_UP {
                taken.push(pair);
            }
        }
        println!(
            "| {} | {:.2} | {} | {:.2} | {:.2} |",
            way.name,
            median(taken.iter().map(|(own, _)| milliseconds(*own))),
            way.over,
            median(taken.iter().map(|(_, base)| milliseconds(*base))),
            median(
                taken
                    .iter()
                    .map(|(own, base)| milliseconds(*own) - milliseconds(*base))
            ),
        );
    }
    Ok(())
}

/// The npm package's launcher, with the program where it looks for it.
fn launcher(program: &Path) -> Result<PathBuf> {
    let package = tools::workspace().join("kz-node");
    let compiled = package.join("prebuilt");
    std::fs::create_dir_all(&compiled)?;
    std::fs::copy(program, compiled.join(format!("kz.{}", node::platform())))?;
    Ok(package.join("bin/kz.cjs"))
}

/// From before the start until it has ended.
fn time(words: &[PathBuf]) -> Result<Duration> {
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status()?;
    let taken = start.elapsed();
    if status.success() {
        Ok(taken)
    } else {
        Err(format!("{}: {status}", words[0].display()).into())
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
