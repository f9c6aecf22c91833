//! `cargo xtask deep`: the property tests, for long.

use std::process::ExitCode;

use crate::Result;
use crate::artifacts::cargo;
use crate::steps::Steps;

pub(crate) fn run(cases: u32) -> Result<ExitCode> {
    let mut steps = Steps::new("deep")?;
    for package in ["kz-core", "kz-redact", "kz-engine"] {
        let mut tests = cargo(&[
            "test",
            "--locked",
            "--release",
            "--no-fail-fast",
            "-p",
            package,
        ]);
        tests
            .env("PROPTEST_CASES", cases.to_string())
            .env("KZ_REQUIRE_BACKENDS", "1");
        steps.check(&format!("{package}, {cases} cases a property"), &mut tests);
    }
    Ok(steps.finish())
}
