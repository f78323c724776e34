"""Claims in the console: an operator contests, the scheme's staff rule, and two people pay what no payment gives back."""

from dataclasses import replace
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.claims.coast import REGION, Coast
from tests.ticketing.claims.paying_out import NAME, enter_scheme, give_account, spent
from tests.ticketing.console.browser import Browser
from tests.ticketing.console.conftest import Visitor
from tests.ticketing.console.pages import faults_of
from ticketing.identity import staff
from ticketing.identity.staff import StaffDesk

pytestmark = [
    pytest.mark.usefixtures("quick_hashes"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def signed_in(
    desk: StaffDesk, visitor: Visitor, name: str, role: Any = "finance", operator: str | None = None
) -> Browser:
    first = staff.add(desk, f"{name.lower()}@example.org", name, role=role, operator=operator)[1]
    browser = visitor()
    browser.sign_in(f"{name.lower()}@example.org", first, "a password that is long")
    return browser


def proposed(api: Api, monkeypatch: pytest.MonkeyPatch, minutes: int = 75) -> tuple[Coast, dict[str, Any]]:
    """A claim that its operator may contest."""
    coast = Coast(api)
    operators = coast.rooms.claims.regions[REGION].data.operators
    for name, operator in list(operators.items()):
        if operator.rights is not None:
            rights = replace(operator.rights, auto_limit_minor=0)
            monkeypatch.setitem(operators, name, replace(operator, rights=rights))
    bought = api.buy()
    coast.board(bought)
    coast.delay(bought, minutes)
    coast.wait(bought)
    coast.work()
    (claim,) = coast.claims()
    return coast, dict(claim)


def test_an_operator_contests_and_the_schemes_staff_rule_with_a_reason(
    api: Api, desk: StaffDesk, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    coast, claim = proposed(api, monkeypatch)
    heli = signed_in(desk, visitor, "Heli", "operator_finance", claim["operator"])
    listed = heli.open("/console/claims?state=proposed")
    page = heli.open(f"/console/claims/{claim['id']}")
    filled = {
        "contest_reason": "exempt_weather",
        "evidence": "logbook, page 12",
        "sha256": "AB" * 32,
        "confirmed": "yes",
    }
    without = heli.send(
        page.form("Contest"), {**page.form("Contest").fields, **filled, "evidence": " ", "confirmed": ""}
    )
    contested = heli.press(page, "Contest", **filled)

    assert claim["trip_id"] in listed.text
    assert "Level " in page.text
    assert "19(1)(a)" in page.text
    assert (without.status, "say that you have read it" in without.text) == (422, True)
    assert "Contested: the scheme’s staff rule on it." in contested.text
    assert "weather excuses the operator" in contested.text

    anna = signed_in(desk, visitor, "Anna")
    start = anna.open("/console/")
    page = anna.open(f"/console/claims/{claim['id']}")
    unsure = anna.send(
        page.form("Rule"),
        {**page.form("Rule").fields, "ruling": "accept", "reason": "the log says so", "confirmed": ""},
    )
    ruled = anna.press(page, "Rule", ruling="accept", reason="the log says so", confirmed="yes")

    assert "Contested claims that wait for a ruling: 1" in start.text
    assert "ab" * 32 in page.text
    assert (unsure.status, ruled.status) == (422, 200)
    assert "Ruled." in ruled.text
    assert "the log says so" in ruled.text
    assert [one["state"] for one in coast.claims()] == ["refused"]
    seen = [*heli.seen, *anna.seen]
    assert [faults_of(one) for one in seen] == [[]] * len(seen)


def test_other_staff_neither_see_nor_change_a_claim(
    api: Api, desk: StaffDesk, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, claim = proposed(api, monkeypatch)
    other = signed_in(desk, visitor, "Otto", "operator_finance", "hsl")
    reader = signed_in(desk, visitor, "Rita", "admin")

    hidden = other.open(f"/console/claims/{claim['id']}")
    elsewhere = other.open(f"/console/claims?operator={claim['operator']}")
    page = reader.open(f"/console/claims/{claim['id']}")
    ours = {
        "csrf": page.form("Sign out").fields["csrf"],
        "ruling": "uphold",
        "reason": "x",
        "confirmed": "yes",
    }
    ruled = reader.client.post(f"/console/claims/{claim['id']}/ruling", data=ours)

    assert (hidden.status, page.status, ruled.status_code) == (404, 200, 403)
    assert claim["trip_id"] not in elsewhere.text
    assert not page.has("Rule")


def test_two_people_pay_to_the_account_that_a_holder_gave(
    api: Api, desk: StaffDesk, visitor: Visitor, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    coast = Coast(api)
    bought = spent(coast)
    enter_scheme(coast)
    claim_id = coast.claims()[0]["id"]
    anna, bertil = signed_in(desk, visitor, "Anna"), signed_in(desk, visitor, "Bertil")
    asked = anna.open(f"/console/claims/{claim_id}")
    give_account(api, bought, claim_id)
    start = anna.open("/console/")
    run = anna.press(anna.follow(start, "Claims that wait for a transfer: 1"), "Prepare the transfers")
    mine = run.has("Release")
    page = bertil.open(str(run.response.url.path))
    released = bertil.press(page, "Release")
    sent = bertil.follow(released, "Download the payment file")
    after = anna.open("/console/payouts")

    assert "the holder has not given one yet" in asked.text
    assert not mine
    assert (NAME in page.text, "FI…0023" in page.text, "FI4250001510000023" in page.text) == (
        True,
        True,
        False,
    )
    assert "Released and booked" in released.text
    assert b"FI4250001510000023" in sent.response.content
    assert "Claims that wait for a transfer: 0" in after.text
    seen = [*anna.seen, *bertil.seen]
    assert [faults_of(one) for one in seen] == [[]] * len(seen)
