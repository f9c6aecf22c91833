"""A text stream that redacts what is written to it."""

from __future__ import annotations

import codecs
import io
import os
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any, TextIO

from kz._native import Redactor, Stream

_FAILED = b"[REDACTED:error]\n"
_OUTSTANDING = 16
"""Lines that were made and not yet written: one a transport. One that is forgotten is scanned as text."""


class RedactingText:
    """Stands before `inner`, which is `sys.stdout` or `sys.stderr`.

    A tail that may be the beginning of a secret is held back until more comes, the line ends or
    the process does. What is not about writing is as `inner` has it.
    """

    def __init__(self, inner: TextIO, redactors: list[Redactor]) -> None:
        self.inner = inner
        self._redactors = redactors
        self._streams: list[Stream] = []
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
        self._expected: deque[bytes] = deque(maxlen=_OUTSTANDING)
        self._in_line = False
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
            if self._is_expected(data):
                self._end_line()
                self.inner.flush()
                self.inner.buffer.write(data)
            else:
                self._let_go(self._pass(data))

    def expect(self, line: str) -> None:
        """Lets `line`, which a filter has passed, through unchanged when it is written as bytes.

        It gets a line to itself, though another thread may have printed half of one.
        """
        with self._lock:
            self._expected.append(line.encode())

    def writelines(self, lines: Iterable[str], /) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flushes what was let go; it does not let go what is held back."""
        self.inner.flush()

    def end(self) -> None:
        """The process ends: lets everything go, and holds nothing back from now on."""
        with self._lock:
            self._ending = True
            self._let_go(self._pass(b""))

    def close(self) -> None:
        self.end()
        self.inner.close()

    @property
    def buffer(self) -> RedactingBytes:
        return self._buffer

    def __enter__(self) -> RedactingText:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

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

    def _is_expected(self, data: bytes) -> bool:
        if not self._expected or not data.endswith(b"\n"):
            return False
        try:
            self._expected.remove(data.rstrip(b"\r\n"))
        except ValueError:
            return False
        return True

    def _let_go(self, data: bytes) -> None:
        text = self._decode(data)
        if text:
            self._in_line = not text.endswith("\n")
            self.inner.write(text)

    def _end_line(self) -> None:
        if self._in_line:
            self._in_line = False
            self.inner.write("\n")

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
        return self._text.inner.fileno()

    def isatty(self) -> bool:
        return self._text.inner.isatty()

    def writable(self) -> bool:
        return True

    @property
    def closed(self) -> bool:
        return self._text.inner.closed

    def close(self) -> None:
        """The process's own stream: whoever wrapped it does not close it."""
