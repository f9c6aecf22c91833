//! Private virtual environments, from files that pin every wheel by hash.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testbed::tools;

use crate::steps::Steps;
use crate::{Result, system};

/// A virtual environment.
#[derive(Debug, Clone)]
pub(crate) struct Venv(PathBuf);

impl Venv {
    /// Makes one of that name, or takes the one that has the same requirements.
    pub(crate) fn make(steps: &mut Steps, name: &str, requirements: &Path) -> Result<Self> {
        let directory = tools::target_directory()
            .join("xtask")
            .join(format!("venv-{name}"));
        let venv = Self(directory.clone());
        let wanted = fs::read_to_string(requirements)
            .map_err(|error| format!("{}: {error}", requirements.display()))?;
        // Written last: an environment that has it is complete.
        let stamp = directory.join("requirements.installed");
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(venv);
        }
        ensure_python(steps)?;
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(&directory);
        steps.need(&format!("Python environment {name}"), &mut make)?;
        let mut install = venv.pip_install();
        install
            .args(["--require-hashes", "--requirement"])
            .arg(requirements);
        steps.need(&format!("Python packages for {name}"), &mut install)?;
        fs::write(stamp, wanted)?;
        Ok(venv)
    }

    /// The interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        self.0.join("bin/python")
    }

    /// A program that a package installed.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }

    /// `python -m MODULE` with the environment's programs first in `PATH`.
    pub(crate) fn module(&self, module: &str) -> Command {
        let mut command = self.command("python");
        command.args(["-m", module]);
        command
    }

    /// A program that a package installed, with the others first in `PATH`.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.program(program));
        command.env("VIRTUAL_ENV", &self.0).env("PATH", self.path());
        command
    }

    /// Replaces an installed wheel by this one, which needs nothing else.
    pub(crate) fn install_wheel(&self, steps: &mut Steps, wheel: &Path) -> Result<()> {
        let mut install = self.pip_install();
        install
            .args(["--no-deps", "--force-reinstall", "--no-index"])
            .arg(wheel);
        steps.need("install the wheel", &mut install)
    }

    fn pip_install(&self) -> Command {
        let mut command = self.module("pip");
        command.args([
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ]);
        command
    }

    fn path(&self) -> std::ffi::OsString {
        let mut path = self.0.join("bin").into_os_string();
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        path
    }
}

/// Python with `pip` and `venv`; distributions split them off.
pub(crate) fn ensure_python(steps: &mut Steps) -> Result<()> {
    let has = |module: &str| {
        let output = Command::new("python3")
            .args(["-c", &format!("import {module}")])
            .output();
        output.is_ok_and(|output| output.status.success())
    };
    system::ensure(
        steps,
        "Python with pip and venv",
        || has("pip") && has("ensurepip"),
        &["python3", "python3-pip", "python3-venv"],
    )
}
