"""What a guarded process prints besides messages: each snippet leaks without the guard."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import make_canary

PROLOGUE = """
import os, sys
import asyncio, io, logging, threading, traceback, warnings
C = os.environ["TEST_A"]
early = logging.StreamHandler()
logging.basicConfig(format="%(message)s", handlers=[logging.StreamHandler()])
log = logging.getLogger("test")
if len(sys.argv) > 1:
    import kz
    from kz._guard import _process
    secrets = kz.open(sys.argv[1])
    # What Secrets.guard does besides hooking the server; importing mcp takes most of a second.
    _process.guard(secrets.redactor)
"""

SNIPPETS = {
    "print": "print('a', C)",
    "print to stderr": "print(C, file=sys.stderr)",
    "print to the original": "print(C, file=sys.__stderr__)",
    "print without an end": "print(C, end='')",
    "print in parts": "print(C[:9], end='', flush=True); print(C[9:])",
    "write lines": "sys.stderr.writelines([C[:5], C[5:], chr(10)])",
    "write bytes": "sys.stdout.buffer.write(C[:9].encode()); sys.stdout.buffer.write(C[9:].encode())",
    "text then bytes": "sys.stdout.write(C[:9]); sys.stdout.flush(); sys.stdout.buffer.write(C[9:].encode())",
    "threads": "t = threading.Thread(target=print, args=(C,)); t.start(); t.join()",
    "uncaught": "raise RuntimeError(C)",
    "uncaught, chained": "\ntry: raise ValueError(C)\nexcept ValueError as e: raise RuntimeError('x') from e",
    "uncaught custom hook": "sys.excepthook = (lambda old: lambda *a: old(*a))(sys.excepthook); raise RuntimeError(C)",
    "exit message": "sys.exit(C)",
    "traceback": "\ntry: raise ValueError(C)\nexcept ValueError: traceback.print_exc()",
    "traceback with locals": (
        "\ndsn = C\ntry: raise ValueError\nexcept ValueError as e:"
        "\n    _ = traceback.TracebackException.from_exception(e, capture_locals=True).format()\n    print(*_, file=sys.stderr)"
    ),
    "thread exception": "t = threading.Thread(target=lambda: 1 // len([]) if not C else int(C)); t.start(); t.join()",
    "unraisable": "\nclass D:\n    def __del__(self): raise RuntimeError(C)\nD()",
    "warning": "warnings.warn(C)",
    "warning in logging": "logging.captureWarnings(True); warnings.warn(C)",
    "log message": "log.warning(C)",
    "log arguments": "log.warning('%s', C)",
    "log dict": "log.warning('%(a)s', {'a': C})",
    "log exception": "\ntry: raise ValueError(C)\nexcept ValueError: log.exception('x')",
    "log exception object": "log.error('x', exc_info=ValueError(C))",
    "log to an early handler": "log.addHandler(early); log.propagate = False; log.warning(C)",
    "log to a late handler": "log.addHandler(logging.StreamHandler(io.TextIOWrapper(open(2, 'wb', 0)))); log.warning(C)",
    "log extra": (
        "\nh = logging.StreamHandler(); h.setFormatter(logging.Formatter('%(dsn)s'))"
        "\nlog.addHandler(h); log.propagate = False; log.warning('x', extra={'dsn': [C, object()]})"
    ),
    "log record handed over": "log.handle(logging.makeLogRecord({'msg': C, 'levelno': 40, 'levelname': 'ERROR'}))",
    "log factory replaced": "logging.setLogRecordFactory(logging.LogRecord); log.warning('%s', C)",
    "log message changed by a filter": (
        "\nclass F(logging.Filter):\n    def filter(self, record):\n        record.msg = C; return True"
        "\nlog.addFilter(F()); log.warning('x')"
    ),
    "log attribute changed by a filter": (
        "\nclass F(logging.Filter):\n    def filter(self, record):\n        record.threadName = C; return True"
        "\nlogging.getLogger().handlers[0].setFormatter(logging.Formatter('%(threadName)s'))"
        "\nlog.addFilter(F()); log.warning('x')"
    ),
    "log attribute changed to what equals anything": (
        "\nclass E(str):\n    __eq__ = lambda *_: True\n    __hash__ = str.__hash__"
        "\nclass F(logging.Filter):\n    def filter(self, record):\n        record.threadName = E(C); return True"
        "\nlogging.getLogger().handlers[0].setFormatter(logging.Formatter('%(threadName)s'))"
        "\nlog.addFilter(F()); log.warning('x')"
    ),
    "log argument that the message does not show": (
        "\nlogging.getLogger().handlers[0].setFormatter(logging.Formatter('%(args)s'))\nlog.warning('%.1s', C)"
    ),
    "log wrong arguments": "log.warning('%s %s', C)",
    "log broken repr": "\nclass B:\n    def __repr__(self): raise RuntimeError(C)\nlog.warning('%r', B())",
    "broken str of an exception": (
        "\nclass B(Exception):\n    def __str__(self): raise RuntimeError(C)\n    __repr__ = __str__"
        "\ntry: raise B(C)\nexcept B as e: log.exception('x'); print(C)"
    ),
    "asyncio": "\nasync def m(): asyncio.get_running_loop().call_exception_handler({'message': C})\nasyncio.run(m())",
    "asyncio task": (
        "\nasync def f(): raise RuntimeError(C)"
        "\nasync def m():\n    t = asyncio.ensure_future(f()); await asyncio.sleep(0); await asyncio.sleep(0); del t"
        "\nasyncio.run(m())"
    ),
    "asyncio own handler": (
        "\nasync def m():\n    loop = asyncio.get_running_loop()"
        "\n    loop.set_exception_handler(lambda loop, context: print(context))"
        "\n    loop.call_exception_handler({'message': 'x', 'exception': RuntimeError(C)})\nasyncio.run(m())"
    ),
    "fork": "\npid = os.fork()\nif pid == 0:\n    print(C)\n    sys.stdout.flush()\n    os._exit(0)\nos.waitpid(pid, 0)",
    "log to a named logger": (
        "\nlogging.getLogger().handlers[0].setFormatter(logging.Formatter('%(name)s %(threadName)s'))"
        "\nlogging.getLogger(C).warning('x')"
    ),
    "base64": "import base64; print(base64.b64encode(C.encode()).decode())",
}
if sys.version_info >= (3, 11):
    SNIPPETS["uncaught note"] = "e = RuntimeError('x'); e.add_note(C); raise e"


def run(snippet: str, value: str, manifest: Path | None) -> str:
    """What the program writes."""
    arguments = [str(manifest)] if manifest else []
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", PROLOGUE + snippet, *arguments],
        env={**os.environ, "TEST_A": value},
        capture_output=True,
    )
    return (done.stdout + done.stderr).decode()


def forms(value: str) -> list[str]:
    import base64

    return [value, value[:9] + "\n", base64.b64encode(value.encode()).decode()[:24]]


@pytest.fixture
def manifest_file(tmp_path: Path) -> Path:
    path = tmp_path / ".keyzero.toml"
    path.write_text('[secrets]\nA = "env://TEST_A"\n')
    return path


@pytest.mark.parametrize("name", SNIPPETS)
def test_leaks_without_and_not_with_the_guard(name: str, manifest_file: Path) -> None:
    value = make_canary()
    plain = run(SNIPPETS[name], value, None)
    assert any(form in plain for form in forms(value)), plain
    guarded = run(SNIPPETS[name], value, manifest_file)
    assert not any(form in guarded for form in forms(value)), guarded
    assert "[REDACTED:" in guarded


CLEAN = {
    "print": "print('a', 'ünï', 3.5, sep='-'); sys.stdout.write('x\\ty'); print(end='')",
    "bytes": "sys.stdout.buffer.write(b'one\\ntwo \\xe2\\x82'); sys.stdout.buffer.write(b'\\xac\\n')",
    "surrogates": "sys.stderr.write('a\\udcff\\n'); print(ascii('\\ud800'))",
    "log": "log.warning('%s and %d', 'this', 4); logging.lastResort",
    "log exception": "\ntry: raise ValueError('plain')\nexcept ValueError: log.exception('x')",
    "warning": "warnings.warn_explicit('plain', UserWarning, 'file', 1)",
    "uncaught": "raise RuntimeError('plain')",
    "thread": "t = threading.Thread(target=int, args=('x',), name='T'); t.start(); t.join()",
    "exit": "sys.exit('plain')",
    "interactive": "print(sys.stdout.encoding, sys.stdout.isatty(), sys.stderr.fileno(), sys.stdout.closed)",
}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_output_is_the_same(name: str, manifest_file: Path) -> None:
    value = make_canary()
    assert run(CLEAN[name], value, manifest_file) == run(CLEAN[name], value, None)


def test_still_covered_after_close(manifest_file: Path) -> None:
    """A `with` block ends before the traceback is printed."""
    value = make_canary()
    out = run("secrets.close(); log.warning(C); raise RuntimeError(C)", value, manifest_file)
    assert value not in out
    assert out.count("[REDACTED:A]") == 2
