"""How the guard refuses."""

from __future__ import annotations

from typing import NoReturn

from kz._errors import KzError


def unsupported(what: str, remedy: str) -> NoReturn:
    """Refuses, in the contract's form."""
    raise KzError(f"kz: {what}: {remedy}", code="unsupported")


def refuse_transport(*_args: object, **_kwargs: object) -> NoReturn:
    """Stands in for what would serve over anything but streams."""
    unsupported("the guard does not cover this transport", "serve over stdio")
