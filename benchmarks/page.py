"""Keep the figures of a run: benchmarks/results/<date>.json, and docs/performance.md below what people have written there."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.harness import ROUNDS, Result

PAGE = Path("docs/performance.md")
# What stands before this line is written by people, and stays.
_FIRST = "Written by `make bench`: "
_HEAD = """Written by `make bench`: {rounds} rounds, contenders in random order, on {machine}, Python {python}, {cores} cores, load {load}.
A ratio is the median over the rounds against the first row of its race; above 15 % spread it is inconclusive.

| race | contender | µs a call | ratio | spread | goal |
|---|---|---:|---:|---:|---|
"""


def keep(results: list[Result], sold: str) -> None:
    """Write down the figures: what people have written on the page before them stays."""
    machine = {
        "rounds": ROUNDS,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": f"{os.getloadavg()[0]:.1f}",
    }
    folder = Path("benchmarks/results")
    folder.mkdir(exist_ok=True)
    day = datetime.now(UTC).date().isoformat()
    content = {**machine, "results": [asdict(result) for result in results]}
    (folder / f"{day}.json").write_text(
        json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    rows = "\n".join(f"| {' | '.join(cells(result))} |" for result in results)
    written, _, _ = PAGE.read_text(encoding="utf-8").partition(_FIRST)
    PAGE.write_text(f"{written}{_HEAD.format(**machine)}{rows}\n\n{sold}", encoding="utf-8")


def cells(result: Result) -> list[str]:
    """A contender's figures as a row of a table."""
    return [
        result.race,
        result.name,
        f"{result.microseconds:,.1f}",
        f"{result.ratio:.2f}",
        f"{result.spread:.0%}",
        result.goal,
    ]
