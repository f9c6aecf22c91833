"""The guard for `mcp` 2.x.

Its HTTP does not pass `Server.run`: the session manager enters the server's lifespan and speaks
to the handlers directly. So whatever enters the lifespan but does not come from a guarded `run`
is refused; the methods that make HTTP apps are refused sooner, with a better message.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from typing import Any

from mcp_types import jsonrpc_message_adapter

from kz._guard import _lowlevel
from kz._guard._connection import Dialect
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

_inside: ContextVar[bool] = ContextVar("kz_guarded_run", default=False)

_HTTP = ("sse_app", "streamable_http_app", "run_sse_async", "run_streamable_http_async")

_DIALECT = Dialect(
    dump={"by_alias": True, "exclude_unset": True},
    parse=functools.partial(jsonrpc_message_adapter.validate_json, by_name=False),
    shares_stdout=False,
)


def guard(server: Any, redactor: Redactor) -> None:
    """Guards every connection that `server` will serve."""
    if _lowlevel.is_lowlevel(server):
        guard_lowlevel(server, redactor)
    else:
        guard_lowlevel(getattr(server, "_lowlevel_server", None), redactor)
        for name in _HTTP:
            setattr(server, name, refuse_transport)


def guard_lowlevel(lowlevel: Any, redactor: Redactor) -> None:
    """Guards the lowlevel server that another package builds on, too."""
    if not _lowlevel.is_lowlevel(lowlevel) or not callable(getattr(lowlevel, "lifespan", None)):
        unsupported("this release of mcp is not known", "use mcp 2.3")
    _lowlevel.guard(lowlevel, redactor, _DIALECT, _hook)


def _hook(lowlevel: Any, run: Callable[..., Any]) -> Callable[..., Any]:
    lifespan = lowlevel.lifespan

    @functools.wraps(run)
    async def marked_run(*args: Any, **kwargs: Any) -> None:
        token = _inside.set(True)
        try:
            await run(*args, **kwargs)
        finally:
            _inside.reset(token)

    def guarded_lifespan(app: Any) -> AbstractAsyncContextManager[Any]:
        if not _inside.get():
            refuse_transport()
        # For this connection alone: what handlers start is outside again.
        _inside.set(False)
        return lifespan(app)  # type: ignore[no-any-return]

    setattr(lowlevel, "lifespan", guarded_lifespan)
    setattr(lowlevel, "streamable_http_app", refuse_transport)
    return marked_run
