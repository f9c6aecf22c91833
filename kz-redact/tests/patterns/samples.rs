//! Samples of other scanners, kept outside the repository (`KZ_TEST_DATA`, or
//! `../shared/data` beside it) because the made-up secrets in them look live.

use serde_json::Value;

use crate::shared::rows;

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
    let rows = rows(name)?;
    Some(rows.iter().map(sample).collect())
}

fn sample(row: &Value) -> Sample {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    Sample {
        rule: text("rule").unwrap(),
        text: text("text").unwrap(),
        secret: text("secret"),
        self_identifying: row["self_identifying"] == true,
    }
}
