"""Lateness and connections are told by the evidence that claims are decided from."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.publishing.counted import NoNoise
from ticketing.db.disruption.observations import Observation, put_observations
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


def test_the_taps_of_a_few_passengers_decide_about_nobodys_change(api: Api) -> None:
    """With one tap fewer nothing would be proven: that would change the numbers of everybody who changes there."""
    coast = Coast(api)
    bought = api.buy()
    _, ship = coast.ship(bought)
    operator, trip, day = coast.run(bought)
    leg = next(one for one in bought.tickets[0]["legs"] if one["operator"] == operator)
    at = datetime.fromisoformat(ship["arrival"])
    facts = [
        Observation(
            region=REGION, operator=operator, trip_id=trip, service_date=day, call=1, stop_id=leg["to"]["stop_id"], kind="arrived",
            event="arrival", planned_at=at, at=at + timedelta(minutes=number), source="gate", told_at=at, received_at=at,
        )
        for number in range(3)
    ]  # fmt: skip
    with coast.rooms.till.database.write() as tx:
        put_observations(tx, facts)

    assert table(api, "punctuality", "arrivals").counts[operator, "not_known"] == 1
