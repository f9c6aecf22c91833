"""The servers of the guide, with the SDK that they are written for."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..conftest import make_canary
from ..guide import prepare, servers
from .conftest import installed
from .wire import Wire


@pytest.mark.parametrize("program", servers(installed()))
def test_servers_mask_what_they_hold(program: str, tmp_path: Path) -> None:
    canary = make_canary()
    path, environment = prepare(tmp_path, program, canary)
    # The same program without the guard leaks.
    plain = path.with_name("plain.py")
    plain.write_text(program.replace("secrets.guard(", "("))
    for run, leaks in ((path, False), (plain, True)):
        wire = Wire(str(run), environment=environment, folder=tmp_path)
        wire.initialize()
        text = wire.call("connect")["result"]["content"][0]["text"]
        assert text.startswith("Error") or text.startswith("would connect with postgres://")
        transcript = wire.end()
        assert transcript.holds(canary) is leaks
        written = transcript.stdout + transcript.stderr
        assert (b"postgres://[REDACTED:DATABASE_URL]@db:5432/app" in written) is not leaks
