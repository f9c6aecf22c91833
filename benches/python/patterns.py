"""Unknown values: kz's rules beside a loop of `re`, on the texts of the Rust benchmark.

    cargo bench --manifest-path benches/Cargo.toml   # writes what this reads
    python benches/python/patterns.py
"""

import json
import re
import timeit
from collections.abc import Callable
from pathlib import Path

import kz

INPUTS = Path(__file__).parent.parent / "target/patterns.json"

Way = tuple[str, str, Callable[[str], bool]]


def with_kz() -> Callable[[str], bool]:
    redactor = kz.Redactor({}, patterns=True)
    return lambda text: redactor.redact(text) != text


def one_by_one(sources: list[str]) -> Callable[[str], bool]:
    regexes = [re.compile(source, re.DOTALL) for source in sources]

    def search(text: str) -> bool:
        return sum(regex.search(text) is not None for regex in regexes) > 0

    return search


def best_times(ways: list[Way], text: str, hits: int) -> list[float]:
    """The best time of each way; they take turns, as in the Rust benchmark."""
    timers = []
    for name, _, search in ways:
        assert search(text) == (hits > 0), f"{name} does what it is timed for"
        timer = timeit.Timer(lambda search=search: search(text))
        timers.append((timer, max(1, int(0.02 / max(timer.timeit(1), 1e-9)))))
    rounds = [[timer.timeit(calls) / calls for timer, calls in timers] for _ in range(7)]
    return [min(times) for times in zip(*rounds)]


def main() -> None:
    if not INPUTS.exists():
        raise SystemExit(f"{INPUTS} is not there: run cargo bench in benches/ first")
    inputs = json.loads(INPUTS.read_text())
    sources = inputs["regexes"]
    ways: list[Way] = [
        ("kz, redacting", "all rules", with_kz()),
        ("a loop over re", f"{len(sources)} formats of kz", one_by_one(sources)),
    ]
    texts = inputs["texts"]
    columns = [best_times(ways, text["content"], text["hits"]) for text in texts]
    print("\n### Python, unknown values\n")
    print(f"| way | looks for | {' | '.join(text['title'] for text in texts)} |")
    print("|---|---|" + "---:|" * len(texts))
    for row, (name, covers, _) in enumerate(ways):
        cells = [
            f"{len(text['content']) / times[row] / 1e6:.2f} MB/s ({times[0] / times[row]:.4f} ×)"
            for text, times in zip(texts, columns)
        ]
        print(f"| {name} | {covers} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
