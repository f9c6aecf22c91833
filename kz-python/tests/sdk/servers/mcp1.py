"""`FastMCP` of `mcp` 1.x."""

from __future__ import annotations

from typing import Annotated, Any

import mcp.types as types
from mcp.server.fastmcp import Context, FastMCP
from mcp.server.fastmcp.exceptions import ResourceError, ToolError
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

from .common import Answer, Choice, add_handlers, run
from .leaks import BLOB, LEAKS, lifespan

server = FastMCP[dict[str, Any]](
    "leaky", instructions=f"use {LEAKS['INSTRUCTIONS']}", lifespan=lifespan
)
add_handlers(server, ToolError, ResourceError)


@server.tool()
def two_blocks() -> list[str]:
    value = LEAKS["TWO_BLOCKS"]
    return [value[:18], value[18:]]


@server.tool()
def meta() -> types.CallToolResult:
    blob = types.BlobResourceContents(uri=AnyUrl("memory://blob"), blob=BLOB)
    link = AnyUrl(f"memory://{LEAKS['LINK']}")
    return types.CallToolResult(
        content=[
            types.EmbeddedResource(type="resource", resource=blob),
            types.ResourceLink(type="resource_link", name="link", uri=link),
        ],
        _meta={"note": LEAKS["META"]},
    )


@server.tool()
def bad_output() -> Annotated[types.CallToolResult, Answer]:
    return types.CallToolResult(content=[], structuredContent={"value": [LEAKS["BAD_OUTPUT"]]})


@server.tool()
async def notifications(ctx: Context[Any, Any, Any]) -> str:
    await ctx.report_progress(1, 2, f"trying {LEAKS['PROGRESS']}")
    await ctx.info(LEAKS["LOG_MESSAGE"])
    await ctx.log("error", "failed", logger_name=LEAKS["LOG_LOGGER"])
    await ctx.session.send_resource_updated(AnyUrl(f"memory://{LEAKS['RESOURCE_UPDATED']}"))
    return "done"


@server.tool()
async def requests(ctx: Context[Any, Any, Any]) -> str:
    await ctx.elicit(f"is {LEAKS['ELICITATION']} right?", Choice)
    content = types.TextContent(type="text", text=LEAKS["SAMPLING"])
    await ctx.session.create_message(
        [types.SamplingMessage(role="user", content=content)],
        max_tokens=9,
        system_prompt=LEAKS["SAMPLING_SYSTEM"],
    )
    return "done"


@server.tool()
async def roots(ctx: Context[Any, Any, Any]) -> str:
    params = types.RequestParams(_meta=types.RequestParams.Meta.model_validate({"why": LEAKS["ROOTS"]}))
    request = types.ServerRequest(types.ListRootsRequest(params=params))
    await ctx.session.send_request(request, types.ListRootsResult)
    return "done"


@server.completion()
async def complete(reference: Any, argument: Any, context: Any) -> types.Completion:
    # The one handler of FastMCP that raises a protocol error as it is.
    if argument.name == "protocol_error":
        raise McpError(
            types.ErrorData(code=-32000, message=LEAKS["ERROR_MESSAGE"], data={"dsn": LEAKS["ERROR_DATA"]})
        )
    return types.Completion(values=[LEAKS["COMPLETION"]])


if __name__ == "__main__":
    run(server)
