"""The guard for `mcp` 1.x."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kz._guard import _lowlevel
from kz._guard._connection import Dialect
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

# By name: the types of 1.x and of 2.x share a path, and only one can be checked.
_types: Any = import_module("mcp.types")

_HTTP = ("sse_app", "streamable_http_app", "run_sse_async", "run_streamable_http_async")

_DIALECT = Dialect(
    dump={"by_alias": True, "exclude_none": True},
    parse=_types.JSONRPCMessage.model_validate_json,
    shares_stdout=True,
)


def guard(server: Any, redactor: Redactor) -> None:
    """Guards every connection that `server` will serve."""
    lowlevel: Any = server if _lowlevel.is_lowlevel(server) else getattr(server, "_mcp_server", None)
    if not _lowlevel.is_lowlevel(lowlevel):
        unsupported("this release of mcp is not known", "use mcp 1.30")
    _lowlevel.guard(lowlevel, redactor, _DIALECT)
    if lowlevel is not server:
        for name in _HTTP:
            setattr(server, name, refuse_transport)
