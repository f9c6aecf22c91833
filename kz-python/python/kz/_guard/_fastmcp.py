"""The guard for `fastmcp` 4.x, which builds on the lowlevel server of `mcp` 2.x."""

from __future__ import annotations

from typing import Any

from kz._guard import _mcp2
from kz._guard._refusal import refuse_transport, unsupported
from kz._native import Redactor

_HTTP = ("http_app", "run_http_async")


def guard(server: Any, redactor: Redactor) -> None:
    """Guards every connection that `server` will serve."""
    if not all(callable(getattr(server, name, None)) for name in _HTTP):
        unsupported("this release of fastmcp is not known", "use fastmcp 4.1")
    _mcp2.guard_lowlevel(getattr(server, "_mcp_server", None), redactor)
    for name in _HTTP:
        setattr(server, name, refuse_transport)
