"""A worker that is killed between any two steps of a claim loses nothing and pays nothing twice."""

from pathlib import Path

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import Coast
from tests.ticketing.claims.killing_claims import killed
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
    "guaranteed": 0,
    "pool": 0,
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
    "guaranteed": 0,
    "pool": 0,
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
