"""What is of `mcp` 1.x alone: its messages share stdout with what is printed."""

from __future__ import annotations

import io
from pathlib import Path

import kz
from kz._guard._streams import RedactingText

from ..conftest import make_canary
from .test_kinds import write_manifest
from .wire import Wire


def test_a_message_has_a_line_to_itself() -> None:
    """A print writes its parts one by one, and another thread's message comes between them."""
    canary, written = make_canary(), io.BytesIO()
    inner = io.TextIOWrapper(written, encoding="utf-8", newline="\n")
    stdout = RedactingText(inner, [kz.Redactor({"A": canary})])
    for part in ("connecting", " ", "with", " ", canary[:9]):
        stdout.write(part)
    for message in ('{"id":1}', '{"id":2}'):
        stdout.expect(message)
        stdout.buffer.write(f"{message}\n".encode())
    stdout.write(f"{canary[9:]}\n")
    stdout.end()
    inner.flush()
    lines = written.getvalue().decode().split("\n")
    assert [line for line in lines if line.startswith("{")] == ['{"id":1}', '{"id":2}']
    printed = "".join(line for line in lines if not line.startswith("{"))
    assert printed == "connecting with [REDACTED:A]"


def test_a_transport_that_was_made_before_the_guard(tmp_path: Path) -> None:
    """It writes past what the guard has made of `sys.stdout`, but not past the guard."""
    values = {name: make_canary() for name in ("TEXT", "PRINT", "BUFFER", "LOGGING")}
    environment = {f"TEST_{name}": value for name, value in values.items()}
    wire = Wire("mcp1_lowlevel", str(write_manifest(tmp_path, values)), "inside", environment=environment)
    wire.initialize()
    assert wire.call("text")["result"]["content"][0]["text"] == "dsn=[REDACTED:TEXT];"
    wire.call("process")
    transcript = wire.end()
    for name, value in values.items():
        assert not transcript.holds(value)
        assert f"[REDACTED:{name}]".encode() in transcript.stdout + transcript.stderr
