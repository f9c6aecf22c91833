//! Samples of other scanners, kept outside the repository (`KZ_TEST_DATA`, or
//! `../shared/data` beside it) because the made-up secrets in them look live.

use std::{env, fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;

/// A text with a secret, and the rule of another scanner that finds it.
pub(crate) struct Sample {
    pub(crate) rule: String,
    pub(crate) text: String,
    /// `None` if the sample does not say; then any finding counts.
    pub(crate) secret: Option<String>,
    /// Its format alone says what it is.
    pub(crate) self_identifying: bool,
}

pub(crate) fn positive() -> Option<Vec<Sample>> {
    read("patterns-positive.jsonl.gz")
}

/// Texts that the other scanner's rule must not match.
pub(crate) fn negative() -> Option<Vec<Sample>> {
    read("patterns-negative.jsonl.gz")
}

fn read(name: &str) -> Option<Vec<Sample>> {
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
    Some(lines.lines().map(sample).collect())
}

fn sample(line: &str) -> Sample {
    let row: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    Sample {
        rule: text("rule").unwrap(),
        text: text("text").unwrap(),
        secret: text("secret"),
        self_identifying: row["self_identifying"] == true,
    }
}
