"""A client that speaks JSON-RPC by the line, so that it can also say what no SDK would send."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PACKAGE = Path(__file__).parents[2]

ANSWERS: dict[str, Any] = {
    "elicitation/create": {"action": "accept", "content": {"ok": True}},
    "sampling/createMessage": {
        "role": "assistant",
        "model": "none",
        "content": {"type": "text", "text": "no"},
    },
    "roots/list": {"roots": []},
}


@dataclass
class Transcript:
    """All that a server wrote."""

    stdout: bytes
    stderr: bytes

    def holds(self, value: str) -> bool:
        """In any form that the leaking servers give it."""
        shifted = [base64.b64encode(b"x" * shift + value.encode())[4:-4] for shift in range(3)]
        halves = [value[:18].encode(), value[18:].encode()]
        forms = [value.encode(), *halves, *shifted]
        return any(form in self.stdout or form in self.stderr for form in forms)

    def messages(self) -> list[dict[str, Any]]:
        """The lines of stdout that are messages."""
        lines = self.stdout.splitlines()
        return [json.loads(line) for line in lines if line.startswith(b"{")]


class Wire:
    """A server that runs, and the client's end of its pipes."""

    def __init__(
        self, server: str, *arguments: str, environment: dict[str, str], folder: Path = PACKAGE
    ) -> None:
        """`server` is one of `servers/`, or the path of a program."""
        program = [server] if server.endswith(".py") else ["-m", f"tests.sdk.servers.{server}"]
        self._stderr: IO[bytes] = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=folder,
            env={**os.environ, "FASTMCP_CHECK_FOR_UPDATES": "off", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            # So small that a server stands in the middle of a long answer until it is read.
            pipesize=4096,
        )
        self._lines: list[bytes] = []
        self._next = 0

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message as it is."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self._process.stdin.flush()

    def request(self, method: str, params: Any = None, *, id: Any = None) -> dict[str, Any]:
        """Sends a request; answers what the server asks until the answer comes."""
        self._next += 1
        id = self._next if id is None else id
        self.send({"id": id, "method": method, **({} if params is None else {"params": params})})
        return self.answers([id])[id]

    def answers(self, ids: list[Any]) -> dict[Any, dict[str, Any]]:
        """The answers to requests that were sent; answers what the server asks meanwhile."""
        found: dict[Any, dict[str, Any]] = {}
        for line in self._process.stdout or ():
            self._lines.append(line)
            # Prints of a handler stand between the messages where an SDK leaves stdout as it is.
            message = json.loads(line) if line.startswith(b"{") else {}
            if "method" not in message and message.get("id") in ids:
                found[message["id"]] = message
            if len(found) == len(ids):
                return found
            if "id" in message and "method" in message:
                self.send({"id": message["id"], "result": ANSWERS.get(message["method"], {})})
        raise AssertionError(f"no answer to {ids}: {self.end().stderr.decode(errors='replace')}")

    def initialize(self, version: str = "2025-06-18") -> dict[str, Any]:
        """The handshake."""
        answer = self.request(
            "initialize",
            {
                "protocolVersion": version,
                "capabilities": {"elicitation": {}, "sampling": {}, "roots": {}},
                "clientInfo": {"name": "wire", "version": "1"},
            },
        )
        self.send({"method": "notifications/initialized"})
        return answer

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Calls a tool, with a progress token."""
        params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": f"token-{tool[:5]}"}}
        return self.request("tools/call", params)

    def end(self) -> Transcript:
        """Closes the server's input and waits for it."""
        with self._stderr, self._process:
            assert self._process.stdin is not None and self._process.stdout is not None
            self._process.stdin.close()
            self._lines += self._process.stdout
            self._process.wait()
            self._stderr.seek(0)
            return Transcript(b"".join(self._lines), self._stderr.read())
