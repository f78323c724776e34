"""A process that hears that a ship is cancelled as the worker does, and forks one that is killed at each statement of it."""

import os
import signal
import sys
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tests.ticketing.disruption.quay import CANCELLED, OPERATOR, REGION, Teller
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.disruption import Watcher
from ticketing.regions import LiveDesk, Region, ask_now, load_regions


def poll(url: str, moment: datetime, regions: dict[str, Region], deadly_at: int | None = None) -> int:
    """Ask once and write; answers how many statements that took."""
    database, clock = Database(url), FixedClock(moment)
    teller: Any = Teller(clock, items=(CANCELLED,), source="exchange")
    passed = 0

    def count(*_: object) -> None:
        nonlocal passed
        passed += 1
        if passed == deadly_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(database.engine, "before_cursor_execute", count)
    desk = LiveDesk(
        database=database,
        clock=clock,
        regions=regions,
        connectors={REGION: {OPERATOR: teller}},
        pause_seconds=30,
        listener=Watcher(database, clock, regions).hear,
    )
    ask_now(desk)
    database.close()
    return passed


def main(url: str, moment: str, *boundaries: str) -> None:
    """Hear it in a process of its own for each boundary, which is killed there."""
    regions = load_regions(Settings(database_url=url))
    for boundary in boundaries:
        child = os.fork()
        if not child:
            poll(url, datetime.fromisoformat(moment), regions, int(boundary))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert status == signal.SIGKILL, (boundary, status)
        sys.stdout.write(f"{boundary}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
