"""Which servers can be guarded, and what is hooked beside their messages.

A server package has a module here; `guard` picks it by the object's class. Everything that is
not known to be covered is refused: a guard that silently misses something is worse than none.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn, TypeVar

from kz._errors import KzError
from kz._guard import _process
from kz._native import Redactor

_Server = TypeVar("_Server")


def guard(server: _Server, redactor: Redactor) -> _Server:
    """Hooks `server` and this process with `redactor`, and returns `server`."""
    package = next(
        (kind.__module__ for kind in type(server).__mro__ if kind.__name__ == "MCPServer"), ""
    )
    if not package.startswith("mcp.server."):
        unsupported(
            f"{type(server).__module__}.{type(server).__qualname__} cannot be guarded",
            "pass the MCPServer of the package mcp, 2.x",
        )
    if _installed("mcp").partition(".")[0] != "2":
        unsupported(f"mcp {_installed('mcp')} cannot be guarded", "install mcp 2.x")
    from kz._guard import _mcp

    _mcp.guard(server, redactor)
    _process.guard(redactor)
    return server


def unsupported(what: str, remedy: str) -> NoReturn:
    """Refuses, in the contract's form."""
    raise KzError(f"kz: {what}: {remedy}", code="unsupported")


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "of unknown version"
