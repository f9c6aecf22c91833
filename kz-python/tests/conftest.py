"""Secrets for tests are made at run time and are obviously false."""

from __future__ import annotations

import logging
import secrets as random
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kz
from kz._guard import _texts

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


@pytest.fixture
def restored_process() -> Iterator[None]:
    """The guard hooks this very process: puts it back for the tests that follow."""
    logger: Any = logging.Logger
    before = (
        sys.stdout,
        sys.stderr,
        sys.excepthook,
        sys.unraisablehook,
        threading.excepthook,
        warnings.showwarning,
        logging.getLogRecordFactory(),
        logger.callHandlers,
    )
    yield
    (
        sys.stdout,
        sys.stderr,
        sys.excepthook,
        sys.unraisablehook,
        threading.excepthook,
        warnings.showwarning,
        factory,
        logger.callHandlers,
    ) = before
    logging.setLogRecordFactory(factory)
    _texts.redactors.clear()
