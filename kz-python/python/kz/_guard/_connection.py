"""What becomes of the messages of one connection, whichever SDK carries them.

Both generations of `mcp` pass pydantic models over a pair of streams; they differ in how a
model becomes JSON and JSON a model, which is their `Dialect`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from kz._errors import KzError
from kz._guard import _process
from kz._native import MessageFilter, Redactor

_INTERNAL_ERROR = -32603
_LARGEST_COUNT = 2**64 - 1


@dataclass(frozen=True)
class Dialect:
    """How one generation of `mcp` writes its messages."""

    dump: dict[str, Any]
    """The options by which its transports turn a message into JSON."""
    parse: Callable[[str], Any]
    """Turns JSON into a message."""
    shares_stdout: bool
    """Whether its stdio transport writes to `sys.stdout`, which is redacted as text too."""


class Connection:
    """The filters of one connection: one for each `Secrets` that guards the server."""

    def __init__(self, redactors: list[Redactor], dialect: Dialect) -> None:
        self._redactors = redactors
        self._dialect = dialect
        self._filters: list[MessageFilter] = []
        self._count: int | None = None
        """The id of the last request, if it is a count: it crosses with the next message that leaves."""

    def incoming(self, message: Any) -> None:
        """Notes the id and the progress token, which may go back as they came."""
        fields = _fields(message)
        if "method" not in fields:
            return
        id = fields.get("id")
        parameters: Any = fields.get("params")
        meta: Any = parameters.get("_meta") if parameters else None
        if isinstance(meta, dict) and "progressToken" in meta:
            token = cast("dict[str, Any]", meta)["progressToken"]
            params = {"_meta": {"progressToken": token}}
        elif type(id) is int and 0 <= id <= _LARGEST_COUNT:
            if self._count is not None:
                for filter in self._all():
                    filter.incoming_count(self._count)
            self._count = id
            return
        elif id is None:
            return
        else:
            params = None
        line = json.dumps({"id": id, "method": "", "params": params})
        for filter in self._all():
            filter.incoming(line)

    def outgoing(self, message: Any) -> Any:
        """The message that may leave, sealed: it is written as it was scanned."""
        try:
            text = message.model_dump_json(**self._dialect.dump)
            redacted = self._filtered(text)
            if redacted is text:
                return self._sealed(message, text)
            passed = self._dialect.parse(redacted)
            if not _is_request(message) or _is_request(passed):
                return self._sealed(passed, redacted)
            # A request that was withheld has nobody to answer it: its sender must hear of it.
            failure = KzError("kz: the request was withheld: it holds a secret", code="invalid")
        except Exception:
            # Without its context: that may quote the message.
            failure = KzError("kz: the message could not be written safely", code="internal")
        return self._failed(message, failure)

    def _filtered(self, text: str) -> str:
        """The same object when nothing was found."""
        count, self._count = self._count, None
        for filter in self._all():
            text = filter.outgoing(text, count)
        return text

    def _failed(self, message: Any, failure: KzError) -> Any:
        """An answer becomes an error under the same id; anything else is its sender's failure."""
        fields = _fields(message)
        if "method" in fields:
            raise failure
        text = self._all()[0].error(json.dumps(fields["id"]), _INTERNAL_ERROR, str(failure))
        if self._filtered(text) is not text:
            # The id is not the client's, and holds a secret.
            raise failure
        return self._sealed(self._dialect.parse(text), text)

    def _sealed(self, message: Any, text: str) -> Any:
        """A copy of `message` that is written as `text`, exactly.

        What was scanned is what leaves, though a handler may still hold, and change, the
        objects that the message was made of; and the JSON is made once.
        """
        kind = message.__class__
        sealed = _new(_sealed_classes.get(kind) or _sealed_class(kind, self._dialect))
        _set(sealed, "__dict__", message.__dict__)
        _set(sealed, "__pydantic_fields_set__", message.__pydantic_fields_set__)
        _set(sealed, "__pydantic_extra__", message.__pydantic_extra__)
        _set(sealed, "__pydantic_private__", message.__pydantic_private__)
        _set(sealed, "_kz_text", text)
        return sealed

    def _all(self) -> list[MessageFilter]:
        if len(self._filters) < len(self._redactors):
            for redactor in self._redactors[len(self._filters) :]:
                self._filters.append(MessageFilter(redactor))
        return self._filters


class Incoming:
    """A read stream that lets the filters note the ids and progress tokens of the client."""

    def __init__(self, stream: Any, connection: Connection) -> None:
        self._stream = stream
        self._connection = connection

    async def receive(self) -> Any:
        return self._note(await self._stream.receive())

    def __aiter__(self) -> Incoming:
        return self

    async def __anext__(self) -> Any:
        return self._note(await self._stream.__anext__())

    async def __aenter__(self) -> Incoming:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return cast("bool | None", await self._stream.__aexit__(*error))

    @property
    def last_context(self) -> Any:
        """What `mcp` 2.x asks for behind each message: `__getattr__` alone would be asked last."""
        return self._stream.last_context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _note(self, item: Any) -> Any:
        # Beside messages, a transport passes on the exceptions that parsing raised.
        if not isinstance(item, Exception):
            self._connection.incoming(item.message)
        return item


class Outgoing:
    """A write stream that takes nothing but what the filters have passed."""

    def __init__(self, stream: Any, connection: Connection) -> None:
        self._stream = stream
        self._connection = connection

    def send(self, item: Any) -> Awaitable[None]:
        return cast("Awaitable[None]", self._stream.send(self._filtered(item)))

    def send_nowait(self, item: Any) -> None:
        self._stream.send_nowait(self._filtered(item))

    def clone(self) -> Outgoing:
        return Outgoing(self._stream.clone(), self._connection)

    async def aclose(self) -> None:
        await self._stream.aclose()

    def close(self) -> None:
        self._stream.close()

    async def __aenter__(self) -> Outgoing:
        await self._stream.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> bool | None:
        return cast("bool | None", await self._stream.__aexit__(*error))

    def _filtered(self, item: Any) -> Any:
        """A copy of the item, which may be its sender's to send again."""
        filtered = _new(item.__class__)
        filtered.__dict__.update(item.__dict__)
        filtered.message = self._connection.outgoing(item.message)
        return filtered


def _fields(message: Any) -> dict[str, Any]:
    """Of the message itself: `mcp` 1.x wraps each in a root model. A model takes microseconds
    to say that it has no attribute of a name."""
    fields: dict[str, Any] = message.__dict__
    if "root" in fields:
        fields = fields["root"].__dict__
    return fields


def _is_request(message: Any) -> bool:
    fields = _fields(message)
    return "method" in fields and "id" in fields


# Sealed messages.

_new, _set = object.__new__, object.__setattr__
_sealed_classes: dict[type[Any], type[Any]] = {}


def _sealed_class(kind: type[Any], dialect: Dialect) -> type[Any]:
    def model_dump_json(self: Any, **options: Any) -> str:
        if options != dialect.dump:
            raise KzError("kz: the message was scanned in another form", code="unsupported")
        text = cast("str", self._kz_text)
        if dialect.shares_stdout:
            _process.let_through(text)
        return text

    members = {"__module__": __name__, "__slots__": ("_kz_text",), "model_dump_json": model_dump_json}
    made = type(f"Sealed{kind.__name__}", (kind,), members)
    return _sealed_classes.setdefault(kind, made)
