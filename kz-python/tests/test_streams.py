"""Streams of bytes: equal to the whole, for every way of cutting them."""

from __future__ import annotations

import base64
import random

import pytest

import kz

from .conftest import make_canary

CASES = 300


def test_equal_to_the_whole_for_every_chunking() -> None:
    canary = make_canary()
    redactor = kz.Redactor({"API_KEY": canary})
    encoded = base64.b64encode(canary.encode()).decode()
    pieces = [
        canary,
        encoded,
        canary.encode().hex(),
        "".join(f"\\u{ord(sign):04x}" for sign in canary),
        "".join(f"%{ord(sign):02X}" for sign in canary),
        canary[:9],
        encoded[:15],
        "\\",
        "é plain words\n",
        "AKIA",
    ]
    chance = random.Random(20250614)
    for case in range(CASES):
        text = "".join(chance.choices(pieces, k=chance.randrange(12)))
        stream, data, out = redactor.stream(), text.encode(), b""
        while data:
            size = chance.choice([1, 2, 7, 60])
            out += stream.write(data[:size])
            data = data[size:]
        out += stream.finish()
        # A masked stretch may begin inside a character.
        assert out.decode(errors="replace") == redactor.redact(text), f"case {case}"


def test_what_is_not_text_passes_around_the_masks() -> None:
    canary = make_canary()
    redactor = kz.Redactor({"API_KEY": canary}, patterns=False)
    chance = random.Random(7)
    for _ in range(CASES):
        noise = [bytes(chance.choices(b"\x80\xff\xc3\x00(", k=chance.randrange(6))) for _ in range(3)]
        data = canary.encode().join(noise)
        stream, out = redactor.stream(), b""
        for at in range(0, len(data), size := chance.choice([1, 3, 50])):
            out += stream.write(data[at : at + size])
        assert out + stream.finish() == b"[REDACTED:API_KEY]".join(noise)


def test_says_what_it_holds() -> None:
    canary = make_canary()
    stream = kz.Redactor({"API_KEY": canary}).stream()
    assert stream.held == 0
    out = stream.write(f"plain {canary[:12]}".encode())
    assert out == b"plain "
    assert stream.held == 12
    assert stream.finish() == canary[:12].encode()
    assert stream.held == 0


def test_a_value_that_is_added_on_the_way() -> None:
    redactor, canary = kz.Redactor(patterns=False), make_canary()
    stream = redactor.stream()
    before = stream.write(f"{canary} given out. ".encode())
    assert before == f"{canary} given out. ".encode()
    redactor.add("LATER", canary)
    assert stream.write(f"{canary} later".encode()) + stream.finish() == b"[REDACTED:LATER] later"


def test_statistics() -> None:
    redactor, canary = kz.Redactor(), make_canary()
    assert redactor.stats()["parts"] == 0
    redactor.add("ONE", canary)
    stats = redactor.stats()
    assert stats["names"] == 1
    assert 0 < stats["parts"] < stats["limit"]
    assert stats["bytes"] >= len(canary)
    redactor.add("ONE", canary)
    assert redactor.stats() == stats
    redactor.redact(canary)
    assert redactor.stats()["findings"] == stats["findings"] + 1
    with pytest.raises(kz.KzError):
        redactor.add("TWO", "abc")
    assert redactor.stats()["names"] == 1
