//! Tells an MCP client why there is no server. A client that only sees its
//! server disconnect shows its user nothing to go by.

use std::{
    io::{self, Read as _, Write as _},
    sync::mpsc::{Receiver, sync_channel},
    thread,
    time::{Duration, Instant},
};

use kz_mcp::MessageFilter;
use serde_json::Value;

use crate::{
    failure::Failure,
    logging,
    platform::{self, Standard},
};

/// How long a client may take to send its first request.
const FIRST: Duration = Duration::from_secs(3);
/// How long it may take to send another, or to hang up.
const NEXT: Duration = Duration::from_secs(1);
/// How long it all may take.
const LONGEST: Duration = Duration::from_secs(10);
/// Longest message of the client that is read.
const REQUEST_LIMIT: u64 = 4 << 20;

/// Answers the client's requests with the failure, if a client may be there:
/// `initialize`, or whatever it asks first. Returns soon in any case.
pub(crate) fn answer_client(failure: &Failure) {
    if !platform::is_pipe(io::stdin()) {
        return;
    }
    let Some(redactor) = logging::early_redactor() else {
        return;
    };
    let filter = MessageFilter::new(redactor.clone());
    if let (Some(requests), Ok(output)) = (read_requests(), Standard::output()) {
        let why = logging::redacted(&failure.to_string());
        answer(&requests, output, |id| {
            filter.refusal(Some(id), failure.kind(), &why)
        });
    }
}

fn answer(requests: &Receiver<Vec<u8>>, mut output: Standard, refusal: impl Fn(&str) -> String) {
    let last = Instant::now() + LONGEST;
    let mut deadline = Instant::now() + FIRST;
    while let Ok(request) =
        requests.recv_timeout(deadline.min(last).saturating_duration_since(Instant::now()))
    {
        let Some(replies) = replies(&request, &refusal) else {
            continue;
        };
        if output.write_all(replies.as_bytes()).is_err() {
            return;
        }
        deadline = Instant::now() + NEXT;
    }
}

/// The answer to a line of the client: to each request in it. `None` when it
/// asks for no answer.
fn replies(line: &[u8], error: impl Fn(&str) -> String) -> Option<String> {
    let message: Value = serde_json::from_slice(line).ok()?;
    match message {
        Value::Array(batch) => {
            let replies: Vec<String> = batch
                .iter()
                .filter_map(request_id)
                .map(|id| error(&id))
                .collect();
            (!replies.is_empty()).then(|| format!("[{}]\n", replies.join(",")))
        }
        message => request_id(&message).map(|id| error(&id) + "\n"),
    }
}

/// The id of a request, as JSON. Notifications and answers have none.
fn request_id(message: &Value) -> Option<String> {
    message.get("method")?;
    match message.get("id")? {
        id @ (Value::String(_) | Value::Number(_)) => Some(id.to_string()),
        _ => None,
    }
}

/// Reads lines on a thread, which ends with the process at the latest.
fn read_requests() -> Option<Receiver<Vec<u8>>> {
    let (sender, receiver) = sync_channel(16);
    let input = Standard::input().ok()?;
    let mut input = io::BufReader::new(input);
    let read = move || {
        loop {
            let mut line = Vec::new();
            let read =
                io::BufRead::read_until(&mut input.by_ref().take(REQUEST_LIMIT), b'\n', &mut line);
            if !matches!(read, Ok(1..)) || sender.send(line).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().spawn(read).ok()?;
    Some(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_answered_and_nothing_else() {
        for (line, expected) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#,
                Some("<1>\n"),
            ),
            (
                r#"{"jsonrpc":"2.0","id":"a\"b","method":"x"}"#,
                Some("<\"a\\\"b\">\n"),
            ),
            (
                r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
                None,
            ),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, None),
            (r#"{"jsonrpc":"2.0","id":null,"method":"x"}"#, None),
            (
                r#"[{"id":1,"method":"x"},{"method":"y"},{"id":2,"method":"z"}]"#,
                Some("[<1>,<2>]\n"),
            ),
            (r"[]", None),
            ("not json", None),
            ("", None),
        ] {
            let replies = replies(line.as_bytes(), |id| format!("<{id}>"));
            assert_eq!(replies.as_deref(), expected, "{line}");
        }
    }
}
