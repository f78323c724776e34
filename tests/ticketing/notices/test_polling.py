"""A poll of an order's events misses none: neither one that became true late, nor one behind a cache that weakens tags."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api import Bought
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.storm import cancel
from ticketing.db.sale import orders

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def events(town: Town, bought: Bought, since: str | None = None) -> Any:
    query = {} if since is None else {"since": since}
    path = f"/v1/orders/{bought.order['id']}/events"
    return town.api.get(path, bought.token, query_string=query).json


def types(answer: Any) -> list[str]:
    return [one["type"] for one in answer["events"]]


def test_a_refund_that_is_confirmed_after_other_news_stands_behind_them(town: Town) -> None:
    bought = town.api.buy()
    made = town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    refund_id = (made.json or {})["id"]

    def say(state: str) -> None:
        with town.office.database.write() as tx:
            orders.update_refund(tx, refund_id, state, "g-1", town.api.clock.now())

    say("pending")
    town.api.clock.advance(timedelta(minutes=1))
    cancel(town, bought)
    before = events(town, bought)
    town.api.clock.advance(timedelta(minutes=1))
    say("confirmed")
    after = events(town, bought)

    assert types(before)[-1].startswith("journey.")
    assert types(after)[-1] == "refund.confirmed"
    assert "refund.confirmed" in types(events(town, bought, before["next"]))
    assert types(events(town, bought, after["next"])) == []


def test_an_event_that_slips_in_before_a_known_place_is_told_all_the_same(town: Town) -> None:
    bought = town.api.buy()
    town.api.clock.advance(timedelta(minutes=1))
    cancel(town, bought)
    known = events(town, bought)
    town.api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["anna"]}, bought.token)
    refund_id = (town.api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {})["refunds"][0][
        "id"
    ]
    with town.office.database.write() as tx:
        earlier = town.api.clock.now() - timedelta(seconds=30)
        orders.update_refund(tx, refund_id, "confirmed", "g-1", earlier)

    assert "refund.confirmed" in types(events(town, bought, known["next"]))


@pytest.mark.parametrize("since", ["none", "1.none", "99999999999999999999.x", "-1.x", "\u0663.x"])
def test_a_place_that_nobody_gave_out_lists_everything(town: Town, since: str) -> None:
    bought = town.api.buy()

    assert events(town, bought, since) == events(town, bought)


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", W/{tag}', "*"])
def test_a_tag_matches_weakly(town: Town, form: str) -> None:
    bought = town.api.buy()
    path = f"/v1/orders/{bought.order['id']}/events"
    tag = town.api.get(path, bought.token).headers["ETag"]

    def status(sent: str) -> int:
        head = {"Authorization": f"Bearer {bought.token}", "If-None-Match": sent}
        return town.api.client.get(path, headers=head).status_code

    assert (status(form.format(tag=tag)), status('W/"other"')) == (304, 200)
