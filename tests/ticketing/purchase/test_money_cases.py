"""A person ends what the service cannot: a payment that does not match, a refund that the gateway does not pay."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tariffs.money import Money
from tests.api import Api
from ticketing.cli.worker import run_round
from ticketing.errors import Conflict
from ticketing.payments import DemoGateway, OutcomeUnknown
from ticketing.purchase.gateway import alerts, reports
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

ONE = {"passengers": [{"ref": "anna", "rider_category": "adult"}], "depart_at": "2026-10-26T06:10:00+02:00"}


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """One kind of database: a person decides alone, and no statement differs."""
    shutil.copy(sqlite_template, tmp_path / "test.db")
    return f"sqlite:///{tmp_path / 'test.db'}"


def test_a_payment_that_matches_after_all_is_accepted_and_the_order_has_its_ticket(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, token = _held(api, monkeypatch)
    case = _case(api)
    with pytest.raises(Conflict, match=r"32\.01"):
        alerts.act(_till(api), case.alert.id, "accept", "mari")
    still = _case(api).doings
    monkeypatch.undo()

    alerts.act(_till(api), case.alert.id, "accept", "mari")
    run_round(_till(api))

    assert (case.alert.kind, case.doings, still) == ("payment_mismatch", ("give_back", "accept"), case.doings)
    assert _order(api, order, token)["state"] == "ticketed"
    assert alerts.list_cases(_till(api)) == []


@pytest.mark.parametrize("taken", [False, True])
def test_a_payment_that_does_not_match_is_given_back_and_another_card_pays(
    api: Api, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    order, token = _held(api, monkeypatch)
    charge = _order_charge(api, order)
    if taken:  # on the gateway's own pages, meanwhile
        _till(api).gateway.capture(charge, Money(3200, "EUR"), "elsewhere")
    refused = api.post(f"/v1/orders/{order}/payments", {"method": "demo_ok"}, token)
    monkeypatch.undo()

    alerts.act(_till(api), _case(api).alert.id, "give_back", "mari")
    paid = api.post(f"/v1/orders/{order}/payments", {"method": "demo_ok"}, token)

    found = _till(api).gateway.fetch(charge)
    assert refused.status_code == 409
    assert (found.state, found.refunded_minor) == (("captured", 3200) if taken else ("cancelled", 0))
    assert (paid.status_code, _order(api, order, token)["state"]) == (201, "ticketed")
    assert alerts.list_cases(_till(api)) == []
    _books_agree(api)


def test_nobody_travels_on_a_payment_that_turns_out_wrong_after_it_was_authorised(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, token = api.order(**ONE)
    with monkeypatch.context() as away:
        away.setattr(DemoGateway, "capture", _away)
        api.post(f"/v1/orders/{order['id']}/payments", {"method": "demo_ok"}, token)
    with monkeypatch.context() as wrong:
        wrong.setattr(DemoGateway, "fetch", _a_cent_more(DemoGateway.fetch))
        reports.learn_charge(_till(api), _till(api).gateway.fetch(_order_charge(api, order["id"])))
        run_round(_till(api))
    waits = _order(api, order["id"], token)["state"]

    alerts.act(_till(api), _case(api).alert.id, "accept", "mari")
    run_round(_till(api))

    assert (waits, _order(api, order["id"], token)["state"]) == ("authorised", "ticketed")
    _books_agree(api)


def test_nobodys_places_wait_for_a_payment_that_is_held(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    order, token = _held(api, monkeypatch)
    api.clock.advance(timedelta(minutes=31))
    for _ in range(2):
        run_round(_till(api))
    ended = _order(api, order, token)["state"]
    monkeypatch.undo()
    case = _case(api)

    with pytest.raises(Conflict, match="give the payment back"):
        alerts.act(_till(api), case.alert.id, "accept", "mari")
    alerts.act(_till(api), case.alert.id, "give_back", "mari")

    assert ended in {"expired", "cancelled"}
    assert _till(api).gateway.fetch(_order_charge(api, order)).state == "cancelled"


def test_a_refund_that_came_back_is_paid_another_way_by_name(api: Api) -> None:
    order, token = _paid(api, "demo_refund_fails")
    api.post(f"/v1/orders/{order}/refunds", {"passengers": ["anna"]}, token)
    case = _case(api)

    with pytest.raises(Conflict, match="paid_otherwise"):
        alerts.act(_till(api), case.alert.id, "put_away", "mari")
    alerts.act(_till(api), case.alert.id, "paid_otherwise", "mari")
    run_round(_till(api))

    assert (case.alert.kind, case.doings) == ("refund_failed", ("paid_otherwise",))
    assert [one["state"] for one in _order(api, order, token)["refunds"]] == ["confirmed"]
    assert alerts.list_cases(_till(api)) == []
    _books_agree(api, refund_transfer=-3200)  # until the bank's line of the transfer


def test_a_refund_that_was_made_at_the_gateway_meanwhile_is_that_refund(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, token = _refund_waits(api, monkeypatch)
    outside = _refund_outside(api, order, 3200)

    run_round(_till(api))
    settled = [one["state"] for one in _order(api, order, token)["refunds"]]
    waiting = alerts.list_cases(_till(api))
    _books_agree(api)
    reports.learn_outside_refund(_till(api), replace(outside, state="failed"))

    assert (settled, waiting) == (["confirmed"], [])
    assert [one["state"] for one in _order(api, order, token)["refunds"]] == ["failed"]
    assert {one.alert.kind for one in alerts.list_cases(_till(api))} == {"refund_failed", "external_refund"}
    _books_agree(api, refund_payable=-3200)


def test_more_than_the_refund_that_was_made_at_the_gateway_settles_it_by_a_person(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, token = _refund_waits(api, monkeypatch, {"ref": "bo", "rider_category": "adult"})
    _refund_outside(api, order, 4000)
    run_round(_till(api))
    case = next(one for one in alerts.list_cases(_till(api)) if one.alert.kind == "refund_refused")

    alerts.act(_till(api), case.alert.id, "settle_outside", "mari")

    assert case.doings == ("settle_outside", "paid_otherwise")
    assert [one["state"] for one in _order(api, order, token)["refunds"]] == ["confirmed"]
    assert [one.alert.kind for one in alerts.list_cases(_till(api))] == ["external_refund"]
    _books_agree(api, suspense=800)


def _held(api: Api, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """An order whose payment the gateway says is a cent more than was asked for."""
    order, token = _paid(api, "demo_sca")
    _till(api).gateway.approve(_order_charge(api, order), yes=True)
    monkeypatch.setattr(DemoGateway, "fetch", _a_cent_more(DemoGateway.fetch))
    api.clock.advance(timedelta(minutes=3))
    run_round(_till(api))
    return order, token


def _a_cent_more(told: Any) -> Any:
    """A gateway that says of each payment a cent more than it was asked for."""

    def fetch(gateway: DemoGateway, external_id: str) -> Any:
        found = told(gateway, external_id)
        return replace(found, amount=Money(found.amount.minor + 1, found.amount.currency))

    return fetch


def _away(*_: Any) -> Any:
    raise OutcomeUnknown("away")


def _paid(api: Api, method: str, *more: Any) -> tuple[str, str]:
    order, token = api.order(**{**ONE, "passengers": [*ONE["passengers"], *more]})
    assert api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token).status_code == 201
    return order["id"], token


def _refund_waits(api: Api, monkeypatch: pytest.MonkeyPatch, *more: Any) -> tuple[str, str]:
    """A refund of anna's ticket that was decided while the gateway was away."""

    order, token = _paid(api, "demo_ok", *more)
    with monkeypatch.context() as patched:
        patched.setattr(DemoGateway, "refund", _away)
        api.post(f"/v1/orders/{order}/refunds", {"passengers": ["anna"]}, token)
    return order, token


def _refund_outside(api: Api, order: str, minor: int) -> Any:
    """Pay back on the gateway's own pages, and the gateway reports it."""
    charge = _order_charge(api, order)
    made = _till(api).gateway.refund(charge, Money(minor, "EUR"), "nobody's", "outside")
    found = replace(made, refund_id=None)
    reports.learn_outside_refund(_till(api), found)
    return found


def _order_charge(api: Api, order: str) -> str:
    query = sa.text("SELECT external_id FROM payment WHERE order_id = :order ORDER BY id")
    with _till(api).database.read() as tx:
        return str(tx.execute(query, {"order": order}).scalars().first())


def _case(api: Api) -> Any:
    (found,) = alerts.list_cases(_till(api))
    return found


def _order(api: Api, order: str, token: str) -> dict[str, Any]:
    return api.get(f"/v1/orders/{order}", token).json or {}


def _books_agree(api: Api, **left: int) -> None:
    """The books follow from quotes and refunds, and what waits is what is told."""
    office = api.client.application.extensions["throughfare"].office
    assert verify(office, "helsinki-tallinn", take_back).faults == []
    query = sa.text(
        "SELECT account.purpose, sum(posting.amount_minor) FROM posting JOIN account ON account.id = posting.account_id "
        "WHERE account.purpose IN ('unearned', 'refund_payable', 'refund_transfer', 'suspense') GROUP BY account.purpose"
    )
    with _till(api).database.read() as tx:
        assert {purpose: int(minor) for purpose, minor in tx.execute(query) if int(minor)} == left


def _till(api: Api) -> Any:
    return api.client.application.extensions["throughfare"].till
