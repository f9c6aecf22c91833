//! An MCP server with one tool that gives back its text: `echo` as it is, `echo guarded`
//! with the secrets that the environment variable KEYZERO_CONFIG leads to.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ServiceExt, tool, tool_router, transport::stdio};

struct Server;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Echo {
    /// What to give back
    text: String,
}

#[tool_router(server_handler)]
impl Server {
    /// Gives its text back.
    #[tool]
    async fn echo(&self, Parameters(Echo { text }): Parameters<Echo>) -> String {
        text
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if std::env::args().nth(1).as_deref() == Some("guarded") {
        let secrets = kz_mcp::open().await?;
        let service = Server.serve(secrets.guard(stdio())).await?;
        service.waiting().await?;
    } else {
        let service = Server.serve(stdio()).await?;
        service.waiting().await?;
    }
    Ok(())
}
