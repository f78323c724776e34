"""A worker that is killed between any two steps of a claim loses nothing and pays nothing twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import Coast
from tests.ticketing.claims.paying_out import enter_scheme, give_account, spent

TWO = [{"ref": "anna", "rider_category": "adult"}, {"ref": "bo", "rider_category": "adult"}]
WHOLE = {
    "paid": 2,
    "claims": 2,
    "refunds": 2,
    "entries": 4,
    "steps": 8,
    "transfers": 0,
    "moved": 0,
    "faults": [],
}
PAID_OUT = {
    "paid": 1,
    "claims": 1,
    "refunds": 3,
    "entries": 2,
    "steps": 6,
    "transfers": 1,
    "moved": 2,
    "faults": [],
}


def test_a_worker_killed_at_any_edge_pays_each_claim_once(api: Api, tmp_path: Path) -> None:
    coast = Coast(api)
    bought = api.buy(passengers=TWO)
    coast.board(bought, ("anna", "bo"))
    coast.delay(bought, 75)
    coast.wait(bought)

    lines = killed(coast, tmp_path, "claims")

    assert len(lines) > (20 if coast.rooms.till.database.is_sqlite else 0)
    assert [line for line in lines if line != WHOLE] == []


def test_a_transfer_is_made_once_whoever_is_killed_between_two_of_its_steps(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    coast = Coast(api)
    bought = spent(coast)
    enter_scheme(coast)
    give_account(api, bought, coast.claims()[0]["id"])

    lines = killed(coast, tmp_path, "payouts")

    assert len(lines) > (5 if coast.rooms.till.database.is_sqlite else 0)
    assert [line for line in lines if line != PAID_OUT] == []


def killed(coast: Coast, tmp_path: Path, what: str) -> list[dict[str, Any]]:
    """Have something killed at each of its edges; answers what each database holds after another has gone on."""
    database = coast.rooms.till.database
    if database.is_sqlite:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ticketing.claims.killed", url, str(tmp_path / "keys")]
    done = subprocess.run(
        [*command, coast.api.clock.now().isoformat(), what],
        check=True,
        timeout=300,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"paid"')]
