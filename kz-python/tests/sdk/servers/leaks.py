"""What the leaking servers share: the secrets, and what leaves beside their messages."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio


class _Leaks(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"not driven: {name.lower()}"


LEAKS = _Leaks(
    {name.removeprefix("TEST_"): value for name, value in os.environ.items() if name.startswith("TEST_")}
)
BLOB = base64.b64encode(f"key {LEAKS['BLOB']} end".encode()).decode()
LOG = logging.getLogger("leaky")


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError(LEAKS["BAD_REPR"])


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError(LEAKS["BAD_STR"])

    __repr__ = __str__


class Dropped:
    def __del__(self) -> None:
        raise RuntimeError(LEAKS["UNRAISABLE"])


def guarded(server: Any) -> Any:
    """Guards the server when a manifest is named."""
    if len(sys.argv) > 1:
        import kz

        return kz.open(sys.argv[1]).guard(server)
    return server


async def beside() -> None:
    """Everything that leaves beside the messages, on stderr or between the messages."""
    print("print", LEAKS["PRINT"])
    print("pri" + LEAKS["PRINT_PARTS"][:12], end="")
    print(LEAKS["PRINT_PARTS"][12:])
    print("err", LEAKS["PRINT_STDERR"], file=sys.stderr)
    sys.stdout.buffer.write(f"raw {LEAKS['BUFFER']}\n".encode())
    sys.stdout.buffer.flush()
    sys.stdout.flush()
    LOG.warning("log %s", LEAKS["LOGGING"])
    LOG.warning("args %(dsn)s", {"dsn": LEAKS["LOGGING_DICT"]})
    STRUCTURED_LOG.warning("extra", extra={"dsn": LEAKS["LOGGING_EXTRA"]})
    LOG.warning("stack", extra={}, stack_info=True)
    try:
        raise ValueError(LEAKS["LOGGING_EXC"])
    except ValueError:
        LOG.exception("failed")
        traceback.print_exc()
    LOG.warning("broken %s", Unprintable())
    LOG.warning("too few %s %s", LEAKS["LOGGING_ARGS"])
    # SDKs record warnings while a handler runs; a thread's are shown.
    warnings.warn(f"warned {LEAKS['WARNING']}", stacklevel=1)
    for target in (fail, lambda: print("thread", LEAKS["THREAD_PRINT"], file=sys.stderr)):
        thread = threading.Thread(target=target)
        thread.start()
        thread.join()
    Dropped()
    await tasks()


def fail() -> None:
    raise RuntimeError(f"thread {LEAKS['THREAD']}")


async def tasks() -> None:
    """Failures of tasks that nobody waits for."""
    asyncio.get_running_loop().call_exception_handler({"message": f"loop {LEAKS['ASYNCIO']}"})

    async def background() -> None:
        raise RuntimeError(f"background {LEAKS['BACKGROUND']}")

    task = asyncio.ensure_future(background())
    await asyncio.wait([task])
    del task  # It is reported where it is dropped, because nobody asked for its exception.


async def group() -> None:
    """Two failures in a task group: an exception that holds exceptions."""

    async def broken(name: str) -> None:
        raise RuntimeError(f"{name} {LEAKS[name]}")

    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(broken, "GROUP_ONE")
            tasks.start_soon(broken, "GROUP_TWO")
    except BaseException:
        LOG.exception("group")
        raise


@asynccontextmanager
async def lifespan(_server: Any) -> AsyncIterator[dict[str, Any]]:
    """One that fails when the server ends."""
    print("starting with", LEAKS["LIFESPAN_START"], file=sys.stderr)
    if "LIFESPAN_FAILS" in LEAKS:
        raise RuntimeError(f"no start: {LEAKS['LIFESPAN_FAILS']}")
    yield {}
    raise RuntimeError(f"lifespan {LEAKS['LIFESPAN_END']}")


class ExtraHandler(logging.Handler):
    """As structured logging does: prints what was passed as `extra`."""

    def emit(self, record: logging.LogRecord) -> None:
        os.write(2, f"{record.__dict__}\n".encode())


STRUCTURED_LOG = logging.getLogger("structured")
STRUCTURED_LOG.addHandler(ExtraHandler())
STRUCTURED_LOG.propagate = False
