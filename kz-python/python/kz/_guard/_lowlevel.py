"""The choke point of both generations of `mcp`: the streams given to `Server.run`.

Every message that a server sends over a pair of streams passes the write stream: results,
errors, notifications and requests, of kinds that exist and of kinds to come. So that stream is
wrapped. Handlers, middleware and decorators each miss some kind.
"""

from __future__ import annotations

import functools
import gc
from collections.abc import Callable
from types import CoroutineType
from typing import Any, cast
from weakref import WeakKeyDictionary

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from kz._guard._connection import Connection, Dialect, Incoming, Outgoing
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

_guarded: WeakKeyDictionary[Any, list[Redactor]] = WeakKeyDictionary()


def is_lowlevel(server: object) -> bool:
    """Whether it is what both generations call `Server`, or one derived from it."""
    return isinstance(server, Server)


def guard(
    lowlevel: Any,
    redactor: Redactor,
    dialect: Dialect,
    hook: Callable[[Any, Callable[..., Any]], Callable[..., Any]] = lambda _lowlevel, run: run,
) -> None:
    """Guards every connection that `lowlevel` will serve; `hook` wraps `run` once more."""
    if lowlevel not in _guarded:
        _refuse_started(lowlevel)
        _guarded[lowlevel] = []
        # On the instance: other servers of the process stay as they are.
        run = hook(lowlevel, lowlevel.run)
        setattr(lowlevel, "run", _guarded_run(run, _guarded[lowlevel], dialect))
    redactors = _guarded[lowlevel]
    if not any(known is redactor for known in redactors):
        redactors.append(redactor)


def _guarded_run(run: Callable[..., Any], redactors: list[Redactor], dialect: Dialect) -> Callable[..., Any]:
    @functools.wraps(run)
    async def guarded_run(read_stream: Any, write_stream: Any, *args: Any, **kwargs: Any) -> None:
        connection = Connection(redactors, dialect)
        incoming = _StreamsOnly(read_stream, connection)
        await run(incoming, Outgoing(write_stream, connection), *args, **kwargs)
        if incoming.refused:
            refuse_transport()

    return guarded_run


class _StreamsOnly(Incoming):
    """Ends a connection whose messages came over HTTP: what else its transport writes is not covered."""

    refused = False

    def _note(self, item: Any) -> Any:
        if getattr(getattr(item, "metadata", None), "request_context", None) is not None:
            self.refused = True
            refuse_transport()
        return super()._note(item)


def _refuse_started(lowlevel: Any) -> None:
    """What is being served already has streams that nobody wrapped."""
    run = Server.run.__code__
    for thing in gc.get_objects():
        kind = cast("type[object]", type(thing))
        if kind is CoroutineType and thing.cr_code is run and _runs(thing, lowlevel):
            unsupported("the server is already being served", "guard it before it runs")
        if kind is StreamableHTTPSessionManager and getattr(thing, "app", None) is lowlevel:
            unsupported("the server already has an HTTP app", "serve it over stdio")


def _runs(coroutine: CoroutineType[Any, Any, Any], lowlevel: Any) -> bool:
    frame = coroutine.cr_frame
    return frame is not None and frame.f_locals.get("self") is lowlevel
