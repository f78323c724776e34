"""Run every race, print a table, keep the figures: benchmarks/results/<date>.json and docs/performance.md."""

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import sale as sales
from benchmarks.harness import ROUNDS, Result
from benchmarks.races import RACES

_HEAD = """# Performance

Written by `make bench`: {rounds} rounds, contenders in random order, on {machine}, Python {python}, {cores} cores, load {load}.
A ratio is the median over the rounds against the first row of its race; above 15 % spread it is inconclusive.

| race | contender | µs a call | ratio | spread | goal |
|---|---|---:|---:|---:|---|
"""


def main() -> None:
    """Run the races one after the other."""
    console = Console()
    results: list[Result] = []
    for run in RACES:
        with console.status(run.__doc__ or ""):
            results += run()
    table = Table("race", "contender", "µs", "ratio", "spread", "goal", "", box=None)
    for result in results:
        table.add_row(*_cells(result), result.verdict)
    console.print(table)
    with console.status("what a sale costs"):
        load = os.getloadavg()[0]
        sold = sales.section(sales.sales(), load)
    _keep(results, sold)


def _keep(results: list[Result], sold: str) -> None:
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
    rows = "\n".join(f"| {' | '.join(_cells(result))} |" for result in results)
    Path("docs/performance.md").write_text(_HEAD.format(**machine) + f"{rows}\n\n{sold}", encoding="utf-8")


def _cells(result: Result) -> list[str]:
    return [
        result.race,
        result.name,
        f"{result.microseconds:,.1f}",
        f"{result.ratio:.2f}",
        f"{result.spread:.0%}",
        result.goal,
    ]


main()
