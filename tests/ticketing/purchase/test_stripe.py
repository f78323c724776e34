"""Buying with Stripe over real HTTP: the bank's question, reports in any order, disputes, lost answers, kill -9."""

import contextlib
import itertools
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tests.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET
from tests.ticketing.purchase.shop import CARD, Shop
from ticketing.config import Settings
from ticketing.db.books import month_books
from ticketing.errors import ThroughfareError
from ticketing.purchase.gateway import reconcile, reports

ASKS = "4000002760003184"
DECLINED = "4000000000000341"


pytestmark = pytest.mark.usefixtures("hasty_stripe")


def test_a_card_pays_and_the_books_have_what_stripe_has(shop: Shop) -> None:
    order, token, paid = shop.pay(CARD)

    assert (paid.status_code, (paid.json or {})["state"]) == (201, "ticketed")
    shop.tell()
    intent = shop.intent(order)
    fee = intent["latest_charge"]["balance_transaction"]["fee"]
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 4800)
    assert shop.clearing() == 4800 - fee
    assert shop.order(order, token)["state"] == "ticketed"


def test_the_bank_asks_the_buyer_and_the_report_of_the_answer_issues_the_tickets(shop: Shop) -> None:
    order, token, asked = shop.pay(shop.stripe.card(ASKS))

    action = (asked.json or {})["next_action"]
    assert (asked.status_code, (asked.json or {})["state"]) == (201, "awaiting_payment")
    assert action["client_secret"].startswith("pi_")
    assert shop.order(order, token)["next_action"] == action  # an app that was closed meanwhile asks again
    shop.stripe.authenticate(shop.intent(order)["id"], success=True)
    shop.tell()
    assert shop.order(order, token)["state"] == "ticketed"


def test_a_buyer_who_comes_back_from_the_bank_need_not_wait_for_the_report(shop: Shop) -> None:
    order, token, asked = shop.pay(shop.stripe.card(ASKS))
    payment = (asked.json or {})["payments"][0]["id"]
    shop.stripe.authenticate(shop.intent(order)["id"], success=True)

    back = shop.api.post(f"/v1/orders/{order['id']}/payments/{payment}/result", {}, token, once=None)

    assert (back.json or {})["state"] == "ticketed"
    assert (back.json or {})["next_action"] is None
    shop.tell()
    assert len(shop.order(order, token)["payments"]) == 1


def test_a_buyer_whom_the_bank_refuses_may_pay_with_another_card(shop: Shop) -> None:
    order, token, _ = shop.pay(shop.stripe.card(ASKS))
    shop.stripe.authenticate(shop.intent(order)["id"], success=False)
    shop.tell()
    refused = shop.order(order, token)

    again = shop.api.post(f"/v1/orders/{order['id']}/payments", {"method": CARD}, token)

    assert (refused["state"], (again.json or {})["state"]) == ("payment_failed", "ticketed")


def test_a_declined_card_is_told_at_once(shop: Shop) -> None:
    order, token, declined = shop.pay(shop.stripe.card(DECLINED))

    assert declined.status_code == 402
    assert shop.order(order, token)["state"] == "payment_failed"


def test_an_operator_that_refuses_after_the_authorisation_costs_nothing(
    shop: Shop, ferries: dict[str, FakeOperator]
) -> None:
    ferries["tallink"].fail("confirm", "refused")

    order, token, answer = shop.pay(CARD)

    intents = [one for one in shop.stripe.intents() if one["metadata"].get("order_id") == order["id"]]
    assert answer.status_code == 409
    assert [(one["status"], one["amount_received"]) for one in intents] == [("canceled", 0)]
    assert (shop.order(order, token)["state"], shop.clearing()) == ("cancelled", 0)


@pytest.mark.parametrize("path", ["/v1/payment_intents$", "/capture$"])
@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "error_500_before", "error_500_after"])
def test_whatever_answer_is_lost_there_is_one_set_of_tickets_and_one_payment(
    shop: Shop, path: str, kind: str
) -> None:
    shop.stripe.fail(path, kind, times=3)

    order, token, _ = shop.pay(CARD, once="key-1")
    shop.stripe._faults.clear()
    for _ in range(3):
        shop.work()
    shop.tell()

    shop.api.clock.advance(timedelta(minutes=11))
    shop.work()
    found = shop.order(order, token)
    taken = [
        one["amount_received"]
        for one in shop.stripe.intents()
        if one["metadata"].get("order_id") == order["id"]
    ]
    # Stripe keeps a 500 under its key: where nothing was executed, nothing is taken and the buyer may pay again.
    nothing = (path, kind) == ("/v1/payment_intents$", "error_500_before")
    assert (found["state"], sum(taken)) == (("payment_failed", 0) if nothing else ("ticketed", 4800))
    assert len(found["payments"]) == 1


def test_three_partial_refunds_end_at_exactly_nothing(shop: Shop) -> None:
    order, token, _ = shop.pay(CARD)
    shop.tell()
    before = shop.clearing()
    offer = shop.api.post(f"/v1/orders/{order['id']}/refund-offers", {}, token, once=None).json or {}
    given = [
        shop.api.post(f"/v1/orders/{order['id']}/refunds", {"passengers": [ref]}, token).json or {}
        for ref in ("anna", "mari")
    ]
    shop.tell()

    back = sum(int(one["amount"]["amount"].replace(".", "")) for one in given)
    assert int(offer["amount"]["amount"].replace(".", "")) == back
    assert [one["state"] for one in given] == ["confirmed", "confirmed"]
    assert before - shop.clearing() == back


def test_an_offer_of_a_refund_that_has_changed_is_not_carried_out(shop: Shop) -> None:
    order, token, _ = shop.pay(CARD)
    wrong = {"amount": "31.99", "currency": "EUR"}

    refused = shop.api.post(
        f"/v1/orders/{order['id']}/refunds", {"passengers": ["anna"], "expected": wrong}, token
    )

    assert refused.status_code == 409
    assert shop.order(order, token)["state"] == "ticketed"


def test_a_refund_made_at_stripe_itself_is_booked_and_told_to_a_person(shop: Shop) -> None:
    order, _, _ = shop.pay(CARD)
    shop.tell()
    before = shop.clearing()
    shop.stripe.refund_outside(shop.intent(order)["id"], 500)

    shop.tell()

    assert before - shop.clearing() == 500
    assert shop.alerts() == ["external_refund"]


@pytest.mark.parametrize(("end", "moves"), [("won", 0), ("lost", -4800)])
def test_a_dispute_takes_the_money_until_it_is_decided(shop: Shop, end: str, moves: int) -> None:
    order, token, _ = shop.pay(CARD)
    shop.tell()
    before, intent = shop.clearing(), shop.intent(order)["id"]
    for step in ("created", "funds_withdrawn"):
        shop.stripe.dispute(intent, step)
    shop.tell()
    refused = shop.api.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["anna"]}, token)
    disputed = shop.order(order, token)["disputed"]
    address = f"/v1/orders/{order['id']}/tickets"
    meanwhile = (shop.api.get(address, token).json or {})["tickets"]
    freed = shop.api.client.delete(
        f"{address}/{meanwhile[0]['jti']}/suspension", headers={"Authorization": f"Bearer {token}"}
    )
    shop.stripe.dispute(intent, end)
    shop.tell()

    tickets = (shop.api.get(f"/v1/orders/{order['id']}/tickets", token).json or {})["tickets"]
    assert (disputed, refused.status_code, freed.status_code) == (True, 409, 409)
    assert {ticket["status"] for ticket in meanwhile} == {"suspended"}
    assert shop.clearing() - before == moves - 1500
    assert {ticket["status"] for ticket in tickets} == {"valid" if end == "won" else "revoked"}


@pytest.mark.soak
def test_reports_of_an_order_in_every_order_and_twice_end_in_one_state(shop: Shop) -> None:
    order, token, _ = shop.pay(CARD)
    intent = shop.intent(order)["id"]
    shop.api.post(f"/v1/orders/{order['id']}/refunds", {"passengers": ["mari"]}, token)
    for step in ("created", "funds_withdrawn", "lost"):
        shop.stripe.dispute(intent, step)
    kinds = {event["type"]: event for event in shop.reports}
    names = (
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.closed",
    )
    chosen = [kinds[name] for name in names[: 5 if os.environ.get("SOAK") else 4]]
    shop.reports.clear()
    ends = set()
    for number, permuted in enumerate(itertools.permutations(chosen)):
        again = [{**event, "id": f"{event['id']}-{number}"} for event in permuted]
        assert shop.tell(*again, again[0]) == [200] * (len(chosen) + 1)
        with shop.till.database.read() as tx:
            entries = tx.execute(
                sa.text("SELECT kind, count(*) FROM entry GROUP BY kind ORDER BY kind")
            ).all()
        ends.add((shop.order(order, token)["state"], shop.clearing(), tuple(map(tuple, entries))))

    assert len(ends) == 1


def test_a_report_of_another_amount_holds_the_payment_for_a_person(shop: Shop) -> None:
    order, token, _ = shop.pay(shop.stripe.card(ASKS))
    payment = shop.order(order, token)["payments"][0]["id"]
    with shop.till.database.write() as tx:
        tx.execute(sa.text("UPDATE payment SET amount_minor = 4700 WHERE id = :id"), {"id": payment})
    shop.stripe.authenticate(shop.intent(order)["id"], success=True)

    shop.tell()

    found = shop.order(order, token)
    assert (found["payments"][0]["state"], found["state"]) == ("held", "awaiting_payment")
    assert shop.alerts() == ["payment_mismatch"]


def test_a_report_that_nobody_signed_is_refused_and_an_unknown_kind_is_kept(shop: Shop) -> None:
    body, signature = shop.stripe.signed(
        {"id": "evt_x", "type": "poem.written", "livemode": False, "data": {"object": {}}}
    )

    good = shop.api.client.post("/v1/webhooks/stripe", data=body, headers={"Stripe-Signature": signature})
    bad = shop.api.client.post(
        "/v1/webhooks/stripe", data=body + b" ", headers={"Stripe-Signature": signature}
    )
    shop.work()

    with shop.till.database.read() as tx:
        stored = tx.execute(sa.text("SELECT id, state FROM gateway_event")).all()
    assert (good.status_code, bad.status_code) == (200, 400)
    assert [tuple(row) for row in stored] == [("evt_x", "ignored")]


def test_the_nightly_reconciliation_names_each_difference(shop: Shop) -> None:
    order, _, _ = shop.pay(CARD)
    shop.tell()
    now = datetime.now(UTC)
    window = (now - timedelta(minutes=10), now + timedelta(minutes=10))
    mine = {one["id"] for one in shop.stripe.intents() if one["metadata"].get("order_id") == order["id"]}
    clean = [one for one in reconcile.reconcile(shop.till, *window) if one.charge_id in mine]
    shop.stripe.refund_outside(shop.intent(order)["id"], 700)

    found = [one for one in reconcile.reconcile(shop.till, *window) if one.charge_id in mine]

    waiting = shop.alerts("subject")
    shop.tell()
    after = [one for one in reconcile.reconcile(shop.till, *window) if one.charge_id in mine]

    assert clean == []
    assert [(one.kind, one.gateway_minor, one.books_minor) for one in found] == [("refund", -700, 0)]
    assert (f"{found[0].charge_id}:refund" in waiting, after) == (True, [])
    assert f"{found[0].charge_id}:refund" not in shop.alerts("subject")


def test_a_lost_report_loses_no_order(shop: Shop) -> None:
    order, token, _ = shop.pay(shop.stripe.card(ASKS))
    shop.stripe.authenticate(shop.intent(order)["id"], success=True)
    shop.reports.clear()
    shop.work()
    at_once = shop.order(order, token)["state"]
    shop.api.clock.advance(timedelta(minutes=3))

    shop.work()

    assert (at_once, shop.order(order, token)["state"]) == ("awaiting_payment", "ticketed")


def test_a_worker_killed_during_the_capture_leaves_one_capture_and_one_set_of_tickets(
    shop: Shop, settings: Settings, tmp_path: Any
) -> None:
    later = [
        one["offer_id"]
        for one in shop.api.search()["itineraries"]
        if any(leg.get("operator") == "eckero" for leg in one["legs"])
    ]
    quote = shop.api.post("/v1/quotes", {"offer_id": later[0]}).json or {}
    order = shop.api.post("/v1/orders", {"quote_id": quote["id"]}).json or {}
    shop.stripe.fail("/capture$", "drop_before", times=3)
    with contextlib.suppress(ThroughfareError):
        shop.api.post(f"/v1/orders/{order['id']}/payments", {"method": CARD}, order["access_token"])
    fault = shop.stripe.fail("/capture$", "wait")
    environment = {
        **os.environ,
        "THROUGHFARE_DATABASE_URL": settings.database_url,
        "THROUGHFARE_KEYS_FOLDER": str(settings.keys_folder),
        "THROUGHFARE_GATEWAY": "stripe",
        "THROUGHFARE_STRIPE_SECRET_KEY": SECRET_KEY,
        "THROUGHFARE_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "THROUGHFARE_STRIPE_API_ADDRESS": shop.stripe.address,
        "THROUGHFARE_DEMO_CLOCK_FILE": str(_clock_file(shop, tmp_path)),
        "THROUGHFARE_VIKING_FOLDER": str(tmp_path / "x"),
    }
    line = [sys.executable, "-m", "ticketing", "worker", "--once"]
    worker = subprocess.Popen(line, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    assert fault.reached.wait(60), "the worker never came to the capture"
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    fault.go_on.set()
    subprocess.run(line, env=environment, check=True, capture_output=True, timeout=60)

    found = shop.order(order, order["access_token"])
    tickets = (shop.api.get(f"/v1/orders/{order['id']}/tickets", order["access_token"]).json or {})["tickets"]
    assert (found["state"], len(tickets)) == ("ticketed", 2)
    assert shop.intent(order)["amount_received"] == int(found["total"]["amount"].replace(".", ""))
    with shop.till.database.read() as tx:
        captures = tx.execute(sa.text("SELECT count(*) FROM entry WHERE kind = 'capture'")).scalar_one()
        assert month_books.unbalanced_entries(tx, "helsinki-tallinn", "2026-10") == []
    assert captures == 1


def _clock_file(shop: Shop, folder: Any) -> Any:
    path = folder / "clock"
    path.write_text(f"{(shop.api.clock.now() - datetime.now(UTC)).total_seconds():.3f}", encoding="ascii")
    return path


def test_the_worker_counts_what_it_has_dealt_with(shop: Shop) -> None:
    shop.pay(CARD)
    for event in list(shop.reports):
        body, signature = shop.stripe.signed(event)
        shop.api.client.post("/v1/webhooks/stripe", data=body, headers={"Stripe-Signature": signature})

    assert reports.work_off(shop.till) == len(shop.reports)
    assert reports.work_off(shop.till) == 0
