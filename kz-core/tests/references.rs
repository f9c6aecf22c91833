//! Runs `conformance/references.json`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kz_core::{Error, SecretRef};
use serde_json::Value;

const CASES: &str = include_str!("../../conformance/references.json");

#[test]
fn conformance() {
    let document: Value = serde_json::from_str(CASES).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.len() > 40, "{}", cases.len());
    for case in cases {
        for key in case.as_object().unwrap().keys() {
            let known = ["input", "provider", "ref", "field", "printed", "error"];
            assert!(known.contains(&key.as_str()), "unknown key {key} in {case}");
        }
        let result = read(case);
        match (case["printed"].as_str(), case["error"].as_str()) {
            (Some(printed), None) => {
                let reference = result.unwrap_or_else(|error| panic!("{case}: {error}"));
                assert_eq!(reference.to_string(), printed, "{case}");
                assert_eq!(printed.parse::<SecretRef>().unwrap(), reference, "{case}");
            }
            (None, Some(kind)) => {
                let Err(error) = result else {
                    panic!("{case}: it was read");
                };
                assert_eq!(error.kind().as_str(), kind, "{case}");
                for key in ["input", "ref"] {
                    // Shorter ones are words of the message itself.
                    let written = case[key].as_str().filter(|text| text.len() > 7);
                    assert!(
                        written.is_none_or(|text| !error.to_string().contains(text)),
                        "{case}: {error}"
                    );
                }
            }
            _ => panic!("{case}: neither `printed` nor `error`"),
        }
    }
}

fn read(case: &Value) -> Result<SecretRef, Error> {
    let text = |key: &str| case.get(key).map(|value| value.as_str().unwrap());
    match text("input") {
        Some(input) => input.parse(),
        None => SecretRef::from_parts(
            text("provider").unwrap(),
            text("ref").unwrap(),
            text("field"),
        ),
    }
}
