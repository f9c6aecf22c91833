"""What becomes of one message, in the dialect of each SDK."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

import kz
from kz._guard._connection import Connection, Dialect

from ..conftest import Opener
from .conftest import installed

DIALECT: Dialect = import_module(
    "kz._guard._mcp1" if installed() == "mcp 1" else "kz._guard._mcp2"
)._DIALECT


@pytest.fixture
def connection(opened: Opener, canary: str) -> Connection:
    return Connection([opened(A=canary).redactor], DIALECT)


def written(message: Any) -> str:
    """As the SDK's transports write it."""
    return str(message.model_dump_json(**DIALECT.dump))


def test_a_handler_cannot_change_a_message_after_the_scan(connection: Connection, canary: str) -> None:
    message = DIALECT.parse('{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"clean"}]}}')
    sealed = connection.outgoing(message)
    getattr(message, "root", message).result["content"][0]["text"] = canary
    assert canary in written(message)
    assert written(sealed) == '{"jsonrpc":"2.0","id":1,"result":{"content":[{"text":"clean"}]}}'
    with pytest.raises(kz.KzError):
        sealed.model_dump_json()


def test_a_sealed_message_is_still_one_of_its_kind(connection: Connection, canary: str) -> None:
    for text in (
        '{"jsonrpc":"2.0","id":1,"result":{"a":1}}',
        f'{{"jsonrpc":"2.0","id":1,"result":{{"a":"{canary}"}}}}',
        '{"jsonrpc":"2.0","id":"x","error":{"code":-1,"message":"no"}}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"x"}}',
        '{"jsonrpc":"2.0","id":2,"method":"roots/list"}',
    ):
        message = DIALECT.parse(text)
        sealed = connection.outgoing(message)
        assert isinstance(sealed, type(message))
        body, kind = (getattr(thing, "root", thing) for thing in (sealed, message))
        assert type(kind) in type(body).__mro__
        assert body.model_dump() == DIALECT.parse(written(sealed)).model_dump()


def test_a_withheld_request_fails_its_sender(connection: Connection, canary: str) -> None:
    """Nobody would answer it, and the handler would wait for ever."""
    request = DIALECT.parse(f'{{"jsonrpc":"2.0","id":"{canary}","method":"roots/list"}}')
    with pytest.raises(kz.KzError) as caught:
        connection.outgoing(request)
    assert caught.value.code == "invalid"
    assert canary not in str(caught.value)


def test_ids_of_the_client_come_back(connection: Connection, canary: str) -> None:
    connection.incoming(DIALECT.parse(f'{{"jsonrpc":"2.0","id":"{canary}","method":"ping"}}'))
    answer = f'{{"jsonrpc":"2.0","id":"{canary}","result":{{"text":"%s"}}}}'
    sent = connection.outgoing(DIALECT.parse(answer % canary))
    assert written(sent) == answer % "[REDACTED:A]"


@pytest.mark.parametrize("count", [4711471147114711, 2**64 - 1, 2**64, -4711471147114711])
def test_counts_of_the_client_come_back(opened: Opener, count: int) -> None:
    connection = Connection([opened(A=str(abs(count))).redactor], DIALECT)
    answer = f'{{"jsonrpc":"2.0","id":{count},"result":{{}}}}'
    connection.incoming(DIALECT.parse(f'{{"jsonrpc":"2.0","id":{count},"method":"ping"}}'))
    assert written(connection.outgoing(DIALECT.parse(answer))) == answer
    # Once answered, it is nobody's.
    try:
        again = written(connection.outgoing(DIALECT.parse(answer)))
    except kz.KzError:
        again = ""
    assert str(count) not in again


def test_ids_of_nobody_are_withheld(connection: Connection, canary: str) -> None:
    """`mcp` 2.x can say an error without an id; in `mcp` 1.x the sender fails."""
    answer = DIALECT.parse(f'{{"jsonrpc":"2.0","id":"{canary}","result":{{}}}}')
    if installed() != "mcp 1":
        assert canary not in written(connection.outgoing(answer))
        return
    with pytest.raises(kz.KzError) as caught:
        connection.outgoing(answer)
    assert canary not in str(caught.value)


@pytest.mark.parametrize("what", ["answer", "notification"])
def test_what_json_cannot_say(connection: Connection, canary: str, what: str) -> None:
    """JSON has no lone surrogates: the answer is an error under the same id, not a dead server."""
    texts = {
        "answer": '{"jsonrpc":"2.0","id":7,"result":{"text":"x"}}',
        "notification": '{"jsonrpc":"2.0","method":"notifications/message","params":{"text":"x"}}',
    }
    message = DIALECT.parse(texts[what])
    body = getattr(message, "root", message)
    (body.result if what == "answer" else body.params)["text"] = f"\ud800{canary}"
    if what == "answer":
        sent = written(connection.outgoing(message))
        assert sent.startswith('{"jsonrpc":"2.0","id":7,"error":')
        assert canary not in sent
    else:
        with pytest.raises(kz.KzError) as caught:
            connection.outgoing(message)
        assert canary not in str(caught.value)
