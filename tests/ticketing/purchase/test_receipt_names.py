"""A receipt names the journey, its seller and its travellers, whose ticket a refund was of, and what remains paid."""

import re
from typing import Any

import pytest

from tests.api import Api, Bought
from tests.ticketing.identity.riders import Rider
from tests.ticketing.purchase.papers import receipt

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def receipt_of(api: Api, bought: Bought, language: str = "en") -> str:
    return receipt(api, bought.order["id"], bought.token, language)


def minor(text: str) -> int:
    return int(re.sub(r"[.,]", "", text))


@ONE
def test_a_receipt_names_its_seller_with_address_and_numbers(api: Api) -> None:
    text = receipt_of(api, api.buy(), "fi")

    assert "Throughfare Helsinki-Tallinn (demonstration), Made-up street 1, 10111 Tallinn, Estonia" in text
    assert "ALV-tunniste EE000000000 Rekisterinumero 00000000" in text


@ONE
def test_a_receipt_tells_each_ride_with_its_day_its_local_hours_its_stops_and_who_runs_it(api: Api) -> None:
    bought = api.buy()

    text = receipt_of(api, bought)

    for leg in bought.tickets[0]["legs"]:
        day, leaves, arrives = leg["departure"][:10], leg["departure"][11:16], leg["arrival"][11:16]
        line = f"{day} {leaves} {leg['from']['name']} - {arrives} {leg['to']['name']}, {leg['operator_name']}"
        assert line in text


@ONE
@pytest.mark.parametrize(
    ("language", "seller", "child"),
    [
        ("en", "Seller: Throughfare Helsinki-Tallinn (demonstration)", "mari (child)"),
        ("et", "Müüja: Throughfare Helsinki-Tallinn (demonstration)", "mari (laps)"),
        ("fi", "Myyjä: Throughfare Helsinki-Tallinn (demonstration)", "mari (lapsi)"),
        ("sv", "Säljare: Throughfare Helsinki-Tallinn (demonstration)", "mari (barn)"),
    ],
)
def test_a_receipt_names_its_seller_and_its_travellers(
    api: Api, language: str, seller: str, child: str
) -> None:
    text = receipt_of(api, api.buy(), language)

    assert seller in text
    assert child in text


@ONE
def test_the_receipt_of_a_carnet_says_what_it_is_and_how_long_it_is_good(city: Api) -> None:
    held = Rider(city).season("tll-3")
    (ticket,) = city.get(f"/v1/orders/{held['order_id']}/tickets", held["access_token"]).json["tickets"]

    text = receipt(city, held["order_id"], held["access_token"])

    names = city.get("/v1/passes").json["passes"]
    name = next(one["name"] for one in names if one["id"] == "tll-3")
    assert f"{name}, Tallinna ühistransport" in text
    assert "3 rides" in text
    assert "valid 2026-10-13 05:10 (UTC+03:00)" in text
    assert ticket["uses_left"] == 3


@ONE
def test_a_refund_says_whose_rides_it_was_of_and_what_remains_paid(api: Api) -> None:
    bought = api.buy()
    before = receipt_of(api, bought)
    path, body = f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"], "legs": [0]}
    back = api.post(path, body, bought.token).json["amount"]["amount"]

    text = receipt_of(api, bought)

    leg = bought.tickets[0]["legs"][0]
    ride = f"ride 1 ({leg['from']['name']} - {leg['to']['name']}, {leg['operator_name']})"
    assert f"mari (child), {ride}: {back} EUR" in text
    assert f"Given back: {back} EUR" in text
    (remains,) = re.findall(r"Remains paid: (\d+\.\d\d) EUR", text)
    assert minor(remains) == minor(bought.order["total"]["amount"]) - minor(back)
    assert "Remains paid" not in before


@ONE
def test_what_remains_paid_after_an_exchange_is_what_did_not_go_into_the_new_order(api: Api) -> None:
    bought = api.buy()
    quote = api.quote(
        passengers=[{"ref": "mari", "rider_category": "child"}], depart_at="2026-10-16T06:10:00+03:00"
    )
    body: dict[str, Any] = {"quote_id": quote["id"], "passengers": ["mari"]}
    new = api.post(f"/v1/orders/{bought.order['id']}/exchanges", body, bought.token).json
    if new["state"] != "ticketed":
        api.post(f"/v1/orders/{new['id']}/payments", {"method": "demo_ok"}, new["access_token"])

    text = receipt_of(api, bought)

    credit = new["credit"]["amount"]
    (remains,) = re.findall(r"Remains paid: (\d+\.\d\d) EUR", text)
    assert minor(remains) == minor(bought.order["total"]["amount"]) - minor(credit)
    assert re.search(rf"mari \(child\), ride 1 [^:]+: {credit} EUR", text) or "mari (child), rides 1" in text
