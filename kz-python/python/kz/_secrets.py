"""`open()` and the mapping that it returns."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, NoReturn, TypeVar, overload

from kz import _native
from kz._errors import KzError, MissingSecretsError
from kz._native import Redactor, Secret

_T = TypeVar("_T")
_Default = TypeVar("_Default")
_Server = TypeVar("_Server")

_log = logging.getLogger("kz")


def open(
    path: str | os.PathLike[str] | None = None,
    *,
    environment: str | None = None,
    identity: str | None = None,
) -> Secrets:
    """Resolves and validates every declared secret, or raises one error that names them all.

    `path` is the manifest, trusted because the caller names it; without it `KEYZERO_CONFIG`
    and then the working directory and its parents are searched for `.keyzero.toml`.
    `environment` picks an overlay such as `production`; without it `KEYZERO_ENV` does.

    The work runs on a thread of its own, so this may be called inside a running event loop
    (which it blocks for at most ten seconds; `open_async` does not).

    Raises:
        ConfigError: the manifest is absent, wrong or not trusted.
        MissingSecretsError: secrets are missing or invalid; `names` lists them.
    """
    return Secrets(_native.open(path, environment, identity).wait())


async def open_async(
    path: str | os.PathLike[str] | None = None,
    *,
    environment: str | None = None,
    identity: str | None = None,
) -> Secrets:
    """As `open`, without blocking the event loop. Cancelling it ends the work."""
    return Secrets(await _finished(_native.open(path, environment, identity)))


class Secrets(Mapping[str, Secret]):
    """The opened secrets: a read-only mapping from NAME to `Secret`.

    It holds the secrets that have a value; an optional secret that is absent is in neither
    its keys nor its length. It is made by `kz.open` alone.
    """

    __slots__ = ("__weakref__", "_native", "_redactor", "_subscribers")

    def __init__(self, native: _native.Secrets) -> None:
        self._native = native
        self._redactor = native.redactor()
        self._subscribers: list[_Subscriber] = []

    def __getitem__(self, name: str) -> Secret:
        """The secret of that name.

        Raises:
            UnknownSecretError: it is not declared. It is a `KeyError`.
            MissingSecretsError: it is optional and absent.
        """
        found = self._native.find(name)
        if found is None:
            raise MissingSecretsError(f"{name} is optional and has no value", names=[name])
        return found

    @overload
    def get(self, name: str, /) -> Secret | None: ...
    @overload
    def get(self, name: str, /, default: Secret | _Default) -> Secret | _Default: ...

    def get(self, name: str, /, default: Any = ...) -> Any:
        """The secret of that name; `None`, or `default`, when it is optional and absent.

        Raises:
            UnknownSecretError: it is not declared, and no `default` was given: a misspelt
                name must not pass for an absent secret.
        """
        try:
            found = self._native.find(name)
        except KeyError:
            if default is ...:
                raise
            return default
        if found is None:
            return None if default is ... else default
        return found

    def __contains__(self, name: object) -> bool:
        try:
            return isinstance(name, str) and self._native.find(name) is not None
        except KeyError:
            return False

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._native.names() if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<kz.Secrets {', '.join(self)}>"

    def __reduce_ex__(self, protocol: object, /) -> NoReturn:
        raise TypeError("kz.Secrets cannot be pickled or copied: call kz.open() in the other process")

    def summary(self) -> dict[str, str]:
        """What may be logged: `{"DATABASE_URL": "set(52 chars) from vault", "X": "MISSING"}`."""
        return self._native.summary()

    @property
    def redactor(self) -> Redactor:
        """The redactor that knows these secrets, and everything received on the way to them."""
        return self._redactor

    def redact(self, text: str) -> str:
        """`text` without secrets; the same object when it holds none."""
        return self._redactor.redact(text)

    def guard(self, server: _Server) -> _Server:
        """Hooks `server` so that no message it sends holds a secret, and returns it.

        It takes the `MCPServer` of the package `mcp` 2.x, the `FastMCP` of `mcp` 1.x, the
        lowlevel `Server` of both, and the `FastMCP` of `fastmcp` 4.x, served over stdio. While it
        is guarded, logging, warnings, uncaught exceptions and prints of the process are covered
        too, and stay covered after `close()`. Guarding a server twice is guarding it once.

        Raises:
            KzError: code `unsupported`, for any other object or version. A transport
                that the guard does not cover raises the same when it is started.
        """
        from kz import _guard

        return _guard.guard(server, self._redactor)

    def on_rotate(self, callback: Callable[[str], object]) -> Callable[[], None]:
        """Calls `callback` with the NAME after a value changed; returns what unsubscribes it.

        It is called by the thread that called `refresh`, before `refresh` returns. What it
        raises is logged.
        """
        subscriber = _Subscriber(callback)
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    def refresh(self) -> None:
        """Resolves every secret again. One that fails keeps its value, and the error is raised."""
        try:
            self._native.refresh().wait()
        finally:
            self._deliver()

    async def refresh_async(self) -> None:
        """As `refresh`, without blocking the event loop."""
        try:
            await _finished(self._native.refresh())
        finally:
            self._deliver()

    def health(self) -> dict[str, KzError | None]:
        """What is wrong with each provider, if anything."""
        return self._native.health().wait()

    async def health_async(self) -> dict[str, KzError | None]:
        """As `health`, without blocking the event loop."""
        return await _finished(self._native.health())

    def close(self) -> None:
        """Forgets the values. Redaction goes on while a `Redactor` or a guard is alive."""
        self._native.close().wait()

    async def close_async(self) -> None:
        """As `close`, without blocking the event loop."""
        await _finished(self._native.close())

    def __enter__(self) -> Secrets:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Secrets:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close_async()

    def _deliver(self) -> None:
        for name in self._native.take_rotated():
            for subscriber in tuple(self._subscribers):
                try:
                    subscriber.callback(name)
                except Exception:
                    _log.exception("an on_rotate callback failed for %s", name)


class _Subscriber:
    """One subscription: the same function may be subscribed twice."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[str], object]) -> None:
        self.callback = callback


async def _finished(task: _native.Task[_T]) -> _T:
    """Waits on a thread of the loop's executor; a cancelled wait ends the task."""
    waiting: asyncio.Future[_T] = asyncio.get_running_loop().run_in_executor(None, task.wait)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        task.cancel()
        # Its exception has nobody left to hear it.
        waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise


def _register_fork_hooks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(
            before=_native.before_fork,
            after_in_parent=_native.after_fork,
            after_in_child=_native.after_fork,
        )


_register_fork_hooks()
