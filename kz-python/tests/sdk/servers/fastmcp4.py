"""`FastMCP` of `fastmcp` 4.x."""

from __future__ import annotations

import warnings
from typing import Any

import mcp_types as types
from fastmcp import Context, FastMCP
from fastmcp.exceptions import ResourceError, ToolError
from fastmcp.tools import ToolResult
from mcp.shared.exceptions import MCPError

from .common import Answer, Choice, add_handlers, run
from .leaks import BLOB, LEAKS, lifespan

server: FastMCP[Any] = FastMCP("leaky", instructions=f"use {LEAKS['INSTRUCTIONS']}", lifespan=lifespan)
add_handlers(server, ToolError, ResourceError)


@server.tool()
def two_blocks() -> list[types.TextContent]:
    value = LEAKS["TWO_BLOCKS"]
    return [types.TextContent(type="text", text=part) for part in (value[:18], value[18:])]


@server.tool()
def meta() -> ToolResult:
    blob = types.BlobResourceContents(uri="memory://blob", blob=BLOB)
    return ToolResult(
        content=[
            types.EmbeddedResource(type="resource", resource=blob),
            types.ResourceLink(type="resource_link", name="link", uri=f"memory://{LEAKS['LINK']}"),
        ],
        meta={"note": LEAKS["META"]},
    )


@server.tool()
def protocol_error() -> str:
    raise MCPError(code=-32000, message=LEAKS["ERROR_MESSAGE"], data={"dsn": LEAKS["ERROR_DATA"]})


@server.tool(output_schema=Answer.model_json_schema())
def bad_output() -> ToolResult:
    return ToolResult(structured_content={"value": [LEAKS["BAD_OUTPUT"]]})


@server.tool()
async def notifications(ctx: Context) -> str:
    await ctx.report_progress(1, 2, f"trying {LEAKS['PROGRESS']}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await ctx.info(LEAKS["LOG_MESSAGE"])
        await ctx.error("failed", logger_name=LEAKS["LOG_LOGGER"])
    await ctx.session.send_resource_updated(f"memory://{LEAKS['RESOURCE_UPDATED']}")
    return "done"


@server.tool()
async def requests(ctx: Context) -> str:
    await ctx.elicit(f"is {LEAKS['ELICITATION']} right?", Choice)
    content = types.TextContent(type="text", text=LEAKS["SAMPLING"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await ctx.session.create_message(
            [types.SamplingMessage(role="user", content=content)],
            max_tokens=9,
            system_prompt=LEAKS["SAMPLING_SYSTEM"],
        )
    return "done"


@server.tool()
async def roots(ctx: Context) -> str:
    params = types.RequestParams.model_validate({"_meta": {"why": LEAKS["ROOTS"]}})
    await ctx.session.send_request(types.ListRootsRequest(params=params), types.ListRootsResult)
    return "done"


@server.completion
async def complete(reference: Any, argument: Any, context: Any) -> list[str]:
    return [LEAKS["COMPLETION"]]


if __name__ == "__main__":
    run(server)
