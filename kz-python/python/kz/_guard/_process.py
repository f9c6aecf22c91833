"""What leaves a process beside a server's messages: prints, warnings, tracebacks; `_records` has logs.

The hooks stay for the life of the process, after `Secrets.close()` too: the traceback of a
crash is printed last of all.
"""

from __future__ import annotations

import atexit
import functools
import logging
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, TextIO, cast

from kz._guard import _records
from kz._guard._streams import RedactingText
from kz._guard._texts import redact, redactors, text_of, text_of_exception
from kz._native import Redactor

_lock = threading.Lock()
_streams: dict[str, RedactingText] = {}


def guard(redactor: Redactor) -> None:
    """Covers this process by `redactor` too."""
    with _lock:
        if any(known is redactor for known in redactors):
            return
        redactors.append(redactor)
        if len(redactors) == 1:
            _hook_streams()
            _records.hook()
            _hook_warnings()
            _hook_exceptions()


def let_through(line: str) -> None:
    """A filter has passed `line`, and a transport is about to write it to `sys.stdout`.

    Scanned once more as text, the ids in it would lose their exemption.
    """
    if "stdout" in _streams:
        _streams["stdout"].expect(line)


# Prints.


def _hook_streams() -> None:
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            continue
        redacting = _streams[name] = RedactingText(stream, redactors)
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
        text = text_of(message)
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
        text = text_of_exception(kind, error, trace)
        redacted = redact(text)
        if redacted is text:
            hook(*args)
        elif sys.stderr is not None:
            sys.stderr.write(redacted)

    return redacting_hook


def _fields(args: Any) -> tuple[Any, Any, Any]:
    return args.exc_type, args.exc_value, args.exc_traceback
