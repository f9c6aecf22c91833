"""Secrets for tests are made at run time and are obviously false."""

from __future__ import annotations

import secrets as random
from collections.abc import Callable
from pathlib import Path

import pytest

import kz

Opener = Callable[..., kz.Secrets]


def make_canary() -> str:
    return f"kz-canary-{random.token_hex(12)}"


@pytest.fixture
def canary() -> str:
    return make_canary()


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a manifest whose secrets live in the environment of this process."""

    def write(more: str = "", **values: str) -> Path:
        lines = ["[secrets]"]
        for name, value in values.items():
            monkeypatch.setenv(f"TEST_{name}", value)
            lines.append(f'{name} = "env://TEST_{name}"')
        path = tmp_path / ".keyzero.toml"
        path.write_text("\n".join([*lines, more, ""]))
        return path

    monkeypatch.delenv("KEYZERO_CONFIG", raising=False)
    monkeypatch.delenv("KEYZERO_ENV", raising=False)
    return write


@pytest.fixture
def opened(manifest: Callable[..., Path]) -> Opener:
    """Opens secrets by name and value."""

    def open_secrets(more: str = "", **values: str) -> kz.Secrets:
        return kz.open(manifest(more, **values))

    return open_secrets
