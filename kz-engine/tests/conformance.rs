//! Runs `conformance/manifest.json`.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeMap, fs, path::Path};

use kz_engine::{Environment, Error, OpenOptions, Secrets};
use serde_json::Value;

const CASES: &str = include_str!("../../conformance/manifest.json");

#[tokio::test]
async fn conformance() {
    let document: Value = serde_json::from_str(CASES).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert!(cases.len() > 40, "{}", cases.len());
    for case in cases {
        only_keys(
            case,
            &["name", "files", "env", "environment", "find", "expect"],
        );
        let folder = tempfile::tempdir().unwrap();
        let result = open(case, folder.path()).await;
        check(case, result);
    }
}

async fn open(case: &Value, folder: &Path) -> Result<Secrets, Error> {
    for (path, text) in case["files"].as_object().unwrap() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, joined(text)).unwrap();
    }
    let mut variables = BTreeMap::from([
        ("HOME".to_owned(), folder.to_str().unwrap().to_owned()),
        ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
    ]);
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        variables.insert(name.clone(), joined(value));
    }
    let options = OpenOptions::new().variables(Environment::from_pairs(variables));
    let options = match case["find"].as_str() {
        Some(from) => options.directory(folder.join(from)),
        None => options.path(folder.join(".keyzero.toml")),
    };
    match case["environment"].as_str() {
        Some(environment) => options.environment(environment).open().await,
        None => options.open().await,
    }
}

fn check(case: &Value, result: Result<Secrets, Error>) {
    let name = case["name"].as_str().unwrap();
    let expected = &case["expect"];
    only_keys(expected, &["summary", "error"]);
    if let Some(summary) = expected.get("summary") {
        let secrets = result.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected: BTreeMap<String, String> = serde_json::from_value(summary.clone()).unwrap();
        assert_eq!(secrets.summary(), expected, "{name}");
        return;
    }
    let expected = &expected["error"];
    only_keys(
        expected,
        &["kind", "configuration", "names", "contains", "never"],
    );
    let error = match result {
        Ok(secrets) => panic!("{name}: opened {secrets:?}"),
        Err(error) => error,
    };
    let text = error.to_string();
    assert_eq!(error.kind().as_str(), expected["kind"], "{name}: {text}");
    assert_eq!(
        error.is_configuration(),
        expected["configuration"].as_bool().unwrap(),
        "{name}: {text}"
    );
    let names: Vec<_> = texts(&expected["names"]).collect();
    assert_eq!(error.names(), names, "{name}: {text}");
    for part in texts(&expected["contains"]) {
        assert!(text.contains(&part), "{name}: no {part:?} in {text}");
    }
    for part in texts(&expected["never"]) {
        let shown = format!("{text}{error:?}");
        assert!(!shown.contains(&part), "{name}: {part:?} in {shown}");
    }
}

fn texts(list: &Value) -> impl Iterator<Item = String> {
    list.as_array().into_iter().flatten().map(joined)
}

/// A text, or one in pieces.
fn joined(text: &Value) -> String {
    match text["concat"].as_array() {
        Some(pieces) => pieces.iter().map(|piece| piece.as_str().unwrap()).collect(),
        None => text.as_str().unwrap().to_owned(),
    }
}

fn only_keys(value: &Value, known: &[&str]) {
    for key in value.as_object().unwrap().keys() {
        assert!(
            known.contains(&key.as_str()),
            "unknown key {key} in {value}"
        );
    }
}
