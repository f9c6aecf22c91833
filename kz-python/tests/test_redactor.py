"""`kz.Redactor`: text, JSON, findings and streams."""

from __future__ import annotations

import copy
import enum
import json
import pickle
import random
import threading
from collections import OrderedDict
from typing import Any, NamedTuple

import pytest

import kz

from .conftest import make_canary


@pytest.fixture
def redactor(canary: str) -> kz.Redactor:
    return kz.Redactor({"API_KEY": canary})


def test_known_values_are_masked(redactor: kz.Redactor, canary: str) -> None:
    assert redactor.redact(f"<{canary}>") == "<[REDACTED:API_KEY]>"
    assert redactor.redact(redactor.redact(canary)) == "[REDACTED:API_KEY]"


@pytest.mark.parametrize("text", ["", "clean", "ünïcödé 🦀", "\ud800 lone", "a\udcffb" * 9000, "x" * 100_000])
def test_clean_text_is_the_same_object(redactor: kz.Redactor, text: str) -> None:
    assert redactor.redact(text) is text


def test_large_text_is_redacted_too(redactor: kz.Redactor, canary: str) -> None:
    padding = "lorem ipsum " * 5000
    assert redactor.redact(padding + canary + padding) == f"{padding}[REDACTED:API_KEY]{padding}"


def test_lone_surrogates_survive(redactor: kz.Redactor, canary: str) -> None:
    assert redactor.redact(f"\ud800 {canary} \udfff") == "\ud800 [REDACTED:API_KEY] \udfff"
    assert redactor.redact(f"é\udc80{canary}") == "é\udc80[REDACTED:API_KEY]"


def test_no_content_raises(redactor: kz.Redactor, canary: str) -> None:
    chance = random.Random(7)
    parts = [canary, "\ud800", "\udc00", "\x00", "%", "\\u", "é", "🦀", "=", "\n", "[REDACTED:", "]", "\x1b["]
    for _ in range(300):
        text = "".join(chance.choice(parts) for _ in range(chance.randrange(12)))
        assert canary not in redactor.redact(text)
        assert isinstance(redactor.redact_json({text: [text]}), dict)
        for finding in redactor.scan(text):
            assert 0 <= finding.start < finding.end <= len(text)


def test_takes_text_alone(redactor: kz.Redactor) -> None:
    for value in (None, b"bytes", 1, ["text"]):
        with pytest.raises(TypeError):
            redactor.redact(value)  # type: ignore[arg-type]


def test_values_may_be_bytes_or_hold_surrogates() -> None:
    canary = make_canary()
    redactor = kz.Redactor({"BYTES": canary.encode()})
    redactor.add("ODD", f"\ud800{canary[::-1]}")
    assert redactor.redact(canary) == "[REDACTED:BYTES]"
    assert redactor.redact(f"\ud800{canary[::-1]}") == "[REDACTED:ODD]"


def test_add_reaches_every_copy(redactor: kz.Redactor) -> None:
    later = make_canary()
    stream = redactor.stream()
    redactor.add("LATER", later)
    assert redactor.redact(later) == "[REDACTED:LATER]"
    assert stream.write(later.encode() + b"\n") + stream.finish() == b"[REDACTED:LATER]\n"


@pytest.mark.parametrize("value", ["", "ab", "password", "localhost"])
def test_weak_values_are_refused(redactor: kz.Redactor, value: str) -> None:
    with pytest.raises(kz.KzError) as caught:
        redactor.add("WEAK", value)
    assert caught.value.code == "weak_secret"
    with pytest.raises(kz.KzError):
        kz.Redactor({"WEAK": value})


def test_patterns_can_be_switched_off() -> None:
    key = "ghp_" + make_canary().replace("-", "")[:12] + make_canary()[-24:]
    assert kz.Redactor().redact(f"token {key}") != f"token {key}"
    assert kz.Redactor(patterns=False).redact(f"token {key}") == f"token {key}"


def test_scan_counts_code_points(redactor: kz.Redactor, canary: str) -> None:
    for before in ("", "é🦀 ", "\ud800\udfff", "日本" * 50):
        text = f"{before}{canary} and {canary}."
        found = redactor.scan(text)
        assert [(f.rule, f.name, text[f.start : f.end]) for f in found] == [
            ("known-value", "API_KEY", canary)
        ] * 2
        assert canary not in repr(found)
        assert found[0] == redactor.scan(text)[0]
    assert redactor.scan("clean") == []


# JSON


def test_clean_json_is_the_same_object(redactor: kz.Redactor) -> None:
    value: dict[Any, Any] = {
        "text": ["a", ("b", 1, 1.5, -0.0, True, None)],
        "nan": float("nan"),
        "inf": float("inf"),
        "big": 10**40,
        "odd": "\ud800",
        1: {"": []},
    }
    assert redactor.redact_json(value) is value
    for scalar in ("text", 1, 1.5, None, True):
        assert redactor.redact_json(scalar) is scalar


def test_json_values_and_keys(redactor: kz.Redactor, canary: str) -> None:
    clean = {"deep": [1, 2.5, None]}
    value = {"a": [canary, ("x", f"<{canary}>")], canary: clean, "b": 7}
    out = redactor.redact_json(value)
    assert out == {
        "a": ["[REDACTED:API_KEY]", ("x", "<[REDACTED:API_KEY]>")],
        "[REDACTED:API_KEY]": clean,
        "b": 7,
    }
    assert list(out) == ["a", "[REDACTED:API_KEY]", "b"]
    assert out["[REDACTED:API_KEY]"] is clean
    assert isinstance(out["a"][1], tuple)
    assert value["b"] == 7 and canary in value


def test_json_keys_that_become_one_both_stay(canary: str) -> None:
    other = make_canary()
    redactor = kz.Redactor({"KEY": canary})
    redactor.add("KEY", other)
    out = redactor.redact_json({canary: 1, other: 2})
    assert out == {"[REDACTED:KEY]": 1, "[REDACTED:KEY]#2": 2}


def test_json_numbers(redactor: kz.Redactor) -> None:
    redactor.add("PIN", "918273645546372819")
    assert redactor.redact_json([918273645546372819, 5]) == ["[REDACTED:PIN]", 5]
    assert redactor.redact_json({918273645546372819: 5}) == {"[REDACTED:PIN]": 5}
    redactor.add("RATE", "1234.56789012345")
    assert redactor.redact_json(1234.56789012345) == "[REDACTED:RATE]"

    class Shy(int):
        def __repr__(self) -> str:
            return "7"

    assert redactor.redact_json(Shy(918273645546372819)) == "[REDACTED:PIN]"


def test_json_across_text_blocks(redactor: kz.Redactor, canary: str) -> None:
    blocks = [{"type": "text", "text": f"a {canary[:20]}"}, {"type": "text", "text": f"{canary[20:]} z"}]
    out = redactor.redact_json({"content": blocks})
    joined = "".join(block["text"] for block in out["content"])
    assert canary not in joined
    assert canary[:20] not in joined
    assert json.loads(as_message(redactor, {"content": blocks})) == out


def as_message(redactor: kz.Redactor, value: object) -> str:
    """The same, by way of the message filter."""
    from kz import _native

    return _native.MessageFilter(redactor).outgoing(json.dumps(value))


def test_json_of_subclasses(redactor: kz.Redactor, canary: str) -> None:
    class Text(str):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = str.__hash__

    class Colour(enum.IntEnum):
        RED = 1

    class Pair(NamedTuple):
        one: str
        two: str

    value = OrderedDict(text=Text(canary), pair=Pair("a", canary), colour=Colour.RED)
    out = redactor.redact_json(value)
    assert str.__eq__(out["text"], "[REDACTED:API_KEY]")
    assert out["pair"] == ("a", "[REDACTED:API_KEY]")
    assert out["colour"] is Colour.RED
    clean = OrderedDict(text=Text("clean"), pair=Pair("a", "b"))
    assert redactor.redact_json(clean) is clean


def test_json_refuses_other_objects(redactor: kz.Redactor, canary: str) -> None:
    for value in (object(), b"bytes", {"a": {1}}, [canary.encode()], {(1, 2): 1}):
        with pytest.raises(TypeError) as caught:
            redactor.redact_json(value)
        assert canary not in str(caught.value)


def test_json_that_cannot_be_walked_fails_closed(redactor: kz.Redactor, canary: str) -> None:
    loop: list[Any] = [canary]
    loop += [loop, loop]
    assert redactor.redact_json(loop) == ["[REDACTED:API_KEY]", "[REDACTED:error]", "[REDACTED:error]"]
    deep: Any = canary
    for _ in range(5000):
        deep = [deep]
    assert "[REDACTED:error]" in json.dumps(redactor.redact_json(deep))
    assert canary not in json.dumps(redactor.redact_json(deep))
    assert redactor.redact_json([10**5000]) == ["[REDACTED:error]"]
    twice = {"a": 1}
    assert redactor.redact_json([twice, twice]) == [twice, twice]


def test_json_with_surrogates(redactor: kz.Redactor, canary: str) -> None:
    assert redactor.redact_json(["\ud800", f"\ud800 {canary}", "a\udcffé"]) == [
        "\ud800",
        "\ud800 [REDACTED:API_KEY]",
        "a\udcffé",
    ]


# Streams


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10_000])
def test_stream_does_not_depend_on_chunks(redactor: kz.Redactor, canary: str, size: int) -> None:
    text = f"é {canary}\n{canary[:9]} tail {canary}"
    data = text.encode()
    stream = redactor.stream()
    out = b"".join(stream.write(data[at : at + size]) for at in range(0, len(data), size))
    assert (out + stream.finish()).decode() == redactor.redact(text)


def test_finished_stream_is_closed(redactor: kz.Redactor) -> None:
    stream = redactor.stream()
    assert stream.write(bytearray(b"clean\n")) + stream.finish() == b"clean\n"
    for use in (stream.finish, stream.flush, lambda: stream.write(b"x")):
        with pytest.raises(kz.KzError) as caught:
            use()
        assert caught.value.code == "closed"


# The object


def test_holds_on_to_its_values(redactor: kz.Redactor, canary: str) -> None:
    assert canary not in repr(redactor)
    assert not hasattr(redactor, "__dict__")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(redactor)


def test_shared_by_threads(redactor: kz.Redactor, canary: str) -> None:
    text = f"{'x ' * 20_000}{canary}"
    expected = redactor.redact(text)
    wrong: list[str] = []

    def work() -> None:
        for turn in range(5):
            redactor.add(f"N{turn}", make_canary())
            if (out := redactor.redact(text)) != expected:
                wrong.append(out[-60:])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
