"""A region's name becomes a ledger and a path, so only the regions of the deployment are taken, wherever one comes in."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.api import Api
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.errors import InvalidRequest
from ticketing.settlement.bank import reconcile, suspense
from ticketing.settlement.month import closing
from ticketing.settlement.office import Office
from ticketing.settlement.proof import bookkeeping

FOREIGN = [
    "atlantis",
    "../../etc",
    "Helsinki-Tallinn",
    "helsinki-tallinn/..",
    "..",
    "oresund",
    "a" * 64,
    "\u202e",
]


@pytest.mark.parametrize("region", FOREIGN)
def test_e6_no_call_takes_a_region_that_is_not_served(api: Api, region: str) -> None:
    finance = api.key("finance")
    answers = {
        "close": api.post("/v1/settlement-runs", {"region": region, "period": "2026-09"}, finance),
        "import": api.client.post(
            "/v1/bank-statements",
            query_string={"region": region},
            data=b"<x/>",
            headers={"Authorization": f"Bearer {finance}"},
        ),
        "lines": api.get("/v1/bank-lines", finance, query_string={"region": region}),
        "booking": api.client.post(
            "/v1/bank-lines/x/booking",
            query_string={"region": region},
            json={"book_as": "suspense", "reason": "because"},
            headers={"Authorization": f"Bearer {finance}"},
        ),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 422)
    assert (answers["close"].json or {})["errors"][0]["path"] == "region"
    assert (api.get("/v1/settlement-runs", finance).json or {})["runs"] == []


def test_e6_the_rooms_behind_the_calls_take_none_either(database: Database, tmp_path: Path) -> None:
    clock = FixedClock(datetime(2026, 10, 13, tzinfo=UTC))
    office = Office(
        database=database, clock=clock, keys=None, regions_folder=tmp_path, regions=("helsinki-tallinn",)
    )

    for call in (
        lambda: closing.close(office, "atlantis", "2026-09", "Anna"),
        lambda: reconcile.review(office, "atlantis"),
        lambda: suspense.unbook_line(office, "atlantis", "x", by="Anna", reason="because"),
        lambda: bookkeeping.ask(office, "atlantis", "Anna"),
        lambda: office.terms("../atlantis"),
    ):
        with pytest.raises(InvalidRequest) as refused:
            call()
        assert refused.value.faults[0].path == "region"
