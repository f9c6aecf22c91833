"""The SDK's own client, over stdio: it understands what the guard has passed."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import anyio
import pytest

from ..conftest import make_canary
from .conftest import SERVERS, installed
from .test_kinds import write_manifest
from .wire import PACKAGE


# `auto` comes to the protocol of 2026-07-28, which has no handshake.
CLIENTS = {
    "mcp 1": ["session"],
    "mcp 2": ["legacy", "auto"],
    "fastmcp 4": ["fastmcp", "legacy", "auto"],
}[installed()]


async def calls(client: Any) -> str:
    """What a client makes of the answers, as text."""
    answers = [await client.list_tools(), await client.call_tool("text", {})]
    answers += [await client.call_tool("structured", {}), await client.list_resources()]
    answers += [await client.get_prompt("prompt"), await client.read_resource("memory://text")]
    return repr(answers)


async def ask(client: str, server: str, arguments: list[str], environment: dict[str, str]) -> str:
    command = {
        "command": sys.executable,
        "args": ["-m", f"tests.sdk.servers.{server}", *arguments],
        "env": {**os.environ, "FASTMCP_CHECK_FOR_UPDATES": "off", **environment},
        "cwd": str(PACKAGE),
    }
    if client == "fastmcp":
        fastmcp: Any = import_module("fastmcp.client")
        transport: Any = import_module("fastmcp.client.transports")
        async with fastmcp.Client(transport.StdioTransport(**command, keep_alive=False)) as opened:
            return await calls(opened)
    mcp: Any = import_module("mcp")
    parameters = mcp.StdioServerParameters(**command)
    if client != "session":
        async with mcp.Client(parameters, mode=client) as opened:
            return await calls(opened)
    stdio: Any = import_module("mcp.client.stdio")
    async with stdio.stdio_client(parameters) as streams, mcp.ClientSession(*streams) as opened:
        await opened.initialize()
        return await calls(opened)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("server", SERVERS)
def test_the_client_of_the_sdk(client: str, server: str, tmp_path: Path) -> None:
    names = ["TEXT", "STRUCTURED", "KEY", "TOOL_DESCRIPTION", "RESOURCE", "PROMPT"]
    values = {name: make_canary() for name in names}
    environment = {f"TEST_{name}": value for name, value in values.items()}
    plain = anyio.run(ask, client, server, [], environment)
    assert [name for name in names if values[name] not in plain] == []
    manifest = write_manifest(tmp_path, values)
    guarded = anyio.run(ask, client, server, [str(manifest)], environment)
    assert [name for name in names if values[name] in guarded] == []
    assert [name for name in names if f"[REDACTED:{name}]" not in guarded] == []
