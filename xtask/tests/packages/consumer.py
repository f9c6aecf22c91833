# pyright: strict
"""What a consumer writes. mypy --strict and pyright must agree, and refuse what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import kz


class Server:
    """Any server: the guard gives back what it was given."""


def use() -> None:
    with kz.open(".keyzero.toml", environment="production", identity="ada") as secrets:
        secret: kz.Secret = secrets["DATABASE_URL"]
        value: str = secret.expose()
        binary: bytes = secret.expose_bytes()
        perhaps: kz.Secret | None = secrets.get("OTHER")
        server: Server = secrets.guard(Server())
        stop: Callable[[], None] = secrets.on_rotate(print)
        stop()
        secrets.refresh()
        for name, error in secrets.health().items():
            print(name, error and error.code)
        print(value, binary, perhaps, server, secrets.redact("text"))


async def use_async() -> None:
    async with await kz.open_async() as secrets:
        await secrets.refresh_async()


def redact() -> None:
    redactor = kz.Redactor({"TOKEN": "x" * 20}, patterns=False)
    findings: list[kz.Finding] = redactor.scan(redactor.redact("text"))
    stream = redactor.stream()
    written: bytes = stream.write(b"text") + stream.finish()
    print(findings, written)


def fail() -> None:
    try:
        kz.open()
    except kz.MissingSecretsError as error:
        print(error.names)
    except kz.KzError as error:
        print(error.code, error.retryable)


def refused(redactor: kz.Redactor) -> None:
    redactor.add("NAME", 5)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    redactor.no_such_method()  # type: ignore[attr-defined] # pyright: ignore
