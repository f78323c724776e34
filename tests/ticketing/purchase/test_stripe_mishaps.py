"""Stripe at its worst: methods it does not know, late finds, partial captures, refunds that come back, two disputes."""

from datetime import timedelta
from typing import Any

import pytest

from tests.ticketing.purchase.shop import CARD, Shop
from ticketing.purchase.paying import WITHOUT_A_TRACE

pytestmark = pytest.mark.usefixtures("hasty_stripe")


def _pay(shop: Shop, order: dict[str, Any], token: str, method: str = CARD) -> Any:
    return shop.api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token)


def _lost(shop: Shop) -> tuple[dict[str, Any], str]:
    """An order whose card is held at Stripe, which neither answered nor finds it for ten minutes."""
    shop.stripe.fail("/v1/payment_intents$", "drop_after", times=1)
    shop.stripe.fail("/v1/payment_intents$", "drop_before", times=99)
    shop.stripe.search_lags = True
    order, token, answer = shop.pay(CARD)
    assert answer.status_code == 503
    shop.api.clock.advance(WITHOUT_A_TRACE + timedelta(seconds=1))
    shop.work()
    shop.stripe._faults.clear()
    shop.stripe.search_lags = False
    assert shop.order(order, token)["payments"][0]["state"] == "declined"
    return order, token


def test_a_method_that_stripe_does_not_know_is_declined_and_another_one_pays(shop: Shop) -> None:
    order, token, refused = shop.pay("pm_bogus")

    assert refused.status_code == 402
    assert _pay(shop, order, token).status_code == 201
    assert shop.order(order, token)["state"] == "ticketed"


def test_a_card_that_is_found_too_late_is_let_go(shop: Shop) -> None:
    order, _ = _lost(shop)

    shop.tell()

    assert {one["status"] for one in shop.stripe.intents() if one["metadata"]["order_id"] == order["id"]} == {
        "canceled"
    }
    assert shop.alerts() == []


def test_money_that_is_found_too_late_goes_back(shop: Shop) -> None:
    order, token = _lost(shop)
    (intent,) = [one for one in shop.stripe.intents() if one["metadata"]["order_id"] == order["id"]]
    shop.reports.clear()
    shop.stripe.capture_outside(intent["id"])

    shop.tell(*shop.reports, *shop.reports)

    (refund,) = shop.order(order, token)["refunds"]
    assert (refund["amount"]["amount"], refund["state"]) == ("48.00", "confirmed")
    assert shop.differences() == []
    assert shop.clearing() == -shop.fee(intent["id"])


def test_money_that_was_taken_partly_elsewhere_buys_no_ticket_and_goes_back(shop: Shop) -> None:
    shop.stripe.fail("/capture$", "drop_before", times=99)
    order, token, _ = shop.pay(CARD)
    intent = shop.intent(order)["id"]
    shop.stripe._faults.clear()
    shop.reports.clear()
    shop.stripe.capture_outside(intent, 2000)
    shop.reports.clear()

    shop.work()

    found = shop.order(order, token)
    assert (found["state"], [one["amount"]["amount"] for one in found["refunds"]]) == ("cancelled", ["20.00"])
    assert shop.alerts() == ["payment_mismatch"]
    assert shop.clearing() == -shop.fee(intent)


def test_a_refund_that_comes_back_from_the_bank_is_no_difference(shop: Shop) -> None:
    order, token, _ = shop.pay(CARD)
    shop.refund(order, token, "anna")
    shop.tell()
    before = shop.clearing()

    (made,) = [one for one in shop.stripe.refunds() if one["payment_intent"] == shop.intent(order)["id"]]
    shop.stripe.fail_refund(made["id"])
    shop.tell()

    assert shop.clearing() - before > 0
    assert shop.alerts() == ["refund_failed"]
    assert shop.differences() == []


def test_a_refund_of_somebody_else_that_comes_back_is_booked_back(shop: Shop) -> None:
    order, _, _ = shop.pay(CARD)
    shop.tell()
    before = shop.clearing()
    shop.stripe.refund_outside(shop.intent(order)["id"], 1000)
    outside = shop.reports[-1]["data"]["object"]["id"]
    shop.tell()
    shop.stripe.fail_refund(outside)
    reports = list(shop.reports)

    shop.tell(*reports, *reports)

    assert shop.clearing() == before
    assert shop.differences() == []


def test_while_one_of_two_payments_is_disputed_no_gate_opens(shop: Shop) -> None:
    order, token, _ = shop.pay(CARD)
    first = shop.intent(order)["id"]
    new, new_token = _exchanged_upward(shop, order, token)
    second = shop.intent(new)["id"]
    for intent in (first, second):
        shop.stripe.dispute(intent, "created")
        shop.stripe.dispute(intent, "funds_withdrawn")
    shop.tell()

    shop.stripe.dispute(first, "won")
    shop.tell()
    still = shop.statuses(new, new_token)
    shop.stripe.dispute(second, "won")
    shop.tell()

    assert (still, shop.statuses(new, new_token)) == ({"suspended"}, {"valid"})


@pytest.mark.parametrize(("end", "refunds"), [("won", 1), ("lost", 0)])
def test_a_refund_that_waits_is_not_paid_over_a_disputed_payment(shop: Shop, end: str, refunds: int) -> None:
    order, token, _ = shop.pay(CARD)
    shop.tell()
    intent = shop.intent(order)["id"]
    shop.stripe.fail("/v1/refunds$", "drop_before", times=99)
    shop.refund(order, token, "anna")
    for step in ("created", "funds_withdrawn"):
        shop.stripe.dispute(intent, step)
    shop.stripe._faults.clear()

    shop.tell()
    waits = shop.order(order, token)["refunds"][0]["state"]
    shop.stripe.dispute(intent, end)
    shop.tell()
    shop.work()

    assert (waits, shop.order(order, token)["refunds"][0]["state"]) == ("decided", "confirmed")
    assert len([one for one in shop.stripe.refunds() if one["payment_intent"] == intent]) == refunds
    assert shop.differences() == []


def _exchanged_upward(shop: Shop, order: dict[str, Any], token: str) -> tuple[dict[str, Any], str]:
    """Exchange an order for a dearer one, and pay the difference."""
    quote = shop.api.quote(passengers=_DEARER)
    body = {"quote_id": quote["id"], "passengers": ["anna", "mari"]}
    made = shop.api.post(f"/v1/orders/{order['id']}/exchanges", body, token).json
    assert made["state"] == "awaiting_payment", made
    assert _pay(shop, made, made["access_token"]).status_code == 201
    shop.tell()
    return made, made["access_token"]


_DEARER = [{"ref": name, "rider_category": "adult"} for name in ("anna", "mari", "juri")]
