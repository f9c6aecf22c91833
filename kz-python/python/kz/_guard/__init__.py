"""Which servers can be guarded, and what is hooked beside their messages.

| object | package | module here |
|---|---|---|
| `MCPServer`, lowlevel `Server` | `mcp` 2.x | `_mcp2` |
| `FastMCP`, lowlevel `Server` | `mcp` 1.x | `_mcp1` |
| `FastMCP` | `fastmcp` 4.x | `_fastmcp`, over `_mcp2` |

All of them come to one lowlevel `Server`, whose `run` is hooked by `_lowlevel`; what becomes of
a message is in `_connection`; `_process` covers the rest of the process. Everything that is not
known to be covered is refused: a guard that silently misses something is worse than none.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

from kz._guard import _process
from kz._guard._refusal import unsupported
from kz._native import Redactor

_Server = TypeVar("_Server")

_TAKEN = "pass the MCPServer, FastMCP or lowlevel Server of mcp 1.x or 2.x, or the FastMCP of fastmcp 4.x"


def guard(server: _Server, redactor: Redactor) -> _Server:
    """Hooks `server` and this process with `redactor`, and returns `server`."""
    name = _module(server)
    try:
        module = import_module(f"kz._guard.{name}")
    except ImportError:
        unsupported("this release of mcp or fastmcp is not known", "update it")
    module.guard(server, redactor)
    _process.guard(redactor)
    return server


def _module(server: object) -> str:
    """The module for a server, by where its class comes from and what is installed."""
    for kind in type(server).__mro__:
        place = (kind.__module__.partition(".")[0], kind.__name__)
        if place == ("fastmcp", "FastMCP"):
            release = _installed("fastmcp", "fastmcp-slim")
            if release.startswith("4."):
                return "_fastmcp"
            unsupported(f"fastmcp {release} cannot be guarded", "install fastmcp 4.x")
        if place in (("mcp", "MCPServer"), ("mcp", "FastMCP"), ("mcp", "Server")):
            release = _installed("mcp")
            if release.startswith(("1.", "2.")):
                return f"_mcp{release[0]}"
            unsupported(f"mcp {release} cannot be guarded", "install mcp 1.x or 2.x")
    unsupported(f"{type(server).__module__}.{type(server).__qualname__} cannot be guarded", _TAKEN)


def _installed(*packages: str) -> str:
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "of unknown version"
