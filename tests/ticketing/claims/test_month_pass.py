"""Trains on a pass of thirty days are late, in Sweden: each ride has the part that the law counts for it, up to the law's number."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from tariffs.money import Money
from tests.api import Api, Bought
from tests.networks import lent
from tests.ticketing.claims.coast import Coast, ask
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider
from tests.working import round_of
from ticketing.app import create_app
from ticketing.claims import EVIDENCE_IN, verify_claims
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.identity.principal import Role
from ticketing.regions import by_staff, load_regions
from ticketing.rights import rules_for

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
REGION, LAW = "oresund", "se-2015-953"
TRAIN = {"from": {"place": "Malmö Centralstation"}, "to": {"place": "Helsingborg Centralstation"}}
# 20 kronor for each of the 44 rides that the law counts.
PRICE = "880.00"


@pytest.fixture
def coast(settings: Settings, clock: FixedClock) -> Iterator[Coast]:
    """The service around the Sound, which sells a pass of thirty days for the trains of Skåne."""
    region = load_regions(Settings(database_url="sqlite://", regions=(REGION,)))[REGION]
    day = region.book.passes[0]
    month = replace(
        day,
        id="skane-30",
        scope=replace(day.scope, operators=frozenset({"skane"})),
        validity=replace(day.validity, unit="days", length=30, starts_seconds=0),
        prices=(replace(day.prices[0], price=Money(88000, "SEK")),),
        territories=tuple(replace(one, mode="rail") for one in day.territories if one.operator == "skane"),
        steps=(replace(day.steps[0], method="residual", factors={"skane": Fraction(1)}),),
    )
    book = replace(region.book, passes=(*region.book.passes, month))
    app = create_app(
        replace(settings, regions=(REGION,)), clock=clock, regions={REGION: replace(region, book=book)}
    )
    database = app.extensions["throughfare"].till.database

    def key(role: Role, operator: str | None = None) -> str:
        return create_key(database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Coast(Api(app.test_client(), clock, key))
    database.close()


def takes(coast: Coast, rider: Rider, at: str) -> Bought:
    """Take a train with the pass, by an order."""
    api = coast.api
    way = rider.offer(ME, **TRAIN, region=REGION, depart_at=at)
    quote = api.post("/v1/quotes", {"offer_id": way["offer_id"]}, rider.token, once=None).json
    order = rider.buy(quote)
    token, path = order["access_token"], f"/v1/orders/{order['id']}"
    held = api.get(f"{path}/tickets", token).json["tickets"]
    return Bought(api.get(path, token).json, token, held, way)


def rides(coast: Coast, bought: Bought) -> None:
    """Show the ticket at the gate of its train."""
    api = coast.api
    (leg,) = bought.tickets[0]["legs"]
    api.clock.set(datetime.fromisoformat(leg["departure"]))
    scanned = {"scan_id": str(uuid.uuid4()), "stop_id": leg["from"]["stop_id"]}
    shown = api.scan(bought.tickets[0]["token"], api.key("gate", "skane"), **scanned)
    assert (shown.json or {})["decision"] == "accept", shown.json


def is_late(coast: Coast, bought: Bought, minutes: int) -> None:
    """Have staff say that a train arrives late, and wait until the evidence is in."""
    (leg,) = bought.tickets[0]["legs"]
    run = leg["operator"], leg["trip_id"], date.fromisoformat(leg["service_date"])
    by_staff.delay_departure(coast.rooms.live, REGION, *run, seconds=minutes * 60, by="mari")
    coast.api.clock.set(datetime.fromisoformat(leg["arrival"]) + timedelta(minutes=minutes) + EVIDENCE_IN)
    for _ in range(4):
        for job in round_of(coast.rooms, REGION):
            job.go(coast.api.clock.now())
            assert job.detail == "", (job.name, job.detail)


def amounts(coast: Coast) -> list[tuple[int, int]]:
    """The price and the sum of each claim, in öre."""
    return [(row["price_minor"], row["amount_minor"]) for row in coast.claims()]


def test_a_late_train_on_a_months_pass_is_compensated_by_the_laws_part_once_and_for_no_more_rides_than_it_counts(
    coast: Coast,
) -> None:
    rider = Rider(coast.api, register(coast.api))
    rider.season("skane-30")
    first = takes(coast, rider, "2026-10-13T07:00:00+02:00")
    second = takes(coast, rider, "2026-10-15T07:00:00+02:00")
    rides(coast, first)
    is_late(coast, first, 45)
    again = ask(coast.api, first, "me", 0)
    (claim,) = coast.api.get(f"/v1/orders/{first.order['id']}/claims", first.token).json["claims"]

    # 75 % of 880.00 / 44; to ask for it again brings the same claim.
    assert amounts(coast) == [(88000, 1500)]
    assert (claim["amount"], claim["reason"]) == ({"amount": "15.00", "currency": "SEK"}, "delayed")
    assert (again.json or {})["id"] == claim["id"]

    passes: Any = rules_for(LAW, date(2026, 10, 15)).passes
    counted = passes.rides
    object.__setattr__(passes, "rides", 1)
    try:
        rides(coast, second)
        is_late(coast, second, 45)
        refused = ask(coast.api, second, "me", 0)
    finally:
        object.__setattr__(passes, "rides", counted)

    assert counted == 44
    assert amounts(coast) == [(88000, 1500)]
    assert refused.status_code == 409, refused.json
    assert verify_claims(coast.rooms.till.database, REGION)[1] == []
