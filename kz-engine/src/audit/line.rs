//! One event as JSON, up to its MAC.

use kz_core::AuditEvent;
use kz_redact::Redactor;
use serde_json::Value;

use crate::error::is_steering;

/// `{"time":…,…,"prev":…` without the closing brace.
pub(super) fn body(
    event: &AuditEvent,
    redactor: &Redactor,
    chain: &str,
    sequence: u64,
    previous: &str,
) -> String {
    let millis = event
        .duration
        .map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
    let time = humantime::format_rfc3339_millis(event.time).to_string();
    // Values never come here; should one, it is masked as anywhere else.
    let text = |text: &str| Value::from(redactor.redact_str(text).into_owned());
    let optional = |value: Option<&str>| value.map_or(Value::Null, text);
    let fields = [
        ("time", Value::from(time)),
        ("action", text(&event.action)),
        ("identity", optional(event.identity.as_deref())),
        ("authentication", optional(event.authentication.as_deref())),
        ("actor", Value::from(event.actor.to_string())),
        ("project", optional(event.project.as_deref())),
        ("context", optional(event.context.as_deref())),
        ("subject", optional(event.subject.as_deref())),
        ("method", optional(event.method.as_deref())),
        ("path", optional(event.path.as_deref())),
        ("outcome", Value::from(event.outcome.to_string())),
        ("rule", optional(event.rule.as_deref())),
        ("status", event.status.map_or(Value::Null, Value::from)),
        ("duration_ms", millis.map_or(Value::Null, Value::from)),
        ("id", Value::from(event.id.as_str())),
        ("chain", Value::from(chain)),
        ("seq", Value::from(sequence)),
        ("prev", Value::from(previous)),
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|(key, value)| format!("\"{key}\":{}", escaped(value)))
        .collect();
    format!("{{{}", fields.join(","))
}

/// JSON with every control character escaped, those beyond ASCII too: a
/// terminal obeys some of them.
fn escaped(value: &Value) -> String {
    let json = value.to_string();
    if !json.chars().any(is_steering) {
        return json;
    }
    let escape = |character: char| {
        let mut units = [0; 2];
        let units: Vec<_> = character
            .encode_utf16(&mut units)
            .iter()
            .map(|unit| format!("\\u{unit:04x}"))
            .collect();
        units.concat()
    };
    json.chars()
        .map(|c| {
            if is_steering(c) {
                escape(c)
            } else {
                c.to_string()
            }
        })
        .collect()
}
