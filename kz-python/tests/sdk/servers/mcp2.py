"""`MCPServer` of `mcp` 2.x."""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.shared.exceptions import MCPError

from .common import Answer, Choice, add_handlers, run
from .leaks import BLOB, LEAKS, lifespan

server: MCPServer[Any] = MCPServer(
    "leaky", instructions=f"use {LEAKS['INSTRUCTIONS']}", lifespan=lifespan
)
add_handlers(server, ToolError, ResourceError)


@server.tool()
def two_blocks() -> list[str]:
    value = LEAKS["TWO_BLOCKS"]
    return [value[:18], value[18:]]


@server.tool()
def meta() -> types.CallToolResult:
    blob = types.BlobResourceContents(uri="memory://blob", blob=BLOB)
    return types.CallToolResult(
        content=[
            types.EmbeddedResource(type="resource", resource=blob),
            types.ResourceLink(type="resource_link", name="link", uri=f"memory://{LEAKS['LINK']}"),
        ],
        _meta={"note": LEAKS["META"]},
    )


@server.tool()
def protocol_error() -> str:
    raise MCPError(code=-32000, message=LEAKS["ERROR_MESSAGE"], data={"dsn": LEAKS["ERROR_DATA"]})


@server.tool()
def bad_output() -> Annotated[types.CallToolResult, Answer]:
    return types.CallToolResult(content=[], structured_content={"value": [LEAKS["BAD_OUTPUT"]]})


@server.tool()
async def notifications(ctx: Context[Any, Any]) -> str:
    await ctx.report_progress(1, 2, f"trying {LEAKS['PROGRESS']}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await ctx.info({"dsn": LEAKS["LOG_MESSAGE"]})
        await ctx.error("failed", logger_name=LEAKS["LOG_LOGGER"])
    await ctx.session.send_resource_updated(f"memory://{LEAKS['RESOURCE_UPDATED']}")
    return "done"


@server.tool()
async def requests(ctx: Context[Any, Any]) -> str:
    await ctx.elicit(f"is {LEAKS['ELICITATION']} right?", Choice)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await ctx.session.create_message(
            [types.SamplingMessage(role="user", content=types.TextContent(type="text", text=LEAKS["SAMPLING"]))],
            max_tokens=9,
            system_prompt=LEAKS["SAMPLING_SYSTEM"],
        )
    return "done"


@server.tool()
async def roots(ctx: Context[Any, Any]) -> str:
    params = types.RequestParams.model_validate({"_meta": {"why": LEAKS["ROOTS"]}})
    await ctx.session.send_request(types.ListRootsRequest(params=params), types.ListRootsResult)
    return "done"


@server.tool()
async def input_required() -> types.InputRequiredResult:
    question = types.ElicitRequestFormParams(
        message=f"is {LEAKS['INPUT_REQUIRED']} right?",
        requested_schema=types.ElicitRequestedSchema(type="object", properties={}),
    )
    return types.InputRequiredResult(
        request_state=None, input_requests={"q": types.ElicitRequest(params=question)}
    )


@server.completion()
async def complete(reference: Any, argument: Any, context: Any) -> types.Completion:
    return types.Completion(values=[LEAKS["COMPLETION"]])


if __name__ == "__main__":
    run(server)
