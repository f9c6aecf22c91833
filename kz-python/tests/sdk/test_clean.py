"""What holds no secret leaves byte for byte as it came, and so do the ids of the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import make_canary
from .conftest import SERVERS
from .test_kinds import write_manifest
from .wire import Transcript, Wire


def drive(server: str, manifest: Path | None, secret: str) -> Transcript:
    wire = Wire(server, *([str(manifest)] if manifest else []), environment={"TEST_A": secret})
    wire.initialize()
    for method in ("tools/list", "prompts/list", "resources/list", "ping"):
        wire.request(method)
    for tool in "text structured meta tool_error notifications requests roots unknown".split():
        wire.call(tool)
    wire.call("typed", number="ünïcödé 🦀 \\ \"quoted\"")
    wire.request("resources/read", {"uri": "memory://text"})
    wire.request("prompts/get", {"name": "prompt"})
    return wire.end()


@pytest.mark.parametrize("server", SERVERS)
def test_clean_messages_are_byte_for_byte_the_same(server: str, tmp_path: Path) -> None:
    secret = make_canary()
    plain = drive(server, None, secret)
    guarded = drive(server, write_manifest(tmp_path, {"A": secret}), secret)
    assert plain.stdout.splitlines() == guarded.stdout.splitlines()
    assert len(plain.messages()) >= 18
    assert b"REDACTED" not in guarded.stdout + guarded.stderr


@pytest.mark.parametrize("server", SERVERS)
def test_ids_and_progress_tokens_of_the_client_come_back(server: str, tmp_path: Path) -> None:
    """Even when they hold a secret: the client knows it, and would wait for ever."""
    secret = make_canary()
    values = {"TEXT": secret, "PROGRESS": make_canary()}
    environment = {f"TEST_{name}": value for name, value in values.items()}
    wire = Wire(server, str(write_manifest(tmp_path, values)), environment=environment)
    wire.initialize()
    answer = wire.request("tools/call", {"name": "text", "arguments": {}}, id=secret)
    assert answer["result"]["content"][0]["text"] == "dsn=[REDACTED:TEXT];"
    parameters = {"name": "notifications", "arguments": {}, "_meta": {"progressToken": secret}}
    assert wire.request("tools/call", parameters, id=f"x{secret}")["id"] == f"x{secret}"
    messages = wire.end().messages()
    [progress] = [m["params"] for m in messages if m.get("method") == "notifications/progress"]
    assert progress["progressToken"] == secret
    assert progress["message"] == "trying [REDACTED:PROGRESS]"


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("server", SERVERS)
def test_many_and_long_answers_at_once(server: str, unbuffered: str, tmp_path: Path) -> None:
    """With prints between them, which in `mcp` 1.x share stdout with the messages."""
    values = {"PRINT": make_canary(), "BUFFER": make_canary(), "KEY": make_canary()}
    long = "ünï " * 12_000
    environment = {f"TEST_{name}": value for name, value in {**values, "TEXT": long}.items()}
    environment["PYTHONUNBUFFERED"] = unbuffered
    wire = Wire(server, str(write_manifest(tmp_path, values)), environment=environment)
    wire.initialize()
    calls = {f"{values['KEY']}-{number}": ("text", "process")[number % 2] for number in range(40)}
    for id, tool in calls.items():
        wire.send({"id": id, "method": "tools/call", "params": {"name": tool, "arguments": {}}})
    answers = wire.answers(list(calls))
    for id, tool in calls.items():
        text = answers[id]["result"]["content"][0]["text"]
        assert text == ("done" if tool == "process" else f"dsn={long};")
    transcript = wire.end()
    written = transcript.stdout + transcript.stderr
    assert values["PRINT"].encode() not in written
    assert values["BUFFER"].encode() not in written
    assert written.count(b"[REDACTED:PRINT]") == written.count(b"[REDACTED:BUFFER]") == 20
