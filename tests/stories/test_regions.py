"""Every region sells its way to work: search, quote, pay, show the ticket, close the month; several in one service."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.api import Api
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.identity.principal import Role
from ticketing.purchase.refund.reversal import take_back
from ticketing.regions import Region
from ticketing.settlement.proof.verify import verify

pytestmark = pytest.mark.usefixtures("frozen_rows")

WAYS = [
    ("oresund", "Malmö Västra hamnen", "Frederiksberg St.", "SEK", ["skane", "oresundstag", "metro"]),
    ("oresund", "København H", "Malmö Centralstation", "DKK", ["oresundstag"]),
    ("lille-kortrijk-tournai", "Kortrijk KULAK", "Lille Flandres", "EUR", ["delijn", "sncb"]),
    ("lille-kortrijk-tournai", "Doornik", "Rijsel Flandres", "EUR", ["sncf"]),
    ("alentejo-extremadura", "Elvas hospital", "Universidad", "EUR", ["rodalentejo", "cp", "tubasa"]),
    ("alentejo-extremadura", "Elvas terminal", "Estación de autobuses de Badajoz", "EUR", ["eurobus"]),
]


@pytest.fixture
def everywhere(settings: Settings, every_region: dict[str, Region]) -> Iterator[Api]:
    """One service for all regions, early on a Tuesday in October."""
    clock = FixedClock(datetime(2026, 10, 13, 4, 0, tzinfo=UTC))
    app = create_app(settings, clock=clock, regions=every_region)
    database = app.extensions["throughfare"].till.database

    def key(role: Role, operator: str | None = None) -> str:
        return create_key(database, clock, role=role, operator=operator, label="test")[1]

    yield Api(app.test_client(), clock, key)
    database.close()


@pytest.mark.parametrize(("region", "start", "end", "currency", "operators"), WAYS)
def test_a_way_to_work_is_sold_and_settled(  # noqa: PLR0917  the columns of the table above
    everywhere: Api, region: str, start: str, end: str, currency: str, operators: list[str]
) -> None:
    wish = {
        "from": {"place": start},
        "to": {"place": end},
        "depart_at": "2026-10-13T07:00:00+02:00",
        "passengers": [{"ref": "anna", "rider_category": "adult"}],
    }
    found = everywhere.post("/v1/journeys", wish).json["itineraries"]
    way = next(
        one for one in found if [leg["operator"] for leg in one["legs"] if leg["kind"] == "ride"] == operators
    )
    quote = everywhere.post("/v1/quotes", {"offer_id": way["offer_id"]}).json
    order = everywhere.post("/v1/orders", {"quote_id": quote["id"]}).json
    token = order["access_token"]
    paid = everywhere.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)
    ticket = everywhere.get(f"/v1/orders/{order['id']}/tickets", token).json["tickets"][0]

    ride = next(leg for leg in way["legs"] if leg["kind"] == "ride")
    everywhere.clock.set(datetime.fromisoformat(ride["departure"]))
    gate = everywhere.key("gate", operators[0])
    scanned = everywhere.scan(ticket["token"], gate, stop_id=ride["from"]["stop_id"]).json

    everywhere.clock.advance(timedelta(days=30))
    run = everywhere.post(
        "/v1/settlement-runs", {"region": region, "period": "2026-10"}, everywhere.key("finance")
    ).json

    assert paid.status_code == 201
    assert quote["total"]["currency"] == currency
    assert scanned["decision"] == "accept", scanned
    total = sum(Decimal(line["net"]) + Decimal(line["fee"]) for line in run["operators"])
    assert total + sum(Decimal(line["vat"]) for line in run["taxes"]) == Decimal(quote["total"]["amount"])


def test_a_way_is_found_in_the_region_that_knows_both_ends(everywhere: Api) -> None:
    regions = {one["id"]: one["member_states"] for one in everywhere.get("/v1/regions").json["regions"]}
    states = {
        place["name"]: place["member_state"]
        for name in ("Malmö Hyllie station", "Ørestad", "Kortrijk", "Pasila")
        for place in everywhere.get("/v1/places", query_string={"q": name}).json["places"]
    }

    assert regions == {
        "alentejo-extremadura": ["PT", "ES"],
        "helsinki-tallinn": ["EE", "FI"],
        "lille-kortrijk-tournai": ["FR", "BE"],
        "oresund": ["SE", "DK"],
    }
    assert (states["Malmö Hyllie station"], states["Ørestad"], states["Kortrijk"]) == ("SE", "DK", "BE")
    assert states["Pasila"] == "FI"


def test_vat_over_the_bridge_is_nothing_in_sweden_and_exempt_in_denmark(everywhere: Api) -> None:
    wish = {
        "from": {"place": "Malmö Centralstation"},
        "to": {"place": "København H"},
        "depart_at": "2026-10-13T07:00:00+02:00",
        "passengers": [{"ref": "anna", "rider_category": "adult"}],
    }
    offer = everywhere.post("/v1/journeys", wish).json["itineraries"][0]["offer_id"]
    taxes = everywhere.post("/v1/quotes", {"offer_id": offer}).json["passengers"][0]["taxes"]

    assert [(row["member_state"], row["treatment"], row["vat"]["amount"]) for row in taxes] == [
        ("DK", "exempt", "0.00"),
        ("SE", "zero", "0.00"),
    ]


@pytest.mark.parametrize("first", [0, 1, 2])
def test_legs_go_in_any_order_until_nothing_is_left_and_each_offer_is_honoured(
    everywhere: Api, first: int
) -> None:
    wish = {
        "from": {"place": "Malmö Västra hamnen"},
        "to": {"place": "Frederiksberg St."},
        "depart_at": "2026-10-14T07:00:00+02:00",
        "passengers": [{"ref": "anna", "rider_category": "adult"}],
    }
    bought = everywhere.buy(**wish)
    legs = range(len(bought.tickets[0]["legs"]))
    path = f"/v1/orders/{bought.order['id']}"

    given = []
    for leg in sorted(legs, key=lambda at: (at != first, at)):
        offer = everywhere.post(f"{path}/refund-offers", {"legs": [leg]}, bought.token, once=None)
        wanted = {"passengers": ["anna"], "legs": [leg]}
        back = everywhere.post(f"{path}/refunds", wanted, bought.token)
        if offer.json["lines"]:
            assert (back.status_code, back.json["amount"]) == (201, offer.json["amount"]), back.json
            given.append(Decimal(back.json["amount"]["amount"]))
        else:
            assert (back.status_code, back.json["detail"]) == (409, offer.json["refused"][0]["because"])
    rest = everywhere.post(f"{path}/refunds", {"passengers": ["anna"]}, bought.token)

    if rest.status_code == 201:
        given.append(Decimal(rest.json["amount"]["amount"]))
    order = everywhere.get(path, bought.token).json
    office = everywhere.client.application.extensions["throughfare"].office
    assert (order["state"], sum(given)) == ("refunded", Decimal(order["total"]["amount"]))
    assert verify(office, "oresund", take_back).faults == []
