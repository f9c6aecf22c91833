"""What is of `fastmcp` alone."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from fastmcp import Client, FastMCP

import kz

from ..conftest import Opener

pytestmark = pytest.mark.usefixtures("restored_process")


def make(name: str, leak: str) -> FastMCP[Any]:
    server: FastMCP[Any] = FastMCP(name)

    @server.tool(name=f"{name}_leak")
    def tool() -> str:
        return leak

    return server


async def call(server: FastMCP[Any], tool: str) -> str:
    async with Client(server) as client:
        return str(await client.call_tool(tool, {}))


def test_its_client_in_process_is_covered(opened: Opener, canary: str) -> None:
    server = opened(A=canary).guard(make("one", canary))
    answer = anyio.run(call, server, "one_leak")
    assert canary not in answer
    assert "[REDACTED:A]" in answer


def test_a_guarded_server_covers_what_is_mounted_into_it(opened: Opener, canary: str) -> None:
    secrets = opened(A=canary)
    for child in (make("child", canary), secrets.guard(make("child", canary))):
        root = secrets.guard(make("root", "nothing"))
        root.mount(child)
        answer = anyio.run(call, root, "child_leak")
        assert canary not in answer
        assert "[REDACTED:A]" in answer


@pytest.mark.parametrize("between", [False, True])
def test_a_guarded_server_is_not_mounted_into_another(opened: Opener, canary: str, between: bool) -> None:
    root = make("root", "nothing")
    parent = root
    if between:
        parent = make("between", "nothing")
        root.mount(parent)
    parent.mount(opened(A=canary).guard(make("child", canary)))
    with pytest.raises(RuntimeError, match="mounted") as caught:
        anyio.run(call, root, "child_leak")
    assert isinstance(caught.value.__cause__, kz.KzError)
    assert caught.value.__cause__.code == "unsupported"


def test_a_server_that_was_mounted_may_run_alone(opened: Opener, canary: str) -> None:
    child = opened(A=canary).guard(make("child", canary))
    make("root", "nothing").mount(child)
    assert "[REDACTED:A]" in anyio.run(call, child, "child_leak")
