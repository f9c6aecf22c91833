"""The guard for `mcp` 2.x: real servers over stdio, driven by the real client."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError

from .conftest import make_canary
from .sdk.wire import Transcript

SERVERS = Path(__file__).parent / "servers"
Era = Literal["legacy", "auto"]  # "auto" comes to 2026-07-28
ERAS: tuple[Era, ...] = ("legacy", "auto")

BOTH = """
    INSTRUCTIONS TEXT TWO_BLOCKS STRUCTURED KEY META BLOB TOOL_ERROR CRASH ERROR_MESSAGE ERROR_DATA
    UNKNOWN_TOOL UNKNOWN_RESOURCE BAD_ARGUMENT PROGRESS RESOURCE RESOURCE_ERROR PROMPT DESCRIPTION
    PRINT PRINT_PARTS PRINT_STDERR BUFFER LOGGING LOGGING_DICT LOGGING_EXTRA LOGGING_EXC LOGGING_ARGS
    BAD_REPR WARNING THREAD ASYNCIO UNRAISABLE EXCEPTHOOK
""".split()
WAYS: dict[Era, list[str]] = {
    "legacy": [*BOTH, "LOG_MESSAGE", "LOG_LOGGER", "ELICITATION", "SAMPLING"],
    "auto": [*BOTH, "LOG_MESSAGE", "LOG_LOGGER", "INPUT_REQUIRED"],
}
ALL = sorted({way for ways in WAYS.values() for way in ways})


def drive(
    program: list[str],
    environment: dict[str, str],
    era: Era,
    calls: Callable[[Client], Awaitable[None]],
) -> Transcript:
    """Starts a server, makes the calls, closes it, and returns all that it wrote."""
    with tempfile.TemporaryDirectory() as folder:
        parameters = StdioServerParameters(
            command=sys.executable,
            args=[str(SERVERS / "tee.py"), folder, sys.executable, *program],
            cwd=SERVERS.parents[1],
            env={**os.environ, **environment},
        )

        async def main() -> None:
            client = Client(
                parameters,
                mode=era,
                log_level="debug",
                cache=None,
                elicitation_callback=elicited,
                sampling_callback=sampled,
                read_timeout_seconds=60,
            )
            async with client:
                await calls(client)

        asyncio.run(main())
        return Transcript((Path(folder) / "stdout").read_bytes(), (Path(folder) / "stderr").read_bytes())


async def elicited(context: Any, params: types.ElicitRequestParams) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"ok": True})


async def sampled(context: Any, params: types.CreateMessageRequestParams) -> types.CreateMessageResult:
    return types.CreateMessageResult(
        role="assistant", content=types.TextContent(type="text", text="no"), model="none"
    )


async def ignored(progress: float, total: float | None, message: str | None) -> None:
    """A progress callback, so that the client asks for progress."""


async def failing(call: Awaitable[object]) -> None:
    """The server may answer with an error; it must answer."""
    try:
        await call
    except MCPError:
        pass


def leaking_calls(era: Era, values: dict[str, str]) -> Callable[[Client], Awaitable[None]]:
    tools = "text two_blocks structured meta tool_error crash protocol_error process".split()

    async def calls(client: Client) -> None:
        await client.list_tools()
        await client.list_prompts()
        for tool in tools:
            await failing(client.call_tool(tool))
        await client.call_tool("notifications", progress_callback=ignored)
        if era == "legacy":
            await client.call_tool("requests")
        else:
            await client.session.call_tool("input_required", allow_input_required=True)
        await failing(client.call_tool(values["UNKNOWN_TOOL"]))
        await failing(client.call_tool("typed", {"number": values["BAD_ARGUMENT"]}))
        await failing(client.read_resource("memory://text"))
        await failing(client.read_resource("memory://broken"))
        await failing(client.read_resource(f"memory://{values['UNKNOWN_RESOURCE']}"))
        await client.get_prompt("prompt")
        # Alive after all of it, `repr`s that raise included.
        assert (await client.call_tool("text")).content

    return calls


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    return {way: make_canary() for way in ALL}


def run_leaky(era: Era, values: dict[str, str], folder: Path | None) -> Transcript:
    environment = {f"TEST_{way}": value for way, value in values.items()}
    program = ["-m", "tests.sdk.servers.mcp2"]
    if folder is not None:
        manifest = folder / ".keyzero.toml"
        manifest.write_text("[secrets]\n" + "".join(f'{way} = "env://TEST_{way}"\n' for way in values))
        program.append(str(manifest))
    return drive(program, environment, era, leaking_calls(era, values))


@pytest.mark.parametrize("era", ERAS)
def test_nothing_leaks(era: Era, values: dict[str, str], tmp_path: Path) -> None:
    transcript = run_leaky(era, values, tmp_path)
    leaked = [way for way in ALL if transcript.holds(values[way])]
    assert leaked == []
    # It was masked, not dropped.
    written = transcript.stdout + transcript.stderr
    masked = {way for way in WAYS[era] if f"[REDACTED:{way}]".encode() in written}
    assert set(WAYS[era]) - masked <= {"TWO_BLOCKS", "BAD_REPR", "LOGGING_ARGS", "BLOB"}


@pytest.mark.parametrize("era", ERAS)
def test_everything_leaks_without_the_guard(era: Era, values: dict[str, str]) -> None:
    transcript = run_leaky(era, values, None)
    assert [way for way in WAYS[era] if not transcript.holds(values[way])] == []


@pytest.mark.parametrize("era", ERAS)
def test_clean_messages_are_byte_for_byte_the_same(era: Era, tmp_path: Path) -> None:
    async def calls(client: Client) -> None:
        await client.list_tools()
        for tool in ("numbers", "words", "lookalikes", "image", "unknown"):
            await failing(client.call_tool(tool))
        await client.call_tool("fails", {"reason": "no such table: users"})
        await client.call_tool("progress", progress_callback=ignored)
        await client.list_resources()
        await client.read_resource("memory://text")
        await client.get_prompt("prompt", {"topic": "cats"})

    manifest = tmp_path / ".keyzero.toml"
    manifest.write_text('[secrets]\nA = "env://TEST_A"\n')
    environment = {"TEST_A": make_canary()}
    program = str(SERVERS / "clean.py")
    plain = drive([program], environment, era, calls)
    guarded = drive([program, str(manifest)], environment, era, calls)
    assert plain.stdout.splitlines() == guarded.stdout.splitlines()
    assert len(plain.stdout.splitlines()) >= 11
    assert b"REDACTED" not in guarded.stderr
