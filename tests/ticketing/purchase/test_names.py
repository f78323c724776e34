"""Sentences and receipts call products and categories as people do, in the language that is asked where there is one."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader

from operators.fake import FakeOperator
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.people_of import register
from tests.ticketing.identity.riders import ME, Rider
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.regions import Region

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

# No id of the files stands in a sentence: neither of a product nor of a category of one word and more.
IDS = re.compile(r"tll-30d|tll_hour|adult_reduced")


@pytest.fixture
def city(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service of a region with a rider category whose id is no word, and that needs company."""
    region = regions["helsinki-tallinn"]
    riders = {**region.data.riders, "adult_reduced": region.data.riders["child"]}
    names = {
        **region.data.category_names,
        "adult_reduced": {"en": "adult with a discount", "fi": "alennettu aikuinen"},
    }
    data = replace(region.data, riders=riders, category_names=names, companions={"adult_reduced": ("adult",)})
    book = replace(region.book, riders={**region.book.riders, "adult_reduced": region.book.riders["child"]})
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": replace(region, data=data, book=book)},
        connectors={"helsinki-tallinn": ferries},
    )
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def spoken(api: Api, path: str, token: str | None, language: str, body: Any = None) -> Any:
    headers = {"Accept-Language": language, **({"Authorization": f"Bearer {token}"} if token else {})}
    return (
        api.client.post(path, json=body, headers=headers) if body else api.client.get(path, headers=headers)
    )


@pytest.mark.parametrize(
    ("language", "season", "rider"),
    [
        ("en", "30 days in Tallinn", "adult with a discount"),
        ("fi", "30 päivää Tallinnassa", "alennettu aikuinen"),
    ],
)
def test_a_quote_and_a_receipt_name_products_and_categories(
    city: Api, language: str, season: str, rider: str
) -> None:
    buyer = Rider(city, register(city))
    opens = buyer.season("tll-30d")
    offer = buyer.offer(ME, {"ref": "bo", "rider_category": "adult_reduced"})["offer_id"]

    quote = spoken(city, "/v1/quotes", buyer.token, language, {"offer_id": offer}).json
    order = buyer.buy(quote)
    papers = [
        spoken(city, f"/v1/orders/{one}/receipt.pdf", key, language).data
        for one, key in ((opens["order_id"], opens["access_token"]), (order["id"], order["access_token"]))
    ]

    said = [" ".join(one["explanation"]) for one in quote["passengers"]]
    drawn = [" ".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages) for paper in papers]
    assert season in said[0]
    assert "Tunnipilet" in said[1]
    assert season in drawn[0]
    assert season in drawn[1]
    assert f"({rider})" in drawn[1]
    assert not [text for text in (*said, *drawn) if IDS.search(text)]


def test_a_refusal_names_the_category(city: Api) -> None:
    alone = Rider(city).search({"ref": "bo", "rider_category": "adult_reduced"})
    sold = Rider(city).api.post(
        "/v1/passes/quotes", {"product": "tll-30d", "rider_category": "adult_reduced"}, once=None
    )

    assert alone.json["errors"][0]["message"] == (
        "adult with a discount is sold only together with adult in the same order"
    )
    assert "the category adult with a discount" in sold.json["errors"][0]["message"]


def test_a_fare_is_called_as_it_is_for_whom_it_was_sold(api: Api) -> None:
    """One product has a name for each rider category: an infant's free ride is no adult's ticket for an hour."""
    people = [{"ref": rider, "rider_category": rider} for rider in ("adult", "child", "infant")]

    quote = api.quote(passengers=people, to={"place": "Hobujaama"})

    said = {one["ref"]: " ".join(one["explanation"]) for one in quote["passengers"]}
    assert "Tunnipilet" in said["adult"]
    assert "soodus" in said["child"]
    assert "Tasuta sõit" in said["infant"]
