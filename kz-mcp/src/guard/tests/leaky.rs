//! Servers that leak in every way there is.

use rmcp::{
    RoleServer, ServerHandler,
    handler::server::router::tool::ToolRouter,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, CompleteRequestParams,
        CompleteResult, ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult,
        ListToolsResult, PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
        ReadResourceResult, ServerConfig, ServerNotification, ServerRequest,
    },
    service::RequestContext,
    tool, tool_handler, tool_router,
};
use serde_json::{Value, json};

pub(super) const CANARY: &str = "kz-canary-of-the-guards-4711";

/// Builds a type of rmcp from its JSON.
pub(super) fn of<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

#[derive(Clone)]
pub(super) struct Leaky;

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

pub(super) fn text(text: &str) -> CallToolResponse {
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
pub(super) struct Macros {
    tool_router: ToolRouter<Self>,
}

impl Macros {
    pub(super) fn new() -> Self {
        Self {
            tool_router: Self::tool_router(),
        }
    }
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
