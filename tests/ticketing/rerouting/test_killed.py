"""A process that is killed between any two steps of a move leaves its holder one valid ticket with a booked place, and never two."""

import json
import subprocess
import sys
from pathlib import Path

from tests.api import Api
from tests.networks import lent
from tests.ticketing.rerouting.harbour import ONE, REGION, Harbour
from tests.ticketing.rerouting.killed import lines
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.regions import Region

WHOLE = {"moves": 1, "done": 1, "choices": 1, "booked": 1, "open": 0, "faults": []}


def test_a_process_killed_at_any_edge_of_a_move_leaves_one_valid_ticket(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], tmp_path: Path
) -> None:
    database = Database(settings.database_url)
    app = create_app(
        settings, clock=clock, regions=regions, connectors={REGION: lines(database, clock, regions)}
    )
    with lent(app):
        harbour = Harbour(Api(app.test_client(), clock, lambda *_: ""), {})
        bought = harbour.api.buy(**ONE)
        crossing, old = harbour.ship(bought)
        harbour.cancels(bought)
        option = harbour.options(bought)[0]["options"][0]
    harbour.rooms.till.database.close()
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    url = database.url.render_as_string(hide_password=False)
    wanted = {"order": bought.order["id"], "leg": crossing, "option": option["id"]}
    command = [sys.executable, "-m", "tests.ticketing.rerouting.killed", url, str(tmp_path / "keys")]

    done = subprocess.run(
        [*command, clock.now().isoformat(), json.dumps(wanted)],
        check=True,
        timeout=300,
        capture_output=True,
        text=True,
    )

    database.close()
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"at_once"')]
    travels = {trip for line in told for trip in line.pop("at_once")}
    assert len(told) > (10 if url.startswith("sqlite") else 0)
    assert travels == {old["trip_id"], option["trip_id"]}
    assert [line for line in told if line != WHOLE] == []
