"""Calls a tool over stdio, guarded and not, and prints how many calls a second each answers.

    python benches/python/calls.py mcp1=PYTHON mcp1_lowlevel=PYTHON mcp2=PYTHON fastmcp4=PYTHON

Each PYTHON is an interpreter that has the SDK of that server and the wheel. Both servers of an
SDK run at once and are called in turns, a block of calls each, so that what else the machine
does falls on both. The client is a pipe and a line of JSON: what is measured is the server.
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
from pathlib import Path

SERVERS = Path(__file__).parent / "servers"
BLOCK, BLOCKS = 250, 40
SIZES = [("100 B", 100), ("1 KiB", 1024), ("4 KiB", 4096)]
CALLS = BLOCK * BLOCKS
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


    def processor(self) -> float:
        """The seconds of processor time that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def measure(name: str, python: str, manifest: Path, environment: dict[str, str]) -> list[str]:
    plain = Server(python, name, None, environment)
    guarded = Server(python, name, manifest, environment)
    cells = []
    for _, size in SIZES:
        plain.block(size), guarded.block(size)
        before = plain.processor(), guarded.processor()
        pairs = [(plain.block(size), guarded.block(size)) for _ in range(BLOCKS)]
        used = plain.processor() - before[0], guarded.processor() - before[1]
        ratio = statistics.median(bare / covered for bare, covered in pairs)
        rates = [BLOCK / statistics.median(times) for times in zip(*pairs)]
        cells.append(f"{rates[0]:.0f} → {rates[1]:.0f} ({ratio:.2f} ×, {used[0] / used[1]:.2f} ×)")
    plain.end()
    guarded.end()
    return cells


def main() -> None:
    values = {f"BENCH_{number}": secrets.token_urlsafe(24) for number in range(SECRETS)}
    print(f"\n### Python, {CALLS} calls over stdio, {SECRETS} secrets: calls a second without and with the guard\n")
    print(f"| server | {' | '.join(title for title, _ in SIZES)} |")
    print("|---|" + "---:|" * len(SIZES))
    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / ".keyzero.toml"
        manifest.write_text("[secrets]\n" + "".join(f'{name} = "env://{name}"\n' for name in values))
        for argument in sys.argv[1:]:
            name, _, python = argument.partition("=")
            print(f"| {name} | {' | '.join(measure(name, python, manifest, values))} |", flush=True)


if __name__ == "__main__":
    main()
