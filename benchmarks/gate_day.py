"""Play the whole simulated day and write it down: `python -m benchmarks.gate_day [PASSENGERS] [SEED]`.

It takes minutes, so `make bench` leaves it out and keeps what was written last.
"""

import secrets
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.ticketing.gate.simulation import Plan, pure_day

FIGURES = Path("docs/gates-figures.md")
TITLE = "## A simulated day\n"
_COLUMN = "\n| figure | value |\n|---|---:|\n"


def section(text: str) -> str:
    """Write the day's section of the figures' page: nothing where it was never played."""
    _, found, rest = text.partition(TITLE)
    return f"\n{TITLE}{rest}" if found else ""


def main() -> None:
    """Play, write down, and fail where a copy was missed or an honest passenger was refused or accused."""
    passengers = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(1 << 31)  # noqa: PLR2004
    plan, began = Plan(passengers, seed=seed), time.perf_counter()
    outcome = pure_day(plan)
    counts, found = outcome.counts, sorted(outcome.detection_seconds)
    refused = sum(outcome.honest_refusals.values())
    rows = [
        ("passengers, gates, hours", f"{plan.passengers:,}, {plan.gates}, 24"),
        ("seed", f"{seed}"),
        ("presentations, accepted", f"{counts['shown']:,}, {counts['accepted']:,}"),
        ("copies shown (1 % of the passengers)", f"{counts['copies']:,}"),
        *(
            (f"copies refused at the gate: `{reason}`", f"{count:,}")
            for reason, count in outcome.prevented_by.most_common()
        ),
        ("copies accepted and found afterwards", f"{counts['detected']:,}"),
        ("copies missed", f"{outcome.missed}"),
        ("honest passengers refused, accused", f"{refused}, {outcome.accused}"),
        (
            "time until the server knows of a use: p50, p95, longest",
            f"{found[len(found) // 2]} s, {found[len(found) * 95 // 100]:,} s, {found[-1]:,} s",
        ),
    ]
    for name, value in rows:
        print(f"{name:<60} {value:>24}")
    text = FIGURES.read_text(encoding="utf-8")
    head = (
        f"{TITLE}\n`python -m benchmarks.gate_day {passengers} {seed}` on {datetime.now(UTC):%Y-%m-%d},"
        f" in {time.perf_counter() - began:.0f} s: flaky networks, clocks up to two minutes off, two gates away all day.\n"
    )
    table = "".join(f"| {name} | {value} |\n" for name, value in rows)
    FIGURES.write_text(text.partition(f"\n{TITLE}")[0] + "\n" + head + _COLUMN + table, encoding="utf-8")
    sys.exit(bool(outcome.missed or refused or outcome.accused))


if __name__ == "__main__":
    main()
