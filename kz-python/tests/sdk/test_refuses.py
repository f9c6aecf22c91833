"""What the guard does not cover it refuses, in every SDK; what it takes it takes once."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import anyio
import pytest

import kz
from kz import _guard

from ..conftest import Opener
from .conftest import installed

Make = Callable[..., Any]

HTTP = {
    "mcp 1": [("sse_app",), ("streamable_http_app",), ("run", "sse"), ("run", "streamable-http")],
    "mcp 2": [("sse_app",), ("streamable_http_app",), ("run", "sse"), ("run", "streamable-http")],
    "fastmcp 4": [("http_app",), ("run", "http"), ("run", "sse"), ("run", "streamable-http")],
}[installed()]


pytestmark = pytest.mark.usefixtures("restored_process")


def high(**options: Any) -> Any:
    """The server that people write."""
    module, name = {
        "mcp 1": ("mcp.server.fastmcp", "FastMCP"),
        "mcp 2": ("mcp.server.mcpserver", "MCPServer"),
        "fastmcp 4": ("fastmcp", "FastMCP"),
    }[installed()]
    return getattr(import_module(module), name)("test", **options)


def low(**options: Any) -> Any:
    return import_module("mcp.server.lowlevel").Server("test", **options)


def lowlevel_of(server: Any) -> Any:
    return getattr(server, "_lowlevel_server", None) or getattr(server, "_mcp_server", server)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(kz.KzError) as caught:
        call()
    assert caught.value.code == "unsupported"
    assert not caught.value.retryable
    return str(caught.value)


def connect(server: Any, *messages: dict[str, Any], metadata: Any = None) -> list[dict[str, Any]]:
    """Runs a server over streams in this process; gives what it answers to each message."""
    types: Any = import_module("mcp.types")
    session_message: Any = import_module("mcp.shared.message").SessionMessage
    model = types.JSONRPCMessage if installed() == "mcp 1" else None
    parse: Any = model.model_validate if model else types.jsonrpc_message_adapter.validate_python
    answers = []

    async def main() -> None:
        to_server, inbox = anyio.create_memory_object_stream[Any](0)
        outbox, from_server = anyio.create_memory_object_stream[Any](0)
        lowlevel = lowlevel_of(server)
        async with inbox, outbox, anyio.create_task_group() as tasks, to_server, from_server:
            tasks.start_soon(lowlevel.run, inbox, outbox, lowlevel.create_initialization_options())
            for message in messages:
                await to_server.send(session_message(parse({"jsonrpc": "2.0", **message}), metadata))
                if "id" in message:
                    sent = (await from_server.receive()).message
                    answers.append(sent.model_dump(by_alias=True, exclude_unset=True, mode="json"))
            await to_server.aclose()

    anyio.run(main)
    return answers


HELLO = {
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.parametrize("make", [high, low])
def test_guards_once_and_returns_the_same_object(make: Make, opened: Opener, canary: str) -> None:
    secrets = opened(A=canary)
    server = make(instructions=f"use {canary}")
    assert secrets.guard(server) is server
    run, stdout = lowlevel_of(server).run, sys.stdout
    assert secrets.guard(server) is server
    assert lowlevel_of(server).run == run
    assert sys.stdout is stdout
    [answer] = connect(server, HELLO)
    assert answer["result"]["instructions"] == "use [REDACTED:A]"


@pytest.mark.parametrize("make", [high, low])
def test_a_subclass_is_guarded(make: Make, opened: Opener, canary: str) -> None:
    kind = type(make())
    derived = type("Derived", (kind,), {})
    server = opened(A=canary).guard(derived("test", instructions=f"use {canary}"))
    [answer] = connect(server, HELLO)
    assert answer["result"]["instructions"] == "use [REDACTED:A]"


def test_two_secrets_guard_one_server(opened: Opener, canary: str) -> None:
    other = f"kz-canary-other-{canary[::-1]}"
    server = high(instructions=f"{canary} {other}")
    opened(A=canary).guard(server)
    opened(B=other).guard(server)
    [answer] = connect(server, HELLO)
    assert answer["result"]["instructions"] == "[REDACTED:A] [REDACTED:B]"


def test_another_server_of_the_process_stays_as_it_is(opened: Opener, canary: str) -> None:
    opened(A=canary).guard(high())
    [answer] = connect(high(instructions=canary), HELLO)
    assert answer["result"]["instructions"] == canary


@pytest.mark.parametrize("call", HTTP, ids=" ".join)
def test_http(call: tuple[str, ...], opened: Opener, canary: str) -> None:
    method, *arguments = call
    server = opened(A=canary).guard(high())
    assert "transport" in refused(lambda: getattr(server, method)(*arguments))


@pytest.mark.parametrize("make", [high, low])
def test_an_http_app_made_before(make: Make, opened: Opener, canary: str) -> None:
    server = make()
    manager: Any = import_module("mcp.server.streamable_http_manager")
    kept = manager.StreamableHTTPSessionManager(app=lowlevel_of(server))
    assert "HTTP" in refused(lambda: opened(A=canary).guard(server))
    del kept


@pytest.mark.parametrize("make", [high, low])
def test_messages_that_came_over_http(make: Make, opened: Opener, canary: str) -> None:
    """An SSE transport of one's own gives streams too; its messages carry their HTTP request."""
    server = opened(A=canary).guard(make(instructions=f"use {canary}"))
    metadata = import_module("mcp.shared.message").ServerMessageMetadata(request_context=object())
    with pytest.raises(BaseException) as caught:
        connect(server, {"method": "notifications/initialized"}, metadata=metadata)
    assert canary not in repr(caught.value)
    errors = [error for error in leaves(caught.value) if isinstance(error, kz.KzError)]
    assert [error.code for error in errors] == ["unsupported"]


def test_a_session_manager_of_ones_own(
    opened: Opener, canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    """`mcp` 2.x refuses to start it; `mcp` 1.x serves each HTTP client by `run`, which refuses."""
    module: Any = import_module("mcp.server.streamable_http_manager")
    server = opened(A=canary).guard(high(instructions=f"use {canary}"))
    manager = module.StreamableHTTPSessionManager(app=lowlevel_of(server), json_response=True)
    if installed() != "mcp 1":
        refused(lambda: anyio.run(enter, manager))
        return
    status, body = anyio.run(post, manager, {"jsonrpc": "2.0", **HELLO})
    assert status == 500
    assert b"instructions" not in body
    assert "kz: the guard does not cover this transport" in caplog.text


async def enter(manager: Any) -> None:
    async with manager.run():
        pass


async def post(manager: Any, message: dict[str, Any]) -> tuple[int, bytes]:
    """One HTTP request, without a network."""
    inbox = [{"type": "http.request", "body": json.dumps(message).encode(), "more_body": False}]
    answer: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        if inbox:
            return inbox.pop()
        await anyio.sleep_forever()
        raise AssertionError

    async def send(part: dict[str, Any]) -> None:
        answer.update(part, body=answer["body"] + part.get("body", b""))

    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    async with manager.run():
        await manager.handle_request(scope, receive, send)
    return answer["status"], answer["body"]


def leaves(error: BaseException) -> list[BaseException]:
    """What a task group collected."""
    parts = getattr(error, "exceptions", None)
    return [error] if parts is None else [leaf for part in parts for leaf in leaves(part)]


@pytest.mark.parametrize("make", [high, low])
def test_a_server_that_runs_already(make: Make, opened: Opener, canary: str) -> None:
    """Its streams are not wrapped any more."""
    secrets = opened(A=canary)
    messages = []

    class Lifespan:
        def __init__(self, _app: Any) -> None:
            pass

        async def __aenter__(self) -> dict[str, Any]:
            messages.append(refused(lambda: secrets.guard(server)))
            return {}

        async def __aexit__(self, *error: object) -> None:
            messages.append(refused(lambda: secrets.guard(server)))

    server = make(lifespan=Lifespan)
    connect(server, HELLO)
    assert len(messages) == 2
    assert "already" in messages[0]


@pytest.mark.parametrize("make", [high, low])
def test_run_of_the_class(make: Make, opened: Opener, canary: str) -> None:
    """It does not pass the server's own `run`."""
    server = opened(A=canary).guard(make(instructions=f"use {canary}"))
    lowlevel = lowlevel_of(server)
    del lowlevel.run
    with pytest.raises(BaseException) as caught:
        connect(server, HELLO)
    assert canary not in repr(caught.value)
    assert [error.code for error in leaves(caught.value) if isinstance(error, kz.KzError)] == ["unsupported"]


def test_releases_that_nobody_has_seen(
    opened: Opener, canary: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for release in ("0.9.1", "3.0.0", "5.1", "10.0", ""):
        monkeypatch.setattr(_guard, "version", lambda _package, release=release: release)
        message = refused(lambda: opened(A=canary).guard(high()))
        assert release in message
        assert "install" in message


def test_other_objects(opened: Opener, canary: str) -> None:
    for thing in (None, object(), "server", type(high())):
        message = refused(partial(opened(A=canary).guard, thing))
        assert message.startswith("kz: ")
        assert canary not in message


def test_lookalikes(opened: Opener, canary: str) -> None:
    for name in ("FastMCP", "MCPServer", "Server"):
        for module in (__name__, "mcpx.server", "notfastmcp"):
            thing = type(name, (), {"__module__": module})()
            assert canary not in refused(partial(opened(A=canary).guard, thing))


def test_in_a_running_loop(opened: Opener, canary: str) -> None:
    async def main() -> Any:
        return opened(A=canary).guard(low(instructions=f"use {canary}"))

    [answer] = connect(asyncio.run(main()), HELLO)
    assert answer["result"]["instructions"] == "use [REDACTED:A]"
