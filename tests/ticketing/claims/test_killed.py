"""A worker that is killed between any two steps of a claim loses nothing and pays nothing twice."""

import json
import subprocess
import sys
from pathlib import Path

from tests.api import Api
from tests.ticketing.claims.coast import Coast

TWO = [{"ref": "anna", "rider_category": "adult"}, {"ref": "bo", "rider_category": "adult"}]
WHOLE = {"paid": 2, "claims": 2, "refunds": 2, "entries": 4, "steps": 8, "faults": []}


def test_a_worker_killed_at_any_edge_pays_each_claim_once(api: Api, tmp_path: Path) -> None:
    coast = Coast(api)
    bought = api.buy(passengers=TWO)
    coast.board(bought, ("anna", "bo"))
    coast.delay(bought, 75)
    coast.wait(bought)
    database = coast.rooms.till.database
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ticketing.claims.killed", url, str(tmp_path / "keys")]

    done = subprocess.run(
        [*command, api.clock.now().isoformat()], check=True, timeout=300, capture_output=True, text=True
    )

    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"paid"')]
    assert len(lines) > (20 if database.is_sqlite else 0)
    assert [line for line in lines if line != WHOLE] == []
