"""After `fork`, redaction works and the resolver starts again; nothing waits for ever."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import kz

from .conftest import make_canary

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    # Forking with threads is what is tested.
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]


HANGS = 300
"""Seconds after which a process waits for a lock or a thread that it does not have."""


def in_child(check: Callable[[], object]) -> None:
    """Runs `check` in a fork and fails if it fails or does not end."""
    child = os.fork()
    if child == 0:
        signal.alarm(HANGS)
        try:
            check()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == 0, "the child did not end" if code == -signal.SIGALRM else "the child failed"


def file_manifest(folder: Path, value: str) -> Path:
    (folder / "value").write_text(value)
    path = folder / ".keyzero.toml"
    path.write_text(f'[secrets]\nA = "file://{folder}/value"\n')
    return path


def test_child_redacts_and_resolves(tmp_path: Path) -> None:
    old, new = make_canary(), make_canary()
    path = file_manifest(tmp_path, old)
    secrets = kz.open(path)

    def child() -> None:
        assert secrets.redact(old) == "[REDACTED:A]"
        assert secrets["A"].expose() == old
        (tmp_path / "value").write_text(new)
        secrets.refresh()
        assert secrets["A"].expose() == new
        assert secrets.redact(old + new) == "[REDACTED:A][REDACTED:A]"
        assert kz.open(path)["A"].expose() == new
        in_child(lambda: secrets.refresh())
        secrets.close()

    in_child(child)
    assert secrets["A"].expose() == old
    secrets.refresh()
    assert secrets["A"].expose() == new


def test_fork_while_others_work(tmp_path: Path) -> None:
    value = make_canary()
    path = file_manifest(tmp_path, value)
    secrets = kz.open(path)
    text = f"{'lorem ipsum ' * 4000}{value}"
    end = threading.Event()

    def redact() -> None:
        while not end.is_set():
            secrets.redact(text)

    def add() -> None:
        while not end.is_set():
            secrets.redactor.add("B", make_canary())
            time.sleep(0.001)

    def resolve() -> None:
        while not end.is_set():
            secrets.refresh()

    threads = [threading.Thread(target=work) for work in (redact, add, resolve)]
    for thread in threads:
        thread.start()

    def child() -> None:
        assert secrets.redact(text).endswith("[REDACTED:A]")
        secrets.redactor.add("C", make_canary())
        secrets.refresh()

    try:
        for _ in range(10):
            in_child(child)
    finally:
        end.set()
        for thread in threads:
            thread.join()


def redact_there(path: str, text: str) -> str:
    with kz.open(path) as secrets:
        return secrets.redact(text)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(tmp_path: Path, method: str) -> None:
    value = make_canary()
    path = file_manifest(tmp_path, value)
    with kz.open(path) as secrets, multiprocessing.get_context(method).Pool(2) as pool:
        assert secrets.redact(value) == "[REDACTED:A]"
        results = [pool.apply_async(redact_there, (str(path), f"<{value}>")) for _ in range(4)]
        assert {result.get(timeout=HANGS) for result in results} == {"<[REDACTED:A]>"}


def test_forked_worker_uses_inherited_secrets(tmp_path: Path) -> None:
    value = make_canary()
    secrets = kz.open(file_manifest(tmp_path, value))
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)

    def work() -> None:
        signal.alarm(HANGS)
        secrets.refresh()
        send.send(secrets.redact(f"<{value}>"))

    worker = context.Process(target=work)
    worker.start()
    send.close()
    assert receive.recv() == "<[REDACTED:A]>"
    worker.join()
    assert worker.exitcode == 0


def test_secrets_do_not_cross(tmp_path: Path) -> None:
    secrets = kz.open(file_manifest(tmp_path, make_canary()))
    context = multiprocessing.get_context("spawn")
    with pytest.raises(TypeError, match="kz.open"):
        context.Process(target=print, args=(secrets,)).start()


class FakeVault(BaseHTTPRequestHandler):
    """Answers one KV v2 secret, and keeps connections open as Vault does."""

    protocol_version = "HTTP/1.1"
    value = ""
    connections: set[int] = set()
    """Those that asked for something, by the client's port."""

    def do_GET(self) -> None:
        self.connections.add(self.client_address[1])
        answers: dict[str, object] = {
            "/v1/secret/data/app": {"data": {"key": self.value}, "metadata": {"version": 1}},
            "/v1/auth/token/lookup-self": {"ttl": 0, "renewable": False},
        }
        found = self.path in answers
        body = json.dumps({"data": answers[self.path]} if found else {"errors": []}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_child_does_not_use_its_parents_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = make_canary(), make_canary()
    FakeVault.value = old
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeVault)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("VAULT_TOKEN", make_canary())
        path = tmp_path / ".keyzero.toml"
        path.write_text('[secrets]\nA = "vault://secret/data/app#key"\n')
        secrets = kz.open(path)
        secrets.refresh()
        FakeVault.value = new

        def child() -> None:
            secrets.refresh()
            assert secrets["A"].expose() == new
            assert secrets.health() == {"vault": None}

        # They are still open, so that nobody else has their ports.
        parents = set(FakeVault.connections)
        for _ in range(3):
            FakeVault.connections.clear()
            in_child(child)
            assert FakeVault.connections
            assert not FakeVault.connections & parents
        secrets.refresh()
        assert secrets["A"].expose() == new
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def test_child_runs_programs(tmp_path: Path) -> None:
    value = make_canary()
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho {value}\n")
    program.chmod(0o700)
    path = tmp_path / ".keyzero.toml"
    path.write_text(f'[secrets]\nA = "exec://{program}"\n')
    secrets = kz.open(path)

    def child() -> None:
        secrets.refresh()
        assert kz.open(path)["A"].expose() == value

    in_child(child)
    secrets.refresh()


def test_child_writes_an_audit_chain_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path = file_manifest(tmp_path, make_canary())
    path.write_text(path.read_text() + '[audit]\npath = "audit.jsonl"\nkey = "audit.key"\n')
    secrets = kz.open(path)
    in_child(secrets.refresh)
    secrets.refresh()
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    chains: dict[str, list[int]] = {}
    for line in lines:
        chains.setdefault(line["chain"], []).append(line["seq"])
    assert len(chains) == 2
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in chains.values())
