"""A server that leaks in every way there is, each way a secret of its own.

`leaky.py MANIFEST` is guarded, `leaky.py` is not. The secrets are in the environment.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import sys
import threading
import warnings
from typing import Any

import mcp_types as types
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel

LEAKS = {name.removeprefix("TEST_"): value for name, value in os.environ.items() if name.startswith("TEST_")}

server: MCPServer[Any] = MCPServer("leaky", instructions=f"use {LEAKS['INSTRUCTIONS']}")
log = logging.getLogger("leaky")


class Answer(BaseModel):
    value: str
    items: dict[str, list[str]] = {}


class Choice(BaseModel):
    ok: bool = True


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError(LEAKS["BAD_REPR"])


class Dropped:
    def __del__(self) -> None:
        raise RuntimeError(LEAKS["UNRAISABLE"])


@server.tool()
def text() -> str:
    return f"dsn={LEAKS['TEXT']};"


@server.tool()
def two_blocks() -> list[str]:
    value = LEAKS["TWO_BLOCKS"]
    return [value[:18], value[18:]]


@server.tool()
def structured() -> Answer:
    return Answer(value=LEAKS["STRUCTURED"], items={LEAKS["KEY"]: ["x"]})


@server.tool()
def meta() -> types.CallToolResult:
    return types.CallToolResult(
        content=[
            types.TextContent(type="text", text="see _meta"),
            types.EmbeddedResource(
                type="resource",
                resource=types.BlobResourceContents(
                    uri="memory://blob", blob=base64.b64encode(f"key {LEAKS['BLOB']} end".encode()).decode()
                ),
            ),
        ],
        _meta={"note": LEAKS["META"]},
    )


@server.tool()
def tool_error() -> str:
    raise ToolError(f"cannot connect with {LEAKS['TOOL_ERROR']}")


@server.tool()
def crash() -> str:
    raise RuntimeError(f"cannot connect with {LEAKS['CRASH']}")


@server.tool()
def protocol_error() -> str:
    raise MCPError(code=-32000, message=LEAKS["ERROR_MESSAGE"], data={"dsn": LEAKS["ERROR_DATA"]})


@server.tool()
def typed(number: int) -> str:
    return str(number)


@server.tool()
async def notifications(ctx: Context[Any, Any]) -> str:
    await ctx.report_progress(1, 2, f"trying {LEAKS['PROGRESS']}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        await ctx.info({"dsn": LEAKS["LOG_MESSAGE"]})
        await ctx.error("failed", logger_name=LEAKS["LOG_LOGGER"])
    return "done"


@server.tool()
async def requests(ctx: Context[Any, Any]) -> str:
    await ctx.elicit(f"is {LEAKS['ELICITATION']} right?", Choice)
    await ctx.session.create_message(
        [types.SamplingMessage(role="user", content=types.TextContent(type="text", text=LEAKS["SAMPLING"]))],
        max_tokens=9,
    )
    return "done"


@server.tool()
async def input_required() -> types.InputRequiredResult:
    return types.InputRequiredResult(
        request_state=None,
        input_requests={
            "q": types.ElicitRequest(
                params=types.ElicitRequestFormParams(
                    message=f"is {LEAKS['INPUT_REQUIRED']} right?",
                    requested_schema=types.ElicitRequestedSchema(type="object", properties={}),
                )
            )
        },
    )


@server.tool()
async def process() -> str:
    """Everything that leaves beside the messages; it ends up on stderr."""
    print("print", LEAKS["PRINT"])
    print("pri" + LEAKS["PRINT_PARTS"][:12], end="")
    print(LEAKS["PRINT_PARTS"][12:])
    print("err", LEAKS["PRINT_STDERR"], file=sys.stderr)
    sys.stdout.buffer.write(f"raw {LEAKS['BUFFER']}\n".encode())
    sys.stdout.buffer.flush()
    sys.stdout.flush()
    log.warning("log %s", LEAKS["LOGGING"])
    log.warning("args %(dsn)s", {"dsn": LEAKS["LOGGING_DICT"]})
    structured_log.warning("extra", extra={"dsn": LEAKS["LOGGING_EXTRA"]})
    log.warning("stack", extra={}, stack_info=True)
    try:
        raise ValueError(LEAKS["LOGGING_EXC"])
    except ValueError:
        log.exception("failed")
    log.warning("broken %s", Unprintable())
    log.warning("too few %s %s", LEAKS["LOGGING_ARGS"])
    warnings.warn(f"warned {LEAKS['WARNING']}", stacklevel=1)
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    asyncio.get_running_loop().call_exception_handler({"message": f"loop {LEAKS['ASYNCIO']}"})
    Dropped()
    return "done"


def fail() -> None:
    raise RuntimeError(f"thread {LEAKS['THREAD']}")


@server.resource("memory://text")
def resource() -> str:
    return f"the resource has {LEAKS['RESOURCE']}"


@server.resource("memory://broken")
def broken_resource() -> str:
    raise ResourceError(f"no {LEAKS['RESOURCE_ERROR']}")


@server.prompt(description=f"like {LEAKS['DESCRIPTION']}")
def prompt() -> str:
    return f"the prompt has {LEAKS['PROMPT']}"


class ExtraHandler(logging.Handler):
    """As structured logging does: prints what was passed as `extra`."""

    def emit(self, record: logging.LogRecord) -> None:
        os.write(2, f"{record.__dict__}\n".encode())


structured_log = logging.getLogger("structured")
structured_log.addHandler(ExtraHandler())
structured_log.propagate = False


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import kz

        kz.open(sys.argv[1]).guard(server)
    server.run()
    raise RuntimeError(f"crashed with {LEAKS['EXCEPTHOOK']}")
