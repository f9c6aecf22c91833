"""What leaves a process beside a server's messages: logs, warnings, tracebacks and prints.

Nothing here may raise because of what it is given: a `repr` that fails must not break a server.
What cannot be turned into text becomes `[REDACTED:error]`.

The hooks stay for the life of the process, after `Secrets.close()` too: the traceback of a
crash is printed last of all.
"""

from __future__ import annotations

import atexit
import functools
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, TextIO, cast

from kz._guard._streams import RedactingText
from kz._native import Redactor

_FAILED = "[REDACTED:error]"

_redactors: list[Redactor] = []
_lock = threading.Lock()


def guard(redactor: Redactor) -> None:
    """Covers this process by `redactor` too."""
    with _lock:
        if any(known is redactor for known in _redactors):
            return
        _redactors.append(redactor)
        if len(_redactors) == 1:
            _hook_streams()
            _hook_logging()
            _hook_warnings()
            _hook_exceptions()


def redact(text: str) -> str:
    """`text` without the secrets of any guard; the same object when it holds none."""
    for redactor in tuple(_redactors):
        text = redactor.redact(text)
    return text


def let_through(line: str) -> None:
    """A filter has passed `line`, and a transport is about to write it to `sys.stdout`.

    Scanned once more as text, the ids in it would lose their exemption.
    """
    if isinstance(sys.stdout, RedactingText):
        sys.stdout.expect(line)


# Prints.


def _hook_streams() -> None:
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            continue
        redacting = RedactingText(stream, _redactors)
        setattr(sys, name, redacting)
        if getattr(sys, f"__{name}__") is stream:
            setattr(sys, f"__{name}__", redacting)
        _redirect_handlers(stream, redacting)
        atexit.register(redacting.end)


def _redirect_handlers(stream: TextIO, redacting: RedactingText) -> None:
    """Handlers that were made earlier hold the stream itself."""
    root = logging.getLogger()
    for logger in (root, *root.manager.loggerDict.values()):
        for handler in cast("list[Any]", getattr(logger, "handlers", [])):
            if getattr(handler, "stream", None) is stream and hasattr(handler, "setStream"):
                handler.setStream(redacting)


# Logs.

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


def _hook_logging() -> None:
    """Records are redacted where they are made, before any filter or handler sees them, and once
    more where they are handed to the handlers: `extra` is added in between, and a record may
    have been made by somebody else."""
    make = logging.getLogRecordFactory()
    call_handlers = logging.Logger.callHandlers

    def factory(*args: Any, **kwargs: Any) -> logging.LogRecord:
        return _redact_record(make(*args, **kwargs))

    @functools.wraps(call_handlers)
    def redacting_call_handlers(self: logging.Logger, record: logging.LogRecord) -> None:
        call_handlers(self, _redact_record(record))

    logging.setLogRecordFactory(factory)
    setattr(logging.Logger, "callHandlers", redacting_call_handlers)


def _redact_record(record: logging.LogRecord) -> logging.LogRecord:
    try:
        message = record.getMessage()
        redacted = redact(message)
        if redacted is not message:
            record.msg, record.args = redacted, None
        elif record.args:
            record.args = _redact_args(record.args)
        if record.exc_info:
            _redact_exception(record)
        for name, value in tuple(vars(record).items()):
            if isinstance(value, str) and name != "msg":
                setattr(record, name, redact(value))
            elif name not in _STANDARD:
                setattr(record, name, _redact_value(value))
    except Exception:
        record.msg, record.args = _FAILED, None
        record.exc_info, record.exc_text, record.stack_info = None, None, None
    return record


def _redact_args(args: Any) -> Any:
    if isinstance(args, tuple):
        return tuple(_redact_value(value) for value in cast("Iterable[Any]", args))
    return _redact_value(args)


def _redact_exception(record: logging.LogRecord) -> None:
    """A traceback without secrets stays as it is; otherwise only its redacted text goes on."""
    kind, error, trace = record.exc_info or sys.exc_info()
    text = _format(kind, error, trace)
    redacted = redact(text)
    if redacted is not text:
        record.exc_info, record.exc_text = None, redacted.rstrip("\n")


def _redact_value(value: Any) -> Any:
    """Arguments and extras: texts, and containers of them. Another object is not looked into:
    what it prints is in the message, which was scanned."""
    try:
        for redactor in tuple(_redactors):
            value = redactor.redact_json(value)
    except TypeError:
        # An object that JSON does not know is in it, or is it.
        if issubclass(type(value), Mapping):
            return {_redact_value(key): _redact_value(item) for key, item in value.items()}
        if issubclass(type(value), (list, tuple, set, frozenset)):
            return [_redact_value(item) for item in value]
    return value


# Warnings.


def _hook_warnings() -> None:
    show = warnings.showwarning

    @functools.wraps(show)
    def showwarning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = _text(message)
        redacted = redact(text)
        show(message if redacted is text else redacted, category, filename, lineno, file, line)

    setattr(warnings, "showwarning", showwarning)


# Exceptions that nobody catches. asyncio and the default hooks report through logging and
# `sys.stderr`; these are for hooks that look at the exception itself.


def _hook_exceptions() -> None:
    sys.excepthook = _redacting_hook(sys.excepthook)
    threading.excepthook = _redacting_hook(threading.excepthook)
    sys.unraisablehook = _redacting_hook(sys.unraisablehook)


def _redacting_hook(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A clean exception goes to `hook`; of another only the redacted traceback is printed."""

    @functools.wraps(hook)
    def redacting_hook(*args: Any) -> None:
        # Either the three, or one object that has them.
        kind, error, trace = args if len(args) == 3 else _fields(args[0])
        text = _format(kind, error, trace)
        redacted = redact(text)
        if redacted is text:
            hook(*args)
        elif sys.stderr is not None:
            sys.stderr.write(redacted)

    return redacting_hook


def _fields(args: Any) -> tuple[Any, Any, Any]:
    return args.exc_type, args.exc_value, args.exc_traceback


def _format(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> str:
    try:
        return "".join(traceback.format_exception(kind, error, trace))
    except Exception:
        return f"{_FAILED}\n"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return _FAILED
