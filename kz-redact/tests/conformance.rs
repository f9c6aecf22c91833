//! The cases of `conformance/redaction.json`, which Python and Node run too.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::{fmt::Write as _, fs, path::Path};

use kz_redact::{Error, PatternLevel, Redactor};
use serde_json::Value;

#[test]
fn redaction() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/redaction.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.len() > 100, "the file was read");
    let mut failed = String::new();
    for case in cases {
        if let Err(why) = run(case) {
            writeln!(failed, "{}: {why}", case["name"]).unwrap();
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

fn run(case: &Value) -> Result<(), String> {
    let unknown = case
        .as_object()
        .unwrap()
        .keys()
        .find(|key| !KEYS.contains(&key.as_str()));
    if let Some(key) = unknown {
        return Err(format!("the runner does not know {key}"));
    }
    let is_json = case["kind"] == "json";
    let chunks: Vec<String> = match case["chunks"].as_array() {
        Some(chunks) => chunks.iter().map(text).collect(),
        None if case["input"].is_null() => Vec::new(),
        None => vec![text(&case["input"])],
    };
    let input = chunks.concat();
    let redactor = build(case);
    if let Some(expected) = case["error"].as_str() {
        let error = match redactor {
            Ok(redactor) if is_json => redactor.redact_json_str(&input).err(),
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let code = error.map(|error| error.kind().as_str());
        return same("error", &code, &Some(expected));
    }
    let redactor = redactor.map_err(|error| format!("{}: {error}", error.kind()))?;
    let output = text(&case["output"]);
    let redact = |text: &str| {
        if is_json {
            redactor.redact_json_str(text).unwrap().into_owned()
        } else {
            redactor.redact_str(text).into_owned()
        }
    };
    same("output", &redact(&input), &output)?;
    same("output, redacted again", &redact(&output), &output)?;
    if is_json {
        serde_json::from_str::<Value>(&output).map_err(|error| error.to_string())?;
        return Ok(());
    }
    if let Some(findings) = case["findings"].as_array() {
        same("findings", &found(&redactor, &input), findings)?;
    }
    if let Some(expected) = case["held"].as_array() {
        let mut stream = redactor.stream();
        let held = chunks.iter().map(|chunk| {
            stream.write(chunk.as_bytes());
            Value::from(stream.held())
        });
        same("held", &held.collect(), expected)?;
    }
    let pieces = chunks.iter().map(String::as_bytes).collect();
    same("stream, as given", &stream(&redactor, pieces), &output)?;
    for size in [1, 2, 3, 7, 64] {
        let pieces = input.as_bytes().chunks(size).collect();
        let what = format!("stream, {size} bytes at a time");
        same(&what, &stream(&redactor, pieces), &output)?;
    }
    Ok(())
}

const KEYS: [&str; 11] = [
    "name", "secrets", "patterns", "forms", "kind", "input", "chunks", "held", "output",
    "findings", "error",
];

/// A string, or `{"concat": […]}`.
fn text(value: &Value) -> String {
    match (value.as_str(), value["concat"].as_array()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(parts)) => parts.iter().map(text).collect(),
        (None, None) => panic!("no text: {value}"),
    }
}

fn build(case: &Value) -> Result<Redactor, Error> {
    let level = match case["patterns"] {
        Value::Bool(true) => PatternLevel::Default,
        _ => PatternLevel::Off,
    };
    let mut builder = Redactor::builder().patterns(level);
    for form in case["forms"].as_array().into_iter().flatten() {
        builder = builder.form(form.as_str().unwrap().parse()?);
    }
    for secret in case["secrets"].as_array().unwrap() {
        builder = builder.secret(text(&secret[0]), text(&secret[1]));
    }
    builder.build()
}

fn found(redactor: &Redactor, input: &str) -> Vec<Value> {
    let points = |bytes: usize| input[..bytes].chars().count();
    let findings = redactor.scan(input);
    findings
        .iter()
        .map(|finding| {
            serde_json::json!({
                "rule": finding.rule,
                "name": finding.name,
                "start": points(finding.start),
                "end": points(finding.end),
            })
        })
        .collect()
}

fn stream(redactor: &Redactor, pieces: Vec<&[u8]>) -> String {
    let mut stream = redactor.stream();
    let mut output: Vec<u8> = pieces
        .into_iter()
        .flat_map(|piece| stream.write(piece))
        .collect();
    output.extend(stream.finish());
    String::from_utf8_lossy(&output).into_owned()
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &str,
    is: &T,
    should: &T,
) -> Result<(), String> {
    if is == should {
        return Ok(());
    }
    Err(format!("{what}\n      is {is:?}\n  should {should:?}"))
}
