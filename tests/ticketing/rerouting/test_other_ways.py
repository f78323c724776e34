"""Another way, found by search, for passengers whom no continuation helps: they pay what they paid, and an agreement bears the rest."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from operators.fake import FakeOperator
from tariffs.agreements import OtherWay
from tariffs.money import Money
from tests.api import Api, Bought
from tests.networks import lent
from tests.ticketing.claims.coast import Coast, ask
from tests.ticketing.claims.killing_claims import killed
from tests.ticketing.purchase.papers import receipt
from tests.ticketing.purchase.refunding import faults
from tests.ticketing.rerouting.harbour import BORNE, ONE, REGION, Harbour, subjects
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.identity.principal import Role
from ticketing.regions import Region
from ticketing.rerouting import list_to_repay

# One refund is the exchange, by which no money goes back, the other one the repayment.
WHOLE = {
    "paid": 0,
    "claims": 0,
    "refunds": 2,
    "entries": 1,
    "steps": 0,
    "transfers": 0,
    "moved": 0,
    "guaranteed": 0,
    "pool": 0,
    "other_ways": 1,
    "faults": [],
}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def terms(request: pytest.FixtureRequest) -> tuple[OtherWay, ...]:
    return tuple(getattr(request, "param", (BORNE,)))


@pytest.fixture
def harbour(
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
    terms: tuple[OtherWay, ...],
) -> Iterator[Harbour]:
    """The service without agreements of continuation."""
    region = regions[REGION]
    book = replace(region.book, continuations=(), other_ways=terms)
    app = create_app(
        settings, clock=clock, regions={REGION: replace(region, book=book)}, connectors={REGION: ferries}
    )
    database = app.extensions["throughfare"].till.database

    def key(role: Role, operator: str | None = None) -> str:
        return create_key(database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Harbour(Api(app.test_client(), clock, key), ferries)
    database.close()


def buys(harbour: Harbour) -> Bought:
    """Buy a journey with the cheapest ferry: every other way costs more."""
    api = harbour.api
    ways = api.search(**ONE, depart_at="2026-10-13T07:00:00+03:00")["itineraries"]
    way = next(one for one in ways if "eckero" in {leg.get("operator") for leg in one["legs"]})
    quote = api.post("/v1/quotes", {"offer_id": way["offer_id"]}).json
    placed = api.post("/v1/orders", {"quote_id": quote["id"]}).json
    path, token = f"/v1/orders/{placed['id']}", placed["access_token"]
    paid = api.post(f"{path}/payments", {"method": "demo_ok"}, token).json
    return Bought(paid, token, api.get(f"{path}/tickets", token).json["tickets"], way)


def other_way(harbour: Harbour, bought: Bought) -> dict[str, Any] | None:
    ways = harbour.options(bought)[0]["options"]
    return next((one for one in ways if one["kind"] == "other_way"), None)


def goes(harbour: Harbour, bought: Bought) -> Bought:
    """Order the other way by the calls of its option."""
    option = other_way(harbour, bought)
    assert option is not None
    return exchanges(harbour, bought, option["order"])


def exchanges(harbour: Harbour, bought: Bought, order: dict[str, Any]) -> Bought:
    """Exchange legs of a journey for an offer, as an option names both, and pay the rest."""
    api = harbour.api
    quote = api.post("/v1/quotes", {"offer_id": order["offer_id"]}).json
    wish = {"quote_id": quote["id"], "passengers": ["anna"], "legs": order["legs"]}
    placed = api.post(f"/v1/orders/{bought.order['id']}/exchanges", wish, bought.token)
    assert placed.status_code == 201, placed.json
    token, path = placed.json["access_token"], f"/v1/orders/{placed.json['id']}"
    if placed.json["due"]["amount"] != "0.00":
        assert api.post(f"{path}/payments", {"method": "demo_ok"}, token).status_code == 201
    held = api.get(f"{path}/tickets", token).json["tickets"]
    return Bought(api.get(path, token).json, token, held, bought.itinerary)


def by_others(harbour: Harbour, **wish: Any) -> str:
    """Find an offer by hand, by another ferry than the cancelled one."""
    ways = harbour.api.search(**ONE, depart_at="2026-10-13T07:00:00+03:00", **wish)["itineraries"]
    return next(
        way["offer_id"] for way in ways if "eckero" not in {leg.get("operator") for leg in way["legs"]}
    )


def travels(harbour: Harbour, gone: Bought) -> None:
    _, ship = harbour.ship(gone)
    harbour.api.clock.set(datetime.fromisoformat(ship["departure"]) - timedelta(minutes=40))
    gate = harbour.api.key("gate", ship["operator"])
    shown = harbour.api.scan(gone.tickets[0]["token"], gate, stop_id=ship["from"]["stop_id"])
    assert shown.json["decision"] == "accept", shown.json


def a_day_passes(harbour: Harbour, gone: Bought) -> None:
    ends = datetime.fromisoformat(gone.tickets[0]["legs"][-1]["arrival"])
    harbour.api.clock.set(ends + timedelta(hours=25))


def repaid(harbour: Harbour, gone: Bought) -> list[str]:
    a_day_passes(harbour, gone)
    for _ in range(3):
        harbour.work()
    return [one["amount"]["amount"] for one in harbour.order(gone)["refunds"] if one["state"] == "confirmed"]


def owed(harbour: Harbour) -> dict[str, int]:
    """The postings of the entries that repay other ways, by account."""
    with harbour.rooms.till.database.read() as tx:
        rows = tx.exec_driver_sql(
            "SELECT posting.account_id, posting.amount_minor FROM posting JOIN entry"
            " ON entry.period = posting.period AND entry.id = posting.entry_id WHERE entry.kind = 'other_way'"
        )
        return {row[0]: row[1] for row in rows}


@ON_SQLITE
def test_who_goes_another_way_has_paid_what_the_first_one_cost(
    harbour: Harbour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    bought = buys(harbour)
    harbour.cancels(bought)
    option = other_way(harbour, bought)
    assert option is not None
    assert "takes you at 06:00 (14/10)" in harbour.options(bought)[0]["options"][2]["text"]
    gone = goes(harbour, bought)
    (payment,) = gone.order["payments"]
    more = payment["amount"]["amount"]
    harbour.is_told(gone)
    travels(harbour, gone)

    back = repaid(harbour, gone)

    assert f"{more} EUR for your other way are on their way to you" in subjects(tmp_path)
    assert (option["cost"]["amount"], option["order"]["due"]["amount"]) == ("0.00", more)
    assert f"You pay {more} EUR first. It comes back" in option["text"]
    assert harbour.ship(gone)[1]["operator"] != "eckero"
    assert (float(more) > 0, back) == (True, [more])
    assert harbour.cases(bought) == [("anna", "chosen", "holder")]
    asked = ask(harbour.api, bought, "anna", harbour.ship(bought)[0])
    assert (asked.status_code, gone.order["id"] in asked.json["detail"]) == (409, True)
    assert f"Repaid for another way after a disruption, which lowers no price: {more} EUR" in receipt(
        harbour.api, gone.order["id"], gone.token
    )
    minor = round(float(more) * 100)
    assert owed(harbour) == {"operator_payable:eckero:EUR": minor, "refund_payable:EUR": -minor}
    assert faults(harbour.api) == []


def test_a_worker_killed_at_any_edge_repays_another_way_once(harbour: Harbour, tmp_path: Path) -> None:
    bought = buys(harbour)
    harbour.cancels(bought)
    gone = goes(harbour, bought)
    travels(harbour, gone)
    a_day_passes(harbour, gone)

    lines = killed(Coast(harbour.api), tmp_path, "other_ways")

    assert len(lines) > (5 if harbour.rooms.till.database.is_sqlite else 0)
    assert [line for line in lines if line != WHOLE] == []


@ON_SQLITE
def test_who_does_not_travel_is_repaid_nothing(harbour: Harbour) -> None:
    bought = buys(harbour)
    harbour.cancels(bought)
    gone = goes(harbour, bought)

    assert repaid(harbour, gone) == []
    assert owed(harbour) == {}
    # Nor does the order wait for it before those of others.
    assert list_to_repay(harbour.rooms.rerouting) == []


@ON_SQLITE
@pytest.mark.parametrize("terms", [()], indirect=True)
def test_nobody_is_sent_another_way_that_nobody_bears(harbour: Harbour) -> None:
    bought = buys(harbour)
    harbour.cancels(bought)

    assert other_way(harbour, bought) is None


@ON_SQLITE
def test_a_bearer_pays_no_more_than_was_agreed(harbour: Harbour) -> None:
    agreement = harbour.rooms.rerouting.other_ways[REGION][0]
    object.__setattr__(agreement, "cap", Money(100, "EUR"))
    bought = buys(harbour)
    harbour.cancels(bought)
    option = other_way(harbour, bought)
    gone = goes(harbour, bought)
    travels(harbour, gone)

    back = repaid(harbour, gone)
    object.__setattr__(agreement, "cap", Money(4000, "EUR"))

    assert back == ["1.00"]
    assert option is not None
    assert float(option["cost"]["amount"]) == float(option["order"]["due"]["amount"]) - 1


@ON_SQLITE
def test_an_exchange_after_the_ship_was_said_to_sail_is_the_holders_own(harbour: Harbour) -> None:
    bought = buys(harbour)
    harbour.cancels(bought)
    option = other_way(harbour, bought)
    assert option is not None
    harbour.api.clock.advance(timedelta(seconds=1))
    harbour.sails(bought)
    gone = exchanges(harbour, bought, option["order"])
    travels(harbour, gone)

    assert repaid(harbour, gone) == []
    assert owed(harbour) == {}


@ON_SQLITE
def test_who_changes_the_whole_journey_to_another_ferry_is_repaid_too(harbour: Harbour) -> None:
    bought = buys(harbour)
    harbour.cancels(bought)
    legs = list(range(len(bought.tickets[0]["legs"])))
    gone = exchanges(harbour, bought, {"offer_id": by_others(harbour), "legs": legs})
    (payment,) = gone.order["payments"]
    travels(harbour, gone)

    assert repaid(harbour, gone) == [payment["amount"]["amount"]]


@ON_SQLITE
def test_a_journey_to_another_place_is_its_holders_own_wish(harbour: Harbour) -> None:
    bought = buys(harbour)
    at, ship = harbour.ship(bought)
    harbour.cancels(bought)
    harbour_of = {"stop_id": f"eckero:{ship['from']['stop_id']}"}
    gone = exchanges(harbour, bought, {"offer_id": by_others(harbour, **{"from": harbour_of}), "legs": [at]})
    travels(harbour, gone)

    assert gone.tickets[0]["legs"][-1]["operator"] == "hsl"
    assert repaid(harbour, gone) == []
    assert owed(harbour) == {}


@ON_SQLITE
def test_who_gives_the_other_way_back_has_no_more_than_was_paid(harbour: Harbour) -> None:
    bought = buys(harbour)
    harbour.cancels(bought)
    gone = goes(harbour, bought)
    api, path = harbour.api, f"/v1/orders/{gone.order['id']}/refunds"
    api.post(path, {"passengers": ["anna"]}, gone.token)

    repaid(harbour, gone)

    order = api.get(f"/v1/orders/{bought.order['id']}", bought.token).json
    paid = float(bought.order["total"]["amount"]) + float(gone.order["payments"][0]["amount"]["amount"])
    back = [*harbour.order(gone)["refunds"], *order["refunds"]]
    assert sum(float(one["amount"]["amount"]) for one in back if one["exchanged_for"] is None) <= paid
    assert owed(harbour) == {}
    assert faults(api) == []
