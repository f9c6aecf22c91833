//! The samples that are kept outside the repository.

use std::{env, fs::File, io::Read as _, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;

/// The rows of a file of `../shared/data`, or of the folder that `KZ_TEST_DATA` names.
/// Without it a test says that it did not run, and fails under `CI=true`.
pub(crate) fn rows(name: &str) -> Option<Vec<Value>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = env::var_os("KZ_TEST_DATA")
        .map_or(beside, Into::into)
        .join(name);
    let Ok(file) = File::open(&data) else {
        assert!(
            env::var("CI").as_deref() != Ok("true"),
            "{name} is not there"
        );
        eprintln!("SKIPPED: {name} is not in ../shared/data");
        return None;
    };
    let mut lines = String::new();
    GzDecoder::new(file).read_to_string(&mut lines).unwrap();
    let row = |line| serde_json::from_str(line).unwrap();
    Some(lines.lines().map(row).collect())
}
