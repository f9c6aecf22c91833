//! `cargo xtask dist`: what a user installs, without a compiler.

use std::fs;
use std::process::ExitCode;

use testbed::tools;

use crate::Result;
use crate::artifacts;
use crate::node::{self, Servers};
use crate::packaging::licences;
use crate::packaging::packages::{self, Packages, Tools};
use crate::packaging::zig::{GLIBC, TARGET, Zig};
use crate::steps::Steps;

pub(crate) fn run() -> Result<ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err("the artefacts are made on x86-64 Linux only: see docs/packaging.md".into());
    }
    let mut steps = Steps::new("dist")?;
    let dist = tools::workspace().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    fs::create_dir_all(&dist)?;
    let zig = Zig::install(&mut steps)?;
    let licences = dist.join("licences");
    steps.task("licence texts of everything linked in", || {
        licences::write(&licences, TARGET, Some(&zig.folder()?))
    })?;
    let compiled = zig.build(&mut steps, &["kz-command", "kz-node"])?;
    let program = dist.join("kz");
    fs::copy(compiled.join("kz"), &program)?;
    packages::prepare_wheel(&program, &licences)?;
    zig.wheel(&mut steps, &dist)?;
    let addon = compiled.join("libkz_node.so");
    let packages = Packages {
        wheel: packages::only(&dist, "whl")?,
        tarball: packages::tarball(&mut steps, &addon, &program, &licences, &dist)?,
        program,
    };
    let tools = Tools::install(&mut steps)?;
    packages.test(&mut steps, &tools, Some(GLIBC));
    for file in [&packages.program, &packages.wheel, &packages.tarball] {
        let name = file.file_name().unwrap_or_default().display();
        #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
        let megabytes = fs::metadata(file)?.len() as f64 / 1e6;
        println!("dist/{name}  {megabytes:.1} MB");
    }
    Ok(steps.finish())
}

impl Tools {
    fn install(steps: &mut Steps) -> Result<Self> {
        node::sdks(steps)?;
        Ok(Self {
            python: artifacts::example_venv(steps)?.python(),
            mypy: artifacts::test_venv(steps)?.python(),
            pyright: Servers::install(steps)?.pyright(),
        })
    }
}
