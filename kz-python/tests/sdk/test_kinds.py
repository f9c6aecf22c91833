"""Every kind of message, and all that leaves beside them, over stdio: each leaks without the
guard and none leaks with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import make_canary
from .conftest import SERVERS
from .wire import Transcript, Wire

WAYS = """
    INSTRUCTIONS TOOL_DESCRIPTION ARGUMENT_DESCRIPTION
    TEXT TWO_BLOCKS STRUCTURED KEY META BLOB LINK TOOL_ERROR CRASH ERROR_MESSAGE ERROR_DATA BAD_STR
    UNKNOWN_TOOL UNKNOWN_METHOD UNKNOWN_RESOURCE UNKNOWN_PROMPT BAD_ARGUMENT BAD_OUTPUT BAD_PARAMS
    PROGRESS LOG_MESSAGE LOG_LOGGER RESOURCE_UPDATED ELICITATION SAMPLING SAMPLING_SYSTEM ROOTS
    RESOURCE RESOURCE_DESCRIPTION RESOURCE_ERROR TEMPLATE TEMPLATE_DESCRIPTION
    PROMPT DESCRIPTION PROMPT_ERROR COMPLETION
    PRINT PRINT_PARTS PRINT_STDERR BUFFER LOGGING LOGGING_DICT LOGGING_EXTRA LOGGING_EXC
    LOGGING_ARGS BAD_REPR WARNING THREAD THREAD_PRINT ASYNCIO BACKGROUND GROUP_ONE GROUP_TWO
    UNRAISABLE LIFESPAN_START LIFESPAN_END EXCEPTHOOK
""".split()

SILENT: dict[str, set[str]] = {
    "mcp1": set(),
    "mcp1_lowlevel": set(),
    "mcp2": {"BAD_PARAMS", "BAD_STR"},
    "fastmcp4": {"BAD_PARAMS", "ERROR_DATA"},
}
"""What an SDK keeps to itself; a release that no longer does is noticed."""

WHOLE = {"BAD_REPR", "LOGGING_ARGS"}
"""Ways where the whole text is withheld, because it could not be made to be scanned."""


def drive(server: str, values: dict[str, str], manifest: Path | None) -> Transcript:
    """Goes every way, and gives what the server wrote."""
    environment = {f"TEST_{way}": value for way, value in values.items()}
    wire = Wire(server, *([str(manifest)] if manifest else []), environment=environment)
    wire.initialize()
    for method in ("tools/list", "prompts/list", "resources/list", "resources/templates/list"):
        wire.request(method)
    for tool in """text two_blocks structured meta tool_error crash unprintable protocol_error bad_output
        task_group notifications requests roots process""".split():
        wire.call(tool)
    wire.call(values["UNKNOWN_TOOL"])
    wire.call("typed", number=values["BAD_ARGUMENT"])
    wire.request("tools/call", {"name": [values["BAD_PARAMS"]]})
    wire.request(f"unknown/{values['UNKNOWN_METHOD']}", {})
    for name in ("text", "broken", "items/one", values["UNKNOWN_RESOURCE"]):
        wire.request("resources/read", {"uri": f"memory://{name}"})
    for name in ("prompt", "broken_prompt", values["UNKNOWN_PROMPT"]):
        wire.request("prompts/get", {"name": name})
    reference = {"type": "ref/prompt", "name": "prompt"}
    for name in ("topic", "protocol_error"):
        wire.request("completion/complete", {"ref": reference, "argument": {"name": name, "value": ""}})
    # Alive after all of it.
    assert wire.call("text")["result"]["content"]
    return wire.end()


@pytest.fixture(scope="module")
def values() -> dict[str, str]:
    return {way: make_canary() for way in WAYS}


def write_manifest(folder: Path, values: dict[str, str]) -> Path:
    path = folder / ".keyzero.toml"
    path.write_text("[secrets]\n" + "".join(f'{way} = "env://TEST_{way}"\n' for way in values))
    return path


@pytest.mark.parametrize("server", SERVERS)
def test_nothing_leaks(server: str, values: dict[str, str], tmp_path: Path) -> None:
    transcript = drive(server, values, write_manifest(tmp_path, values))
    assert [way for way in WAYS if transcript.holds(values[way])] == []
    # It was masked, not dropped.
    written = transcript.stdout + transcript.stderr
    masked = {way for way in WAYS if f"[REDACTED:{way}]".encode() in written}
    assert set(WAYS) - masked - SILENT[server] <= WHOLE


@pytest.mark.parametrize("server", SERVERS)
def test_everything_leaks_without_the_guard(server: str, values: dict[str, str]) -> None:
    transcript = drive(server, values, None)
    assert {way for way in WAYS if not transcript.holds(values[way])} == SILENT[server]


@pytest.mark.parametrize("server", SERVERS)
def test_a_lifespan_that_fails_to_start(server: str, tmp_path: Path) -> None:
    values = {"LIFESPAN_FAILS": make_canary()}
    environment = {"TEST_LIFESPAN_FAILS": values["LIFESPAN_FAILS"]}
    plain = Wire(server, environment=environment).end()
    assert plain.holds(values["LIFESPAN_FAILS"])
    guarded = Wire(server, str(write_manifest(tmp_path, values)), environment=environment).end()
    assert not guarded.holds(values["LIFESPAN_FAILS"])
    assert b"no start: [REDACTED:LIFESPAN_FAILS]" in guarded.stderr
