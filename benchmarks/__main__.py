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

Every claim about speed is a ratio of one run: against a peer, a limit of the machine, or the plainest program that does the same.
Each race checks first that all sides give the same answer; a wrong one ends it. No test of the suite measures time.

| race | the first row, which is the measure | checked before it is timed | alone |
|---|---|---|---|
| offline gate decision, issue a ticket | OpenSSL's raw Ed25519 | the decision is `ok` | |
| price legs with derivation | a scan of every rule, without a derivation | the same totals | |
| load a feed | `csv.DictReader`, which checks nothing | as many rules and rows | |
| search pairs of stops, search a country | nigiri | the same arrivals and changes on every query | `python -m benchmarks.wide_search` |
| search Kopli to Pasila with prices | the scan and the plans alone | a memo changes no price; every way has an offer | `python -m benchmarks.priced_search` |
| apportion a million fares | a plain loop over whole numbers | every share of 50,000 fares, also by `decimal` | |
| post to the ledger | pgbench's own TPC-B, the same number of clients | every entry balances and is there once | `python -m benchmarks.posting` |
| close a million tickets | one GROUP BY of the same rows | the same sums, also in DuckDB | `python -m benchmarks.settlement` |
| gates online: one by one, by core, 64 at once | the least endpoint that verifies, writes and commits | each answer is `ok`; each of two workers has served | `python -m benchmarks.gate_online` |
| order to ticket and gate, beside pretix | pretix in an environment of its own | each side's ticket opens once and is refused then | `make bench-peers` |

The gates' figures are in [gates-figures.md](gates-figures.md). "By core" is the processor time of the service's own processes, as the
system counts it. The ledger's race sends the statements of `book`, recorded from the service, through pgbench: both sides have one
client, and only the transactions differ; without pgbench it says that it was skipped. The goal for all of `make bench` is a quarter
of an hour on a quiet machine with two cores (`time make bench`). `make bench-peers` alone uses the network, to install what `requirements-peers.lock` names below `.peers/`.

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
