"""A backend hears what becomes of the claims of its orders; people read a letter where a claim pays nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api import Bought
from tests.ticketing.claims.coast import REGION, Coast, ask
from tests.ticketing.notices.conftest import Town
from tests.ticketing.notices.hooking import data_of, hook, is_signed, told
from tests.ticketing.notices.receivers import text_of
from tests.ticketing.purchase.refunding import refund

pytestmark = pytest.mark.usefixtures("quick_hashes")
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANNA = {"kind": "email", "address": "anna@example.org", "language": "fi"}


def ridden_late(town: Town, minutes: int = 75) -> tuple[Coast, Bought]:
    """A passenger who was on board of a ferry that has arrived late."""
    coast = Coast(town.api)
    bought = town.api.buy()
    coast.board(bought)
    coast.delay(bought, minutes)
    return coast, bought


def test_a_backend_hears_once_that_a_claim_is_decided_and_paid_and_of_no_other_orders(town: Town) -> None:
    app = hook(town, town.api.key("app"), "claim.*")
    picky = hook(town, town.api.key("app"), "claim.paid", path="/paid")
    coast, bought = ridden_late(town)
    silent = town.api.buy(depart_at="2026-10-14T06:10:00+03:00")
    contacts = [{"kind": "webhook", "webhook": one.id} for one in (app, picky)]
    assert town.notify(bought, *contacts, ANNA).status_code == 200
    coast.wait(bought)
    coast.work()

    assert sorted(told(town)) == ["claim.decided", "claim.paid", "claim.paid"]
    (claim,) = coast.claims()
    for request in town.receiver.requests:
        assert data_of(request) == {"order_id": bought.order["id"], "claim_id": claim["id"]}
        assert is_signed(request, picky.secret if request.path == "/paid" else app.secret)
    assert silent.order["id"] not in str(town.receiver.requests)
    events = town.api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json or {}
    listed = {one["type"]: one["at"] for one in events["events"]}
    sent = {
        one["type"]: one["timestamp"] for one in map(json.loads, [r.body for r in town.receiver.requests])
    }
    assert sent == {name: listed[name] for name in sent}
    coast.work()
    assert len(town.receiver.requests) == 3
    assert not [one for one in town.mailbox.mails if "Ei korvausta" in str(one["Subject"])]


def test_a_refused_claim_reaches_the_backend_and_its_holder_reads_the_article(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = hook(town, town.api.key("app"), "claim.refused")
    coast, bought = ridden_late(town)
    operators = coast.rooms.claims.regions[REGION].data.operators
    name = coast.run(bought)[0]
    rights = replace(operators[name].rights, auto_limit_minor=0)
    monkeypatch.setitem(operators, name, replace(operators[name], rights=rights))
    town.notify(bought, {"kind": "webhook", "webhook": app.id}, ANNA)
    coast.wait(bought)
    claim = ask(town.api, bought, "anna", coast.ship(bought)[0]).json
    body = {"reason": "exempt_weather", "evidence": "logbook, page 12"}
    contested = town.api.post(
        f"/v1/claims/{claim['id']}/contest", body, town.api.key("operator_finance", name), once=None
    )
    ruling = {"ruling": "accept", "reason": "the wind was at 25 m/s"}
    ruled = town.api.post(f"/v1/claims/{claim['id']}/ruling", ruling, town.api.key("finance"), once=None)
    town.work()
    town.work()

    assert (contested.status_code, ruled.status_code) == (200, 200), ruled.json
    assert told(town) == ["claim.refused"]
    (letter,) = [one for one in town.mailbox.mails if "Ei korvausta" in str(one["Subject"])]
    assert "1177/2010" in text_of(letter)
    assert bought.order["id"] in text_of(letter)


@ONE
def test_whoever_took_the_money_back_gets_no_letter_that_it_is_not_compensated(town: Town) -> None:
    app = hook(town, town.api.key("app"), "claim.*")
    coast = Coast(town.api)
    bought = town.api.buy()
    coast.cancel(bought)
    refund(town.api, bought, passengers=["anna"])
    town.notify(bought, {"kind": "webhook", "webhook": app.id}, ANNA)
    coast.wait(bought)
    assert ask(town.api, bought, "anna", coast.ship(bought)[0]).json["state"] == "refused"
    town.work()

    assert told(town) == ["claim.refused"]
    assert not [one for one in town.mailbox.mails if "Ei korvausta" in str(one["Subject"])]


@ONE
def test_a_replay_brings_what_became_of_claims_while_the_webhook_was_off(town: Town) -> None:
    app = hook(town, town.api.key("app"), "claim.*")
    coast, bought = ridden_late(town)
    town.notify(bought, {"kind": "webhook", "webhook": app.id})
    app.change(enabled=False)
    coast.wait(bought)
    since = town.api.clock.now()
    coast.work()
    town.api.clock.advance(timedelta(minutes=5))
    app.change(enabled=True)
    town.work()
    before = told(town)

    assert app.post("replay", {"since": since.isoformat()}).status_code == 202
    town.work()
    assert (before, sorted(told(town))) == ([], ["claim.decided", "claim.paid"])
