//! `cargo xtask bench`: `cargo bench` in `benches/`, calls of a tool over stdio, how long the
//! program takes to start, then the scripts of `benches/python/` and `benches/node/`.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

use testbed::tools;

use crate::Result;
use crate::python::Venv;
use crate::steps::Steps;
use crate::{artifacts, node, startup};

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
    // Beside vectorscan, where its library is.
    let library = Command::new("pkg-config")
        .args(["--exists", "libhs"])
        .status();
    if library.is_ok_and(|status| status.success()) {
        rust.args(["--features", "vectorscan"]);
    }
    show(&mut rust)?;
    calls(&mut steps, &manifest)?;
    python(&mut steps, &benches.join("python"))?;
    let scripts = node::benches(&mut steps)?;
    for script in ["redact.mjs", "patterns.mjs", "calls.mjs"] {
        show(Command::new("node").arg(scripts.join(script)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The texts in one environment with the rivals, the servers each with its own SDK.
fn python(steps: &mut Steps, scripts: &Path) -> Result<()> {
    let test = artifacts::test_venv(steps)?;
    let bench = artifacts::bench_venv(steps)?;
    let program = startup::program(steps)?;
    let wheels = tools::target_directory().join("xtask/wheels-bench");
    let wheel = artifacts::wheel(steps, &test, "release", &wheels)?;
    let mut servers = vec![server("mcp2", &test)];
    for venv in [&test, &bench] {
        venv.install_wheel(steps, &wheel)?;
    }
    startup::measure(&program, &test)?;
    for sdk in artifacts::SDKS {
        let venv = artifacts::sdk_venv(steps, sdk)?;
        venv.install_wheel(steps, &wheel)?;
        servers.extend(sdk.servers.iter().map(|name| server(name, &venv)));
    }
    for script in ["redact.py", "patterns.py"] {
        show(Command::new(bench.python()).arg(scripts.join(script)))?;
    }
    show(
        Command::new(bench.python())
            .arg(scripts.join("calls.py"))
            .args(servers),
    )
}

/// `NAME=PYTHON`, as `calls.py` takes it.
fn server(name: &str, venv: &Venv) -> OsString {
    let mut argument = OsString::from(name);
    argument.push("=");
    argument.push(venv.python());
    argument
}

/// Calls of a tool over stdio, with the guard, under `kz run`, and with neither.
fn calls(steps: &mut Steps, manifest: &Path) -> Result<()> {
    let mut kz = artifacts::cargo(&["build", "--locked", "--release", "-p", "kz-command"]);
    steps.need("build kz (profile release)", &mut kz)?;
    let mut build = artifacts::cargo(&["build", "--locked", "--release", "--manifest-path"]);
    build.arg(manifest).args(["-p", "kz-bench-calls"]);
    steps.need("build the servers that are called", &mut build)?;
    let directory = match std::env::var_os("CARGO_TARGET_DIR") {
        Some(_) => tools::target_directory(),
        None => manifest.with_file_name("target"),
    };
    let built = directory.join("release");
    show(
        Command::new(built.join("calls"))
            .arg(tools::target_directory().join("release/kz"))
            .arg(built.join("echo")),
    )
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
