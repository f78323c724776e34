"""A deployment names its point of sale, and the quote keeps it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from operators.fake import FakeOperator
from tariffs.agreements.model import AgreedPrice
from tariffs.money import Money
from tests.api import Api
from tests.networks import lent
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db.sale import offers
from ticketing.quote.service import replay
from ticketing.regions import Region

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}


@pytest.fixture(params=[None, "FI"])
def shop(
    request: pytest.FixtureRequest,
    settings: Settings,
    clock: FixedClock,
    regions: dict[str, Region],
    ferries: dict[str, FakeOperator],
) -> Iterator[tuple[Api, Any, str | None]]:
    """A deployment in whose region the through fare is 30.00 where it is sold in Finland."""
    region = regions["helsinki-tallinn"]
    cheaper = AgreedPrice("adult", "FI", None, Money(3000, "EUR"))
    agreements = tuple(
        replace(one, prices=(*one.prices, cheaper)) if one.id == "gulf-link-tallink-north" else one
        for one in region.book.agreements
    )
    changed = replace(region, book=replace(region.book, agreements=agreements))
    app = create_app(
        replace(settings, sale_channel=request.param),
        clock=clock,
        regions={"helsinki-tallinn": changed},
        connectors={"helsinki-tallinn": ferries},
    )
    rooms = app.extensions["throughfare"]
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: ""), rooms, request.param
    rooms.till.database.close()


def test_the_price_of_the_point_of_sale_is_offered_and_kept(shop: tuple[Api, Any, str | None]) -> None:
    api, rooms, channel = shop

    quote = api.quote(**ONE)

    with rooms.till.database.read() as tx:
        kept = offers.get_quote(tx, quote["id"]).document.sale_channel
    assert (quote["total"]["amount"], kept) == ("30.00" if channel else "32.00", channel)


def test_without_a_point_of_sale_a_quote_is_replayed_as_before(api: Api) -> None:
    quote = api.quote(**ONE)

    again = replay(api.client.application.extensions["throughfare"].till.database, quote["id"])

    assert again.differences == ()
