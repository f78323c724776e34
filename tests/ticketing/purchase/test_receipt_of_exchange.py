"""The receipts of an exchange: the old one tells what went into which order with its VAT, the new one what paid for it."""

import re
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.identity.riders import Rider
from tests.ticketing.purchase.exchanging import LATER, exchange
from tests.ticketing.purchase.papers import receipt

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ANNA = {"ref": "anna", "rider_category": "adult"}
MARI = {"ref": "mari", "rider_category": "child"}


def minor(text: str) -> int:
    return int(re.sub(r"[.,]", "", text))


def gross_of(table: str) -> int:
    """Sum the rows of a VAT table up to the next words."""
    rows = re.findall(r"(?:%|outside VAT) (-?\d+\.\d\d) EUR -?\d+\.\d\d EUR", table)
    return sum(map(minor, rows))


def paid(api: Api, order: dict[str, Any]) -> dict[str, Any]:
    """Pay an order of which something is due."""
    if order["state"] != "ticketed":
        answer = api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, order["access_token"])
        assert answer.status_code == 201, answer.json
    return order


@ONE
def test_the_old_receipt_names_the_new_order_and_the_vat_that_went_there(api: Api) -> None:
    old = api.buy()
    new = paid(api, exchange(api, old, [MARI], passengers=["mari"]).json)
    credit = new["credit"]["amount"]

    text = receipt(api, old.order["id"], old.token)

    assert f"Into order {new['id']}: {credit} EUR" in text
    assert "Given back" not in text
    table = text.partition(f"VAT of what went into order {new['id']}")[2]
    assert gross_of(table) == -minor(credit)


@ONE
def test_the_new_receipt_says_what_of_the_old_order_paid_for_it(api: Api) -> None:
    old = api.buy()
    new = paid(api, exchange(api, old, [ANNA, MARI], passengers=["anna", "mari"]).json)

    text = receipt(api, new["id"], new["access_token"])

    assert f"Credit from order {old.order['id']}: {new['credit']['amount']} EUR" in text
    (money,) = re.findall(r" Paid: (\d+\.\d\d) EUR", text) or ["0.00"]
    assert minor(new["credit"]["amount"]) + minor(money) == minor(new["total"]["amount"])


@ONE
def test_a_cheaper_journey_takes_its_price_and_the_rest_is_given_back(api: Api) -> None:
    old = api.buy(passengers=[ANNA], **LATER)
    new = exchange(api, old, [ANNA], {**LATER, "to": {"place": "Hobujaama"}}).json
    total, credit = new["total"]["amount"], minor(new["credit"]["amount"])

    before, after = (
        receipt(api, old.order["id"], old.token),
        receipt(api, new["id"], new["access_token"]),
    )

    (back,) = re.findall(r"Given back: (\d+\.\d\d) EUR", before)
    assert f"Into order {new['id']}: {total} EUR" in before
    assert minor(back) + minor(total) == credit
    assert gross_of(before.partition("VAT of what went into order")[2]) == -credit
    assert f"Credit from order {old.order['id']}: {total} EUR" in after
    assert " Paid: " not in after


@ONE
def test_two_exchanges_and_a_refund_of_one_order_are_told_apart(api: Api) -> None:
    bo = {"ref": "bo", "rider_category": "adult"}
    old = api.buy(passengers=[ANNA, bo, MARI], **LATER)
    orders = [paid(api, exchange(api, old, [one], passengers=[one["ref"]]).json) for one in (bo, MARI)]
    back = api.post(f"/v1/orders/{old.order['id']}/refunds", {"passengers": ["anna"]}, old.token).json

    text = receipt(api, old.order["id"], old.token)

    for order in orders:
        credit = order["credit"]["amount"]
        assert f"Into order {order['id']}: {credit} EUR" in text
        table = text.partition(f"VAT of what went into order {order['id']}")[2].partition("VAT of what")[0]
        assert gross_of(table) == -minor(credit)
    table = text.partition("VAT of what was given back")[2].partition("VAT of what")[0]
    assert gross_of(table) == -minor(back["amount"]["amount"])


@ONE
def test_the_exchange_of_a_carnet_is_told_on_both_receipts(city: Api) -> None:
    guest = Rider(city)
    held = guest.season("tll-3")
    order, token = held["order_id"], held["access_token"]
    quote = city.post("/v1/passes/quotes", {"product": "tll-30d"}, once=None).json or {}
    new = paid(city, city.post(f"/v1/orders/{order}/exchanges", {"quote_id": quote["id"]}, token).json or {})
    credit = new["credit"]["amount"]

    old_text, new_text = receipt(city, order, token), receipt(city, new["id"], new["access_token"])

    assert f"Into order {new['id']}: {credit} EUR" in old_text
    assert gross_of(old_text.partition("VAT of what went into order")[2]) == -minor(credit)
    assert f"Credit from order {order}: {credit} EUR" in new_text


@ONE
def test_a_journey_on_a_carnet_that_is_exchanged_pays_no_money_back(city: Api) -> None:
    guest = Rider(city)
    opens = guest.season("tll-3")
    ride = guest.buy(guest.quote({"ref": "me", "passes": [opens]}))
    change = {"exchange": {"order_id": ride["id"], "access_token": ride["access_token"]}}
    later = {"depart_at": "2026-10-14T06:10:00+03:00"}
    quote = guest.quote({"ref": "me", "passes": [opens]}, **change, **later)
    path = f"/v1/orders/{ride['id']}/exchanges"
    new = city.post(path, {"quote_id": quote["id"]}, ride["access_token"]).json or {}

    text = receipt(city, ride["id"], ride["access_token"])

    assert f"Into order {new['id']}: 0.00 EUR" in text
    assert "Given back" not in text
    assert "VAT of what" not in text
    assert "Credit" not in receipt(city, new["id"], new["access_token"])


@ONE
@pytest.mark.parametrize(
    ("language", "into", "credit"),
    [
        ("et", "Kantud üle tellimusse", "Tasaarveldus tellimusega"),
        ("fi", "Siirretty tilaukseen", "Hyvitys tilauksesta"),
        ("sv", "Överfört till beställning", "Tillgodo från beställning"),
    ],
)
def test_an_exchange_is_told_in_the_language_of_its_buyer(
    api: Api, language: str, into: str, credit: str
) -> None:
    old = api.buy()
    new = paid(api, exchange(api, old, [MARI], passengers=["mari"]).json)

    amount = new["credit"]["amount"].replace(".", ",")
    assert f"{into} {new['id']}: {amount} EUR" in receipt(api, old.order["id"], old.token, language)
    assert f"{credit} {old.order['id']}: {amount} EUR" in receipt(
        api, new["id"], new["access_token"], language
    )
