"""The guard for `mcp` 2.x.

Every message that an `MCPServer` sends over a pair of streams passes the write stream given to
`Server.run`: results, errors, notifications and requests of both protocol eras, of kinds that
exist and of kinds to come. So that stream is wrapped. Middleware sees neither logs nor progress.

HTTP does not pass there: its session manager enters the server's lifespan and speaks to the
handlers directly. So whatever enters the lifespan but does not come from a guarded `run` is
refused; the methods that make HTTP apps are refused sooner, with a better message.
"""

from __future__ import annotations

import functools
import json
import sys
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, NoReturn, cast
from weakref import WeakKeyDictionary

from mcp.server.lowlevel import Server
from mcp.server.mcpserver import MCPServer
from mcp.shared.message import SessionMessage
from mcp_types import (
    INTERNAL_ERROR,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    jsonrpc_message_adapter,
)
from pydantic import BaseModel

from kz._errors import KzError
from kz._guard import unsupported
from kz._native import MessageFilter, Redactor

_guarded: WeakKeyDictionary[Server[Any], list[Redactor]] = WeakKeyDictionary()
_inside: ContextVar[bool] = ContextVar("kz_guarded_run", default=False)

_HTTP = ("sse_app", "streamable_http_app", "run_sse_async", "run_streamable_http_async")
_sealed_classes: dict[type[BaseModel], type[BaseModel]] = {}

_DUMP: dict[str, Any] = {"by_alias": True, "exclude_unset": True}
"""How mcp's own transports turn a message into JSON."""


def guard(server: Any, redactor: Redactor) -> None:
    """Guards every connection that `server` will serve."""
    lowlevel = _lowlevel(server)
    if lowlevel not in _guarded:
        _refuse_started(lowlevel)
        _guarded[lowlevel] = []
        _hook(server, lowlevel, _guarded[lowlevel])
    redactors = _guarded[lowlevel]
    if not any(known is redactor for known in redactors):
        redactors.append(redactor)


def _lowlevel(server: Any) -> Server[Any]:
    lowlevel: Any = getattr(server, "_lowlevel_server", None)
    methods = [getattr(server, name, None) for name in _HTTP]
    if not issubclass(type(server), MCPServer) or not issubclass(type(lowlevel), Server):
        unsupported(f"{type(server).__qualname__} cannot be guarded", "pass an MCPServer")
    if not all(map(callable, [*methods, getattr(lowlevel, "lifespan", None)])):
        unsupported("this release of mcp is not known", "use mcp 2.3")
    return cast("Server[Any]", lowlevel)


def _refuse_started(lowlevel: Server[Any]) -> None:
    if getattr(lowlevel, "_session_manager", None) is not None:
        unsupported("the server already has an HTTP app", "serve it over stdio")
    if getattr(sys.modules.get("mcp.server.stdio"), "_claims", None):
        unsupported("a server is already being served over stdio", "guard it before it runs")


def _hook(server: MCPServer[Any], lowlevel: Server[Any], redactors: list[Redactor]) -> None:
    run: Any = lowlevel.run
    lifespan = lowlevel.lifespan

    @functools.wraps(run)
    async def guarded_run(read_stream: Any, write_stream: Any, *args: Any, **kwargs: Any) -> None:
        connection = _Connection(redactors)
        token = _inside.set(True)
        try:
            await run(
                _Incoming(read_stream, connection), _Outgoing(write_stream, connection), *args, **kwargs
            )
        finally:
            _inside.reset(token)

    def guarded_lifespan(app: Server[Any]) -> AbstractAsyncContextManager[Any]:
        if not _inside.get():
            _refuse_transport()
        # For this connection alone: what handlers start is outside again.
        _inside.set(False)
        return lifespan(app)

    # On the instances: other servers of the process stay as they are.
    setattr(lowlevel, "run", guarded_run)
    setattr(lowlevel, "lifespan", guarded_lifespan)
    setattr(lowlevel, "streamable_http_app", _refuse_transport)
    for name in _HTTP:
        setattr(server, name, _refuse_transport)


def _refuse_transport(*_args: object, **_kwargs: object) -> NoReturn:
    unsupported("the guard does not cover this transport", "serve over stdio")


class _Connection:
    """The filters of one connection: one for each `Secrets` that guards the server."""

    def __init__(self, redactors: list[Redactor]) -> None:
        self._redactors = redactors
        self._filters: list[MessageFilter] = []

    def incoming(self, message: JSONRPCMessage) -> None:
        envelope: dict[str, Any] = {
            name: getattr(message, name, None) for name in ("jsonrpc", "id", "method")
        }
        params: Any = getattr(message, "params", None) or {}
        meta: Any = params.get("_meta")
        if isinstance(meta, dict) and "progressToken" in meta:
            envelope["params"] = {"_meta": {"progressToken": meta["progressToken"]}}
        line = json.dumps({name: value for name, value in envelope.items() if value is not None})
        for filter in self._all():
            filter.incoming(line)

    def outgoing(self, message: JSONRPCMessage) -> JSONRPCMessage:
        try:
            text = message.model_dump_json(**_DUMP)
            redacted = text
            for filter in self._all():
                redacted = filter.outgoing(redacted)
            if redacted is text:
                return _sealed(message, text)
            passed = jsonrpc_message_adapter.validate_json(redacted, by_name=False)
            if not isinstance(message, JSONRPCRequest) or isinstance(passed, JSONRPCRequest):
                return _sealed(passed, redacted)
            # A request that was withheld has nobody to answer it: its sender must hear of it.
            failure = KzError("kz: the request was withheld: it holds a secret", code="invalid")
        except Exception:
            # Without its context: that may quote the message.
            failure = KzError("kz: the message could not be written safely", code="internal")
        return self._failed(message, failure)

    def _failed(self, message: JSONRPCMessage, failure: KzError) -> JSONRPCMessage:
        """An answer becomes an error under the same id; anything else is its sender's failure."""
        if isinstance(message, JSONRPCRequest | JSONRPCNotification):
            raise failure
        text = self._all()[0].error(json.dumps(message.id), INTERNAL_ERROR, str(failure))
        return _sealed(jsonrpc_message_adapter.validate_json(text, by_name=False), text)

    def _all(self) -> list[MessageFilter]:
        for redactor in self._redactors[len(self._filters) :]:
            self._filters.append(MessageFilter(redactor))
        return self._filters


class _Incoming:
    """A read stream that lets the filters note the ids and progress tokens of the client."""

    def __init__(self, stream: Any, connection: _Connection) -> None:
        self._stream = stream
        self._connection = connection

    async def receive(self) -> Any:
        return self._note(await self._stream.receive())

    def __aiter__(self) -> _Incoming:
        return self

    async def __anext__(self) -> Any:
        return self._note(await self._stream.__anext__())

    async def __aenter__(self) -> _Incoming:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return cast("bool | None", await self._stream.__aexit__(*error))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _note(self, item: Any) -> Any:
        if isinstance(item, SessionMessage):
            self._connection.incoming(item.message)
        return item


class _Outgoing:
    """A write stream that takes nothing but what the filters have passed."""

    def __init__(self, stream: Any, connection: _Connection) -> None:
        self._stream = stream
        self._connection = connection

    async def send(self, item: SessionMessage) -> None:
        await self._stream.send(replace(item, message=self._connection.outgoing(item.message)))

    def clone(self) -> _Outgoing:
        return _Outgoing(self._stream.clone(), self._connection)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def close(self) -> None:
        self._stream.close()

    async def __aenter__(self) -> _Outgoing:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return cast("bool | None", await self._stream.__aexit__(*error))


def _sealed(message: JSONRPCMessage, text: str) -> JSONRPCMessage:
    """A copy of `message` that is written as `text`, exactly.

    What was scanned is what leaves, though a handler may still hold, and change, the objects
    that the message was made of; and the JSON is made once.
    """
    sealed = _sealed_class(type(message)).model_construct(
        message.model_fields_set, **{name: getattr(message, name) for name in type(message).model_fields}
    )
    object.__setattr__(sealed, "_kz_text", text)
    return cast("JSONRPCMessage", sealed)


def _sealed_class(kind: type[BaseModel]) -> type[BaseModel]:
    if kind in _sealed_classes:
        return _sealed_classes[kind]

    def model_dump_json(self: Any, **options: Any) -> str:
        if options != _DUMP:
            raise KzError("kz: the message was scanned in another form", code="unsupported")
        return cast("str", self._kz_text)

    members = {"__module__": __name__, "__slots__": ("_kz_text",), "model_dump_json": model_dump_json}
    made = cast("type[BaseModel]", type(f"Sealed{kind.__name__}", (kind,), members))
    return _sealed_classes.setdefault(kind, made)
