"""A server that says nothing secret; `clean.py MANIFEST` is guarded, `clean.py` is not."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError

server: MCPServer[Any] = MCPServer("clean", instructions="nothing to see")


@server.tool()
def numbers() -> dict[str, Any]:
    return {"int": 2**70, "float": 1e300, "small": 0.1, "minus": -0.0, "nothing": None, "true": True}


@server.tool()
def words() -> list[str]:
    return ["ünïcödé 🦀", 'quote " and \\ slash /', "tab\tnewline\n", "", "\u2028", "a" * 5000]


@server.tool()
def lookalikes() -> list[str]:
    return [
        "d41d8cd98f00b204e9800998ecf8427e",
        "123e4567-e89b-12d3-a456-426614174000",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "https://example.com/a?b=c&d=e#f",
        "SELECT id, name FROM users WHERE id = 5",
        "cursor eyJvZmZzZXQiOjEwfQ==",
    ]


@server.tool()
def image() -> types.ImageContent:
    return types.ImageContent(type="image", data="iVBORw0KGgo=", mime_type="image/png")


@server.tool()
def fails(reason: str) -> str:
    raise ToolError(reason)


@server.tool()
async def progress(ctx: Context[Any, Any]) -> str:
    await ctx.report_progress(0.5, 2, "half")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await ctx.info({"nested": [1, 2.0, None]})
    return "done"


@server.resource("memory://text")
def resource() -> str:
    return "plain"


@server.prompt()
def prompt(topic: str) -> str:
    return f"about {topic}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import kz

        kz.open(sys.argv[1]).guard(server)
    server.run()
