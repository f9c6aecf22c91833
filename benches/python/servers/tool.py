"""What the servers of this benchmark share: one tool, and the guard where a manifest is named."""

import sys

LINE = "2026-03-15T10:23:07.123Z INFO  request id={} method=GET path=/v1/items/{} status=200\n"
LINES = "".join(LINE.format(number * 7919 % 100_000, number) for number in range(1000))


def text(size: int) -> str:
    """So many characters of a log."""
    return LINES[:size]


def guarded(server):
    if len(sys.argv) > 1:
        import kz

        return kz.open(sys.argv[1]).guard(server)
    return server
