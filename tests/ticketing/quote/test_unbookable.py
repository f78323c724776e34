"""A price that could not be booked is refused before anybody pays, and a person is told which rule made it."""

import pytest

from tariffs import cover
from tariffs.pricing import price_journey
from tests.api import Api
from ticketing.purchase.gateway import alerts
from ticketing.quote import service as quotes
from ticketing.search import partly as prices

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}]}


@pytest.fixture
def a_share_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault of old: an agreement forgets what the tram of Tallinn gets."""
    complete = cover._gross
    for room in (prices, quotes):  # no price that other tests have asked for, and none for them
        monkeypatch.setattr(room, "price_journey", price_journey)
    monkeypatch.setattr(cover, "_gross", lambda *args: (pair for pair in complete(*args) if pair[0] != "tlt"))


@pytest.mark.usefixtures("a_share_is_lost")
def test_a_price_that_does_not_add_up_is_not_frozen_and_names_its_rule(api: Api) -> None:
    offer = api.search(**ONE)["itineraries"][0]["offer_id"]

    refused = [api.post("/v1/quotes", {"offer_id": offer}) for _ in range(2)]

    waiting = alerts.list_waiting(api.client.application.extensions["throughfare"].till)
    assert [(one.status_code, one.json["type"]) for one in refused] == [(409, "/errors/conflict")] * 2
    assert [one.kind for one in waiting] == ["quote_unbookable"]
    assert "adult by agreement gulf-link-" in waiting[0].detail
