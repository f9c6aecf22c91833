"""The PostgreSQL example: ten lines at most, and what they change.

A real PostgreSQL is asked in the tests of the whole repository; here every connection fails.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from mcp import Client

from .conftest import make_canary
from .test_guard import drive, failing

EXAMPLE = Path(__file__).parents[2] / "examples" / "python-postgres"


def test_ten_lines_secure_a_server() -> None:
    plain, guarded = (
        (EXAMPLE / f"{name}.py").read_text().splitlines() for name in ("unguarded", "guarded")
    )
    changed = [line for line in difflib.ndiff(plain, guarded) if line.startswith("+ ")]
    assert 0 < len(changed) <= 10
    assert len(guarded) - len(plain) <= 10
    kept = [line for line in difflib.ndiff(plain, guarded) if line.startswith("  ")]
    assert len(kept) >= len(plain) - 5
    ast.parse("\n".join(guarded))


def query(sql: str) -> Callable[[Client], Awaitable[None]]:
    async def calls(client: Client) -> None:
        await failing(client.call_tool("query", {"sql": sql}))

    return calls


DSNS = {
    "malformed": "postgres//app:{}@127.0.0.1:1/app",
    "a space in the password": "postgres://app:{} x@127.0.0.1:1/app",
    "bad percent": "postgres://app:{}%zz@127.0.0.1:1/app",
    "nobody listens": "postgres://app:{}@127.0.0.1:1/app",
    "keywords": "host=127.0.0.1 port=1 user=app password={} dbname=app",
}


@pytest.mark.parametrize("dsn", DSNS.values(), ids=DSNS)
def test_failures_do_not_tell_the_dsn(dsn: str, tmp_path: Path) -> None:
    password = make_canary()
    environment = {"DATABASE_URL": dsn.format(password), "KEYZERO_CONFIG": str(tmp_path / "kz.toml")}
    (tmp_path / "kz.toml").write_text('[secrets]\nDATABASE_URL = "env://DATABASE_URL"\n')
    plain = drive([str(EXAMPLE / "unguarded.py")], environment, "auto", query("select 1"))
    assert password.encode() in plain.stdout
    assert password.encode() in plain.stderr
    guarded = drive([str(EXAMPLE / "guarded.py")], environment, "auto", query("select 1"))
    assert password.encode() not in guarded.stdout + guarded.stderr
    assert b"[REDACTED:DATABASE_URL]" in guarded.stdout
    assert b"query failed on" in guarded.stdout
