"""The programs of the guide for users, `docs/python.md`."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import make_canary

GUIDE = Path(__file__).parents[2] / "docs" / "python.md"
_BLOCK = re.compile(r"(?:<!-- server: (?P<sdk>.+?) -->\n)?```python\n(?P<text>.*?)```", re.DOTALL)


def programs() -> list[Any]:
    """Those that run and end; what they print stands in their comments."""
    return _blocks(None)


def servers(sdk: str) -> list[Any]:
    """Those that serve with this SDK."""
    return _blocks(sdk)


def _blocks(sdk: str | None) -> list[Any]:
    """As parameters of a test, named by their chapter."""
    text = GUIDE.read_text()
    chosen = [match for match in _BLOCK.finditer(text) if match["sdk"] == sdk]
    chapters = [re.findall(r"^## (.*)$", text[: match.start()], re.MULTILINE)[-1] for match in chosen]
    return [pytest.param(match["text"], id=chapter) for match, chapter in zip(chosen, chapters)]


def prepare(folder: Path, program: str, canary: str) -> tuple[Path, dict[str, str]]:
    """Writes the guide's manifest and the program; gives its path and its environment."""
    [manifest] = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (folder / "signing-key").write_text(make_canary())
    (folder / ".keyzero.toml").write_text(manifest)
    path = folder / "program.py"
    path.write_text(program)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KEYZERO_")}
    return path, {**environment, "DATABASE_URL": f"postgres://app:{canary}@db:5432/app"}
