"""Search gives no price where an operator has allotted no places, and says so in words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from operators.connectors.exchange import FileExchange
from operators.exchange.folder import PostOffice
from operators.inventory import Inventory
from operators.memory import MemorySailings
from operators.simulators.exchange import ExchangeSimulator
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tariffs.result import JourneyPrice
from tests.api import Api
from tests.ticketing.search.next_ride import ride_of
from ticketing.clock import FixedClock
from ticketing.regions import Region
from ticketing.search.refusals import why

ACROSS = {
    "from": {"stop_id": "viking:TLL-A"},
    "to": {"stop_id": "viking:HEL-KAT"},
    "depart_at": "2026-10-13T06:30:00+03:00",
    "range_minutes": 360,
    "passengers": [{"ref": "anna"}],
}
WHY = "Viking Line has allotted no places to sell on this departure"


class Quay:
    """Viking's folder with its clerk, and our connector to it."""

    def __init__(
        self, folder: Path, clock: FixedClock, region: Region, sale_ends: timedelta = timedelta()
    ) -> None:
        published = region.data.timetables["viking"]
        terms = Inventory(
            operator="viking",
            sailings=MemorySailings(),
            capacity=lambda _: {},
            hold_life=timedelta(minutes=20),
            sale_ends=sale_ends,
        )
        post = PostOffice(folder=folder, me="throughfare", other="viking", now=clock.now)
        self.clerk = ExchangeSimulator(clock.now, folder, "viking")
        self.connector = FileExchange("viking", published, clock.now, terms, post)

    def allot(self, trip: str, places: int) -> None:
        self.clerk.allot(trip, date(2026, 10, 13), {"foot": places})
        assert self.connector.tend() == []


@pytest.fixture
def quay(ferries: dict[str, Any], clock: FixedClock, regions: dict[str, Region], tmp_path: Path) -> Quay:
    made = Quay(tmp_path / "viking", clock, regions["helsinki-tallinn"])
    ferries["viking"] = made.connector
    return made


def vikings(api: Api) -> list[dict[str, Any]]:
    found = api.search(**ACROSS)["itineraries"]
    return [way for way in found if [leg["operator"] for leg in way["legs"]] == ["viking"]]


def test_a_sailing_without_an_allotment_has_no_price_until_it_has_one(api: Api, quay: Quay) -> None:
    (refused, *_) = vikings(api)

    assert (refused["offer_id"], refused["price"]["total"]) == (None, None)
    assert (refused["price"]["reason"], refused["price"]["why"]) == ("no_allotment", WHY)
    assert refused["price"]["passengers"][0]["because"] == [WHY]

    quay.allot(refused["legs"][0]["trip_id"], 1)
    (offered, *_) = vikings(api)
    assert offered["offer_id"]
    assert offered["price"]["why"] is None

    quote = api.post("/v1/quotes", {"offer_id": offered["offer_id"]}).json["id"]
    assert api.post("/v1/orders", {"quote_id": quote}).status_code == 201
    (gone, *_) = vikings(api)
    assert (gone["price"]["reason"], gone["price"]["why"]) == (
        "sold_out",
        "Viking Line has no places left on this departure",
    )


def test_a_passenger_to_whom_an_operator_sells_nothing_is_told_which_one(
    regions: dict[str, Region], clock: FixedClock
) -> None:
    region = regions["helsinki-tallinn"]
    book = replace(region.book, riders={"adult": {"viking": "adult"}})
    rides = [ride_of(region.data, operator, clock) for operator in ("viking", "tallink")]

    price = price_journey(book, rides, [Passenger("anna", "adult")], at=clock.now())

    assert (price.total, price.reason) == (None, "unknown_fare")
    assert why(region.data, price) == (
        "Tallink has no fare for this ride and a passenger of the category adult"
    )
    assert why(region.data, price, "fi") == (
        "Tallink: tälle matkalle ei ole hintaa matkustajaryhmälle aikuinen"
    )
    assert why(region.data, JourneyPrice(None, "currency_without_rates", (), "")) == (
        "no exchange rates are published for the currency of this price"
    )


def test_a_sailing_whose_sale_has_ended_has_no_price_and_is_neither_quoted_nor_ordered(
    api: Api, ferries: dict[str, Any], clock: FixedClock, regions: dict[str, Region], tmp_path: Path
) -> None:
    quay = Quay(tmp_path / "viking", clock, regions["helsinki-tallinn"], timedelta(hours=1))
    ferries["viking"] = quay.connector
    quay.allot(vikings(api)[0]["legs"][0]["trip_id"], 9)
    (sold, *_) = vikings(api)
    leaves = datetime.fromisoformat(sold["legs"][0]["departure"])
    clock.advance(leaves - timedelta(minutes=65) - clock.now())
    offer = vikings(api)[0]["offer_id"]
    quote = api.post("/v1/quotes", {"offer_id": offer}).json["id"]
    clock.advance(timedelta(minutes=6))

    (refused, *_) = vikings(api)
    quoted = api.post("/v1/quotes", {"offer_id": offer})
    ordered = api.post("/v1/orders", {"quote_id": quote})

    assert (refused["price"]["reason"], refused["offer_id"]) == ("sale_ended", None)
    assert refused["price"]["why"] == "Viking Line has ended its sale for this departure"
    assert (quoted.status_code, ordered.status_code) == (409, 409)
    for answer in (quoted, ordered):
        assert answer.json["detail"].startswith(
            f"Viking Line has ended its sale for the {leaves:%H:%M} departure"
        )
        assert [one["path"] for one in answer.json["errors"]] == ["legs[0]"]
