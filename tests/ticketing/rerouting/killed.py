"""A process that takes an option, and forks one that is killed at each edge of its transactions; the operators' books are there too."""

import json
import os
import signal
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from operators.connectors.own import OwnInventory
from operators.inventory import Inventory
from operators.port import Connector
from tests.killing import copies_by_edge, is_killed, prepare
from tests.ticketing.rerouting.harbour import REGION
from ticketing import rerouting
from ticketing.cli.worker import list_jobs
from ticketing.clock import Clock, FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.operators.connectors import DatabaseSailings
from ticketing.purchase.refund.reversal import take_back
from ticketing.regions import Region, load_regions
from ticketing.rooms import Rooms, build_rooms
from ticketing.settlement.proof.verify import verify

_JOBS = {"advancing orders", "moving tickets"}
KEY = "one call"
# The places that are ours; others fill the ferries too.
_OURS = "key IN (SELECT id FROM booking)"


def lines(database: Database, clock: Clock, regions: dict[str, Region]) -> dict[str, Connector]:
    """The ferries, whose own books are kept in the same database: they outlive a killed process."""
    sailings = DatabaseSailings(database, REGION)
    timetables = regions[REGION].data.timetables
    return {
        name: OwnInventory(
            name,
            timetables[name],
            clock.now,
            Inventory(
                operator=name,
                sailings=sailings,
                capacity=lambda _: {"foot": 100},
                hold_life=timedelta(minutes=15),
            ),
        )
        for name in ("tallink", "viking", "eckero")
    }


class Stage:
    """A deployment at a moment: its keys, its regions, its database; and the option that is taken."""

    def __init__(self, keys: str, moment: str, wanted: dict[str, Any]) -> None:
        self.keys, self.moment, self.wanted = Path(keys), datetime.fromisoformat(moment), wanted
        self.regions: dict[str, Region] = load_regions(Settings(database_url="sqlite://"))

    def rooms(self, url: str) -> Rooms:
        """Build the service as another process would."""
        settings = Settings(database_url=url, keys_folder=self.keys)
        clock, database = FixedClock(self.moment), Database(url)
        connectors = lines(database, clock, self.regions)
        return build_rooms(settings, clock=clock, regions=self.regions, connectors={REGION: connectors})

    def take(self, url: str, deadly_at: int | None = None) -> list[int]:
        """Take the option; answers after how many statements each transaction was committed. Killed at the statement `deadly_at`."""
        rooms = self.rooms(url)
        commits = counted(rooms, deadly_at)
        wish = rerouting.OptionWish((), self.wanted["leg"], self.wanted["option"])
        taken = rerouting.take(
            rooms.rerouting, self.wanted["order"], wish, KEY, lambda *_: None, claim=lambda _: None
        )
        assert taken.choice is not None
        assert taken.choice.state == "done"
        close(rooms)
        return commits

    def work(self, url: str) -> None:
        """Let a worker go on."""
        rooms = self.rooms(url)
        for _ in range(2):
            for job in list_jobs(rooms, (REGION,)):
                if job.name in _JOBS:
                    job.go(self.moment)
                    assert job.detail == "", job.detail
        close(rooms)

    def kill(self, url: str, deadly_at: int) -> bool:
        """Let a process of its own take the option until it is killed there; False where it came to its end before."""
        return is_killed(lambda: self.take(url, deadly_at))

    def travels(self, url: str) -> str:
        """Say by which ferry the holder travels: their one valid ticket, and a place that is booked on it."""
        rooms = self.rooms(url)
        with rooms.till.database.read() as tx:
            rows = tx.exec_driver_sql(
                "SELECT trip_id FROM leg_of_ticket JOIN ticket ON ticket.jti = leg_of_ticket.jti"
                " WHERE mode = 'ferry' AND ticket.status = 'valid'"
            )
            trips = list(rows.scalars())
            revoked = tx.exec_driver_sql(
                "SELECT count(*) FROM ticket JOIN ticket_move ON old_list = status_list"
                " AND old_index = status_index"
            ).scalar_one()
            booked = set(
                tx.exec_driver_sql("SELECT trip_id FROM reservation WHERE state = 'confirmed'").scalars()
            )
        close(rooms)
        is_whole = len(trips) == 1 and trips[0] in booked and not revoked
        return str(trips[0]) if is_whole else f"{trips} booked {sorted(booked)} revoked {revoked}"

    def told(self, url: str) -> dict[str, Any]:
        """Say what the database holds at the end."""
        rooms = self.rooms(url)
        with rooms.till.database.read() as tx:
            counts = {
                name: tx.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one()
                for name, table, where in (
                    ("moves", "ticket_move", "1 = 1"),
                    ("done", "rerouting", "state = 'done'"),
                    ("choices", "rerouting", "1 = 1"),
                    ("booked", "reservation", f"state IN ('held', 'confirmed') AND {_OURS}"),
                    ("open", "booking", "state IN ('wanted', 'held', 'unwanted', 'stuck')"),
                )
            }
        faults = verify(rooms.office, REGION, take_back).faults
        close(rooms)
        return {**counts, "faults": faults}


def counted(rooms: Rooms, deadly_at: int | None, *others: Rooms) -> list[int]:
    """Count the statements of rooms, and be killed at one; answers after how many each transaction that writes was committed."""
    passed, has_written, commits = 0, False, list[int]()

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal passed, has_written
        passed += 1
        has_written = has_written or statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        if passed == deadly_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def commit(_: object) -> None:
        nonlocal has_written
        if has_written:
            commits.append(passed)
        has_written = False

    for engine in [engine for each in (rooms, *others) for engine in _engines(each)]:
        sa.event.listen(engine, "before_cursor_execute", count)
        sa.event.listen(engine, "commit", commit)
    return commits


def _engines(rooms: Rooms) -> list[sa.Engine]:
    first = next(iter(rooms.till.connectors[REGION].values()))
    return [rooms.till.database.engine, first.inventory.sailings.database.engine]  # type: ignore[attr-defined]


def close(rooms: Rooms) -> None:
    """Close the databases of rooms."""
    for engine in _engines(rooms):
        engine.dispose()


def tell(stage: Stage, url: str, ways: Iterable[str]) -> None:
    """Print how the holder has travelled, and what is there in the end."""
    sys.stdout.write(json.dumps({"at_once": sorted(set(ways)), **stage.told(url)}) + "\n")


def main(url: str, keys: str, moment: str, wanted: str) -> None:
    """Print a line for each edge: how the holder travels at once after the kill, and what is there in the end."""
    prepare(url)
    stage = Stage(keys, moment, json.loads(wanted))
    if not url.startswith("sqlite"):
        # One database: each kill goes on from where the one before has left it.
        deadly_at, ways = 1, []
        while stage.kill(url, deadly_at):
            ways.append(stage.travels(url))
            deadly_at += 1
        stage.work(url)
        tell(stage, url, ways)
        return
    for copied, edge in copies_by_edge(url, stage.take):
        stage.kill(copied, edge)
        ways = [stage.travels(copied)]
        stage.work(copied)
        ways.append(stage.travels(copied))
        stage.take(copied)
        tell(stage, copied, ways)


if __name__ == "__main__":
    main(*sys.argv[1:])
