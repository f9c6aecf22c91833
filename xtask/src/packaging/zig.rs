//! The toolchain that links against an old GNU C library: zig, from a pinned wheel.

use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use crate::Result;
use crate::python::Venv;
use crate::steps::Steps;

/// What the artefacts run on: the oldest library that Rust's standard library supports.
pub(crate) const GLIBC: &str = "2.17";
/// The platform that they are built for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The profile that they are built in.
const PROFILE: &str = "dist";

/// zig, and the two that make cargo use it.
#[derive(Debug)]
pub(crate) struct Zig(Venv);

impl Zig {
    pub(crate) fn install(steps: &mut Steps) -> Result<Self> {
        let requirements = tools::workspace().join("xtask/requirements-dist.txt");
        Venv::make(steps, "dist", &requirements).map(Self)
    }

    /// Builds the packages; gives the folder that they are left in.
    pub(crate) fn build(&self, steps: &mut Steps, packages: &[&str]) -> Result<PathBuf> {
        let mut build = self.command("cargo-zigbuild");
        build.args(["zigbuild", "--locked", "--profile", PROFILE]);
        build.arg("--target").arg(format!("{TARGET}.{GLIBC}"));
        for package in packages {
            build.args(["--package", package]);
        }
        let target = build_directory("cargo");
        build.arg("--target-dir").arg(&target);
        let what = packages.join(" and ");
        steps.need(&format!("build {what} for glibc {GLIBC}"), &mut build)?;
        Ok(target.join(TARGET).join(PROFILE))
    }

    /// Builds the wheel of kz-python into the folder.
    pub(crate) fn wheel(&self, steps: &mut Steps, output: &Path) -> Result<()> {
        let mut build = self.command("maturin");
        build.args(["build", "--locked", "--profile", PROFILE, "--zig"]);
        build.args(["--target", TARGET, "--compatibility"]);
        build.arg(format!("manylinux_{}", GLIBC.replace('.', "_")));
        build.arg("--interpreter").arg(self.0.python());
        build.arg("--out").arg(output);
        build.arg("--target-dir").arg(build_directory("maturin"));
        build.current_dir(tools::workspace().join("kz-python"));
        steps.need(&format!("build the wheel for glibc {GLIBC}"), &mut build)
    }

    /// The folder of zig itself.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        let mut ask = Command::new(self.0.python());
        ask.args(["-c", "import ziglang; print(ziglang.__path__[0])"]);
        let output = ask.output()?;
        if !output.status.success() {
            return Err("the environment has no zig".into());
        }
        Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim_end()))
    }

    /// A program of the environment; all caches stay below `target/`.
    fn command(&self, program: &str) -> Command {
        let caches = build_directory("cache");
        let mut command = self.0.command(program);
        command
            .env("RUSTFLAGS", without_paths())
            .env("CARGO_ZIGBUILD_CACHE_DIR", caches.join("wrappers"))
            .env("ZIG_GLOBAL_CACHE_DIR", caches.join("global"))
            .env("ZIG_LOCAL_CACHE_DIR", caches.join("local"))
            .current_dir(tools::workspace());
        command
    }
}

/// Below `target/`; one for each of the two that call cargo, whose settings differ so that
/// each would have the other build everything anew.
fn build_directory(of: &str) -> PathBuf {
    tools::target_directory().join("xtask/zig").join(of)
}

/// Flags that keep the paths of this machine out of the messages of panics.
fn without_paths() -> String {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || std::env::home_dir().unwrap_or_default().join(".cargo"),
        PathBuf::from,
    );
    [
        (home.join("registry/src"), "crates"),
        (tools::workspace().to_owned(), "kz"),
    ]
    .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()))
    .join(" ")
}
