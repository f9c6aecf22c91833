"""The guide for users says what is so. The servers in it run in the environment of their SDK."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import kz

from .conftest import make_canary
from .guide import GUIDE, prepare, programs, servers


def test_every_sdk_has_a_server() -> None:
    assert [len(servers(sdk)) for sdk in ("mcp 2", "mcp 1", "fastmcp 4")] == [2, 2, 1]


@pytest.mark.parametrize("program", programs())
def test_programs_print_what_they_say(program: str, tmp_path: Path) -> None:
    canary = make_canary()
    path, environment = prepare(tmp_path, program, canary)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", path], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines() == re.findall(r"#> (.*)$", program, re.MULTILINE)
    assert canary not in done.stdout


def test_names_exist() -> None:
    """What the text puts into code marks and calls `kz.…` is there."""
    text = GUIDE.read_text()
    for name in set(re.findall(r"\bkz\.([A-Za-z_]+)", text)):
        assert hasattr(kz, name), name


def test_links_lead_somewhere() -> None:
    text = GUIDE.read_text()
    anchors = {
        re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        file, _, anchor = target.partition("#")
        assert (GUIDE.parent / file).exists() if file else anchor in anchors, target
