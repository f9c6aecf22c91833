"""What the guard does not cover it refuses, loudly."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

import kz
from kz import _native

from .conftest import Opener


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The guard hooks this very process: put it back for the tests that follow."""
    import logging
    import threading
    import warnings

    from kz._guard import _process

    logger: Any = logging.Logger
    before = (
        sys.stdout,
        sys.stderr,
        sys.excepthook,
        sys.unraisablehook,
        threading.excepthook,
        warnings.showwarning,
        logging.getLogRecordFactory(),
        logger.callHandlers,
    )
    yield
    (
        sys.stdout,
        sys.stderr,
        sys.excepthook,
        sys.unraisablehook,
        threading.excepthook,
        warnings.showwarning,
        factory,
        logger.callHandlers,
    ) = before
    logging.setLogRecordFactory(factory)
    _process._redactors.clear()


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(kz.KzError) as caught:
        call()
    assert caught.value.code == "unsupported"
    assert not caught.value.retryable
    return str(caught.value)


def test_returns_the_same_object_and_is_idempotent(opened: Opener, canary: str) -> None:
    secrets = opened(A=canary)
    server: MCPServer[Any] = MCPServer("test")
    assert secrets.guard(server) is server
    run = server._lowlevel_server.run
    stdout = sys.stdout
    assert secrets.guard(server) is server
    assert server._lowlevel_server.run == run
    assert sys.stdout is stdout


def test_other_objects(opened: Opener, canary: str) -> None:
    secrets = opened(A=canary)

    class FastMCP:
        """Named as the ones of mcp 1.x and fastmcp."""

    class Lookalike:
        pass

    Lookalike.__name__ = "MCPServer"
    for thing in (None, object(), "server", FastMCP(), Lookalike(), MCPServer):
        message = refused(partial(secrets.guard, thing))
        assert message.startswith("kz: ")
        assert canary not in message


def test_mcp_of_another_version(opened: Opener, canary: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from kz import _guard

    monkeypatch.setattr(_guard, "version", lambda package: "3.0.0")
    assert "3.0.0" in refused(lambda: opened(A=canary).guard(MCPServer("test")))


@pytest.mark.parametrize("name", ["sse_app", "streamable_http_app"])
def test_http_apps(opened: Opener, canary: str, name: str) -> None:
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test"))
    assert "transport" in refused(getattr(server, name))


@pytest.mark.parametrize("transport", ["sse", "streamable-http"])
def test_http_runs(opened: Opener, canary: str, transport: Any) -> None:
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test"))
    assert "transport" in refused(lambda: server.run(transport))


def test_an_http_app_made_before(opened: Opener, canary: str) -> None:
    server: MCPServer[Any] = MCPServer("test")
    server.streamable_http_app()
    refused(lambda: opened(A=canary).guard(server))


def test_a_session_manager_of_ones_own(opened: Opener, canary: str) -> None:
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test"))

    async def main() -> None:
        async with StreamableHTTPSessionManager(server._lowlevel_server).run():
            pass

    refused(lambda: asyncio.run(main()))


def test_in_process_dispatch(opened: Opener, canary: str) -> None:
    """Without a stream there is no message to filter."""
    server: MCPServer[Any] = opened(A=canary).guard(MCPServer("test"))

    async def main() -> None:
        async with Client(server):
            pass

    refused(lambda: asyncio.run(main()))


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


def test_two_secrets_guard_one_server(opened: Opener, canary: str) -> None:
    other = f"kz-canary-other-{canary[::-1]}"
    server: MCPServer[Any] = MCPServer("test")
    opened(A=canary).guard(server)
    opened(B=other).guard(server)

    @server.tool()
    def leak() -> str:
        return f"{canary} {other}"

    async def main() -> None:
        async with Client(server, mode="legacy") as client:
            text = (await client.call_tool("leak")).model_dump_json()
            assert canary not in text and other not in text

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


def test_a_handler_cannot_change_a_message_after_the_scan(opened: Opener, canary: str) -> None:
    import mcp_types
    from kz._guard._connection import Connection
    from kz._guard._mcp2 import _DIALECT

    secrets = opened(A=canary)
    result: dict[str, Any] = {"content": [{"type": "text", "text": "clean"}]}
    message = mcp_types.JSONRPCResponse(jsonrpc="2.0", id=1, result=result)
    sealed = Connection([secrets.redactor], _DIALECT).outgoing(message)
    result["content"][0]["text"] = canary
    assert canary not in sealed.model_dump_json(by_alias=True, exclude_unset=True)
    with pytest.raises(kz.KzError):
        sealed.model_dump_json()


def test_the_filter_is_the_message_filter(opened: Opener, canary: str) -> None:
    filter = _native.MessageFilter(opened(A=canary).redactor)
    clean = '{"jsonrpc":"2.0","id":1,"result":{"n":1.50}}'
    assert filter.outgoing(clean) is clean
    assert "[REDACTED:A]" in filter.outgoing(clean.replace("1.50", f'"{canary}"'))



def test_a_withheld_request_fails_its_sender(opened: Opener, canary: str) -> None:
    """Nobody would answer it, and the handler would wait for ever."""
    import mcp_types
    from kz._guard._connection import Connection
    from kz._guard._mcp2 import _DIALECT

    connection = Connection([opened(A=canary).redactor], _DIALECT)
    request = mcp_types.JSONRPCRequest(jsonrpc="2.0", id=canary, method="roots/list")
    with pytest.raises(kz.KzError) as caught:
        connection.outgoing(request)
    assert caught.value.code == "invalid"
    assert canary not in str(caught.value)


def test_ids_of_the_client_come_back(opened: Opener, canary: str) -> None:
    import mcp_types
    from kz._guard._connection import Connection
    from kz._guard._mcp2 import _DIALECT

    connection = Connection([opened(A=canary).redactor], _DIALECT)
    connection.incoming(mcp_types.JSONRPCRequest(jsonrpc="2.0", id=canary, method="ping"))
    answer = mcp_types.JSONRPCResponse(jsonrpc="2.0", id=canary, result={"text": canary})
    sent = connection.outgoing(answer).model_dump_json(by_alias=True, exclude_unset=True)
    assert sent == f'{{"jsonrpc":"2.0","id":"{canary}","result":{{"text":"[REDACTED:A]"}}}}'
