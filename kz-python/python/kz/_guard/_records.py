"""Records of `logging`.

They are redacted where they are made, before any filter or handler sees them, and once more
where they are handed to the handlers: `extra` is added in between, a filter may have changed
them, and a record may have been made by somebody else. What is still as it was is not scanned
twice.
"""

from __future__ import annotations

import functools
import logging
import operator
import sys
import threading
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from kz._guard._texts import FAILED, redact, redact_value, text_of_exception

_APART = "\0\n"
"""What keeps texts apart that are looked at together: nothing goes on over it, and behind it a
line begins, as a text does."""
_PLAIN = frozenset((str, int, float, bool, type(None)))
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _Made(threading.local):
    """The record that this thread made last, and what was found clean in it: the message, and
    texts among its attributes; or all of them."""

    record: weakref.ref[logging.LogRecord] | None = None
    message: str | None = None
    texts: Mapping[str, str] = {}
    values: Sequence[object] | None = None

    def remember(self, record: logging.LogRecord, message: str) -> None:
        self.record, self.message, self.values = weakref.ref(record), message, None
        self.texts = {name: value for name, value in vars(record).items() if isinstance(value, str)}

    def remember_all(self, record: logging.LogRecord) -> None:
        self.record, self.message, self.texts = weakref.ref(record), None, {}
        self.values = list(vars(record).values())

    def is_last(self, record: logging.LogRecord) -> bool:
        return self.record is not None and self.record() is record

    def is_unchanged(self, record: logging.LogRecord) -> bool:
        """Whether it is the last, and as it was. By identity: an object may say that it equals another."""
        if self.values is None or not self.is_last(record):
            return False
        now = vars(record).values()
        return len(now) == len(self.values) and all(map(operator.is_, now, self.values))


_made = _Made()


def hook() -> None:
    """Covers every logger and handler of this process."""
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
        if _made.is_unchanged(record):
            return record
        if _is_plain(record) and _is_clean(record):
            _made.remember_all(record)
            return record
        again = _made.is_last(record)
        message = record.getMessage()
        redacted = message if again and message == _made.message else redact(message)
        if redacted is not message:
            record.msg, record.args = redacted, None
        elif record.args:
            record.args = _redact_args(record.args)
        if record.exc_info:
            _redact_exception(record)
        _redact_attributes(record, _made.texts if again else {})
        if not again:
            _made.remember(record, redacted)
    except Exception:
        record.msg, record.args = FAILED, None
        record.exc_info, record.exc_text, record.stack_info = None, None, None
    return record


def _is_plain(record: logging.LogRecord) -> bool:
    """Whether it is as most are: nothing that can change by itself, and nothing of somebody's own."""
    args: Any = record.args
    return (
        type(record) is logging.LogRecord
        and record.exc_info is None
        and (not args or (type(args) is tuple and _PLAIN.issuperset(map(type, cast("Any", args)))))
        and type(record.msg) is str
        and vars(record).keys() <= _STANDARD
    )


def _is_clean(record: logging.LogRecord) -> bool:
    texts = [value for value in vars(record).values() if isinstance(value, str)]
    if record.args:
        texts += [record.getMessage(), *map(str, record.args)]
    # All at once, because there is seldom anything in them. Without arguments the message is `msg`.
    joined = _APART.join(texts)
    return redact(joined) is joined


def _redact_attributes(record: logging.LogRecord, clean: Mapping[str, str]) -> None:
    attributes = tuple(vars(record).items())
    texts = [
        (name, value)
        for name, value in attributes
        if isinstance(value, str) and name != "msg" and clean.get(name) is not value
    ]
    # All at once, because there is seldom anything in them.
    joined = "\0".join([value for _, value in texts])
    if joined and redact(joined) is not joined:
        for name, value in texts:
            setattr(record, name, redact(value))
    for name, value in attributes:
        if name not in _STANDARD and not isinstance(value, str):
            setattr(record, name, redact_value(value))


def _redact_args(args: Any) -> Any:
    if isinstance(args, tuple):
        return tuple(redact_value(value) for value in cast("Iterable[Any]", args))
    return redact_value(args)


def _redact_exception(record: logging.LogRecord) -> None:
    """A traceback without secrets stays as it is; otherwise only its redacted text goes on."""
    text = text_of_exception(*(record.exc_info or sys.exc_info()))
    redacted = redact(text)
    if redacted is not text:
        record.exc_info, record.exc_text = None, redacted.rstrip("\n")
