"""`open()` and the mapping it returns."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import kz

from .conftest import Opener, make_canary

Writer = Callable[..., Path]


def test_is_a_read_only_mapping(opened: Opener, canary: str) -> None:
    secrets = opened('LATER = { provider = "env", ref = "TEST_ABSENT", optional = true }', API_KEY=canary)
    assert isinstance(secrets, Mapping)
    assert list(secrets) == ["API_KEY"]
    assert len(secrets) == 1
    assert "API_KEY" in secrets
    assert "LATER" not in secrets
    assert "NOPE" not in secrets
    assert {name: secret.expose() for name, secret in secrets.items()} == {"API_KEY": canary}
    with pytest.raises(TypeError):
        secrets["API_KEY"] = canary  # type: ignore[index]
    assert canary not in repr(secrets)


def test_undeclared_is_not_absent(opened: Opener, canary: str) -> None:
    secrets = opened('LATER = { provider = "env", ref = "TEST_ABSENT", optional = true }', API_KEY=canary)
    assert secrets.get("LATER") is None
    with pytest.raises(kz.MissingSecretsError) as missing:
        secrets["LATER"]
    assert missing.value.names == ("LATER",)
    for read in (secrets.__getitem__, secrets.get):
        with pytest.raises(kz.UnknownSecretError) as caught:
            read("API_KEEY")
        assert isinstance(caught.value, KeyError)
        assert isinstance(caught.value, kz.KzError)
        assert caught.value.code == "unknown_secret"
        assert "API_KEEY" in str(caught.value)
        assert not str(caught.value).startswith("'")
    assert secrets.get("API_KEEY", None) is None


def test_summary_tells_no_value(opened: Opener, canary: str) -> None:
    secrets = opened('LATER = { provider = "env", ref = "TEST_ABSENT", optional = true }', API_KEY=canary)
    summary = secrets.summary()
    assert summary["API_KEY"] == f"set({len(canary)} chars) from env"
    assert summary["LATER"] == "MISSING"
    assert canary not in str(summary)


def test_redacts_what_it_opened(opened: Opener, canary: str) -> None:
    secrets = opened(API_KEY=canary)
    assert secrets.redact(f"key={canary}.") == "key=[REDACTED:API_KEY]."
    assert secrets.redactor.redact(canary) == "[REDACTED:API_KEY]"
    assert isinstance(secrets.redactor, kz.Redactor)


def test_one_error_lists_every_missing_secret(manifest: Writer, canary: str) -> None:
    path = manifest('B = "env://TEST_NOT_SET_B"\nC = "env://TEST_NOT_SET_C"', A=canary)
    with pytest.raises(kz.MissingSecretsError) as caught:
        kz.open(path)
    assert tuple(caught.value.names) == ("B", "C")
    message = str(caught.value)
    assert message.startswith("kz: 2 of 3 secrets failed")
    assert "env://TEST_NOT_SET_B" in message
    assert canary not in message
    copied = pickle.loads(pickle.dumps(caught.value))
    assert type(copied) is kz.MissingSecretsError
    assert (str(copied), copied.names, copied.code) == (message, caught.value.names, caught.value.code)


@pytest.mark.parametrize(
    "text",
    ["[secrets\n", '[secrets]\nA = "plain-value-kz"\n', '[secrets]\nA = { provder = "env", ref = "A" }\n'],
    ids=["bad TOML", "no reference", "a typo"],
)
def test_bad_manifest_is_a_config_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".keyzero.toml"
    path.write_text(text)
    with pytest.raises(kz.ConfigError) as caught:
        kz.open(path)
    assert caught.value.code == "config"
    assert not caught.value.retryable
    assert "plain-value-kz" not in str(caught.value)


def test_no_manifest_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(kz.ConfigError):
        kz.open(tmp_path / "absent.toml")


def test_environment_picks_the_overlay(manifest: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    base, production = make_canary(), make_canary()
    monkeypatch.setenv("TEST_PRODUCTION", production)
    path = manifest('[production.secrets]\nA = "env://TEST_PRODUCTION"', A=base)
    assert kz.open(path)["A"].expose() == base
    assert kz.open(str(path), environment="production")["A"].expose() == production
    with pytest.raises(kz.ConfigError):
        kz.open(path, environment="staging")


def test_opens_inside_a_running_loop(manifest: Writer, canary: str) -> None:
    path = manifest(A=canary)

    async def main() -> None:
        assert kz.open(path)["A"].expose() == canary
        secrets = await kz.open_async(path)
        async with secrets:
            assert secrets["A"].expose() == canary
            await secrets.refresh_async()
            assert await secrets.health_async() is not None

    asyncio.run(main())


def test_the_loop_turns_while_opening(tmp_path: Path) -> None:
    fifo = tmp_path / "gate"
    os.mkfifo(fifo)
    path = slow_manifest(tmp_path, f"read line < {fifo}; echo kz-canary-$line")

    async def main() -> None:
        opening = asyncio.ensure_future(kz.open_async(path))
        # It is released by the loop itself: if opening blocked the loop, this would never end.
        await asyncio.get_running_loop().run_in_executor(None, fifo.write_text, "0123456789\n")
        assert (await opening)["A"].expose() == "kz-canary-0123456789"

    asyncio.run(asyncio.wait_for(main(), 30))


def test_the_gil_is_released_while_opening(tmp_path: Path) -> None:
    fifo = tmp_path / "gate"
    os.mkfifo(fifo)
    path = slow_manifest(tmp_path, f"read line < {fifo}; echo kz-canary-$line")
    # Python code has to run on another thread for open() to return.
    writer = threading.Thread(target=lambda: fifo.write_text("0123456789\n"))
    writer.start()
    assert kz.open(path)["A"].expose() == "kz-canary-0123456789"
    writer.join()


def test_cancelling_ends_the_wait(tmp_path: Path) -> None:
    path = slow_manifest(tmp_path, "exec sleep 60")

    async def main() -> None:
        opening = asyncio.ensure_future(kz.open_async(path))
        await asyncio.sleep(0)
        started = time.monotonic()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert time.monotonic() - started < 5

    started = time.monotonic()
    asyncio.run(main())
    # The executor is joined when the loop closes: the thread has ended too.
    assert time.monotonic() - started < 8


def test_ctrl_c_ends_open(tmp_path: Path) -> None:
    fifo = tmp_path / "ready"
    os.mkfifo(fifo)
    path = slow_manifest(tmp_path, f"echo ready > {fifo}; exec sleep 60")
    code = (
        "import sys, kz\n"
        "try:\n    kz.open(sys.argv[1])\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n"
    )
    # A shell that starts tests in the background has them and their children ignore Ctrl-C.
    python = ["/usr/bin/env", "--default-signal=INT", sys.executable]
    child = subprocess.Popen([*python, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with open(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)) as ready:
        # Until the program runs, or the child has ended without it.
        select.select([ready, child.stdout], [], [])
    started = time.monotonic()
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate()
    assert out == "interrupted\n"
    assert time.monotonic() - started < 5


def test_refresh_tells_what_rotated(tmp_path: Path) -> None:
    old, new = make_canary(), make_canary()
    value = tmp_path / "value"
    value.write_text(old)
    path = tmp_path / ".keyzero.toml"
    path.write_text(f'[secrets]\nA = "file://{value}"\n')
    rotated: list[str] = []

    def broken(name: str) -> None:
        raise RuntimeError(name)

    with kz.open(path) as secrets:
        secrets.on_rotate(broken)
        unsubscribe = secrets.on_rotate(rotated.append)
        secrets.refresh()
        assert rotated == []
        value.write_text(new)
        secrets.refresh()
        assert rotated == ["A"]
        assert secrets["A"].expose() == new
        assert secrets.redact(f"{old} {new}") == "[REDACTED:A] [REDACTED:A]"
        unsubscribe()
        unsubscribe()
        value.write_text(old)
        asyncio.run(secrets.refresh_async())
        assert rotated == ["A"]


def test_health_names_each_provider(opened: Opener, canary: str) -> None:
    health = opened(A=canary).health()
    assert health == {"env": None}


def test_closed_is_closed(opened: Opener, canary: str) -> None:
    secrets = opened(A=canary)
    redactor = secrets.redactor
    with secrets:
        pass
    with pytest.raises(kz.KzError) as caught:
        secrets["A"]
    assert caught.value.code == "closed"
    assert redactor.redact(canary) == "[REDACTED:A]"


def test_is_not_copied_into_another_process(opened: Opener, canary: str) -> None:
    secrets = opened(A=canary)
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="kz.open"):
            attempt(secrets)


def slow_manifest(folder: Path, script: str) -> Path:
    """A secret from a program that takes its time."""
    program = folder / "program"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = folder / ".keyzero.toml"
    path.write_text(f'[secrets]\nA = "exec://{program}"\n')
    return path
