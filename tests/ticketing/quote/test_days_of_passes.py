"""A pass is sold and taxed by the day of its own wall clock, whatever the server or its buyer writes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from operators.fake import FakeOperator
from tariffs.taxes import TaxTable
from tests.api import Api
from tests.networks import lent
from ticketing.app import create_app
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db.sale import offers
from ticketing.regions import Region

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LAST, FIRST = date(2026, 10, 13), date(2026, 10, 14)


@pytest.fixture
def city(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service on the day before a new version of its pass is sold and Estonia's VAT becomes 10 %."""
    region = regions["helsinki-tallinn"]
    old = region.book.passes[0]
    new = replace(old, version=2, names={"en": "The new one"}, valid_from=FIRST)
    rules = tuple(
        one
        for rule in region.book.taxes.rules["EE"]
        for one in (replace(rule, valid_to=LAST), replace(rule, valid_from=FIRST, rate_bp=1000))
        if rule.valid_to > LAST and rule.treatment == "taxable"
    )
    taxes = TaxTable({**region.book.taxes.rules, "EE": rules})
    book = replace(region.book, taxes=taxes, passes=(replace(old, valid_to=LAST), new))
    sold = {"helsinki-tallinn": replace(region, book=book)}
    app = create_app(settings, clock=clock, regions=sold, connectors={"helsinki-tallinn": ferries})
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def names(api: Api) -> list[str]:
    found = api.get("/v1/passes").json or {}
    return [one["name"] for one in found["passes"]]


def vat(api: Api, start: str) -> list[Any]:
    """The VAT rates of a pass, as its quote keeps them."""
    made = api.post("/v1/passes/quotes", {"product": "tll-30d", "start": start}, once=None)
    assert made.status_code == 201, made.json
    with api.client.application.extensions["throughfare"].till.database.read() as tx:
        quote = offers.get_quote(tx, (made.json or {})["id"])
    return [row.key.rate_bp for row in quote.document.passengers[0].taxes]


def test_a_new_pass_is_sold_from_midnight_of_its_city(city: Api) -> None:
    city.clock.set(datetime(2026, 10, 13, 20, 59, tzinfo=UTC))
    before = names(city)
    city.clock.set(datetime(2026, 10, 13, 21, 0, tzinfo=UTC))

    assert (before, names(city)) == (["30 days in Tallinn"], ["The new one"])


def test_a_pass_is_taxed_by_the_day_of_its_city(city: Api) -> None:
    """The offset that a buyer writes chooses no rate."""
    assert vat(city, "2026-10-13T12:00:00+03:00") == [2400]
    assert vat(city, "2026-10-13T22:00:00-11:00") == [1000]
    assert vat(city, "2026-10-13T23:30:00Z") == [1000]
