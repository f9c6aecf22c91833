"""The errors of kz. None of them carries a value."""

from __future__ import annotations

from typing import Any


class KzError(Exception):
    """Anything that kz refuses or fails to do."""

    code: str
    """What went wrong, in one word that is the same in Rust, Python and Node."""
    retryable: bool
    """Whether the same call may succeed later without anybody changing anything."""

    def __init__(self, message: str, *, code: str = "internal", retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable

    def __str__(self) -> str:
        # KeyError, a base of one subclass, would put the message in quotes.
        return Exception.__str__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__))


class ConfigError(KzError):
    """The manifest is wrong, absent or not trusted."""


class MissingSecretsError(KzError):
    """Declared secrets are missing or invalid; the message has a line for each."""

    names: tuple[str, ...]
    """Their NAMEs, in the order of the manifest."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "missing",
        retryable: bool = False,
        names: list[str] | tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, code=code, retryable=retryable)
        self.names = tuple(names)


class UnknownSecretError(KzError, KeyError):
    """The name is not declared in the manifest."""


def _rebuild(cls: type[KzError], args: tuple[Any, ...], state: dict[str, Any]) -> KzError:
    """Errors cross processes; their keyword arguments would not."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error
