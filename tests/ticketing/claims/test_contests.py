"""A claim above its operator's limit waits in the operator's queue: silence pays, and a contest is ruled on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.purchase.refunding import faults
from ticketing.claims import verify_claims
from ticketing.purchase.gateway import reports
from ticketing.purchase.gateway.alerts import list_cases


@pytest.fixture
def coast(api: Api, monkeypatch: pytest.MonkeyPatch) -> Coast:
    """A coast whose ferries pay nothing at once."""
    here = Coast(api)
    operators = here.rooms.claims.regions[REGION].data.operators
    for name, operator in list(operators.items()):
        if operator.rights is not None:
            rights = replace(operator.rights, auto_limit_minor=0)
            monkeypatch.setitem(operators, name, replace(operator, rights=rights))
    return here


def proposed(coast: Coast, minutes: int = 75) -> tuple[Bought, dict[str, Any]]:
    """Anna's claim as her ferry's finance staff find it."""
    bought = coast.api.buy()
    coast.board(bought)
    coast.delay(bought, minutes)
    coast.wait(bought)
    coast.work()
    (claim,) = coast.claims()
    assert claim["state"] == "proposed"
    return bought, dict(claim)


def contest(coast: Coast, claim: dict[str, Any], reason: str, **more: Any) -> Any:
    key = coast.api.key("operator_finance", more.pop("operator", claim["operator"]))
    body = {"reason": reason, "evidence": "logbook of the master, page 12", **more}
    return coast.api.post(f"/v1/claims/{claim['id']}/contest", body, key, once=None)


def rule(coast: Coast, claim: dict[str, Any], ruling: str, **more: Any) -> Any:
    body = {"ruling": ruling, "reason": "read the logbook", **more}
    return coast.api.post(f"/v1/claims/{claim['id']}/ruling", body, coast.api.key("finance"), once=None)


def test_silence_pays_after_five_business_days(coast: Coast) -> None:
    _, claim = proposed(coast)
    listed = coast.api.get(
        "/v1/claims?state=proposed", coast.api.key("operator_finance", claim["operator"])
    ).json
    others = coast.api.get("/v1/claims", coast.api.key("operator_finance", "hsl")).json
    # A Tuesday: the fifth business day is the next Tuesday.
    coast.api.clock.advance(timedelta(days=6, hours=23))
    coast.work()
    before = coast.claims()[0]["state"]
    coast.api.clock.advance(timedelta(hours=1))
    coast.work()

    assert [one["id"] for one in (listed or {})["claims"]] == [claim["id"]]
    assert (others or {})["claims"] == []
    assert (before, coast.claims()[0]["state"]) == ("proposed", "paid")
    assert contest(coast, claim, "exempt_weather").status_code == 409


def test_weather_that_is_proven_refuses_the_claim_with_its_article(coast: Coast) -> None:
    bought, claim = proposed(coast)
    stranger = contest(coast, claim, "exempt_weather", operator="hsl")
    contested = contest(coast, claim, "exempt_weather", sha256="ab" * 32)
    coast.api.clock.advance(timedelta(days=30))
    coast.work()
    waits = coast.claims()[0]["state"]
    ruled = rule(coast, claim, "accept")
    coast.work()

    assert (stranger.status_code, contested.status_code, waits, ruled.status_code) == (
        404,
        200,
        "contested",
        200,
    )
    found = coast.api.get(f"/v1/orders/{bought.order['id']}/claims", bought.token).json or {}
    assert [(one["state"], one["reason"], one["amount"]) for one in found["claims"]] == [
        ("refused", "exempt", None)
    ]
    assert found["claims"][0]["article"] == "Regulation (EU) 1177/2010, 20"
    steps = ruled.json["steps"]
    assert [one["state"] for one in steps] == ["proposed", "contested", "refused"]
    assert steps[1]["note"] == {"evidence": "logbook of the master, page 12", "sha256": "ab" * 32}
    assert all(one["by"].startswith("key ") for one in steps[1:])
    assert coast.compensations() == 0
    assert verify_claims(coast.rooms.till.database, REGION) == (1, [])


def test_a_contest_that_is_not_proven_is_paid(coast: Coast) -> None:
    _, claim = proposed(coast)
    contest(coast, claim, "third_party")
    upheld = rule(coast, claim, "uphold")
    coast.work()

    assert upheld.json["state"] == "decided"
    assert coast.claims()[0]["state"] == "paid"
    assert rule(coast, claim, "uphold").status_code == 409
    assert faults(coast.api) == []


def test_other_times_decide_the_claim_anew(coast: Coast) -> None:
    _, claim = proposed(coast, minutes=150)
    contest(coast, claim, "times_wrong")
    without = rule(coast, claim, "accept")
    as_late = rule(coast, claim, "accept", arrival_delay_minutes=151)
    ruled = rule(coast, claim, "accept", arrival_delay_minutes=90)
    coast.work()

    assert [one["path"] for one in without.json["errors"]] == ["arrival_delay_minutes"]
    assert (as_late.status_code, ruled.status_code) == (409, 200)
    (paid,) = coast.claims()
    assert (paid["state"], paid["amount_minor"] * 2 - claim["amount_minor"] in {0, 1}) == ("paid", True)
    assert verify_claims(coast.rooms.till.database, REGION) == (1, [])


def test_what_nobody_can_prove_waits_for_a_person_who_finds_the_time(coast: Coast) -> None:
    bought = coast.api.buy()
    coast.board(bought)
    coast.delay(bought, 75)
    with coast.rooms.till.database.write() as tx:  # as if the operator had taken its word back
        for trigger in ("observation_no_delete", "observation_kept"):
            on = "" if coast.rooms.till.database.is_sqlite else " ON observation"
            tx.exec_driver_sql(f"DROP TRIGGER IF EXISTS {trigger}{on}")
        tx.exec_driver_sql("DELETE FROM observation")
    coast.wait(bought)
    coast.work()
    (claim,) = coast.claims()
    cases = [one.alert.kind for one in _cases(coast)]
    ruled = rule(coast, dict(claim), "uphold", arrival_delay_minutes=61)
    coast.work()

    assert (claim["state"], claim["waits_for"], cases) == ("not_decided", "no_evidence", ["claim_waits"])
    assert ruled.status_code == 200
    assert (coast.claims()[0]["state"], _cases(coast)) == ("paid", [])


def test_money_that_a_dispute_has_given_back_is_not_paid_as_compensation_too(coast: Coast) -> None:
    bought, claim = proposed(coast)
    till = coast.rooms.till
    with till.database.read() as tx:
        charge = tx.exec_driver_sql("SELECT external_id FROM payment").scalar_one()
    for step in ("withdrawn", "lost"):
        reports.learn_dispute(till, till.gateway.dispute(charge, step))
    coast.api.clock.advance(timedelta(days=8))
    coast.work()
    found = coast.api.get(f"/v1/orders/{bought.order['id']}/claims", bought.token).json or {}

    assert [(one["state"], one["reason"], one["amount"]) for one in found["claims"]] == [
        ("refused", "reimbursed", None)
    ]
    assert coast.claims()[0]["id"] == claim["id"]
    assert coast.compensations() == 0
    assert verify_claims(till.database, REGION) == (1, [])
    assert faults(coast.api) == []


def test_contests_are_counted_for_everybody_once_their_month_is_over(coast: Coast) -> None:
    _, claim = proposed(coast)
    contest(coast, claim, "third_party")
    rule(coast, claim, "uphold")
    path = f"/v1/operators/{claim['operator']}/contests"
    during = coast.api.get(path).json
    coast.api.clock.advance(timedelta(days=31))
    after = coast.api.get(path).json

    assert during == {"operator": claim["operator"], "months": []}
    month = {"month": "2026-10", "reason": "third_party", "won": 0, "lost": 1}
    assert (after or {})["months"] == [month]
    assert coast.api.get("/v1/operators/nobody/contests").status_code == 404


def _cases(coast: Coast) -> list[Any]:
    return list_cases(coast.rooms.till)
