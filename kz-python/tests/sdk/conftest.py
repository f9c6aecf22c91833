"""Which SDK this environment holds. None is skipped: each has an environment of its own."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

SDKS = {"mcp 1": ["mcp1", "mcp1_lowlevel"], "mcp 2": ["mcp2"], "fastmcp 4": ["fastmcp4"]}


def installed() -> str:
    """The SDK that is installed here."""
    try:
        return f"fastmcp {version('fastmcp').partition('.')[0]}"
    except PackageNotFoundError:
        return f"mcp {version('mcp').partition('.')[0]}"


SERVERS = SDKS[installed()]

_ALONE = {"mcp 1": "test_mcp1.py", "fastmcp 4": "test_fastmcp.py"}

collect_ignore = [file for sdk, file in _ALONE.items() if sdk != installed()]
"""What is of one SDK alone."""
