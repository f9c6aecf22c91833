"""The cases that every language runs (`conformance/README.md`)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

import kz

from .conftest import make_canary

CONFORMANCE = Path(__file__).parents[2] / "conformance"


def cases(name: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in json.loads((CONFORMANCE / name).read_text())["cases"]]


def text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value["concat"])


# Redaction

KNOWN = {"name", "secrets", "patterns", "forms", "kind", "input", "chunks", "held", "output", "findings", "error"}


def redactor_of(case: dict[str, Any]) -> kz.Redactor:
    pairs = [(name, text(value)) for name, value in case["secrets"]]
    options = {"patterns": case.get("patterns", False), "forms": case.get("forms")}
    if len(dict(pairs)) == len(pairs):
        return kz.Redactor(dict(pairs), **options)
    redactor = kz.Redactor(**options)
    for name, value in pairs:
        redactor.add(name, value)
    return redactor


def streamed(redactor: kz.Redactor, chunks: list[bytes]) -> str:
    stream = redactor.stream()
    return (b"".join(map(stream.write, chunks)) + stream.finish()).decode()


def held(stream: kz.Stream, chunks: list[str]) -> list[int]:
    """How many bytes it holds back after each chunk."""
    counts = []
    for chunk in chunks:
        stream.write(chunk.encode())
        counts.append(stream.held)
    return counts


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
    if "held" in case:
        assert held(redactor.stream(), chunks) == case["held"]
    if chunks:
        assert streamed(redactor, [chunk.encode() for chunk in chunks]) == output
    data = given.encode()
    for size in (1, 2, 3, 7, 64):
        assert streamed(redactor, [data[at : at + size] for at in range(0, len(data), size)]) == output
    if "findings" in case:
        found = [{"rule": f.rule, "name": f.name, "start": f.start, "end": f.end} for f in redactor.scan(given)]
        assert found == case["findings"]


# References: this package shows one only where a secret that has it cannot be resolved.

REFERENCE = {"input", "provider", "ref", "field", "printed", "error"}


def references() -> list[Any]:
    found = json.loads((CONFORMANCE / "references.json").read_text())["cases"]
    return [pytest.param(case, id=json.dumps(case)[:70]) for case in found]


@pytest.mark.parametrize("case", references())
def test_reference(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert case.keys() <= REFERENCE
    for name in tuple(os.environ):
        if name != "PATH":
            monkeypatch.delenv(name)
    # Nothing that a reference names is here, and no Vault answers.
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_TOKEN", make_canary())
    table = {name: text(case[name]) for name in ("provider", "ref", "field") if name in case}
    written = ", ".join(f"{name} = {json.dumps(value)}" for name, value in table.items())
    entry = f"{{ {written} }}" if table else json.dumps(text(case["input"]))
    path = tmp_path / ".keyzero.toml"
    path.write_text(f"[secrets]\nA = {entry}\n")
    with pytest.raises(kz.KzError) as caught:
        kz.open(path)
    if "printed" in case:
        assert f"  {case['printed']}  " in str(caught.value)
    else:
        assert isinstance(caught.value, kz.ConfigError)
        assert caught.value.code == case["error"]
        message = str(caught.value).replace("`provider://path`", "")
        for value in (text(case.get("input", "")), table.get("ref", "")):
            assert len(value) < 6 or value not in message


# Manifests

MANIFEST = {"name", "files", "env", "environment", "find", "expect"}
ERROR = {"kind", "configuration", "names", "contains", "never"}


@pytest.mark.parametrize("case", cases("manifest.json"))
def test_manifest(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert case.keys() <= MANIFEST
    for name, content in case["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(text(content).encode())
    for name in tuple(os.environ):
        if name != "PATH":
            monkeypatch.delenv(name)
    for name, value in {"HOME": str(tmp_path), **case.get("env", {})}.items():
        monkeypatch.setenv(name, text(value))
    found = "find" in case
    if found:
        monkeypatch.chdir(tmp_path / case["find"])
    path = None if found else tmp_path / ".keyzero.toml"

    expect = case["expect"]
    if "error" not in expect:
        assert expect.keys() == {"summary"}
        with kz.open(path, environment=case.get("environment")) as secrets:
            assert secrets.summary() == expect["summary"]
            assert list(secrets) == [name for name in secrets.summary() if secrets.get(name)]
        return
    with pytest.raises(kz.KzError) as caught:
        kz.open(path, environment=case.get("environment"))
    check_error(caught.value, expect["error"])


def check_error(error: kz.KzError, expect: dict[str, Any]) -> None:
    assert expect.keys() <= ERROR
    assert error.code == expect["kind"]
    if "configuration" in expect:
        assert isinstance(error, kz.ConfigError) == expect["configuration"]
    if expect.get("names"):
        assert isinstance(error, kz.MissingSecretsError)
        assert list(error.names) == expect["names"]
    for part in map(text, expect.get("contains", [])):
        assert part in str(error)
    for part in map(text, expect.get("never", [])):
        assert part not in str(error)

