"""Lateness and connections are told by the evidence that claims are decided from."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.publishing.counted import NoNoise
from ticketing.disruption import Evidence
from ticketing.publishing.datasets import DATASETS, Table
from ticketing.publishing.datasets.quality import connection, lateness
from ticketing.publishing.desk import Month

AT = datetime(2026, 10, 13, 8, tzinfo=UTC)


def seen(minutes: float | None, outcome: str = "at") -> Evidence:
    at = None if minutes is None else AT + timedelta(minutes=minutes)
    return Evidence(call=0, event="arrival", outcome=outcome, rank=1, at=at, planned_at=AT)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("evidence", "band"),
    [
        (seen(-3), "below_5"),
        (seen(4.9), "below_5"),
        (seen(5), "5_to_14"),
        (seen(15), "15_to_59"),
        (seen(60), "60_or_more"),
        (seen(None, "cancelled"), "cancelled"),
        (seen(None, "skipped"), "cancelled"),
        (seen(None, "unknown"), "not_known"),
    ],
)
def test_an_arrival_is_in_one_band(evidence: Evidence, band: str) -> None:
    assert lateness(evidence) == band


@pytest.mark.parametrize(
    ("arrival", "departure", "outcome"),
    [
        (seen(10), seen(10), "kept"),
        (seen(11), seen(10), "missed"),
        (seen(None, "unknown"), seen(10), "not_known"),
        (seen(1), seen(None, "unknown"), "not_known"),
        (seen(1), seen(None, "cancelled"), "missed"),
        (seen(None, "cancelled"), seen(None, "unknown"), "missed"),
    ],
)
def test_a_connection_is_kept_where_both_ends_say_so(
    arrival: Evidence, departure: Evidence, outcome: str
) -> None:
    assert connection(arrival, departure) == outcome


def table(api: Api, dataset: str, part: str) -> Table:
    coast = Coast(api)
    desk = coast.rooms.publishing
    with desk.database.read() as tx:
        return DATASETS[dataset].read(tx, desk.regions[REGION], Month("2026-10"))[part]


def test_a_late_ferry_is_counted_once_and_its_claims_and_changes_by_person(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought, ("anna", "mari"))
    coast.delay(bought, 75)
    coast.wait(bought)
    coast.work()

    ship = coast.run(bought)[0]
    arrivals = table(api, "punctuality", "arrivals")
    claims = table(api, "claims", "claims")
    changes = table(api, "connections", "connections")

    assert arrivals.counts[ship, "60_or_more"] == 1
    assert sum(claims.counts.values()) == 2
    assert {key[0] for key in claims.counts} == {ship}
    assert sum(changes.counts.values()) == 2 * (len(bought.tickets[0]["legs"]) - 1)
    for one in (arrivals, claims, changes):
        assert set(one.counts) <= set(one.domain)
    assert NoNoise().add([3], DATASETS["claims"].parts[0].rule) == [3]
