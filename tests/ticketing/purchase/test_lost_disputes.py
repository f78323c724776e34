"""A lost dispute takes what its money has paid for; whoever else has paid is not robbed."""

import shutil
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.api import Api
from tests.ticketing.identity.people_of import register
from ticketing.cli.worker import run_round
from ticketing.purchase.gateway import alerts, reports
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

pytestmark = pytest.mark.usefixtures("frozen_rows")

MONDAY = {"depart_at": "2026-10-26T06:10:00+02:00"}
ANNA, BO = ({"ref": ref, "rider_category": "adult"} for ref in ("anna", "bo"))
CHILD = {"ref": "anna", "rider_category": "child"}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database: which tickets go is decided by rows that both have, and locked as elsewhere."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.mark.usefixtures("quick_hashes")
@pytest.mark.parametrize("ridden", [False, True])
def test_a_lost_pass_takes_its_holders_journey_and_not_their_friends(
    api: Api, ferries: dict[str, FakeOperator], ridden: bool
) -> None:
    holder = register(api)
    quote = holder.post("/v1/passes/quotes", {"product": "tll-30d"}, once=None).json
    bought = holder.post("/v1/orders", {"quote_id": quote["id"]}).json
    holder.post(f"/v1/orders/{bought['id']}/payments", {"method": "demo_dispute"})
    wish = {
        "from": {"place": "Kopli"},
        "to": {"place": "Pasila"},
        **MONDAY,
        "passengers": [{**ANNA, "account_holder": True}, BO],
    }
    found = holder.post("/v1/journeys", wish, once=None).json["itineraries"][0]
    frozen = holder.post("/v1/quotes", {"offer_id": found["offer_id"]}, once=None).json
    trip = holder.post("/v1/orders", {"quote_id": frozen["id"]}).json
    holder.post(f"/v1/orders/{trip['id']}/payments", {"method": "demo_ok"})

    if ridden:  # the tram that the pass has paid for
        api.clock.set(datetime.fromisoformat(MONDAY["depart_at"]))
        held = api.get(f"/v1/orders/{trip['id']}/tickets", trip["access_token"]).json or {}
        token = held["tickets"][0]["token"]
        assert (api.scan(token, api.key("gate", "tlt")).json or {})["decision"] == "accept"

    _dispute(api, bought["id"], "open", "withdrawn")
    meanwhile = _statuses(api, trip["id"], trip["access_token"])
    _dispute(api, bought["id"], "lost", "lost")
    run_round(_till(api))

    after = api.get(f"/v1/orders/{trip['id']}", trip["access_token"]).json
    assert meanwhile == {"anna": "valid" if ridden else "suspended", "bo": "valid"}
    assert _statuses(api, trip["id"], trip["access_token"]) == {"anna": "revoked", "bo": "valid"}
    assert _back(after) == [("confirmed", "30.60")]
    assert len(ferries["tallink"].standing("confirmed")) == 1
    assert [one.kind for one in alerts.list_waiting(_till(api))] == ["dispute", "dispute_owed"]
    _books_agree(api)


def test_a_lost_payment_takes_its_own_passenger_and_the_other_one_may_still_give_back(api: Api) -> None:
    old, _, new, token = _exchanged(api, ("demo_dispute", "demo_ok"), ANNA, ANNA, BO)

    _dispute(api, old, "open", "withdrawn", "lost")
    after = _statuses(api, new, token)
    given = api.post(f"/v1/orders/{new}/refunds", {"passengers": ["bo"]}, token)

    assert after == {"anna": "revoked", "bo": "valid"}
    assert (given.status_code, given.json["amount"]["amount"]) == (201, "32.00")
    _books_agree(api)


def test_what_was_paid_on_top_was_paid_for_whoever_came_along(api: Api) -> None:
    _, _, new, token = _exchanged(api, ("demo_ok", "demo_dispute"), ANNA, ANNA, BO)

    _dispute(api, new, "open", "withdrawn", "lost")

    assert _statuses(api, new, token) == {"anna": "valid", "bo": "revoked"}
    assert _back(api.get(f"/v1/orders/{new}", token).json) == []
    _books_agree(api)


@pytest.mark.parametrize("lost_first", [True, False])
def test_a_ticket_that_two_have_paid_for_goes_and_the_other_ones_part_comes_back(
    api: Api, lost_first: bool
) -> None:
    methods = ("demo_dispute", "demo_dispute")
    old, paid, new, token = _exchanged(api, methods, CHILD, ANNA)
    total = api.get(f"/v1/orders/{new}", token).json["total"]["amount"]
    other = str(Decimal(total) - Decimal(paid)) if lost_first else paid

    _dispute(api, old if lost_first else new, "open", "withdrawn", "lost")
    back = _back(api.get(f"/v1/orders/{new}", token).json)
    _dispute(api, new if lost_first else old, "open", "withdrawn", "lost")
    run_round(_till(api))

    assert _statuses(api, new, token) == {"anna": "revoked"}
    assert back == [("decided", other)]
    assert _back(api.get(f"/v1/orders/{new}", token).json) == [("confirmed", other)]
    _books_agree(api)


def _exchanged(api: Api, methods: tuple[str, str], first: Any, *then: Any) -> tuple[str, str, str, str]:
    """An order and its dearer exchange, each paid; answers the first one, what was paid, the second one and its token."""
    old, token = api.order(passengers=[first], **MONDAY)
    api.post(f"/v1/orders/{old['id']}/payments", {"method": methods[0]}, token)
    quote = api.quote(passengers=list(then), **MONDAY)
    new = api.post(f"/v1/orders/{old['id']}/exchanges", {"quote_id": quote["id"]}, token).json or {}
    token = new["access_token"]
    paid = api.post(f"/v1/orders/{new['id']}/payments", {"method": methods[1]}, token).json or {}
    assert paid["state"] == "ticketed", paid
    return old["id"], old["total"]["amount"], new["id"], token


def _dispute(api: Api, order_id: str, *steps: Any) -> None:
    """Play what a cardholder's bank does with the payment of an order, and report each step."""
    till = _till(api)
    query = sa.text("SELECT external_id FROM payment WHERE order_id = :order")
    with till.database.read() as tx:
        charge = tx.execute(query, {"order": order_id}).scalar_one()
    for step in dict.fromkeys(steps):
        till.gateway.play_dispute(charge, step)
        for _ in range(steps.count(step)):
            found = till.gateway.fetch_dispute(f"demo_dp_{charge.removeprefix('demo_ch_')}")
            reports.learn_dispute(till, found)


def _statuses(api: Api, order_id: str, token: str) -> dict[str, str]:
    held = api.get(f"/v1/orders/{order_id}/tickets", token).json or {}
    return {one["passenger"]: one["status"] for one in held["tickets"]}


def _back(order: Any) -> list[tuple[str, str]]:
    return [(one["state"], one["amount"]["amount"]) for one in order["refunds"]]


def _books_agree(api: Api) -> None:
    """The books follow from quotes and refunds, and no account of the sale keeps what it should not."""
    office = api.client.application.extensions["throughfare"].office
    assert verify(office, "helsinki-tallinn", take_back).faults == []
    query = sa.text(
        "SELECT account.purpose, sum(posting.amount_minor) FROM posting JOIN account ON account.id = posting.account_id "
        "WHERE account.purpose IN ('unearned', 'refund_payable', 'suspense') GROUP BY account.purpose"
    )
    run_round(_till(api))
    with _till(api).database.read() as tx:
        assert {purpose: int(minor) for purpose, minor in tx.execute(query) if int(minor)} == {}


def _till(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].till
