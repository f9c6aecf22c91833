"""The choke point of both generations of `mcp`: the streams given to `Server.run`.

Every message that a server sends over a pair of streams passes the write stream: results,
errors, notifications and requests, of kinds that exist and of kinds to come. So that stream is
wrapped. Handlers, middleware and decorators each miss some kind.

HTTP does not pass there in `mcp` 2.x: its session manager enters the server's lifespan and
speaks to the handlers directly. So whatever enters the lifespan but does not come from a guarded
`run` is refused. In `mcp` 1.x HTTP does pass, but writes bodies of its own beside the stream, so
messages that carry an HTTP request are refused. The methods that make HTTP apps are refused
sooner, with a better message.
"""

from __future__ import annotations

import functools
import gc
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from types import CoroutineType
from typing import Any, cast
from weakref import WeakKeyDictionary

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from kz._guard._connection import Connection, Dialect, Incoming, Outgoing
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

_guarded: WeakKeyDictionary[Any, list[Redactor]] = WeakKeyDictionary()
_inside: ContextVar[bool] = ContextVar("kz_guarded_run", default=False)


def is_lowlevel(server: object) -> bool:
    """Whether it is what both generations call `Server`, or one derived from it."""
    return issubclass(type(server), Server) and callable(getattr(server, "lifespan", None))


def guard(lowlevel: Any, redactor: Redactor, dialect: Dialect) -> None:
    """Guards every connection that `lowlevel` will serve."""
    if lowlevel not in _guarded:
        _refuse_started(lowlevel)
        _guarded[lowlevel] = []
        _hook(lowlevel, _guarded[lowlevel], dialect)
    redactors = _guarded[lowlevel]
    if not any(known is redactor for known in redactors):
        redactors.append(redactor)


def _hook(lowlevel: Any, redactors: list[Redactor], dialect: Dialect) -> None:
    run, lifespan = lowlevel.run, lowlevel.lifespan

    @functools.wraps(run)
    async def guarded_run(read_stream: Any, write_stream: Any, *args: Any, **kwargs: Any) -> None:
        connection = Connection(redactors, dialect)
        incoming = _StreamsOnly(read_stream, connection)
        token = _inside.set(True)
        try:
            await run(incoming, Outgoing(write_stream, connection), *args, **kwargs)
        finally:
            _inside.reset(token)
        if incoming.refused:
            refuse_transport()

    def guarded_lifespan(app: Any) -> AbstractAsyncContextManager[Any]:
        if not _inside.get():
            refuse_transport()
        # For this connection alone: what handlers start is outside again.
        _inside.set(False)
        return cast("AbstractAsyncContextManager[Any]", lifespan(app))

    # On the instance: other servers of the process stay as they are.
    setattr(lowlevel, "run", guarded_run)
    setattr(lowlevel, "lifespan", guarded_lifespan)
    if hasattr(lowlevel, "streamable_http_app"):
        setattr(lowlevel, "streamable_http_app", refuse_transport)


class _StreamsOnly(Incoming):
    """Ends a connection whose messages came over HTTP: what else its transport writes is not covered."""

    refused = False

    def _note(self, item: Any) -> Any:
        metadata = getattr(item, "metadata", None)
        if metadata is not None and getattr(metadata, "request_context", None) is not None:
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
        if issubclass(kind, StreamableHTTPSessionManager) and getattr(thing, "app", None) is lowlevel:
            unsupported("the server already has an HTTP app", "serve it over stdio")


def _runs(coroutine: CoroutineType[Any, Any, Any], lowlevel: Any) -> bool:
    frame = coroutine.cr_frame
    return frame is not None and frame.f_locals.get("self") is lowlevel
