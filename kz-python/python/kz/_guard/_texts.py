"""Text and values without the secrets of any guard of this process.

Nothing here raises because of what it is given: a `repr` that fails must not break a server.
What cannot be turned into text becomes `[REDACTED:error]`.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from kz._native import Redactor

FAILED = "[REDACTED:error]"

redactors: list[Redactor] = []
"""One for each `Secrets` that guards this process."""


def redact(text: str) -> str:
    """`text` without secrets; the same object when it holds none."""
    for redactor in tuple(redactors):
        text = redactor.redact(text)
    return text


def redact_value(value: Any) -> Any:
    """Texts, and containers of them. Another object is not looked into: what it prints is in the
    text that it is printed in."""
    try:
        for redactor in tuple(redactors):
            value = redactor.redact_json(value)
    except TypeError:
        # An object that JSON does not know is in it, or is it.
        if issubclass(type(value), Mapping):
            return {redact_value(key): redact_value(item) for key, item in value.items()}
        if issubclass(type(value), (list, tuple, set, frozenset)):
            return [redact_value(item) for item in value]
    return value


def text_of(value: object) -> str:
    """As `str`."""
    try:
        return str(value)
    except Exception:
        return FAILED


def text_of_exception(
    kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
) -> str:
    """As it is printed, with its traceback."""
    try:
        return "".join(traceback.format_exception(kind, error, trace))
    except Exception:
        return f"{FAILED}\n"
