"""A cap counts what the owner of an account has paid before, ticket by ticket; what is given back no longer counts."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from operators.fake import FakeOperator
from tariffs.book import build_book
from tests.api import Api
from tests.networks import lent
from tests.ticketing.identity.people_of import Account, register
from tests.ticketing.identity.season_buyers import buy, offer
from ticketing.app import create_app
from ticketing.cli.worker import run_round
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.quote.service import replay
from ticketing.regions import Region

pytestmark = pytest.mark.usefixtures("quick_hashes")

CAP = "cap_id,operators,window,amount,currency\nday,tlt,calendar_day,4.50,EUR\n"


@pytest.fixture
def capped(
    settings: Settings, clock: FixedClock, regions: dict[str, Region], ferries: dict[str, FakeOperator]
) -> Iterator[Api]:
    """The service where nobody pays more than 4.50 a day for Tallinn's trams and buses."""
    region = regions["helsinki-tallinn"]
    tariff = {**region.tariff, "caps_text": CAP}
    book, findings = build_book(**tariff)
    assert book is not None, findings
    app = create_app(
        settings,
        clock=clock,
        regions={"helsinki-tallinn": replace(region, book=book, tariff=tariff)},
        connectors={"helsinki-tallinn": ferries},
    )
    with lent(app):
        yield Api(app.test_client(), clock, lambda *_: "")
    app.extensions["throughfare"].till.database.close()


def total(found: dict[str, Any]) -> str:
    return str(found["price"]["total"]["amount"])


def ride(account: Account, **changes: Any) -> dict[str, Any]:
    """Buy the first offer; the answer is the paid order with what it has cost."""
    quote = account.post("/v1/quotes", {"offer_id": offer(account, **changes)["offer_id"]}, once=None).json
    return buy(account, quote)


def test_the_third_ride_of_a_day_costs_what_the_cap_has_left_and_the_fourth_nothing(capped: Api) -> None:
    anna, day = register(capped), "2026-10-13T{}:10:00+03:00"

    prices = [ride(anna, depart_at=day.format(hour))["total"]["amount"] for hour in ("06", "08", "10", "12")]
    tomorrow = total(offer(anna, depart_at="2026-10-14T06:10:00+03:00"))

    assert prices == ["2.00", "2.00", "0.50", "0.00"]
    assert tomorrow == "2.00"


def test_another_account_and_a_companion_pay_for_themselves(capped: Api) -> None:
    anna, eve = register(capped), register(capped, "eve@example.org")
    for hour in ("06", "08"):
        ride(anna, depart_at=f"2026-10-13T{hour}:10:00+03:00")
    two = [
        {"ref": "me", "rider_category": "adult", "account_holder": True},
        {"ref": "friend", "rider_category": "adult"},
    ]

    later = {"depart_at": "2026-10-13T10:10:00+03:00"}

    assert total(offer(eve, **later)) == "2.00"
    assert total(offer(anna, passengers=two, **later)) == "2.50"


def test_a_ride_that_was_given_back_does_not_count(capped: Api) -> None:
    anna = register(capped)
    first = ride(anna)
    ride(anna, depart_at="2026-10-13T08:10:00+03:00")
    later = {"depart_at": "2026-10-13T10:10:00+03:00"}
    before = total(offer(anna, **later))

    back = anna.post(f"/v1/orders/{first['id']}/refunds", {"passengers": ["me"]})
    run_round(capped.client.application.extensions["throughfare"].till)

    assert (before, back.status_code, total(offer(anna, **later))) == ("0.50", 201, "2.00")


def test_a_capped_price_is_calculated_again_from_its_quote(capped: Api) -> None:
    anna = register(capped)
    orders = [ride(anna, depart_at=f"2026-10-13T{hour}:10:00+03:00") for hour in ("06", "08", "10")]

    found = replay(capped.client.application.extensions["throughfare"].desk.database, orders[-1]["quote_id"])

    assert (found.total.text, found.differences) == ("0.50", ())


def test_an_owner_is_told_how_many_rides_are_left_until_the_day_is_free(capped: Api) -> None:
    anna = register(capped)
    quotes = []
    for hour in ("06", "08", "10"):
        found = offer(anna, depart_at=f"2026-10-13T{hour}:10:00+03:00")
        quotes.append(anna.post("/v1/quotes", {"offer_id": found["offer_id"]}, once=None).json)
        buy(anna, quotes[-1])
    told = [quote["passengers"][0]["caps"] for quote in quotes]
    (now,) = (anna.get("/v1/me/caps").json or {})["caps"]

    assert [[(one["id"], one["paid"]["amount"], one["rides_left"]) for one in caps] for caps in told] == [
        [("day", "2.00", 2)],
        [("day", "4.00", 1)],
        [("day", "4.50", 0)],
    ]
    assert (now["left"]["amount"], now["rides_left"], now["window"]) == ("0.00", 0, "calendar_day")
    assert (register(capped, "eve@example.org").get("/v1/me/caps").json or {})["caps"] == []


def test_a_guest_is_told_of_no_cap_because_later_rides_are_not_counted(capped: Api) -> None:
    assert [one["caps"] for one in capped.quote()["passengers"]] == [[], []]
