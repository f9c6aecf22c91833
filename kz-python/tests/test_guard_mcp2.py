"""What is of `mcp` 2.x alone; what every SDK shares is in `sdk`."""

from __future__ import annotations

import asyncio
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.server.mcpserver import MCPServer

import kz
from kz import _native

from .conftest import Opener

pytestmark = pytest.mark.usefixtures("restored_process")


def test_in_process_dispatch(opened: Opener, canary: str) -> None:
    """Without a stream there is no message to filter."""
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test"))

    async def main() -> None:
        async with Client(server):
            pass

    with pytest.raises(kz.KzError) as caught:
        asyncio.run(main())
    assert caught.value.code == "unsupported"


def test_streams_in_process_are_covered(opened: Opener, canary: str) -> None:
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test", instructions=f"use {canary}"))

    @server.tool()
    def leak() -> str:
        return canary

    async def main() -> None:
        async with Client(server, mode="legacy") as client:
            result = await client.call_tool("leak")
            assert canary not in result.model_dump_json()
            assert "[REDACTED:A]" in result.model_dump_json()
            assert client.instructions == "use [REDACTED:A]"

    anyio.run(main)


def test_a_message_that_cannot_be_written_is_an_error(opened: Opener, canary: str) -> None:
    """JSON has no lone surrogates: the answer is an error under the same id, not a dead server."""
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test"))

    @server.tool()
    def odd() -> str:
        return f"\ud800 {canary}"

    @server.tool()
    def fine() -> str:
        return "fine"

    async def main() -> None:
        async with Client(server, mode="legacy") as client:
            with pytest.raises(Exception) as caught:
                await client.call_tool("odd")
            assert canary not in repr(caught.value)
            assert (await client.call_tool("fine")).content

    anyio.run(main)


def test_the_filter_is_the_message_filter(opened: Opener, canary: str) -> None:
    filter = _native.MessageFilter(opened(A=canary).redactor)
    clean = '{"jsonrpc":"2.0","id":1,"result":{"n":1.50}}'
    assert filter.outgoing(clean) is clean
    assert "[REDACTED:A]" in filter.outgoing(clean.replace("1.50", f'"{canary}"'))
