"""From outside: a ferry arrives late, and whoever was on board is paid without asking, once."""

from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast, ask
from tests.ticketing.purchase.refunding import faults, refund
from ticketing.claims import verify_claims

FAMILY = [
    {"ref": "anna", "rider_category": "adult"},
    {"ref": "bo", "rider_category": "adult"},
    {"ref": "cai", "rider_category": "adult"},
    {"ref": "dora", "rider_category": "adult"},
]


def test_whoever_was_on_board_of_a_late_ferry_is_paid_once_and_the_books_say_so(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy(passengers=FAMILY)
    coast.board(bought, ("anna", "bo", "cai"))
    for _ in range(3):
        coast.delay(bought, 75)
    coast.wait(bought)

    coast.work()

    claims = coast.claims()
    assert [(one["state"], one["regime"]) for one in claims] == [("paid", "sea")] * 3
    assert all(one["amount_minor"] * 4 in range(one["price_minor"], one["price_minor"] + 4) for one in claims)
    assert coast.compensations() == 3
    assert verify_claims(coast.rooms.till.database, REGION) == (3, [])
    assert faults(api) == []
    coast.work()
    assert ask(api, bought, "anna", coast.ship(bought)[0]).status_code == 200
    api.clock.advance(timedelta(days=1))
    coast.work()
    assert len(coast.claims()) == coast.compensations() == 3


def test_nothing_is_opened_before_the_evidence_is_in(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, 75)
    coast.wait(bought, timedelta(hours=1, minutes=59))

    coast.work()

    assert coast.claims() == []


def test_a_delay_below_the_lowest_band_leaves_no_claim(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, 59)
    coast.wait(bought)

    coast.work()

    assert coast.claims() == []


def test_a_refund_of_a_ferry_that_does_not_sail_leaves_nothing_to_compensate(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy(passengers=FAMILY)
    coast.cancel(bought)
    given_back = refund(api, bought, passengers=["anna", "bo"])
    assert given_back.status_code == 201, given_back.json
    coast.wait(bought)
    coast.work()

    assert [(one["state"], one["waits_for"]) for one in coast.claims()] == [("not_decided", "choice")] * 2
    refund(api, bought, passengers=["cai", "dora"])
    api.clock.advance(timedelta(hours=2))
    coast.work()

    assert [one["state"] for one in coast.claims()] == ["refused", "refused"]
    asked = ask(api, bought, "anna", coast.ship(bought)[0])
    assert (asked.status_code, (asked.json or {})["state"], (asked.json or {})["reason"]) == (
        201,
        "refused",
        "reimbursed",
    )
    assert coast.compensations() == 0
    assert verify_claims(coast.rooms.till.database, REGION) == (3, [])
    assert faults(api) == []


def test_a_holder_who_asks_gets_the_claim_of_the_machine_and_reads_why(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, 75)
    at, _ = coast.ship(bought)
    assert ask(api, bought, "anna", at).status_code == 409
    coast.wait(bought)
    first = ask(api, bought, "anna", at)
    coast.work()
    again = ask(api, bought, "anna", at)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json or {})["id"] == (again.json or {})["id"]
    told = api.client.get(
        f"/v1/orders/{bought.order['id']}/claims",
        headers={"Authorization": f"Bearer {bought.token}", "Accept-Language": "fi"},
    ).json
    (claim,) = told["claims"]
    assert (claim["state"], claim["reason"], claim["passenger"], claim["leg"]) == (
        "paid",
        "delayed",
        "anna",
        at,
    )
    assert claim["article"] == "Regulation (EU) 1177/2010, 19(1)(a)"
    assert claim["amount"]["amount"] in claim["text"].replace(",", ".")
    assert len(coast.claims()) == coast.compensations() == 1
    shown = api.get(f"/v1/orders/{bought.order['id']}", bought.token).json or {}
    assert [(one["state"], one["amount"], one["lines"]) for one in shown["refunds"]] == [
        ("confirmed", claim["amount"], [])
    ]
    assert shown["state"] == "ticketed"
    events = api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json or {}
    kinds = [one["type"] for one in events["events"]]
    assert [kind for kind in kinds if kind.startswith("claim.")] == ["claim.decided", "claim.paid"]


def test_a_holder_whom_no_gate_has_seen_is_paid_unless_the_operator_says_no_in_time(api: Api) -> None:
    coast = Coast(api)
    bought = api.buy()
    coast.delay(bought, 75)
    coast.wait(bought)
    coast.work()
    assert coast.claims() == []
    at, _ = coast.ship(bought)

    asked = ask(api, bought, "anna", at).json or {}
    ask(api, bought, "mari", at)
    coast.work()
    (anna, mari) = coast.claims()
    contest = {"reason": "passenger_not_travelled", "evidence": "the list of the gate at the quay"}
    api.post(f"/v1/claims/{mari['id']}/contest", contest, api.key("operator_finance", anna["operator"]))
    api.clock.advance(timedelta(days=8))
    coast.work()

    assert (asked["state"], anna["state"]) == ("proposed", "proposed")
    assert [one["state"] for one in coast.claims()] == ["paid", "contested"]
    assert verify_claims(coast.rooms.till.database, REGION) == (2, [])


def test_a_stranger_and_an_unknown_leg_are_named(api: Api) -> None:
    bought = api.buy()

    stranger, beyond = ask(api, bought, "zoe", 0), ask(api, bought, "anna", 9)

    assert [one["path"] for answer in (stranger, beyond) for one in (answer.json or {})["errors"]] == [
        "passenger",
        "leg",
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_reads_of_compensation_and_not_of_a_refund(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    coast = Coast(api)
    bought = api.buy()
    asked = api.client.put(
        f"/v1/orders/{bought.order['id']}/notify",
        json={"contacts": [{"kind": "email", "address": "anna@example.org"}]},
        headers={"Authorization": f"Bearer {bought.token}"},
    )
    coast.board(bought)
    coast.delay(bought, 75)
    coast.wait(bought)
    coast.work(6)

    assert asked.status_code == 200
    mails = [message_from_bytes(path.read_bytes()) for path in tmp_path.rglob("*.eml")]
    subjects = [str(mail["Subject"]) for mail in mails]
    assert [one for one in subjects if "compensation" in one], subjects
    assert not [one for one in subjects if "back to you" in one]
