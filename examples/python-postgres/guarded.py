"""An MCP server with one tool, `query`, over PostgreSQL. Its DSN is where .keyzero.toml says."""

import logging
from typing import Any

import kz
import psycopg
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from psycopg.rows import dict_row

log = logging.getLogger("postgres")
secrets = kz.open()
server = secrets.guard(MCPServer("postgres"))


@server.tool()
async def query(sql: str) -> list[dict[str, Any]]:
    """Runs one SQL statement and returns its rows."""
    dsn = secrets["DATABASE_URL"].expose()
    try:
        connection = await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row, connect_timeout=5)
        async with connection:
            cursor = await connection.execute(sql.encode())
            return await cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        log.exception("query failed on %s", dsn)
        raise ToolError(f"query failed on {dsn}: {error}") from error


if __name__ == "__main__":
    server.run()
