//! What a server author uses, from the outside, with a manifest on disk.

#![cfg(feature = "rmcp")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Write as _;

use kz_mcp::{ErrorKind, OpenOptions, Secrets};
use rmcp::{
    ServerHandler, ServiceExt as _,
    model::{ClientRequest, ErrorData, GetPromptRequestParams, GetPromptResponse},
    service::{RequestContext, RoleServer},
    transport::async_rw::AsyncRwTransport,
};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split};

/// A manifest with one secret in a file, and its value.
async fn open() -> (tempfile::TempDir, Secrets, String) {
    let directory = tempfile::tempdir().unwrap();
    let canary = format!("kz-canary-{}", std::process::id());
    let (secret, manifest) = (
        directory.path().join("secret"),
        directory.path().join(".keyzero.toml"),
    );
    std::fs::write(&secret, &canary).unwrap();
    let text = format!("[secrets]\nCANARY = \"file://{}\"\n", secret.display());
    std::fs::write(&manifest, text).unwrap();
    let secrets = OpenOptions::new().path(&manifest).open().await.unwrap();
    (directory, secrets, canary)
}

/// Says its secret wherever it is asked.
struct Server(Secrets);

impl ServerHandler for Server {
    async fn get_prompt(
        &self,
        _: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let secret = self.0.get("CANARY").map_err(|error| {
            let text = error.to_string();
            ErrorData::internal_error(text, None)
        })?;
        let text = secret.expose_str().unwrap_or_default().to_owned();
        Err(ErrorData::internal_error(text, None))
    }
}

#[tokio::test]
async fn the_guards_take_what_rmcp_takes() {
    let (_directory, secrets, canary) = open().await;
    for typed in [false, true] {
        let (near, far) = duplex(4096);
        let (read, write) = split(near);
        let server = secrets.guard_service(Server(secrets.clone()));
        let secrets = secrets.clone();
        tokio::spawn(async move {
            let service = if typed {
                let transport = AsyncRwTransport::new_server(read, write);
                server.serve(secrets.guard_transport(transport)).await
            } else {
                server.serve(secrets.guard((read, write))).await
            };
            service.unwrap().waiting().await.unwrap();
        });
        let client = ().serve(far).await.unwrap();
        let request: ClientRequest =
            serde_json::from_value(json!({ "method": "prompts/get", "params": { "name": "p" } }))
                .unwrap();
        let error = client.peer().send_request(request).await.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("[REDACTED:CANARY]") && !text.contains(&canary),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_handler_that_panics_at_the_end_is_answered_before_it() {
    struct Panics;
    impl ServerHandler for Panics {
        async fn get_prompt(
            &self,
            _: GetPromptRequestParams,
            context: RequestContext<RoleServer>,
        ) -> Result<GetPromptResponse, ErrorData> {
            drop(context);
            tokio::task::yield_now().await;
            panic!("at the end");
        }
    }
    let (_directory, secrets, _) = open().await;
    let (near, mut far) = duplex(4096);
    let guarded = secrets.guard(split(near));
    let server = tokio::spawn(async move { Panics.serve(guarded).await.unwrap().waiting().await });
    // A client that writes everything and closes its end.
    let messages = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } } }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "prompts/get", "params": { "name": "p" } }),
    ];
    for message in messages {
        far.write_all(format!("{message}\n").as_bytes())
            .await
            .unwrap();
    }
    far.shutdown().await.unwrap();
    server.await.unwrap().unwrap();
    let mut output = String::new();
    far.read_to_string(&mut output).await.unwrap();
    let last: serde_json::Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["id"], &last["error"]["code"]),
        (&json!(2), &json!(-32603))
    );
    assert_eq!(output.lines().count(), 2, "{output}");
}

#[tokio::test]
async fn secrets_are_those_of_the_engine() {
    let (_directory, secrets, canary) = open().await;
    assert_eq!(secrets.redact(&canary), "[REDACTED:CANARY]");
    assert!(secrets.summary().contains_key("CANARY"));
    assert_eq!(
        secrets.get("OTHER").unwrap_err().kind(),
        ErrorKind::UnknownSecret
    );
    assert!(!format!("{secrets:?}").contains(&canary));

    let log = tempfile::NamedTempFile::new().unwrap();
    let path = log.path().to_owned();
    let writer = secrets.writer(move || log.reopen().unwrap());
    writeln!(writer(), "is {canary}").unwrap();
    assert_eq!(
        std::fs::read_to_string(path).unwrap(),
        "is [REDACTED:CANARY]\n"
    );

    secrets.close().await;
    assert_eq!(secrets.get("CANARY").unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(
        secrets.redact(&canary),
        "[REDACTED:CANARY]",
        "redaction goes on"
    );
}

#[test]
fn the_manifest_of_the_guide_is_valid() {
    const GUIDE: &str = include_str!("../../docs/rust.md");
    let (_, after) = GUIDE.split_once("```toml\n[secrets]").unwrap();
    let (manifest, _) = after.split_once("```").unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(".keyzero.toml");
    std::fs::write(&path, format!("[secrets]{manifest}")).unwrap();
    let manifest = OpenOptions::new().path(&path).load().unwrap();
    assert_eq!(manifest.secrets().len(), 2);
}

#[test]
fn handles_go_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Secrets>();
    shared::<OpenOptions>();
    shared::<kz_mcp::LogWriter<std::io::Stderr>>();
}
