//! What is built once and used by several commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use crate::Result;
use crate::python::Venv;
use crate::steps::Steps;

/// `cargo` in the workspace, with the lock file as it is.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(arguments).current_dir(tools::workspace());
    // Those of `cargo run` would say something else about another package.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// The platform that is built for when none is named.
pub(crate) fn host() -> Result<String> {
    let output = Command::new("rustc")
        .args(["--print", "host-tuple"])
        .output()?;
    Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
}

/// The programs that are built by `cargo build` in the `dev` profile.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    /// The program `kz`.
    pub(crate) kz: PathBuf,
    /// The Rust example with kz.
    pub(crate) guarded: PathBuf,
    /// The same server without it.
    pub(crate) unguarded: PathBuf,
}

impl Programs {
    /// Builds them.
    pub(crate) fn build(steps: &mut Steps) -> Result<Self> {
        let mut build = cargo(&["build", "--locked", "-p", "kz-command"]);
        build.args(["-p", "example-rust-postgres"]);
        steps.need("build kz and the Rust example", &mut build)?;
        Ok(Self {
            kz: kept("kz")?,
            guarded: kept("guarded")?,
            unguarded: kept("unguarded")?,
        })
    }

    /// Tells a test runner where they are.
    pub(crate) fn name_in(&self, command: &mut Command) {
        command.env("KZ_TEST_KZ", &self.kz);
        command.env("KZ_TEST_RUST_GUARDED", &self.guarded);
        command.env("KZ_TEST_RUST_UNGUARDED", &self.unguarded);
    }
}

/// A copy of a program as it was built: whoever builds more of the workspace later
/// may build it again with other features.
fn kept(name: &str) -> Result<PathBuf> {
    let target = tools::target_directory();
    let directory = target.join("xtask/programs");
    fs::create_dir_all(&directory)?;
    let copy = directory.join(name);
    fs::copy(target.join("debug").join(name), &copy)?;
    Ok(copy)
}

/// Builds the wheel of kz-python into `output` with this profile; gives its path.
pub(crate) fn wheel(
    steps: &mut Steps,
    venv: &Venv,
    profile: &str,
    output: &Path,
) -> Result<PathBuf> {
    if output.exists() {
        for entry in fs::read_dir(output)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "whl") {
                fs::remove_file(path)?;
            }
        }
    }
    let mut build = Command::new(venv.program("maturin"));
    build.args(["build", "--locked", "--profile", profile, "--interpreter"]);
    build.arg(venv.python()).arg("--out").arg(output);
    build.current_dir(tools::workspace().join("kz-python"));
    steps.need(&format!("build the wheel (profile {profile})"), &mut build)?;
    for entry in fs::read_dir(output)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    Err("maturin left no wheel".into())
}

/// An environment with the Python example's requirements; the wheel is not in it yet.
pub(crate) fn example_venv(steps: &mut Steps) -> Result<Venv> {
    let requirements = tools::workspace().join("examples/python-postgres/requirements.txt");
    Venv::make(steps, "example", &requirements)
}

/// An environment with maturin alone.
pub(crate) fn build_venv(steps: &mut Steps) -> Result<Venv> {
    Venv::make(
        steps,
        "build",
        &tools::workspace().join("xtask/requirements-build.txt"),
    )
}

/// An environment with kz's rivals in Python.
pub(crate) fn bench_venv(steps: &mut Steps) -> Result<Venv> {
    let requirements = tools::workspace().join("benches/python/requirements.txt");
    Venv::make(steps, "bench", &requirements)
}

/// An environment with what builds and tests kz-python.
pub(crate) fn test_venv(steps: &mut Steps) -> Result<Venv> {
    let requirements = tools::workspace().join("kz-python/requirements-test.txt");
    Venv::make(steps, "kz-python", &requirements)
}

/// An SDK for servers in Python beside `mcp` 2.x, which the test environment has: no two fit
/// into one environment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sdk {
    /// As in `kz-python/requirements-NAME.txt`.
    pub(crate) name: &'static str,
    /// The modules of its leaking servers, in `kz-python/tests/sdk/servers`.
    pub(crate) servers: &'static [&'static str],
}

/// Every one that the guard knows.
pub(crate) const SDKS: [Sdk; 2] = [
    Sdk {
        name: "mcp1",
        servers: &["mcp1", "mcp1_lowlevel"],
    },
    Sdk {
        name: "fastmcp",
        servers: &["fastmcp4"],
    },
];

/// An environment with this SDK and what tests it.
pub(crate) fn sdk_venv(steps: &mut Steps, sdk: Sdk) -> Result<Venv> {
    let requirements = format!("kz-python/requirements-{}.txt", sdk.name);
    Venv::make(steps, sdk.name, &tools::workspace().join(requirements))
}
