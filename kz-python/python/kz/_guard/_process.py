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
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO

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
    loggers = [logging.getLogger(), *logging.getLogger().manager.loggerDict.values()]
    for logger in loggers:
        for handler in getattr(logger, "handlers", ()):
            if isinstance(handler, logging.StreamHandler) and handler.stream is stream:  # pyright: ignore[reportUnknownMemberType]
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
        else:
            record.args = _redact_value(record.args)
        if record.exc_info:
            _redact_exception(record)
        for name in ("exc_text", "stack_info"):
            if text := getattr(record, name):
                setattr(record, name, redact(text))
        for name in vars(record).keys() - _STANDARD:
            setattr(record, name, _redact_value(getattr(record, name)))
    except Exception:
        record.msg, record.args = _FAILED, None
        record.exc_info, record.exc_text, record.stack_info = None, None, None
    return record


def _redact_exception(record: logging.LogRecord) -> None:
    """A traceback without secrets stays as it is; otherwise only its redacted text goes on."""
    text = _format(*_triple(record.exc_info))
    redacted = redact(text)
    if redacted is not text:
        record.exc_info, record.exc_text = None, redacted.rstrip("\n")


def _triple(exc_info: Any) -> tuple[Any, Any, Any]:
    if isinstance(exc_info, BaseException):
        return type(exc_info), exc_info, exc_info.__traceback__
    return exc_info if isinstance(exc_info, tuple) else sys.exc_info()


def _redact_value(value: Any) -> Any:
    """Arguments and extras: texts and the containers of them; other objects are not looked into,
    because what they print is in the message, and that was scanned."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        pairs = {_redact_value(key): _redact_value(item) for key, item in value.items()}
        same = all(one is other for pair in zip(value.items(), pairs.items()) for one, other in zip(*pair))
        return value if same and len(value) == len(pairs) else pairs
    if type(value) in (list, tuple):
        items = [_redact_value(item) for item in value]
        return value if all(map(_is, value, items)) else type(value)(items)
    return value


def _is(one: object, other: object) -> bool:
    return one is other


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
    sys.excepthook = _redacting_hook(sys.excepthook, lambda kind, error, trace: (kind, error, trace))
    threading.excepthook = _redacting_hook(
        threading.excepthook, lambda args: (args.exc_type, args.exc_value, args.exc_traceback)
    )
    sys.unraisablehook = _redacting_hook(
        sys.unraisablehook, lambda args: (args.exc_type, args.exc_value, args.exc_traceback)
    )


def _redacting_hook(
    hook: Callable[..., Any], triple: Callable[..., tuple[Any, Any, Any]]
) -> Callable[..., Any]:
    """A clean exception goes to `hook`; of another only the redacted traceback is printed."""

    @functools.wraps(hook)
    def redacting_hook(*args: Any) -> None:
        text = _format(*triple(*args))
        redacted = redact(text)
        if redacted is text:
            hook(*args)
        elif sys.stderr is not None:
            sys.stderr.write(redacted)

    return redacting_hook


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
