"""Calls a tool over stdio, guarded and not, and prints how many calls a second are answered.

    python benches/python/calls.py mcp1=PYTHON mcp1_lowlevel=PYTHON mcp2=PYTHON fastmcp4=PYTHON

Each PYTHON is an interpreter that has the SDK of that server and the wheel. The servers of an
SDK run at once and are called in turns, a short block of calls each, so that what else the
machine does falls on all. The client is a pipe and a line of JSON: what is measured is the server.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

SERVERS = Path(__file__).parent / "servers"
BLOCK, BLOCKS = 10, 334
SIZES = [("100 B", 100), ("1 KiB", 1024), ("4 KiB", 4096)]
CALLS = BLOCK * BLOCKS * len(SIZES)
SECRETS = 10


class Server:
    def __init__(self, python: str, name: str, manifest: Path | None, environment: dict[str, str]) -> None:
        arguments = [python, str(SERVERS / f"{name}.py"), *([str(manifest)] if manifest else [])]
        self._process = subprocess.Popen(
            arguments,
            env={**os.environ, "FASTMCP_CHECK_FOR_UPDATES": "off", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._next = 0
        client = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "b", "version": "1"}}
        self.request("initialize", client)
        self._send({"method": "notifications/initialized"})

    def request(self, method: str, params: dict) -> dict:
        self._next += 1
        self._send({"id": self._next, "method": method, "params": params})
        answer = json.loads(self._process.stdout.readline())
        assert answer["id"] == self._next and "result" in answer, answer
        return answer["result"]

    def block(self, size: int) -> float:
        """The seconds that a block of calls takes."""
        parameters = {"name": "text", "arguments": {"size": size}}
        started = time.perf_counter()
        for _ in range(BLOCK):
            result = self.request("tools/call", parameters)
        seconds = time.perf_counter() - started
        assert len(result["content"][0]["text"]) == size
        return seconds

    def _send(self, message: dict) -> None:
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

    def end(self) -> None:
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def measure(name: str, python: str, manifests: list[Path | None], environment: dict[str, str]) -> None:
    servers = [Server(python, name, manifest, environment) for manifest in manifests]
    for title, size in SIZES:
        rounds = [[server.block(size) for server in servers] for _ in range(BLOCKS)]
        rates = [BLOCK / undisturbed(times) for times in zip(*rounds)]
        cells = [f"{rate:.0f} ({rate / rates[0]:.2f} ×)" for rate in rates]
        print(f"| {name} | {title} | {' | '.join(cells)} |", flush=True)
    for server in servers:
        server.end()


def undisturbed(times: Sequence[float]) -> float:
    """The median of the fastest tenth: what the machine did besides is in the others."""
    return statistics.median(sorted(times)[: len(times) // 10])


def main() -> None:
    values = {f"BENCH_{number}": secrets.token_urlsafe(24) for number in range(SECRETS)}
    print(f"\n### Python, {CALLS} calls over stdio: calls a second\n")
    print(f"| server | answer | no guard | guarded, nothing to look for | guarded, {SECRETS} secrets |")
    print("|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        nothing, full = Path(folder) / "nothing.toml", Path(folder) / "full.toml"
        nothing.write_text('[redact]\npatterns = "off"\n')
        full.write_text("[secrets]\n" + "".join(f'{name} = "env://{name}"\n' for name in values))
        for argument in sys.argv[1:]:
            name, _, python = argument.partition("=")
            measure(name, python, [None, nothing, full], values)


if __name__ == "__main__":
    main()
