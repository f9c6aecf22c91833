//! A real rmcp server that leaks in every way there is, driven by a real rmcp
//! client, with the guards and without. What reaches the client is recorded.

mod leaky;
mod session;

use std::sync::Arc;

use kz_redact::{Mode, PatternLevel, Redactor};
use rmcp::{
    RoleServer, ServerHandler, ServiceExt as _,
    model::{CallToolRequestParams, CallToolResponse, ClientRequest, ErrorData},
    service::RequestContext,
};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt as _, DuplexStream, duplex, split};

use self::{
    leaky::{CANARY, Leaky, Macros, of},
    session::{Client, Guard, Session},
};
use super::GuardedBytes;
use crate::panics;

fn masking(mode: Mode) -> Arc<Redactor> {
    let redactor = Redactor::builder()
        .secret("CANARY", CANARY)
        .patterns(PatternLevel::Off)
        .mode(mode);
    panics::mask(redactor.build().unwrap())
}

const LEAKS: &[&str] = &[
    "text",
    "structured",
    "embedded",
    "meta",
    "is-error",
    "error",
    "log",
    "progress",
    "sampling",
    "elicitation",
];

fn other_requests() -> [Value; 4] {
    [
        json!({ "method": "tools/list" }),
        json!({ "method": "prompts/get", "params": { "name": "p" } }),
        json!({ "method": "resources/read", "params": { "uri": "file:///r" } }),
        json!({ "method": "completion/complete", "params": {
            "ref": { "type": "ref/prompt", "name": "p" }, "argument": { "name": "a", "value": "v" } } }),
    ]
}

#[tokio::test]
async fn no_way_out_leaks_with_a_guard_and_all_do_without() {
    for guard in [Guard::None, Guard::Bytes, Guard::Messages] {
        let session = Session::start(Leaky, guard, Mode::Redact).await;
        let mut before = 0;
        let mut check = |name: &str| {
            let record = session.record();
            let said = record[before..].to_owned();
            before = record.len();
            assert_eq!(
                said.contains(CANARY),
                guard == Guard::None,
                "{guard:?} {name}: {said}"
            );
            assert_eq!(
                said.contains("[REDACTED:CANARY]"),
                guard != Guard::None,
                "{guard:?} {name}: {said}"
            );
        };
        check("initialize");
        for tool in LEAKS {
            session.call(tool).await;
            check(tool);
        }
        for request in other_requests() {
            session.request(request.clone()).await;
            check(&request.to_string());
        }
        let split = session.call("split").await.to_string();
        assert_eq!(split.contains("[REDACTED:CANARY]"), guard != Guard::None);
    }
}

#[tokio::test]
async fn a_session_without_secrets_is_the_same_byte_for_byte() {
    let mut records = Vec::new();
    for guard in [Guard::None, Guard::Bytes, Guard::Messages] {
        let session = Session::start(Macros::new(), guard, Mode::Block).await;
        session.request(json!({ "method": "tools/list" })).await;
        session.call("no such tool").await;
        session.request(json!({ "method": "ping" })).await;
        records.push(session.record());
        // In report mode nothing changes at all.
        let session = Session::start(Leaky, guard, Mode::Report).await;
        for tool in ["clean", "text", "error", "log"] {
            session.call(tool).await;
        }
        records.push(session.record());
    }
    for pair in [[0, 2], [0, 4], [1, 3], [1, 5]] {
        assert_eq!(records[pair[0]], records[pair[1]]);
    }
    assert!(records[0].len() > 200 && records[1].contains(CANARY));
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_with_an_error() {
    for guard in [Guard::Bytes, Guard::Messages] {
        let session = Session::start(Leaky, guard, Mode::Redact).await;
        for tool in ["panic", "panic-later"] {
            let error = session.call(tool).await;
            assert_eq!(error["code"], -32603, "{error}");
            assert_eq!(error["data"]["kz"], "internal", "{error}");
        }
        let result = session.call("panic-caught").await;
        assert_eq!(result["content"][0]["text"], "caught");
        // It goes on, and has answered each request once.
        session.call("clean").await;
        assert!(!session.record().contains(CANARY));
        let answers = session
            .record()
            .lines()
            .filter(|line| line.contains("\"id\""))
            .count();
        assert_eq!(answers, 5, "{}", session.record());

        let session = Session::start(Macros::new(), guard, Mode::Redact).await;
        for tool in ["explode", "explode_now"] {
            assert_eq!(session.call(tool).await["code"], -32603);
        }
    }
}

#[tokio::test]
async fn a_blocked_request_of_the_server_is_refused_not_forgotten() {
    for guard in [Guard::Bytes, Guard::Messages] {
        let session = Session::start(Leaky, guard, Mode::Redact).await;
        assert_eq!(
            session.call("sampling").await["content"][0]["text"]
                .as_str()
                .map(|text| text.starts_with("refused: ")),
            Some(true)
        );
        let session = Session::start(Quiet, guard, Mode::Block).await;
        let answer = session.call("elicitation").await.to_string();
        assert!(answer.contains("kz withheld this request"), "{answer}");
        let answer = session.call("text").await;
        assert_eq!(answer["data"]["kz"], "denied", "{answer}");
        assert!(!session.record().contains(CANARY));
    }
}

/// Leaky, but not in its `initialize`, which blocking would refuse.
struct Quiet;

impl ServerHandler for Quiet {
    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        Leaky.call_tool(request, context).await
    }
}

#[tokio::test]
async fn a_guarded_service_answers_panics_at_once() {
    let (near, far) = duplex(4096);
    let service = super::GuardedService::new(Leaky, masking(Mode::Redact));
    tokio::spawn(async move { service.serve(near).await.unwrap().waiting().await.unwrap() });
    let client = Client.serve(far).await.unwrap();
    let request: ClientRequest =
        of(json!({ "method": "tools/call", "params": { "name": "panic" } }));
    let Err(rmcp::ServiceError::McpError(error)) = client.peer().send_request(request).await else {
        panic!("no error");
    };
    assert_eq!(error.data, Some(json!({ "kz": "internal" })));
}

#[tokio::test]
async fn the_writer_filters_lines_however_they_are_split() {
    let input = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"{CANARY}\"}}\r\nstarting {CANARY}\n\n[]\ntail {CANARY}"
    );
    for step in [1, 2, 7, 50, input.len()] {
        let (near, mut far) = duplex(5);
        let (_, write) = split(near);
        let filter = Arc::new(crate::MessageFilter::new(Redactor::clone(&masking(
            Mode::Redact,
        ))));
        let (events, _keep) = tokio::sync::mpsc::unbounded_channel();
        let mut writer = super::GuardedWriter::new(write, filter, events);
        let reader = tokio::spawn(async move {
            let mut output = String::new();
            tokio::io::AsyncReadExt::read_to_string(&mut far, &mut output)
                .await
                .unwrap();
            output
        });
        for chunk in input.as_bytes().chunks(step) {
            writer.write_all(chunk).await.unwrap();
            writer.flush().await.unwrap();
        }
        writer.shutdown().await.unwrap();
        drop(writer);
        assert_eq!(
            reader.await.unwrap(),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"[REDACTED:CANARY]\"}\r\nstarting [REDACTED:CANARY]\n\n[]\ntail [REDACTED:CANARY]",
            "{step}"
        );
    }
}

#[tokio::test]
async fn a_writer_takes_no_more_than_its_reader() {
    let (near, _far) = duplex(5);
    let (_, write) = split(near);
    let filter = Arc::new(crate::MessageFilter::new(Redactor::clone(&masking(
        Mode::Redact,
    ))));
    let (events, _keep) = tokio::sync::mpsc::unbounded_channel();
    let mut writer = super::GuardedWriter::new(write, filter, events);
    let mut taken = 0;
    while let Some(result) =
        futures_util::FutureExt::now_or_never(writer.write_all(b"0123456789\n"))
    {
        result.unwrap();
        taken += 1;
        assert!(taken < 10, "the writer takes everything in");
    }
}

#[test]
fn guards_go_between_threads() {
    fn sent<T: Send>() {}
    sent::<GuardedBytes<DuplexStream, DuplexStream>>();
    sent::<super::GuardedService<Leaky>>();
}
