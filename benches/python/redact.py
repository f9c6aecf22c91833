"""Redacts the same texts in several ways and prints how long each takes.

    python benches/python/redact.py

needs the wheel and what `requirements.txt` beside it lists.
"""

from __future__ import annotations

import base64
import json
import random
import re
import timeit
import urllib.parse
from collections.abc import Callable

import ahocorasick_rs

import kz

MARKER = "[REDACTED:SECRET]"
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LINES = [
    "2026-03-15T10:23:{}.123Z INFO  request id={} method=GET path=/v1/items/{} status=200\n",
    '{{"level":"warn","message":"slow query","rows":{},"table":"orders","took_ms":{}}}\n',
    '  File "/srv/app/lib/python3.11/site-packages/app/pool.py", line {}, in acquire\n',
    "    at processTicksAndRejections (node:internal/process/task_queues:{}:5)\n",
    'error: relation "customers_{}" does not exist at character {} (SQLSTATE 42P01)\n',
    "The quick brown fox jumps over {} lazy dogs; nobody was hurt, and 100% recovered.\n",
]
TEXTS = [("1 KiB clean", 1, False), ("1 KiB, a hit", 1, True)]
TEXTS += [("16 KiB clean", 16, False), ("16 KiB, a hit a KiB", 16, True)]


def make_secrets(count: int) -> list[str]:
    """Made-up values of 32 bytes, with characters that most encodings change."""
    source = random.Random(4711)
    halves = [source.choices(LETTERS, k=size) for _ in range(count) for size in (8, 22)]
    words = ["".join(half) for half in halves]
    return [f'{left}/"{right}' for left, right in zip(words[::2], words[1::2])]


def make_text(kib: int, secrets: list[str]) -> str:
    """Log lines of a server, with a secret in each KiB unless there are none."""
    source = random.Random(42)
    text = ""
    for block in range(1, kib + 1):
        if secrets:
            text += f"connection refused, credential={source.choice(secrets)} retrying\n"
        while len(text) < block * 1024:
            text += source.choice(LINES).format(*(source.randrange(100_000) for _ in range(3)))
    return text


def listed_forms(secret: str) -> list[str]:
    """Forms that can be listed beforehand; the twelve of the Rust benchmark."""
    value = secret.encode()
    forms = [secret, value.hex(), value.hex().upper(), json.dumps(secret)[1:-1]]
    for skip in range(3):
        whole = value[skip : len(value) - (len(value) - skip) % 3]
        forms += [base64.b64encode(whole).decode(), base64.urlsafe_b64encode(whole).decode()]
    percent = urllib.parse.quote(secret, safe="")
    return [*forms, percent, percent.replace("%2F", "%2f")]


def replace_loop(needles: list[str]) -> Callable[[str], str]:
    def redact(text: str) -> str:
        for needle in needles:
            text = text.replace(needle, MARKER)
        return text

    return redact


def alternation(needles: list[str]) -> Callable[[str], str]:
    pattern = re.compile("|".join(map(re.escape, needles)))
    return lambda text: pattern.sub(MARKER, text)


def automaton(needles: list[str]) -> Callable[[str], str]:
    built = ahocorasick_rs.AhoCorasick(needles)

    def redact(text: str) -> str:
        parts, done = [], 0
        for _, start, end in built.find_matches_as_indexes(text):
            parts += [text[done:start], MARKER]
            done = end
        return "".join([*parts, text[done:]])

    return redact


def with_kz(secrets: list[str], patterns: bool) -> Callable[[str], str]:
    redactor = kz.Redactor({}, patterns=patterns)
    for secret in secrets:
        redactor.add("SECRET", secret)
    return redactor.redact


Way = tuple[str, str, Callable[[str], str]]


def best_times(ways: list[Way], text: str, hits: int) -> list[float]:
    """The best time of each way; they take turns, as in the Rust benchmark."""
    timers = []
    for name, _, redact in ways:
        assert redact(text).count("[REDACTED:") == hits, f"{name} does what it is timed for"
        timer = timeit.Timer(lambda redact=redact: redact(text))
        timers.append((timer, max(1, int(0.003 / max(timer.timeit(1), 1e-9)))))
    rounds = [[timer.timeit(calls) / calls for timer, calls in timers] for _ in range(60)]
    return [min(times) for times in zip(*rounds)]


def ways_for(secrets: list[str]) -> list[Way]:
    forms = [form for secret in secrets for form in listed_forms(secret)]
    ways = [
        ("kz", "every form, patterns", with_kz(secrets, True)),
        ("kz, patterns off", "every form", with_kz(secrets, False)),
        ("replace loop", "literal", replace_loop(secrets)),
        ("replace loop", "12 listed forms", replace_loop(forms)),
        ("re alternation", "12 listed forms", alternation(forms)),
    ]
    ways.append(("ahocorasick_rs", "12 listed forms", automaton(forms)))
    return ways


def print_call_cost() -> None:
    """What a call costs beside the scan, over a method of a dict."""
    text = make_text(1, [])
    empty = kz.Redactor({}, patterns=False)
    assert empty.redact(text) is text
    calls = [
        ("`{}.get(text)`", "call(text)", {}.get),
        ("`repr`: the crossing alone", "call()", empty.__repr__),
        ("`redact(text)`, no secrets, no patterns", "call(text)", empty.redact),
        ("`redact(text)`, 10 secrets, patterns", "call(text)", with_kz(make_secrets(10), True)),
    ]
    timers = [timeit.Timer(code, globals={"call": call, "text": text}) for _, code, call in calls]
    rounds = [[timer.timeit(20) / 20 for timer in timers] for _ in range(400)]
    best = [min(times) * 1e9 for times in zip(*rounds)]
    print("\n### Python, one call on 1 KiB of clean text\n")
    print("| call | ns | over the first |")
    print("|---|---:|---:|")
    for (name, _, _), nanoseconds in zip(calls, best):
        print(f"| {name} | {nanoseconds:.0f} | {nanoseconds - best[0]:.0f} |")


def main() -> None:
    print_call_cost()
    for count in (10, 100):
        secrets = make_secrets(count)
        ways = ways_for(secrets)
        texts = [(make_text(kib, secrets if hit else []), kib * hit) for _, kib, hit in TEXTS]
        columns = [best_times(ways, text, hits) for text, hits in texts]
        print(f"\n### Python, {count} secrets of 32 bytes\n")
        print(f"| way | covers | {' | '.join(title for title, _, _ in TEXTS)} |")
        print("|---|---|" + "---:|" * len(TEXTS))
        for row, (name, covers, _) in enumerate(ways):
            cells = [
                f"{len(text) / times[row] / 1e6:.1f} MB/s ({times[0] / times[row]:.2f} ×)"
                for (text, _), times in zip(texts, columns)
            ]
            print(f"| {name} | {covers} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
