"""One operator without a price does not unprice the others: the rest is sold, and every paper says what it is without."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from operators.fake import FakeOperator
from tariffs.book import build_book
from tests.api import Api
from tests.networks import lent
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.identity import create_key
from ticketing.quote.service import replay
from ticketing.regions import Region
from ticketing.regions.unsellable import unsellable
from ticketing.tickets.own import payload_of

# One kind of database is enough: nothing here depends on the other.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FARES = ("fare_products.txt", "fare_leg_rules.txt", "fare_transfer_rules.txt")


@pytest.fixture(scope="module")
def silent_tram(regions: dict[str, Region]) -> Region:
    """The region, where the trams of Tallinn publish no fare."""
    region = regions["helsinki-tallinn"]
    texts = {**region.tariff["feeds"]["tlt"], **dict.fromkeys(FARES, "")}
    feeds = {**region.tariff["feeds"], "tlt": {name: text for name, text in texts.items() if text}}
    tariff = {
        **region.tariff,
        "feeds": feeds,
        "dated_feeds": None,
        "pass_documents": [],
        "eligibility_text": "",
    }
    book, findings = build_book(**tariff)
    assert book is not None, findings
    return replace(region, book=book, tariff=tariff)


@pytest.fixture
def sold(
    settings: Settings, clock: FixedClock, silent_tram: Region, ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service of that region."""
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": silent_tram},
        connectors={"helsinki-tallinn": ferries},
    )
    database = app.extensions["throughfare"].till.database

    def key(role: Any, operator: str | None = None) -> str:
        return create_key(database, clock, role=role, operator=operator, label="test")[1]

    with lent(app):
        yield Api(app.test_client(), clock, key)
    database.close()


def test_the_rest_of_a_way_is_sold_and_says_first_what_it_is_without(sold: Api) -> None:
    way = sold.search()["itineraries"][0]
    quote = sold.post("/v1/quotes", {"offer_id": way["offer_id"]}).json or {}
    database = sold.client.application.extensions["throughfare"].till.database

    (without,) = way["price"]["excluded"]
    rides = [leg for leg in way["legs"] if leg["kind"] == "ride"]
    assert (without["leg"], without["before"], without["operator"]) == (0, 0, "tlt")
    assert [leg["excluded"] for leg in rides] == [True, False, False, False]
    for person in way["price"]["passengers"]:
        assert person["because"][0].startswith(
            "without the ride of Tallinna ühistransport at 06:24 from Kopli"
        )
    assert way["price"]["total"] == quote["total"]
    assert way["best_for"] != ["price"]
    assert quote["excluded"] == [without]
    assert [leg["operator"] for leg in quote["legs"]] == ["tallink", "hsl", "hsl"]
    for person in quote["passengers"]:
        assert person["explanation"][0].startswith("Without the ride Kopli - ")
        assert {share["operator"] for share in person["shares"]} == {"tallink", "hsl"}
        assert sorted({leg for item in person["items"] for leg in item["legs"]}) == [0, 1, 2]
    assert replay(database, quote["id"]).differences == ()


def test_neither_ticket_nor_refund_nor_gate_knows_the_ride_that_was_not_sold(sold: Api) -> None:
    bought = sold.buy(passengers=[{"ref": "anna"}])
    (ticket,) = bought.tickets
    seen = sold.scan(ticket["token"], sold.key("gate", "tlt"), stop_id="09005-1").json or {}
    refund = {"passengers": ["anna"], "legs": [0]}
    offer = sold.post(f"/v1/orders/{bought.order['id']}/refund-offers", refund, bought.token).json or {}

    assert payload_of(ticket["token"])["aud"] == ["tallink", "hsl"]
    assert [leg["operator"] for leg in ticket["legs"]] == ["tallink", "hsl", "hsl"]
    assert (seen["decision"], seen["reason"]) == ("refuse", "wrong_audience")
    assert offer["lines"][0]["legs"] == [0]


def test_a_way_of_which_nothing_has_a_price_is_not_sold(sold: Api) -> None:
    way = sold.search(to={"place": "Hobujaama"})["itineraries"][0]

    assert (way["offer_id"], way["price"]["total"], way["price"]["reason"]) == (None, None, "unknown_fare")
    assert way["price"]["excluded"] == []


@pytest.fixture
def passes(
    settings: Settings,
    clock: FixedClock,
    silent_tram: Region,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
) -> Iterator[Api]:
    """The service of that region, whose pass of thirty days for the tram is still in its files."""
    tariff = {**silent_tram.tariff, "pass_documents": regions["helsinki-tallinn"].tariff["pass_documents"]}
    book, findings = build_book(**tariff)
    assert book is not None, findings
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": replace(silent_tram, book=book, tariff=tariff)},
        connectors={"helsinki-tallinn": ferries},
    )
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def test_a_pass_of_an_operator_without_fares_is_neither_shown_nor_quoted(passes: Api) -> None:
    shown = passes.get("/v1/passes").json or {}

    quoted = passes.post("/v1/passes/quotes", {"product": "tll-30d"}, once=None)

    assert "tll-30d" not in [one["id"] for one in shown["passes"]]
    assert quoted.status_code == 422
    assert (quoted.json or {})["errors"] == [
        {
            "path": "product",
            "message": "cannot be sold: no fares of Tallinna ühistransport are known, so it would cover no ride there",
        }
    ]


def test_a_region_check_names_a_pass_of_an_operator_without_fares(
    passes: Api, regions: dict[str, Region]
) -> None:
    told = passes.client.application.extensions["throughfare"].desk.regions["helsinki-tallinn"]
    whole = regions["helsinki-tallinn"]

    found = [one for one in unsellable(told.data, told.book) if one.file == "passes.json"]

    assert [(one.field, one.severity) for one in found] == [("scope.operators", "warning")]
    assert found[0].message == "tlt has no fares, so tll-30d would cover no ride of it: it is not sold"
    assert not [one for one in unsellable(whole.data, whole.book) if one.file == "passes.json"]


def test_a_ride_that_is_paid_on_board_says_so(sold: Api) -> None:
    planner = sold.client.application.extensions["throughfare"].planner
    region = planner.regions["helsinki-tallinn"]
    tram = region.data.operators["tlt"]
    on_board = replace(tram, feed=replace(tram.feed, on_board=True))
    data = replace(region.data, operators={**region.data.operators, "tlt": on_board})
    planner.regions["helsinki-tallinn"] = replace(region, data=data)

    way = sold.search()["itineraries"][0]
    quote = sold.post("/v1/quotes", {"offer_id": way["offer_id"]}).json or {}

    (without,) = way["price"]["excluded"]
    assert without["on_board"] is True
    assert quote["excluded"] == [without]
    for person in way["price"]["passengers"]:
        assert person["because"][0].endswith("to Vanasadam: it is paid on board"), person["because"][0]
    for person in quote["passengers"]:
        assert person["explanation"][0].endswith("pay Tallinna ühistransport on board.")
