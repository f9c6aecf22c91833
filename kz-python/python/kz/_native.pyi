"""The native half of kz: conversions alone. Import its names from `kz`."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeVar, final

from kz._errors import KzError

__all__ = [
    "Finding",
    "MessageFilter",
    "Redactor",
    "Secret",
    "Secrets",
    "Stream",
    "Task",
    "after_fork",
    "before_fork",
    "open",
]

_T = TypeVar("_T")

@final
class Redactor:
    """Finds and removes secrets in text, JSON and byte streams.

    Known values are sought in every form of the documentation's table; with `patterns`, the
    formats of keys, connection strings and headers too. `forms` names the forms that are found
    on request only: `ascii85`, `base32`, `character-codes`, `fullwidth`, `gzip`, `hashes`,
    `reversed`, `spaced`. A redactor may be shared by threads.

    Raises:
        KzError: code `config`, for a form that does not exist; code `weak_secret`, for a value
            that cannot be told from ordinary text.
    """

    def __new__(
        cls,
        secrets: Mapping[str, str | bytes] | None = None,
        *,
        patterns: bool = True,
        forms: Sequence[str] | None = None,
    ) -> Redactor: ...
    def redact(self, text: str) -> str:
        """`text` without secrets; the same object when it holds none.

        Lone surrogates are accepted. No content makes it raise: what cannot be scanned
        becomes `[REDACTED:error]`.
        """

    def redact_json(self, value: Any) -> Any:
        """`value`, a tree of dict, list, tuple, str, int, float, bool and None, without secrets.

        Keys are scanned too, and two that become one get `#2`; a number that holds a known
        value becomes its marker; text blocks beside each other are scanned across their
        border. What does not change stays the same object. A container that holds itself, or
        lies 200 levels deep, becomes `[REDACTED:error]`.

        Raises:
            TypeError: an object of another type is in the tree.
        """

    def scan(self, text: str) -> list[Finding]:
        """What `redact` would mask, in order."""

    def add(self, name: str, value: str | bytes) -> None:
        """Registers one more value, for every copy of this redactor; earlier ones stay.

        Raises:
            KzError: code `weak_secret`, for a value that cannot be told from ordinary text;
                code `invalid` when the table is full.
        """

    def stats(self) -> dict[str, int]:
        """How much is registered: `names`, `parts` (values and what is sought of them), the
        `bytes` of locked memory that these take, the `limit` of parts, and the `findings` so far.
        """

    def stream(self) -> Stream:
        """A stream that redacts bytes as they come, in chunks of any size."""

    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

@final
class Finding:
    """One masked range; never the text."""

    @property
    def rule(self) -> str:
        """`known-value` for a registered value, else the id of the pattern."""

    @property
    def name(self) -> str | None:
        """The NAME it was registered under; `None` for a pattern."""

    @property
    def start(self) -> int:
        """Where it begins, in code points."""

    @property
    def end(self) -> int:
        """Where it ends, in code points."""

    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Stream:
    """Redacts bytes that arrive in chunks; the result does not depend on how they are cut.

    Bytes that are not UTF-8 pass as they are. A value that is added meanwhile is masked in what
    is written afterwards and in what is held.
    """

    @property
    def held(self) -> int:
        """How many bytes are held back: of ordinary text about the length of the longest value,
        never more than twice the larger of 64 KiB (128 with `gzip`) and 8,192 bytes for each byte
        of that value and its spellings, and what was last written.
        """

    def write(self, data: bytes | bytearray) -> bytes:
        """Takes `data` and returns what can be let go; the rest is held back."""

    def flush(self) -> bytes:
        """Lets go what is held back, as at the end of a line."""

    def finish(self) -> bytes:
        """The last bytes. The stream cannot be used afterwards."""

@final
class Secret:
    """One secret. Printed, formatted or logged it is `[REDACTED:NAME]`; it cannot be pickled."""

    @property
    def name(self) -> str:
        """Its NAME in the manifest."""

    def expose(self) -> str:
        """The value.

        Raises:
            KzError: code `invalid`, when it is not UTF-8; see `expose_bytes`.
        """

    def expose_bytes(self) -> bytes:
        """The value as bytes."""

    def __bool__(self) -> bool: ...
    def __copy__(self) -> Secret: ...
    def __deepcopy__(self, memo: object, /) -> Secret: ...
    def __format__(self, spec: object, /) -> str: ...
    def __reduce__(self) -> NoReturn: ...
    def __reduce_ex__(self, protocol: object, /) -> NoReturn: ...

@final
class Secrets:
    """The engine's secrets, for `kz.Secrets` to wrap."""

    def find(self, name: str) -> Secret | None: ...
    def names(self) -> list[str]: ...
    def summary(self) -> dict[str, str]: ...
    def redactor(self) -> Redactor: ...
    def take_rotated(self) -> list[str]: ...
    def refresh(self) -> Task[None]: ...
    def health(self) -> Task[dict[str, KzError | None]]: ...
    def close(self) -> Task[None]: ...

@final
class Task(Generic[_T]):
    """Work on the resolver's thread."""

    def wait(self) -> _T: ...
    def cancel(self) -> None: ...

@final
class MessageFilter:
    """Redacts the outgoing JSON-RPC messages of one connection."""

    def __new__(cls, redactor: Redactor) -> MessageFilter: ...
    def incoming(self, message: str) -> None: ...
    def incoming_count(self, id: int) -> None: ...
    def outgoing(self, message: str, count: int | None = None) -> str: ...
    def error(self, id: str | None, code: int, message: str) -> str: ...

def open(
    path: str | os.PathLike[str] | None,
    environment: str | None,
    identity: str | None,
) -> Task[Secrets]: ...
def before_fork() -> None: ...
def after_fork() -> None: ...
