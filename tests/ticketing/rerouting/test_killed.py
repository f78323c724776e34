"""A process that is killed between any two steps of a move or of a hold leaves its holder one valid ticket with a booked place."""

import json
import subprocess
import sys
from typing import Any

from tests.api import Api, Bought
from tests.networks import lent
from tests.ticketing.rerouting.harbour import ONE, REGION, Harbour
from tests.ticketing.rerouting.killed import lines
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.regions import Region

WHOLE = {"moves": 1, "done": 1, "choices": 1, "booked": 1, "open": 0, "faults": []}


class Lost:
    """A deployment with one ticket for a ferry that is cancelled, whose processes are killed."""

    def __init__(self, settings: Settings, clock: FixedClock, regions: dict[str, Region]) -> None:
        self.settings, self.clock = settings, clock
        self.database = Database(settings.database_url)
        self.url = self.database.url.render_as_string(hide_password=False)
        ferries: Any = lines(self.database, clock, regions)
        app = create_app(settings, clock=clock, regions=regions, connectors={REGION: ferries})
        self.harbour = Harbour(Api(app.test_client(), clock, lambda *_: ""), ferries)
        with lent(app):
            self.bought: Bought = self.harbour.api.buy(**ONE)
            self.harbour.cancels(self.bought)
            self.options = self.harbour.options(self.bought)[0]["options"]

    def killed(self, module: str, *more: str) -> tuple[set[str], list[dict[str, Any]]]:
        """Run a module that kills; answers by which ferries the holder has travelled, and what was there in the end, edge by edge."""
        self.harbour.rooms.till.database.close()
        if self.database.is_sqlite:
            with self.database.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        command = [sys.executable, "-m", module, self.url, str(self.settings.keys_folder)]
        done = subprocess.run(
            [*command, self.clock.now().isoformat(), *more],
            check=True,
            timeout=600,
            capture_output=True,
            text=True,
        )
        self.database.close()
        told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"at_once"')]
        assert len(told) > (10 if self.url.startswith("sqlite") else 0)
        return {trip for line in told for trip in line.pop("at_once")}, told


def test_a_process_killed_at_any_edge_of_a_move_leaves_one_valid_ticket(
    settings: Settings, clock: FixedClock, regions: dict[str, Region]
) -> None:
    lost = Lost(settings, clock, regions)
    crossing, old = lost.harbour.ship(lost.bought)
    option = lost.options[0]
    wanted = {"order": lost.bought.order["id"], "leg": crossing, "option": option["id"]}

    travels, told = lost.killed("tests.ticketing.rerouting.killed", json.dumps(wanted))

    assert travels == {old["trip_id"], option["trip_id"]}
    assert [line for line in told if line != WHOLE] == []


def test_a_worker_killed_at_any_edge_of_a_hold_holds_one_place_and_moves_its_holder_once(
    settings: Settings, clock: FixedClock, regions: dict[str, Region]
) -> None:
    lost = Lost(settings, clock, regions)
    old = lost.harbour.ship(lost.bought)[1]
    first = lost.harbour.leaves_one_of(lost.bought, lost.options)

    travels, told = lost.killed("tests.ticketing.rerouting.killed_holds")

    assert travels == {old["trip_id"], first["trip_id"]}
    assert [line for line in told if line != WHOLE] == []
