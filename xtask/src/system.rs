//! What comes from the system's packages.

use std::process::Command;

use crate::Result;
use crate::steps::Steps;

/// Installs `packages` with `apt-get`, unless `what` they bring is there already.
///
/// # Errors
/// When it is missing and this user may not install it, or the installation fails.
pub(crate) fn ensure(
    steps: &mut Steps,
    what: &str,
    is_there: impl Fn() -> bool,
    packages: &[&str],
) -> Result<()> {
    if is_there() {
        return Ok(());
    }
    let words = packages.join(" ");
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout == b"0\n");
    if !is_root {
        return Err(format!("{what} is missing; as root: apt-get install {words}").into());
    }
    let mut update = Command::new("apt-get");
    steps.need("apt-get update", update.arg("update"))?;
    let mut install = Command::new("apt-get");
    install
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive");
    steps.need(&format!("apt-get install {words}"), &mut install)
}

/// A real Redis, for the servers from npm that want one.
pub(crate) fn ensure_redis(steps: &mut Steps) -> Result<()> {
    let is_there = || {
        let output = Command::new("redis-server").arg("--version").output();
        output.is_ok_and(|output| output.status.success())
    };
    ensure(steps, "redis-server", is_there, &["redis-server"])
}
