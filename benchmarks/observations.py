"""Measure what a city's live data become in an hour: facts, their bytes, and what writing them costs beside the state of the runs.

`python -m benchmarks.observations [MINUTES]` plays the trams and buses of a shipped region as a feed that is asked every 30
seconds: each run a little later or earlier in every message, each call told until it is left. Nobody holds a ticket.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks import databases
from operators.gtfs.runs import Run, Runs
from operators.port import CallChange, Capabilities, Disruption, Disruptions, Message
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import upgrade
from ticketing.disruption import Watcher
from ticketing.regions import LiveDesk, Region, ask_now, load_regions
from ticketing.regions.word import nobody

REGION, OPERATOR = "helsinki-tallinn", "hsl"
BEGINS = datetime(2026, 10, 13, 4, 0, tzinfo=UTC)
_PAUSE = timedelta(seconds=30)
_AHEAD = 1800


class City:
    """A feed that tells of every run under way and of those that leave within half an hour."""

    capabilities = Capabilities(needs_hold=False, disruptions=True)

    def __init__(self, clock: FixedClock, runs: Runs) -> None:
        self._clock, self._runs, self._dice = clock, runs, random.Random(2026)
        self._late: dict[str, int] = {}
        day = BEGINS.date()
        zone = runs.timetable.timezone
        running = {name for name, one in runs.timetable.services.items() if one.runs_on(day)}
        found = [Run(day, *named) for named in runs.known.values() if named[1].service in running]
        self._plan = [(run, run.begins(zone)) for run in found]

    def disruptions(self) -> Disruptions:
        """One message."""
        now = int(self._clock.now().timestamp())
        items = tuple(self._items(now))
        content = repr(items).encode()
        return Disruptions(
            as_of=self._clock.now(),
            items=items,
            source="gtfs_rt",
            messages=(Message(content, "https://city.example/trip_updates.pb"),),
        )

    def _items(self, now: int) -> Iterator[Disruption]:
        for run, begins in self._plan:
            if begins > now + _AHEAD or begins + run.pattern.arrivals[-1] < now - _AHEAD:
                continue
            late = self._late.get(run.trip_id, self._dice.choice([0, 0, 30, 60, 180]))
            late = self._late[run.trip_id] = max(-60, late + self._dice.choice([-15, 0, 0, 0, 0, 20]))
            calls = tuple(
                CallChange(place, late, late)
                for place, leaves in enumerate(run.pattern.departures)
                if begins + leaves + late >= now - 45
            )
            if calls:
                yield Disruption(run.trip_id, run.service_date, calls=calls)


def measure(minutes: int) -> list[tuple[str, str]]:
    """Play the same minutes on both databases, with and without facts."""
    regions = load_regions(Settings(database_url="sqlite://", regions=(REGION,)))
    rows: list[tuple[str, str]] = []
    for name, opened in databases.BOTH:
        alone = None
        for keeps in (False, True):
            with tempfile.TemporaryDirectory() as scratch, opened(Path(scratch)) as url:
                database = Database(url)
                upgrade(database)
                took, seen = _played(database, regions, minutes, keeps=keeps)
                if not keeps:
                    alone = took
                    continue
                rows += _told(name, database, (alone or [], took), minutes, seen)
                database.close()
    return rows


def _played(
    database: Database, regions: dict[str, Region], minutes: int, *, keeps: bool
) -> tuple[list[float], int]:
    """Milliseconds of each round, and how many runs were told of."""
    clock = FixedClock(BEGINS)
    runs = Runs(regions[REGION].data.timetables[OPERATOR])
    city: Any = City(clock, runs)
    desk = LiveDesk(
        database=database,
        clock=clock,
        regions=dict(regions),
        connectors={REGION: {OPERATOR: city}},
        pause_seconds=30,
    )
    desk = replace(desk, listener=Watcher(database, clock, regions).hear if keeps else nobody)
    took = []
    for _ in range(minutes * 2):
        began = time.perf_counter()
        ask_now(desk)
        took.append((time.perf_counter() - began) * 1000)
        clock.advance(_PAUSE)
    with database.read() as tx:
        seen = tx.execute(sa.text("SELECT count(*) FROM run_state")).scalar_one()
    return took, seen


def _told(
    name: str, database: Database, took: tuple[list[float], list[float]], minutes: int, seen: int
) -> list[tuple[str, str]]:
    with database.read() as tx:
        facts = tx.execute(sa.text("SELECT count(*) FROM observation")).scalar_one()
        kinds = tx.execute(
            sa.text("SELECT kind, count(*) FROM observation GROUP BY kind ORDER BY kind")
        ).all()
        size = (
            tx.execute(sa.text("SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%observation%'")).scalar_one()
            if database.is_sqlite
            else tx.execute(sa.text("SELECT pg_total_relation_size('observation')")).scalar_one()
        )
    title = f"{minutes} minutes of {OPERATOR}, {name}"
    return [
        (f"{title}: runs told of", f"{seen:,}"),
        (f"{title}: facts ({', '.join(f'{kind} {count:,}' for kind, count in kinds)})", f"{facts:,}"),
        (f"{title}: facts a run", f"{facts / seen:,.1f}"),
        (f"{title}: bytes a fact, indexes included", f"{size / facts:,.0f}"),
        (f"{title}: a round without facts", f"{statistics.median(took[0]):,.0f} ms"),
        (f"{title}: a round with facts", f"{statistics.median(took[1]):,.0f} ms"),
    ]


def main() -> None:
    """Measure and print."""
    for name, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 60):
        print(f"{name:<110} {value:>10}")


if __name__ == "__main__":
    main()
