"""A secret cannot be printed, pickled, copied or put into JSON by accident (A4)."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import logging
import os
import pickle
import pprint
import string
import traceback
from collections.abc import Callable
from typing import Any, cast

import pytest
from pydantic import BaseModel, ConfigDict

import kz

from .conftest import Opener

MARKER = "[REDACTED:API_KEY]"


@pytest.fixture
def secret(opened: Opener, canary: str) -> kz.Secret:
    return opened(API_KEY=canary)["API_KEY"]


@dataclasses.dataclass
class Config:
    key: object


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    key: kz.Secret


def logged(secret: kz.Secret) -> str:
    out = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(out))
    logger.warning("key %s and %r", secret, {"key": secret})
    return out.getvalue()


def traced(secret: kz.Secret) -> str:
    key = secret
    try:
        raise ValueError("boom", key)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


SHOWN: list[tuple[str, Callable[[kz.Secret], str]]] = [
    ("repr", repr),
    ("str", str),
    ("ascii", ascii),
    ("f-string", lambda s: f"{s}"),
    ("f-string !r", lambda s: f"{s!r}"),
    ("format with a width", lambda s: f"{s:>40.3}"),
    ("str.format", "{}".format),
    ("str.format of an attribute", "{0.name} {0}".format),
    ("%s", lambda s: "%s" % s),
    ("%r", lambda s: "%r" % s),
    ("%-20.4s", lambda s: "%-20.4s %s" % (s, s)),
    ("string.Template", lambda s: string.Template("$key").substitute(key=s)),
    ("in a list", lambda s: str([s])),
    ("in a dict", lambda s: repr({"key": s})),
    ("pprint", lambda s: pprint.pformat({"key": s})),
    ("print", lambda s: printed(s)),
    ("dataclass", lambda s: repr(Config(s))),
    ("dataclasses.asdict", lambda s: str(dataclasses.asdict(Config(s)))),
    ("copy", lambda s: str(copy.copy(s))),
    ("deepcopy", lambda s: str(copy.deepcopy({"key": s}))),
    ("logging", logged),
    ("traceback with locals", traced),
    ("exception", lambda s: str(ValueError(s))),
    ("json with default=str", lambda s: json.dumps(s, default=str)),
    ("pydantic repr", lambda s: repr(Model(key=s))),
    ("pydantic dump", lambda s: str(Model(key=s).model_dump())),
]


def printed(secret: kz.Secret) -> str:
    out = io.StringIO()
    print("key", secret, file=out)
    return out.getvalue()


@pytest.mark.parametrize("show", [show for _, show in SHOWN], ids=[name for name, _ in SHOWN])
def test_shows_its_name(show: Callable[[kz.Secret], str], secret: kz.Secret, canary: str) -> None:
    text = show(secret)
    assert MARKER in text
    assert canary not in text
    assert canary[:16] not in text


REFUSED: list[tuple[str, Callable[[Any], object]]] = [
    ("iter", iter),
    ("list", list),
    ("len", len),
    ("in", lambda s: "kz" in s),
    ("index", lambda s: s[0]),
    ("slice", lambda s: s[:4]),
    ("concatenation", lambda s: "x" + s),
    ("concatenation before", lambda s: s + "x"),
    ("int", int),
    ("float", float),
    ("unpacking", lambda s: [*s]),
    *[
        (f"pickle {version}", lambda s, version=version: pickle.dumps(s, version))
        for version in range(pickle.HIGHEST_PROTOCOL + 1)
    ],
    ("pickle in a dict", lambda s: pickle.dumps({"key": s})),
    ("__reduce__", lambda s: s.__reduce__()),
    ("__reduce_ex__", lambda s: s.__reduce_ex__(4)),
    ("__getstate__", lambda s: s.__getstate__()),
]


@pytest.mark.parametrize("read", [read for _, read in REFUSED], ids=[name for name, _ in REFUSED])
def test_refuses_and_says_how(read: Callable[[Any], object], secret: kz.Secret, canary: str) -> None:
    with pytest.raises(TypeError, match=r"\.expose\(\)") as caught:
        read(secret)
    assert canary not in str(caught.value)


STRANGERS: list[tuple[str, Callable[[Any], object]]] = [
    ("bytes", bytes),
    ("bytearray", bytearray),
    ("json", json.dumps),
    ("json in a dict", lambda s: json.dumps({"key": s})),
    ("json as a key", lambda s: json.dumps({s: 1})),
    ("join", lambda s: ",".join([s])),
    ("fspath", os.fspath),
    ("open", open),
    ("vars", vars),
    ("dataclasses.asdict", dataclasses.asdict),
    ("memoryview", memoryview),
    ("write", lambda s: io.StringIO().write(s)),
    ("less", lambda s: s < s),
    ("new", lambda s: type(s)()),
]


@pytest.mark.parametrize("read", [read for _, read in STRANGERS], ids=[name for name, _ in STRANGERS])
def test_is_refused_by_others(read: Callable[[Any], object], secret: kz.Secret, canary: str) -> None:
    with pytest.raises(TypeError) as caught:
        read(secret)
    assert canary not in str(caught.value)


def test_pydantic_does_not_serialise_it(secret: kz.Secret, canary: str) -> None:
    with pytest.raises(Exception, match="serialize") as caught:
        Model(key=secret).model_dump_json()
    assert canary not in str(caught.value)


def test_has_nothing_to_look_into(secret: kz.Secret, canary: str) -> None:
    assert not hasattr(secret, "__dict__")
    with pytest.raises(AttributeError):
        secret.value = 1  # type: ignore[attr-defined]
    for name in dir(secret):
        if name not in ("expose", "expose_bytes"):
            assert canary not in repr(getattr(secret, name, None)), name


def test_equals_itself_alone(opened: Opener, canary: str) -> None:
    with opened(API_KEY=canary) as secrets:
        one, other = secrets["API_KEY"], secrets["API_KEY"]
        assert one == one
        assert one != other
        assert one != cast("object", canary)
        assert hash(one) == hash(one)


def test_reading_is_one_word(secret: kz.Secret, canary: str) -> None:
    assert secret.name == "API_KEY"
    assert secret.expose() == canary
    assert secret.expose_bytes() == canary.encode()
    assert bool(secret)


def test_binary_is_read_as_bytes(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("binary")
    value = b"\xff\xfe" + os.urandom(24).hex().encode()
    (folder / "key").write_bytes(value)
    path = folder / ".keyzero.toml"
    path.write_text(f'[secrets]\nAPI_KEY = {{ provider = "file", ref = "{folder}/key"}}\n')
    secret = kz.open(path)["API_KEY"]
    assert secret.expose_bytes() == value
    with pytest.raises(kz.KzError) as caught:
        secret.expose()
    assert caught.value.code == "invalid"
