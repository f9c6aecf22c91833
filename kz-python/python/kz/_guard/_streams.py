"""A text stream that redacts what is written to it."""

from __future__ import annotations

import codecs
import io
import os
import threading
from collections.abc import Iterable
from typing import Any, BinaryIO, TextIO, cast

from kz._native import Redactor, Stream

_FAILED = b"[REDACTED:error]\n"


class RedactingText(io.TextIOBase):
    """Stands before `inner`, which is `sys.stdout` or `sys.stderr`.

    A tail that may be the beginning of a secret is held back until more comes, the line ends or
    the process does. Attributes that are not of a stream's writing side are those of `inner`.
    """

    def __init__(self, inner: TextIO, redactors: list[Redactor]) -> None:
        self._inner = inner
        self._redactors = redactors
        self._streams: list[Stream] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._ending = False
        self._lock = threading.RLock()
        self._buffer = RedactingBytes(self)
        if hasattr(os, "register_at_fork"):
            # Another thread may have been writing.
            os.register_at_fork(after_in_child=self._new_lock)

    def write(self, text: str, /) -> int:
        with self._lock:
            self._let_go(self._pass(text.encode("utf-8", "surrogatepass")))
        return len(text)

    def write_bytes(self, data: bytes) -> None:
        """What is written to `buffer`: it shares the held tail with the text."""
        with self._lock:
            self._let_go(self._pass(data))

    def writelines(self, lines: Iterable[str], /) -> None:  # type: ignore[override]
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flushes what was let go; it does not let go what is held back."""
        self._inner.flush()

    def end(self) -> None:
        """The process ends: lets everything go, and holds nothing back from now on."""
        with self._lock:
            self._ending = True
            self._let_go(self._pass(b""))

    def close(self) -> None:
        self.end()
        self._inner.close()

    @property
    def closed(self) -> bool:
        return self._inner.closed

    @property
    def buffer(self) -> BinaryIO:
        return cast(BinaryIO, self._buffer)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._inner.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._inner.errors

    def fileno(self) -> int:
        return self._inner.fileno()

    def isatty(self) -> bool:
        return self._inner.isatty()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _pass(self, data: bytes) -> bytes:
        line_ends = self._ending or data.endswith(b"\n")
        try:
            for redactor in self._redactors[len(self._streams) :]:
                self._streams.append(redactor.stream())
            for stream in self._streams:
                data = stream.write(data)
                if line_ends:
                    data += stream.flush()
        except Exception:
            # A broken stream is replaced, and what it held is gone: fail closed.
            self._streams.clear()
            return _FAILED
        return data

    def _let_go(self, data: bytes) -> None:
        if data:
            self._inner.write(self._decode(data))

    def _decode(self, data: bytes) -> str:
        try:
            return self._decoder.decode(data)
        except UnicodeDecodeError:
            self._decoder.reset()
            return data.decode("utf-8", "replace")

    def _new_lock(self) -> None:
        self._lock = threading.RLock()


class RedactingBytes(io.BufferedIOBase):
    """The `buffer` of a `RedactingText`."""

    def __init__(self, text: RedactingText) -> None:
        self._text = text

    def write(self, data: Any, /) -> int:
        octets = bytes(data)
        self._text.write_bytes(octets)
        return len(octets)

    def flush(self) -> None:
        self._text.flush()

    def fileno(self) -> int:
        return self._text.fileno()

    def isatty(self) -> bool:
        return self._text.isatty()

    def writable(self) -> bool:
        return True

    @property
    def closed(self) -> bool:
        return self._text.closed

    def close(self) -> None:
        """The process's own stream: whoever wrapped it does not close it."""
