//! `cargo xtask bench`: `cargo bench` in `benches/`, then each script of `benches/python/`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use testbed::tools;

use crate::Result;
use crate::artifacts;
use crate::steps::Steps;

pub(crate) fn run() -> Result<ExitCode> {
    let mut steps = Steps::new("bench")?;
    let benches = tools::workspace().join("benches");
    if !benches.exists() {
        return Err("there is no benches/ yet".into());
    }
    // A workspace of its own, so that the rivals are nobody's dependency.
    let manifest = benches.join("Cargo.toml");
    let mut rust = artifacts::cargo(&["bench", "--locked", "--manifest-path"]);
    rust.arg(&manifest);
    show(&mut rust)?;
    let venv = artifacts::test_venv(&mut steps)?;
    let wheels = tools::target_directory().join("xtask/wheels-bench");
    let wheel = artifacts::wheel(&mut steps, &venv, "release", &wheels)?;
    venv.install_wheel(&mut steps, &wheel)?;
    let mut scripts: Vec<PathBuf> = fs::read_dir(benches.join("python"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    scripts.sort();
    for script in scripts {
        show(
            Command::new(venv.python())
                .arg(script)
                .current_dir(&benches),
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Figures belong on the screen, not in a log.
fn show(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    if status.success() {
        Ok(())
    } else {
        Err("a benchmark failed".into())
    }
}
