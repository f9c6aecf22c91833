"""The guard for `mcp` 2.x."""

from __future__ import annotations

import functools
from typing import Any

from mcp_types import jsonrpc_message_adapter

from kz._guard import _lowlevel
from kz._guard._connection import Dialect
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

_HTTP = ("sse_app", "streamable_http_app", "run_sse_async", "run_streamable_http_async")

_DIALECT = Dialect(
    dump={"by_alias": True, "exclude_unset": True},
    parse=functools.partial(jsonrpc_message_adapter.validate_json, by_name=False),
    shares_stdout=False,
)


def guard(server: Any, redactor: Redactor) -> None:
    """Guards every connection that `server` will serve."""
    if _lowlevel.is_lowlevel(server):
        guard_lowlevel(server, redactor)
        return
    guard_lowlevel(getattr(server, "_lowlevel_server", None), redactor)
    for name in _HTTP:
        setattr(server, name, refuse_transport)


def guard_lowlevel(lowlevel: Any, redactor: Redactor) -> None:
    """Guards the lowlevel server, on which `fastmcp` builds too."""
    if not _lowlevel.is_lowlevel(lowlevel):
        unsupported("this release of mcp is not known", "use mcp 2.3")
    _lowlevel.guard(lowlevel, redactor, _DIALECT)
