"""An app's webhook that was off hears of its orders from then on, and of what it missed where it asks for that."""

import json
from datetime import timedelta

import pytest

from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import Hook, hook, told
from tests.ticketing.notices.storm import cancel
from throughfare_gate.moments import written

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(town: Town) -> Hook:
    return hook(town, town.api.key("app"), "order.*", "journey.*")


def test_what_happened_while_it_was_off_comes_when_it_is_asked_for(town: Town, app: Hook) -> None:
    """Also after days: a run of which an order was told while its app heard nothing."""
    begun = town.api.clock.now()
    bought = town.api.buy(depart_at="2026-10-20T06:10:00+03:00")
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    town.work()
    town.api.clock.advance(MINUTE)
    app.change(enabled=False)
    cancel(town, bought)
    town.work()
    town.api.clock.advance(timedelta(days=3))
    app.change(enabled=True)
    town.work()
    before = told(town)
    app.post("replay", {"since": (begun + MINUTE / 2).isoformat()})
    town.work()

    assert before == ["order.ticketed"]
    assert told(town) == ["order.ticketed", "journey.cancelled"]


def test_a_type_that_is_taken_later_is_told_from_then_on(town: Town) -> None:
    app = hook(town, town.api.key("app"), "refund.*")
    bought = town.api.buy()
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    town.work()
    town.api.clock.advance(MINUTE)
    app.change(types=["refund.*", "order.*", "journey.*"])
    town.work()
    before = told(town)
    cancel(town, bought)
    town.work()

    assert (before, told(town)) == ([], ["journey.cancelled"])


def test_an_order_that_names_it_later_is_told_with_its_tickets(town: Town) -> None:
    """The order is older than the webhook: its tickets are told when it begins to name the app."""
    bought = town.api.buy()
    town.api.clock.advance(MINUTE)
    late = hook(town, town.api.key("app"), "order.*")
    town.api.clock.advance(MINUTE)
    town.notify(bought, {"kind": "webhook", "webhook": late.id})
    town.work()

    assert told(town) == ["order.ticketed"]


def test_an_event_tells_when_it_happened_however_late_it_is_written(town: Town) -> None:
    app = hook(town, town.api.key("app"), "order.*", "journey.*")
    bought = town.api.buy(depart_at="2026-10-20T06:10:00+03:00")
    happened = town.api.clock.now()
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    cancel(town, bought)
    town.api.clock.advance(timedelta(hours=5))
    town.work()

    moments = [json.loads(one.body)["timestamp"] for one in town.receiver.requests]
    assert moments == [written(happened)] * 2
