"""The lowlevel `Server` of `mcp` 1.x."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Any

import anyio
import mcp.types as types
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

from .leaks import BLOB, LEAKS, UnprintableError, beside, group, guarded, lifespan

server: Server[Any, Any] = Server("leaky", instructions=f"use {LEAKS['INSTRUCTIONS']}", lifespan=lifespan)

ANSWER = {"type": "object", "properties": {"value": {"type": "string"}}}
TYPED = {
    "type": "object",
    "properties": {"number": {"type": "integer", "description": f"not {LEAKS['ARGUMENT_DESCRIPTION']}"}},
}
TOOLS = """text two_blocks structured meta tool_error crash unprintable typed bad_output task_group
    notifications requests roots process""".split()


@server.list_tools()
async def list_tools() -> list[types.Tool]:
    return [
        types.Tool(
            name=name,
            description=f"reads {LEAKS['TOOL_DESCRIPTION']}",
            inputSchema=TYPED if name == "typed" else {"type": "object"},
            outputSchema=ANSWER if name == "bad_output" else None,
        )
        for name in TOOLS
    ]


@server.call_tool()
async def call_tool(name: str, arguments: dict[str, Any]) -> Any:
    match name:
        case "text":
            return [block(f"dsn={LEAKS['TEXT']};")]
        case "two_blocks":
            return [block(LEAKS["TWO_BLOCKS"][:18]), block(LEAKS["TWO_BLOCKS"][18:])]
        case "structured":
            return {"value": LEAKS["STRUCTURED"], LEAKS["KEY"]: ["x"]}
        case "meta":
            return meta()
        case "tool_error" | "crash":
            raise RuntimeError(f"cannot connect with {LEAKS[name.upper()]}")
        case "unprintable":
            raise UnprintableError
        case "bad_output":
            return {"value": [LEAKS["BAD_OUTPUT"]]}
        case "task_group":
            await group()
        case "notifications":
            await notifications()
        case "requests":
            await requests()
        case "roots":
            await roots()
        case "process":
            await beside()
        case _:
            raise ValueError(f"no tool {name}")
    return [block("done")]


def block(text: str) -> types.TextContent:
    return types.TextContent(type="text", text=text)


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


async def notifications() -> None:
    context = server.request_context
    assert context.meta is not None and context.meta.progressToken is not None
    await context.session.send_progress_notification(
        context.meta.progressToken, 1, 2, f"trying {LEAKS['PROGRESS']}"
    )
    await context.session.send_log_message("info", {"dsn": LEAKS["LOG_MESSAGE"]}, logger=LEAKS["LOG_LOGGER"])
    await context.session.send_resource_updated(AnyUrl(f"memory://{LEAKS['RESOURCE_UPDATED']}"))


async def requests() -> None:
    session = server.request_context.session
    await session.elicit_form(f"is {LEAKS['ELICITATION']} right?", {"type": "object", "properties": {}})
    await session.create_message(
        [types.SamplingMessage(role="user", content=block(LEAKS["SAMPLING"]))],
        max_tokens=9,
        system_prompt=LEAKS["SAMPLING_SYSTEM"],
    )


async def roots() -> None:
    params = types.RequestParams(_meta=types.RequestParams.Meta.model_validate({"why": LEAKS["ROOTS"]}))
    request = types.ServerRequest(types.ListRootsRequest(params=params))
    await server.request_context.session.send_request(request, types.ListRootsResult)


@server.list_resources()
async def list_resources() -> list[types.Resource]:
    holds = f"holds {LEAKS['RESOURCE_DESCRIPTION']}"
    return [types.Resource(uri=AnyUrl("memory://text"), name="text", description=holds)]


@server.list_resource_templates()
async def list_templates() -> list[types.ResourceTemplate]:
    holds = f"holds {LEAKS['TEMPLATE_DESCRIPTION']}"
    return [types.ResourceTemplate(uriTemplate="memory://items/{name}", name="items", description=holds)]


@server.read_resource()
async def read_resource(uri: AnyUrl) -> Iterable[ReadResourceContents]:
    match str(uri):
        case "memory://text":
            return [ReadResourceContents(content=f"the resource has {LEAKS['RESOURCE']}")]
        case "memory://items/one":
            return [ReadResourceContents(content=f"one has {LEAKS['TEMPLATE']}")]
        case "memory://broken":
            raise RuntimeError(f"no {LEAKS['RESOURCE_ERROR']}")
        case _:
            raise ValueError(f"no resource {uri}")


@server.list_prompts()
async def list_prompts() -> list[types.Prompt]:
    return [types.Prompt(name="prompt", description=f"like {LEAKS['DESCRIPTION']}")]


@server.get_prompt()
async def get_prompt(name: str, arguments: dict[str, str] | None) -> types.GetPromptResult:
    if name == "broken_prompt":
        raise RuntimeError(f"no {LEAKS['PROMPT_ERROR']}")
    if name != "prompt":
        raise ValueError(f"no prompt {name}")
    message = types.PromptMessage(role="user", content=block(f"the prompt has {LEAKS['PROMPT']}"))
    return types.GetPromptResult(messages=[message])


@server.completion()
async def complete(reference: Any, argument: Any, context: Any) -> types.Completion:
    if argument.name == "protocol_error":
        raise McpError(
            types.ErrorData(code=-32000, message=LEAKS["ERROR_MESSAGE"], data={"dsn": LEAKS["ERROR_DATA"]})
        )
    return types.Completion(values=[LEAKS["COMPLETION"]])


async def main() -> None:
    """Guards the server before its transport is made, or after it."""
    if "inside" not in sys.argv:
        guarded(server)
    async with stdio_server() as (read_stream, write_stream):
        await guarded(server).run(read_stream, write_stream, server.create_initialization_options())


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    try:
        anyio.run(main)
    finally:
        raise RuntimeError(f"crashed with {LEAKS['EXCEPTHOOK']}")
