"""Exchange and refund by passenger and by leg: who changes is named, all others keep their ticket, their places and their money."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from operators.fake import FakeOperator
from tariffs.money import Money
from tests.api import Api, Bought
from tests.ticketing.purchase.exchanging import LATER, books_agree, exchange, minor, rooms, taken_less_back
from ticketing.cli.worker import run_round
from ticketing.purchase.gateway import reports
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

ANNA = {"ref": "anna", "rider_category": "adult"}
BERT = {"ref": "bert", "rider_category": "adult"}
DAY = {"depart_at": "2026-10-14T06:10:00+03:00"}
HARBOUR = {"from": {"place": "Vanasadam"}, "depart_at": "2026-10-14T08:00:00+03:00"}
SHIP_LEAVES = datetime.fromisoformat("2026-10-14T07:20:00+03:00")


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database: what is decided is the same; both kinds exchange in test_exchange.py."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


def exchanged(
    api: Api, old: Bought, quoted: list[Any], journey: dict[str, Any] = LATER, **named: Any
) -> Bought:
    """Exchange, and pay what is due."""
    made = exchange(api, old, quoted, journey, **named)
    assert made.status_code == 201, made.json
    new, token = made.json, made.json["access_token"]
    if new["state"] != "ticketed":
        new = api.post(f"/v1/orders/{new['id']}/payments", {"method": "demo_ok"}, token).json
    assert new["state"] == "ticketed", new
    return Bought(new, token, tickets(api, new["id"], token), {})


def tickets(api: Api, order_id: str, token: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (api.get(f"/v1/orders/{order_id}/tickets", token).json or {})["tickets"]
    return found


def ticket(api: Api, bought: Bought, ref: str) -> dict[str, Any]:
    held = tickets(api, bought.order["id"], bought.token)
    return next(one for one in held if one["passenger"] == ref)


def refund(api: Api, bought: Bought, *passengers: str) -> Any:
    return api.post(
        f"/v1/orders/{bought.order['id']}/refunds", {"passengers": list(passengers)}, bought.token
    )


def ride(api: Api, bought: Bought, ref: str, leg: int) -> tuple[str, str]:
    """Show a ticket at the gate where one of its legs begins."""
    held = ticket(api, bought, ref)
    told = held["legs"][leg]
    gate = api.key("gate", told["operator"])
    answer = api.scan(held["token"], gate, stop_id=told["from"]["stop_id"]).json or {}
    return answer["decision"], answer["reason"]


def test_who_is_not_named_keeps_ticket_place_and_money(api: Api, ferries: dict[str, FakeOperator]) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)
    before = ticket(api, old, "anna")

    new = exchanged(api, old, [BERT], passengers=["bert"])
    run_round(rooms(api).till)

    found = api.get(f"/v1/orders/{old.order['id']}", old.token).json or {}
    places = [(one["passenger"], one["state"]) for one in found["bookings"]]
    assert ticket(api, old, "anna") == before
    assert ticket(api, old, "bert")["status"] == "revoked"
    assert [one["passenger"] for one in new.tickets] == ["bert"]
    assert (found["state"], sorted(places)) == (
        "part_refunded",
        [("anna", "confirmed"), ("bert", "cancelled")],
    )
    assert [[line["passenger"] for line in one["lines"]] for one in found["refunds"]] == [["bert"]]
    assert new.order["given_up"] == [{"passenger": "bert", "legs": [0, 1, 2, 3]}]
    assert sum(len(one.standing("confirmed")) for one in ferries.values()) == 2
    books_agree(api)


def test_a_ticket_that_was_given_back_is_not_exchanged(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)
    refund(api, old, "anna")

    alone = exchange(api, old, [ANNA], passengers=["anna"])
    together = exchange(api, old, [ANNA, BERT], passengers=["anna", "bert"])

    said = "the ticket of anna was given back or cancelled before"
    assert [(one.status_code, one.json["detail"]) for one in (alone, together)] == [(409, said), (409, said)]
    assert ticket(api, old, "bert")["status"] == "valid"


def test_a_quote_that_is_not_for_those_who_change_is_refused_by_field(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)

    refused = {
        "nobody named": exchange(api, old, [ANNA]),
        "one without a quote": exchange(api, old, [ANNA], passengers=["anna", "bert"]),
        "one with two tickets": exchange(api, old, [ANNA, BERT], passengers=["anna"]),
        "a stranger": exchange(api, old, [ANNA], passengers=["eve"]),
        "no such leg": exchange(api, old, [ANNA], passengers=["anna"], legs=[9]),
    }

    told = {
        why: (one.status_code, [fault["path"] for fault in one.json["errors"]])
        for why, one in refused.items()
    }
    assert told == {
        "nobody named": (422, ["passengers"]),
        "one without a quote": (422, ["passengers[1]"]),
        "one with two tickets": (422, ["passengers"]),
        "a stranger": (422, ["passengers[0]"]),
        "no such leg": (422, ["legs[0]"]),
    }
    assert "the others keep their tickets" in refused["nobody named"].json["errors"][0]["message"]
    assert [one["status"] for one in tickets(api, old.order["id"], old.token)] == ["valid", "valid"]


def test_a_used_tram_does_not_stop_the_exchange_of_the_ship_that_was_missed(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)
    api.clock.set(datetime.fromisoformat(old.tickets[0]["legs"][0]["departure"]))
    tram = ride(api, old, "anna", 0)
    api.clock.set(SHIP_LEAVES)

    new = exchanged(api, old, [ANNA, BERT], HARBOUR, passengers=["anna", "bert"])

    api.clock.set(datetime.fromisoformat(new.tickets[0]["legs"][0]["departure"]) - timedelta(minutes=30))
    assert tram == ("accept", "ok")
    assert new.order["given_up"] == [
        {"passenger": "anna", "legs": [1, 2, 3]},
        {"passenger": "bert", "legs": [1, 2, 3]},
    ]
    assert minor(new.order["credit"]) == 3000
    assert {one["status"] for one in tickets(api, old.order["id"], old.token)} == {"valid"}
    assert ride(api, new, "anna", 0) == ("accept", "ok")
    assert ride(api, old, "anna", 1)[0] == "refuse"
    books_agree(api)


def test_one_leg_is_exchanged_and_the_others_are_travelled(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)
    crossing = next(at for at, leg in enumerate(old.tickets[0]["legs"]) if leg["mode"] == "ferry")

    new = exchanged(api, old, [ANNA], HARBOUR, passengers=["anna"], legs=[crossing])

    kept = ticket(api, old, "anna")
    assert new.order["given_up"] == [{"passenger": "anna", "legs": [crossing]}]
    assert (kept["status"], ["given_back_at" in leg for leg in kept["legs"]].index(True)) == (
        "valid",
        crossing,
    )
    api.clock.set(datetime.fromisoformat(kept["legs"][0]["departure"]))
    assert ride(api, old, "anna", 0) == ("accept", "ok")
    books_agree(api)


def test_a_ship_of_another_day_does_not_leave_trams_behind_that_have_run_out(api: Api) -> None:
    old = api.buy(passengers=[ANNA], **DAY)
    crossing = next(at for at, leg in enumerate(old.tickets[0]["legs"]) if leg["mode"] == "ferry")
    quote = api.quote(passengers=[ANNA], **{**HARBOUR, "depart_at": "2026-10-19T06:00:00+03:00"})
    path = f"/v1/orders/{old.order['id']}/exchanges"

    refused = api.post(path, {"quote_id": quote["id"], "legs": [crossing]}, old.token)
    nothing = api.post(path, {"quote_id": quote["id"], "legs": []}, old.token)

    assert (refused.status_code, refused.json["errors"][0]["path"]) == (422, "legs")
    assert "when legs 2, 3 of anna have run out; name them too" in refused.json["detail"]
    assert (nothing.status_code, nothing.json["errors"][0]["path"]) == (422, "legs")


def test_the_tickets_of_an_order_are_exchanged_one_after_another(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)
    dearer = [BERT, {"ref": "mari", "rider_category": "child"}]
    waits = exchange(api, old, dearer, passengers=["bert"]).json
    meanwhile = exchange(api, old, [ANNA], passengers=["anna"])
    api.post(f"/v1/orders/{waits['id']}/payments", {"method": "demo_ok"}, waits["access_token"])

    exchanged(api, old, [ANNA], passengers=["anna"])
    gone = exchange(api, old, [BERT], passengers=["bert"])

    found = api.get(f"/v1/orders/{old.order['id']}", old.token).json or {}
    assert (meanwhile.status_code, gone.status_code, found["state"]) == (409, 409, "exchanged")
    assert {one["status"] for one in tickets(api, old.order["id"], old.token)} == {"revoked"}
    books_agree(api)


def test_everybody_gets_back_what_is_theirs_after_an_exchange_of_one(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **LATER)
    new = exchanged(api, old, [BERT], {"depart_at": "2026-10-17T06:10:00+03:00"}, passengers=["bert"])
    tram = exchanged(api, new, [BERT], {**LATER, "to": {"place": "Hobujaama"}})

    anna, bert = refund(api, old, "anna"), refund(api, tram, "bert")
    run_round(rooms(api).till)

    assert (anna.status_code, bert.status_code) == (201, 201)
    assert minor(anna.json["amount"]) == minor(ticket(api, old, "anna")["price"])
    assert taken_less_back(api) == 0
    books_agree(api)


def test_nobody_is_exchanged_away_from_whom_they_accompany(api: Api) -> None:
    baby = {"ref": "baby", "rider_category": "infant"}
    old = api.buy(passengers=[ANNA, baby], **LATER)

    refused = exchange(api, old, [ANNA], DAY, passengers=["anna"])
    both = exchange(api, old, [ANNA, baby], DAY, passengers=["anna", "baby"])

    assert (refused.status_code, "baby would travel alone" in refused.json["detail"]) == (409, True)
    assert both.status_code == 201


def test_a_lost_dispute_of_half_the_money_takes_one_of_two_tickets(api: Api) -> None:
    placed, token = api.order(passengers=[ANNA, BERT], **LATER)
    paid = api.post(f"/v1/orders/{placed['id']}/payments", {"method": "demo_dispute"}, token).json
    old = Bought(paid, token, tickets(api, placed["id"], token), {})
    new = exchanged(api, old, [BERT], {"depart_at": "2026-10-17T06:10:00+03:00"}, passengers=["bert"])
    till = rooms(api).till
    with till.database.read() as tx:
        charge = tx.execute(sa.text("SELECT id FROM demo_charge ORDER BY id LIMIT 1")).scalar_one()

    for step in ("open", "withdrawn", "lost"):
        till.gateway.play_dispute(charge, step)
        told = till.gateway.fetch_dispute(f"demo_dp_{charge.removeprefix('demo_ch_')}")
        reports.learn_dispute(till, replace(told, amount=Money(minor(old.tickets[0]["price"]), "EUR")))

    held = {"anna": ticket(api, old, "anna"), "bert": ticket(api, new, "bert")}
    assert {ref: one["status"] for ref, one in held.items()} == {"anna": "revoked", "bert": "valid"}
    assert verify(rooms(api).office, "helsinki-tallinn", take_back).faults == []


def test_a_tram_that_was_missed_does_not_lose_the_refund_of_the_ship_behind_it(api: Api) -> None:
    old = api.buy(passengers=[ANNA, BERT], **DAY)
    api.clock.set(SHIP_LEAVES)
    path, wish = f"/v1/orders/{old.order['id']}", {"passengers": ["bert"]}

    (line,) = (api.post(f"{path}/refund-offers", wish, old.token, once=None).json or {})["lines"]
    made = api.post(f"{path}/refunds", {**wish, "expected": line["amount"]}, old.token)

    assert (made.status_code, line["legs"], minor(line["amount"]), line["percent"]) == (
        201,
        [1, 2, 3],
        1500,
        50,
    )
    assert "by the conditions of Tallink" in line["because"]
    assert "not given back: ride 1 (Kopli - Vanasadam" in line["because"]
    assert line["reasons"][-1] == {"code": "stays", "values": {"legs": [0]}}
    assert ticket(api, old, "bert")["status"] == "valid"
    books_agree(api)
