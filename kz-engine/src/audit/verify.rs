//! Whether a log is as it was written.

use std::collections::BTreeMap;

use kz_core::ErrorKind;
use ring::{
    digest::{SHA256, digest},
    hmac,
};
use serde_json::Value;

use super::{Key, hex};
use crate::Error;

/// What can be said of a log that has no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// How many lines.
    pub lines: usize,
    /// The last hash of each chain: saved elsewhere, it shows a lost tail.
    pub heads: BTreeMap<String, String>,
    /// Whether the MACs were checked; without the key a log is consistent, not
    /// authentic.
    pub authenticated: bool,
}

/// Checks every line: hash, sequence and, with the key, MAC. Chains of several
/// writers may be mixed in one file.
///
/// # Errors
/// Kind `invalid`, with the number of the first line that was edited, dropped or
/// moved.
pub fn verify(log: &str, key: Option<&Key>) -> Result<Verified, Error> {
    let mut chains: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut lines = 0;
    for (index, line) in log.lines().enumerate() {
        let wrong = |what: &str| {
            Error::plain(
                ErrorKind::Invalid,
                format!("line {} of the audit log {what}", index + 1),
            )
        };
        let parsed: Value = serde_json::from_str(line).map_err(|_| wrong("is not a line of it"))?;
        let text = |key: &str| {
            parsed
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let sequence = parsed
            .get("seq")
            .and_then(Value::as_u64)
            .unwrap_or_default();
        let (before, previous) = chains
            .get(&text("chain"))
            .cloned()
            .unwrap_or((0, hex(digest(&SHA256, b"").as_ref())));
        if sequence != before + 1 {
            return Err(wrong("is out of order, or a line before it is missing"));
        }
        if text("prev") != previous {
            return Err(wrong(
                "does not follow the line before it: one of them was changed",
            ));
        }
        let (body, mac) = line
            .rsplit_once(",\"mac\":\"")
            .ok_or_else(|| wrong("has no MAC"))?;
        if let Some(Key(key)) = key {
            let mac = unhex(mac.trim_end_matches("\"}")).ok_or_else(|| wrong("has no MAC"))?;
            hmac::verify(key, body.as_bytes(), &mac)
                .map_err(|_| wrong("was changed, or written with another key"))?;
        }
        chains.insert(
            text("chain"),
            (sequence, hex(digest(&SHA256, line.as_bytes()).as_ref())),
        );
        lines += 1;
    }
    let heads = chains
        .into_iter()
        .map(|(chain, (_, head))| (chain, head))
        .collect();
    Ok(Verified {
        lines,
        heads,
        authenticated: key.is_some(),
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect(),
    )
}
