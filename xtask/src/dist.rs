//! `cargo xtask dist`: what a user installs.

use std::fs;
use std::process::ExitCode;

use testbed::tools;

use crate::Result;
use crate::artifacts::{self, cargo};
use crate::steps::Steps;

pub(crate) fn run() -> Result<ExitCode> {
    let mut steps = Steps::new("dist")?;
    let dist = tools::workspace().join("dist");
    fs::create_dir_all(&dist)?;
    let mut build = cargo(&["build", "--locked", "--profile", "dist", "-p", "kz-command"]);
    steps.need("build kz (profile dist)", &mut build)?;
    fs::copy(tools::target_directory().join("dist/kz"), dist.join("kz"))?;
    let venv = artifacts::test_venv(&mut steps)?;
    let wheel = artifacts::wheel(&mut steps, &venv, "dist", &dist)?;
    println!("dist/kz");
    println!("dist/{}", wheel.file_name().unwrap_or_default().display());
    println!("no npm package: the Node binding does not exist yet");
    Ok(steps.finish())
}
