//! An MCP server with one tool, `query`, over PostgreSQL. Its DSN is in the environment.

use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ServiceExt, tool, tool_router, transport::stdio};
use tokio_postgres::{NoTls, SimpleQueryMessage};
use tracing_subscriber::EnvFilter;

type Error = Box<dyn std::error::Error + Send + Sync>;

struct Server {
    dsn: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Query {
    /// What to run
    sql: String,
}

#[tool_router(server_handler)]
impl Server {
    /// Runs one SQL statement and returns its rows.
    #[tool]
    async fn query(&self, Parameters(Query { sql }): Parameters<Query>) -> Result<String, String> {
        let dsn = &self.dsn;
        run(dsn, &sql).await.map_err(|error| {
            tracing::error!(%dsn, %error, "query failed");
            format!("query failed on {dsn}: {error}")
        })
    }
}

/// A line for each row, with a tab between its columns.
async fn run(dsn: &str, sql: &str) -> Result<String, Error> {
    let (client, connection) = tokio_postgres::connect(dsn, NoTls).await?;
    tokio::spawn(connection);
    let mut lines = Vec::new();
    for message in client.simple_query(sql).await? {
        if let SimpleQueryMessage::Row(row) = message {
            let columns = (0..row.len()).map(|column| row.get(column).unwrap_or("NULL"));
            lines.push(columns.collect::<Vec<_>>().join("\t"));
        }
    }
    Ok(lines.join("\n"))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let log = tracing_subscriber::fmt().with_env_filter(EnvFilter::from_default_env());
    log.with_writer(std::io::stderr).init();
    let dsn = std::env::var("DATABASE_URL")?;
    let service = Server { dsn }.serve(stdio()).await?;
    service.waiting().await?;
    Ok(())
}
