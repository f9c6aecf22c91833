"""The guard for `fastmcp` 4.x, which builds on the lowlevel server of `mcp` 2.x.

A server may be mounted into another, which then sends its messages. So a guarded server whose
lifespan is entered for a server that is not guarded refuses to start.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from kz._guard import _mcp2
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

_HTTP = ("http_app", "run_http_async")

# By name: the environment that types are checked in has no fastmcp.
_mounted: Any = getattr(import_module("fastmcp.server.mixins.lifespan"), "_lifespan_root_active", None)
_below_guarded: ContextVar[bool] = ContextVar("kz_below_guarded", default=False)


def guard(server: Any, redactor: Redactor) -> None:
    """Guards every connection that `server` will serve."""
    lifespan: Any = getattr(server, "_lifespan_manager", None)
    known = all(map(callable, [lifespan, *(getattr(server, name, None) for name in _HTTP)]))
    if not known or not isinstance(_mounted, ContextVar):
        unsupported("this release of fastmcp is not known", "use fastmcp 4.1")
    _mcp2.guard_lowlevel(getattr(server, "_mcp_server", None), redactor)
    if "_lifespan_manager" not in vars(server):
        setattr(server, "_lifespan_manager", _guarded_lifespan(lifespan))
    for name in _HTTP:
        setattr(server, name, refuse_transport)


def _guarded_lifespan(
    lifespan: Callable[[], AbstractAsyncContextManager[None]],
) -> Callable[[], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def guarded_lifespan() -> AsyncGenerator[None]:
        if _mounted.get() and not _below_guarded.get():
            unsupported("the server is mounted into one that is not guarded", "guard the one that runs")
        token = _below_guarded.set(True)
        try:
            async with lifespan():
                yield
        finally:
            _below_guarded.reset(token)

    return guarded_lifespan
