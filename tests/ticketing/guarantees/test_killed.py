"""A worker that is killed between any two steps of a guarantee's payout loses nothing and pays nothing twice."""

from pathlib import Path

import pytest

from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.claims.coast import Coast
from tests.ticketing.claims.killing_claims import killed
from tests.ticketing.guarantees.late_tram import arrives, buys, late_tram
from tests.ticketing.rerouting.harbour import Harbour

# The passenger gets the sum once, and the tram's operator gives the pool its half once.
WHOLE = {
    "paid": 0,
    "claims": 0,
    "refunds": 1,
    "entries": 1,
    "steps": 0,
    "transfers": 0,
    "moved": 0,
    "guaranteed": 1,
    "pool": 2,
    "faults": [],
}


@pytest.fixture
def harbour(api: Api, ferries: dict[str, FakeOperator]) -> Harbour:
    return Harbour(api, ferries)


def test_a_worker_killed_at_any_edge_pays_a_guarantee_once(harbour: Harbour, tmp_path: Path) -> None:
    bought = buys(harbour.api)
    late_tram(harbour, bought, cause="technical_problem")
    arrives(harbour, bought)
    coast = Coast(harbour.api)

    lines = killed(coast, tmp_path, "guarantees")

    assert len(lines) > (5 if coast.rooms.till.database.is_sqlite else 0)
    assert [line for line in lines if line != WHOLE] == []
