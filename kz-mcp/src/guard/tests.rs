//! A real rmcp server that leaks in every way there is, driven by a real rmcp
//! client, with the guards and without. What reaches the client is recorded.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use kz_redact::{Mode, PatternLevel, Redactor};
use rmcp::{
    ClientHandler, RoleClient, RoleServer, ServerHandler, ServiceExt as _,
    handler::server::router::tool::ToolRouter,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientRequest,
        CompleteRequestParams, CompleteResult, ErrorData, GetPromptRequestParams,
        GetPromptResponse, GetPromptResult, ListToolsResult, PaginatedRequestParams,
        ReadResourceRequestParams, ReadResourceResponse, ReadResourceResult, ServerConfig,
        ServerNotification, ServerRequest,
    },
    service::{RequestContext, RunningService},
    tool, tool_handler, tool_router,
    transport::async_rw::AsyncRwTransport,
};
use serde_json::{Value, json};
use tokio::io::{AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadHalf, WriteHalf, duplex, split};

use super::{GuardedBytes, guard_bytes, guard_messages};
use crate::panics;

const CANARY: &str = "kz-canary-of-the-guards-4711";

fn masking(mode: Mode) -> Arc<Redactor> {
    let redactor = Redactor::builder()
        .secret("CANARY", CANARY)
        .patterns(PatternLevel::Off)
        .mode(mode);
    panics::mask(redactor.build().unwrap())
}

/// Builds a type of rmcp from its JSON.
fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[derive(Clone)]
struct Leaky;

impl Leaky {
    async fn notify(context: &RequestContext<RoleServer>, notification: Value) {
        let notification: ServerNotification = of(notification);
        context.peer.send_notification(notification).await.unwrap();
    }

    /// The answer of this client does not matter; that there is one does.
    async fn ask(context: &RequestContext<RoleServer>, request: Value) -> CallToolResponse {
        let request: ServerRequest = of(request);
        let outcome = match context.peer.send_request(request).await {
            Ok(_) => "answered".to_owned(),
            Err(error) => format!("refused: {error}"),
        };
        text(&outcome)
    }
}

fn text(text: &str) -> CallToolResponse {
    of::<CallToolResult>(json!({ "content": [{ "type": "text", "text": text }] })).into()
}

impl ServerHandler for Leaky {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::default();
        info.capabilities = of(json!({
            "tools": {}, "prompts": {}, "resources": {}, "logging": {}, "completions": {},
        }));
        info.instructions = Some(format!("the password is {CANARY}"));
        info
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(of(json!({ "tools": [{
            "name": "tool",
            "description": format!("like {CANARY}"),
            "inputSchema": { "type": "object", "properties": { CANARY: { "default": CANARY } } },
        }] })))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let result = match &*request.name {
            "clean" => json!({ "content": [{ "type": "text", "text": "é \u{1f980} \"quoted\" 1e3" }],
                "structuredContent": { "n": 1.50, "id": "67e55044-10b1-426f-9247-bb680e5fe0c8" } }),
            "text" => json!({ "content": [{ "type": "text", "text": format!("is {CANARY}") }] }),
            "split" => json!({ "content": [
                { "type": "text", "text": &CANARY[..9] }, { "type": "text", "text": &CANARY[9..] },
            ] }),
            "structured" => json!({ "content": [], "structuredContent": { "a": [CANARY], CANARY: 1 } }),
            "embedded" => json!({ "content": [{ "type": "resource", "resource": {
                "uri": format!("file:///{CANARY}"), "text": CANARY } }] }),
            "meta" => json!({ "content": [], "_meta": { "a": CANARY } }),
            "is-error" => json!({ "isError": true, "content": [{ "type": "text", "text": CANARY }] }),
            "error" => {
                let data = json!({ "dsn": CANARY });
                return Err(ErrorData::internal_error(format!("no {CANARY}"), Some(data)));
            }
            "log" => {
                Self::notify(&context, json!({ "method": "notifications/message",
                    "params": { "level": "error", "logger": CANARY, "data": { "dsn": CANARY } } })).await;
                return Ok(text("logged"));
            }
            "progress" => {
                let token = context.meta.get_progress_token().unwrap();
                Self::notify(&context, json!({ "method": "notifications/progress",
                    "params": { "progressToken": token, "progress": 1, "message": CANARY } })).await;
                return Ok(text("progressed"));
            }
            "sampling" => return Ok(Self::ask(&context, json!({ "method": "sampling/createMessage",
                "params": { "maxTokens": 1, "systemPrompt": CANARY,
                    "messages": [{ "role": "user", "content": { "type": "text", "text": CANARY } }] } })).await),
            "elicitation" => return Ok(Self::ask(&context, json!({ "method": "elicitation/create",
                "params": { "mode": "form", "message": CANARY,
                    "requestedSchema": { "type": "object", "properties": {} } } })).await),
            "panic" => panic!("no connection to {CANARY}"),
            "panic-later" => {
                drop(context);
                tokio::task::yield_now().await;
                panic!("no connection to {CANARY}");
            }
            "panic-caught" => {
                drop(context);
                let caught = std::panic::catch_unwind(|| panic!("no connection to {CANARY}"));
                return Ok(text(if caught.is_err() { "caught" } else { "not caught" }));
            }
            other => return Err(ErrorData::invalid_params(other.to_owned(), None)),
        };
        Ok(of::<CallToolResult>(result).into())
    }

    async fn get_prompt(
        &self,
        _: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Ok(
            of::<GetPromptResult>(json!({ "description": CANARY, "messages": [
            { "role": "user", "content": { "type": "text", "text": CANARY } },
        ] }))
            .into(),
        )
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Ok(of::<ReadResourceResult>(
            json!({ "contents": [{ "uri": request.uri, "text": CANARY }] }),
        )
        .into())
    }

    async fn complete(
        &self,
        _: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        Ok(of(json!({ "completion": { "values": [CANARY] } })))
    }
}

/// A server as the macros make it: the tool never sees its context.
struct Macros {
    tool_router: ToolRouter<Self>,
}

#[tool_router]
impl Macros {
    #[tool(description = "panics")]
    async fn explode(&self) -> String {
        tokio::task::yield_now().await;
        panic!("no connection to {CANARY}");
    }

    #[tool(description = "panics at once")]
    fn explode_now() -> String {
        panic!("no connection to {CANARY}");
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Macros {}

/// Records what is written.
struct Tap<W> {
    inner: W,
    record: Arc<Mutex<Vec<u8>>>,
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Tap<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.record
                .lock()
                .unwrap()
                .extend_from_slice(&bytes[..count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

struct Client;
impl ClientHandler for Client {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    None,
    Bytes,
    Messages,
}

type Pipe = (ReadHalf<DuplexStream>, Tap<WriteHalf<DuplexStream>>);

/// A running server and its client.
struct Session {
    client: RunningService<RoleClient, Client>,
    record: Arc<Mutex<Vec<u8>>>,
}

impl Session {
    async fn start(server: impl ServerHandler, guard: Guard, mode: Mode) -> Self {
        // Small, so that writes are partial.
        let (near, far) = duplex(64);
        let record = Arc::new(Mutex::new(Vec::new()));
        let (read, write) = split(near);
        let write = Tap {
            inner: write,
            record: Arc::clone(&record),
        };
        tokio::spawn(serve(server, guard, mode, (read, write)));
        let client = Client.serve(far).await.unwrap();
        Self { client, record }
    }

    /// The outcome of a request, as JSON.
    async fn request(&self, request: Value) -> Value {
        let request: ClientRequest = of(request);
        match self.client.peer().send_request(request).await {
            Ok(result) => serde_json::to_value(result).unwrap(),
            Err(rmcp::ServiceError::McpError(error)) => serde_json::to_value(error).unwrap(),
            Err(error) => panic!("{error}"),
        }
    }

    async fn call(&self, tool: &str) -> Value {
        let params = json!({ "name": tool, "_meta": { "progressToken": "token" } });
        self.request(json!({ "method": "tools/call", "params": params }))
            .await
    }

    fn record(&self) -> String {
        String::from_utf8(self.record.lock().unwrap().clone()).unwrap()
    }
}

async fn serve(server: impl ServerHandler, guard: Guard, mode: Mode, (read, write): Pipe) {
    let masking = masking(mode);
    match guard {
        Guard::None => server.serve((read, write)).await.unwrap().waiting().await,
        Guard::Bytes => {
            let guarded: GuardedBytes<_, _> = guard_bytes(&masking, read, write);
            server.serve(guarded).await.unwrap().waiting().await
        }
        Guard::Messages => {
            let transport = AsyncRwTransport::new_server(read, write);
            let guarded = guard_messages(&masking, transport);
            server.serve(guarded).await.unwrap().waiting().await
        }
    }
    .unwrap();
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
        let session = Session::start(
            Macros {
                tool_router: Macros::tool_router(),
            },
            guard,
            Mode::Block,
        )
        .await;
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

        let session = Session::start(
            Macros {
                tool_router: Macros::tool_router(),
            },
            guard,
            Mode::Redact,
        )
        .await;
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
