"""The cases that every language runs (`conformance/README.md`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import kz

CONFORMANCE = Path(__file__).parents[2] / "conformance"


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads((CONFORMANCE / name).read_text())["cases"]]


def text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value["concat"])


# Redaction

KNOWN = {"name", "secrets", "patterns", "kind", "input", "chunks", "output", "findings", "error"}


def redactor_of(case: dict[str, Any]) -> kz.Redactor:
    pairs = [(name, text(value)) for name, value in case["secrets"]]
    if len(dict(pairs)) == len(pairs):
        return kz.Redactor(dict(pairs), patterns=case.get("patterns", False))
    redactor = kz.Redactor(patterns=case.get("patterns", False))
    for name, value in pairs:
        redactor.add(name, value)
    return redactor


def streamed(redactor: kz.Redactor, chunks: list[bytes]) -> str:
    stream = redactor.stream()
    return (b"".join(map(stream.write, chunks)) + stream.finish()).decode()


@pytest.mark.parametrize("case", cases("redaction.json"))
def test_redaction(case: dict[str, Any]) -> None:
    assert case.keys() <= KNOWN
    if "error" in case and "input" not in case:
        with pytest.raises(kz.KzError) as caught:
            redactor_of(case)
        assert caught.value.code == case["error"]
        return
    redactor = redactor_of(case)
    if case.get("kind") == "json":
        check_json(redactor, case)
    else:
        check_text(redactor, case)


def check_json(redactor: kz.Redactor, case: dict[str, Any]) -> None:
    if "error" in case:
        # What is not one value never becomes an object.
        with pytest.raises(ValueError):
            json.loads(text(case["input"]))
        return
    value = json.loads(text(case["input"]))
    expected = json.loads(text(case["output"]))
    assert redactor.redact_json(value) == expected
    assert redactor.redact_json(expected) is expected
    if value == expected:
        assert redactor.redact_json(value) is value


def check_text(redactor: kz.Redactor, case: dict[str, Any]) -> None:
    chunks = [text(chunk) for chunk in case.get("chunks", [])]
    given = "".join(chunks) if chunks else text(case["input"])
    output = text(case["output"])
    assert redactor.redact(given) == output
    assert redactor.redact(output) is output
    if given == output:
        assert redactor.redact(given) is given
    if chunks:
        assert streamed(redactor, [chunk.encode() for chunk in chunks]) == output
    data = given.encode()
    for size in (1, 2, 3, 7, 64):
        assert streamed(redactor, [data[at : at + size] for at in range(0, len(data), size)]) == output
    if "findings" in case:
        found = [{"rule": f.rule, "name": f.name, "start": f.start, "end": f.end} for f in redactor.scan(given)]
        assert found == case["findings"]
