"""Fact tables in, GTFS tables out: the reading, the writing and the times between them."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

Cell = str | int | float
Files = dict[str, str]

REGION = Path(__file__).parents[1] / "helsinki-tallinn"
FIRST_DAY, LAST_DAY = date(2026, 1, 1), date(2028, 12, 31)


def facts(name: str) -> list[dict[str, str]]:
    """Read one fact table."""
    with (REGION / "facts" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def table(header: str, rows: Iterable[Sequence[Cell]]) -> str:
    """Write one GTFS table."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return buffer.getvalue()


def minutes_of(clock: str) -> int:
    """Read `HH:MM` as minutes; hours may exceed 24."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def clock_text(minutes: int) -> str:
    """Write minutes as `HH:MM:SS`."""
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def day_text(day: date) -> str:
    """Write a day as GTFS does."""
    return f"{day:%Y%m%d}"
