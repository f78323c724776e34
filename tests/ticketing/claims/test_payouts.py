"""Compensation that no payment can give back: the holder gives an account, two people pay to it, once, and the bank says so."""

import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast, ask
from tests.ticketing.claims.paying_out import (
    IBAN,
    NAME,
    balance,
    enter_scheme,
    from_bank,
    give_account,
    paid_out,
    spent,
    states,
)
from tests.ticketing.purchase.refunding import faults
from tests.working import round_of
from ticketing import claims
from ticketing.claims import verify_claims
from ticketing.errors import Conflict, NotAllowed
from ticketing.purchase.gateway import alerts


@pytest.fixture
def coast(api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Coast:
    monkeypatch.chdir(tmp_path)  # the worker keeps the anchors of the books in a folder
    return Coast(api)


def shown(coast: Coast, bought: Bought) -> dict[str, Any]:
    answer = coast.api.get(f"/v1/orders/{bought.order['id']}/claims", bought.token).json or {}
    (claim,) = answer["claims"]
    return dict(claim)


def event_types(coast: Coast, bought: Bought) -> list[str]:
    told = coast.api.get(f"/v1/orders/{bought.order['id']}/events", bought.token).json or {}
    ids = [one["id"] for one in told["events"]]
    assert len(set(ids)) == len(ids)
    return [one["type"] for one in told["events"] if one["type"].startswith("claim.")]


def proven(coast: Coast) -> list[str]:
    return [*verify_claims(coast.rooms.till.database, REGION)[1], *faults(coast.api)]


def test_a_holder_gives_an_account_and_is_paid_by_two_people_once(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    claim = shown(coast, bought)
    owed = int(coast.claims()[0]["amount_minor"]) - 100
    assert (claim["state"], claim["account"]["given"]) == ("needs_account", None)
    assert claim["account"]["amount"]["amount"] == f"{owed / 100:.2f}"
    assert alerts.list_cases(coast.rooms.till) == []
    assert ask(coast.api, bought, "anna", claim["leg"]).status_code == 200

    given = give_account(coast.api, bought, claim["id"])
    again = give_account(coast.api, bought, claim["id"])
    other = give_account(coast.api, bought, claim["id"], name="Eve")
    run = claims.prepare(coast.rooms.office, REGION, "Anna")
    with pytest.raises(NotAllowed):
        claims.release(coast.rooms.office, run.id, "anna", run.digest)
    with pytest.raises(NotAllowed):
        claims.release(coast.rooms.office, run.id, "Clara", run.digest)
    with pytest.raises(Conflict):
        claims.payouts_file(coast.rooms.office, run.id)
    claims.release(coast.rooms.office, run.id, "Bertil", run.digest)
    coast.work()

    assert (given.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert IBAN not in given.get_data(as_text=True)
    assert (given.json["state"], given.json["account"]["given"]) == ("paying", "FI…0023")
    assert (states(coast), balance(coast, "refund_transfer")) == (["paying"], -owed)
    content = claims.payouts_file(coast.rooms.office, run.id)
    assert content == claims.payouts_file(coast.rooms.office, run.id)
    texts = {part.tag.rpartition("}")[2]: part.text for part in ET.fromstring(content).iter()}
    assert texts["EndToEndId"] == claim["id"].replace("-", "")
    assert (texts["InstdAmt"], texts["IBAN"]) == (f"{owed / 100:.2f}", IBAN)
    assert (texts["Nm"], texts["MsgId"]) == ("Anna Maki", claims.message_id(run))
    assert str(texts["Ustrd"]).startswith("SPECIMEN - NOT PAID ")
    (line,) = claims.get_run(coast.rooms.office, run.id)[1]
    (finding,) = from_bank(coast, line.payout, "S1")
    assert (finding.verdict, states(coast)) == ("matched", ["paying"])
    coast.work()

    assert states(coast) == ["paid"]
    assert [balance(coast, name) for name in ("refund_transfer", "bank")] == [0, -owed]
    assert event_types(coast, bought) == ["claim.decided", "claim.needs_account", "claim.paid"]
    assert proven(coast) == []
    with pytest.raises(Conflict, match="no compensation waits"):
        claims.prepare(coast.rooms.office, REGION, "Anna")
    assert [one.verdict for one in from_bank(coast, line.payout, "S2")] == ["paid_before"]


def test_a_transfer_that_the_bank_returns_asks_for_another_account(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    claim = shown(coast, bought)
    give_account(coast.api, bought, claim["id"])
    first = claims.get_run(coast.rooms.office, paid_out(coast))[1][0].payout
    from_bank(coast, first, "S1")
    coast.work()
    coast.api.clock.advance(timedelta(days=1))
    (back,) = from_bank(coast, first, "S2", returned=True)
    coast.work()

    assert back.verdict == "matched"
    assert states(coast) == ["needs_account"]
    assert shown(coast, bought)["account"]["given"] is None
    assert balance(coast, "bank") == balance(coast, "refund_transfer") == 0
    assert proven(coast) == []
    with coast.rooms.till.database.read() as tx:
        assert tx.exec_driver_sql("SELECT holder, iban FROM claim_account").all() == [(None, None)]

    coast.api.clock.advance(timedelta(days=1))
    give_account(coast.api, bought, claim["id"], "DE89370400440532013000")
    second = claims.get_run(coast.rooms.office, paid_out(coast))[1][0].payout
    assert (second.id, second.amount_minor) == (f"{first.id}-2", first.amount_minor)
    assert [one.verdict for one in from_bank(coast, first, "S3", returned=True)] == ["paid_before"]
    from_bank(coast, second, "S4")
    coast.work()

    assert states(coast) == ["paid"]
    assert event_types(coast, bought)[-4:] == [
        "claim.needs_account",
        "claim.paid",
        "claim.needs_account",
        "claim.paid",
    ]
    assert balance(coast, "bank") == -first.amount_minor
    assert proven(coast) == []


@pytest.mark.parametrize(
    ("iban", "name", "path"),
    [
        ("FI4250001510000024", NAME, "iban"),
        ("BR1800360305000010009795493C1", NAME, "iban"),
        (IBAN, " ", "name"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_account_that_no_transfer_reaches_is_refused(
    coast: Coast, iban: str, name: str, path: str
) -> None:
    bought = spent(coast)
    claim = shown(coast, bought)

    refused = give_account(coast.api, bought, claim["id"], iban, name)

    assert (refused.status_code, [one["path"] for one in refused.json["errors"]]) == (422, [path])
    assert states(coast) == ["needs_account"]


def test_only_the_orders_token_gives_an_account(coast: Coast) -> None:
    other = coast.api.buy()
    bought = spent(coast)
    claim = shown(coast, bought)
    body = {"iban": IBAN, "name": NAME}

    mine = coast.api.post(
        f"/v1/orders/{other.order['id']}/claims/{claim['id']}/account", body, other.token, once=None
    )
    theirs = coast.api.post(
        f"/v1/orders/{bought.order['id']}/claims/{claim['id']}/account", body, other.token, once=None
    )

    assert mine.status_code == 404
    assert theirs.status_code in {401, 403, 404}


def test_a_transfer_that_the_bank_refuses_is_taken_back_by_another_person(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    claim = shown(coast, bought)
    give_account(coast.api, bought, claim["id"])
    part = claims.get_run(coast.rooms.office, paid_out(coast))[1][0].payout
    with pytest.raises(NotAllowed):
        claims.refuse(coast.rooms.office, part.id, "Bertil", "AC04")
    claims.refuse(coast.rooms.office, part.id, "Anna", "AC04")
    with pytest.raises(Conflict):
        claims.refuse(coast.rooms.office, part.id, "Anna", "AC04")

    assert states(coast) == ["needs_account"]
    assert balance(coast, "refund_transfer") == 0
    assert proven(coast) == []


def test_a_run_that_is_withdrawn_leaves_its_claims_to_the_next(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    give_account(coast.api, bought, shown(coast, bought)["id"])
    office = coast.rooms.office
    run = claims.prepare(office, REGION, "Anna")
    with pytest.raises(Conflict, match="no compensation waits"):
        claims.prepare(office, REGION, "Bertil")
    claims.withdraw(office, run.id, "Anna", "the wrong day")
    with pytest.raises(Conflict):
        claims.release(office, run.id, "Bertil", run.digest)

    assert len(claims.list_waiting(office, REGION)) == 1
    paid_out(coast)
    assert claims.list_waiting(office, REGION) == []
    assert proven(coast) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_two_who_prepare_or_release_at_once_one_does(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    give_account(coast.api, bought, shown(coast, bought)["id"])
    office = coast.rooms.office

    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(claims.prepare, office, REGION, name) for name in ("Anna", "Aino", "Ada", "Ann")]
    runs = [one.result() for one in made if one.exception() is None]
    assert all(isinstance(one.exception(), Conflict | type(None)) for one in made)
    (run,) = runs
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(claims.release, office, run.id, "Bertil", run.digest) for _ in range(4)]
    assert [one.exception() for one in made].count(None) == 1
    assert proven(coast) == []


def test_money_that_went_another_way_meanwhile_is_not_paid_again(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    give_account(coast.api, bought, shown(coast, bought)["id"])
    run = claims.prepare(coast.rooms.office, REGION, "Anna")
    with coast.rooms.till.database.write() as tx:  # as if a person had paid it at that moment
        tx.exec_driver_sql("UPDATE refund SET state = 'confirmed' WHERE payment_id IS NULL")

    with pytest.raises(Conflict, match="is not owed so any more"):
        claims.release(coast.rooms.office, run.id, "Bertil", run.digest)


def test_what_the_gateway_refuses_for_a_day_is_paid_to_an_account(
    coast: Coast, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = coast.rooms.till.gateway
    bought = coast.api.buy()
    coast.board(bought)
    coast.delay(bought, 75)
    coast.wait(bought)

    def refuse(*_: object) -> None:
        raise Conflict("stripe refuses the refund: charge_expired_for_refund")

    monkeypatch.setattr(type(gateway), "refund", refuse)
    jobs = [
        one for one in _jobs(coast) if one.name in {"opening claims", "carrying on claims", "paying back"}
    ]

    def work() -> None:
        for _ in range(3):
            for job in jobs:
                job.go(coast.api.clock.now())

    work()
    first = (states(coast), [one.alert.kind for one in alerts.list_cases(coast.rooms.till)])
    coast.api.clock.advance(timedelta(days=1, minutes=1))
    work()

    assert first == (["paying"], ["refund_refused"])
    assert (states(coast), alerts.list_cases(coast.rooms.till)) == (["needs_account"], [])
    assert proven(coast) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_contact_is_asked_for_the_account_and_told_of_the_transfer(coast: Coast, tmp_path: Path) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    coast.api.client.put(
        f"/v1/orders/{bought.order['id']}/notify",
        json={"contacts": [{"kind": "email", "address": "anna@example.org", "language": "fi"}]},
        headers={"Authorization": f"Bearer {bought.token}"},
    )
    coast.work()
    claim = shown(coast, bought)
    give_account(coast.api, bought, claim["id"])
    paid_out(coast)
    coast.work()

    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in tmp_path.rglob("*.eml")]
    words = [
        str(part.get_content())
        for mail in mails
        for part in mail.walk()
        if part.get_content_type() == "text/plain"
    ]
    (asked,) = [one for one in words if "IBAN" in one]
    assert claim["id"] in asked
    assert [one for one in words if "pankkitilille" in one]
    assert not [mail for mail in mails if IBAN in mail.as_string()]


def test_the_account_is_erased_sixty_days_after_its_money_arrived(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    give_account(coast.api, bought, shown(coast, bought)["id"])
    run = paid_out(coast)
    from_bank(coast, claims.get_run(coast.rooms.office, run)[1][0].payout, "S1")
    coast.work()
    coast.api.clock.advance(timedelta(days=59))
    coast.work(1)
    before = claims.get_run(coast.rooms.office, run)[1][0].holder
    coast.api.clock.advance(timedelta(days=2))
    coast.work(1)

    assert (before, claims.get_run(coast.rooms.office, run)[1][0].holder) == (NAME, "")
    with coast.rooms.till.database.read() as tx:
        assert tx.exec_driver_sql("SELECT holder, iban FROM claim_account").all() == [(None, None)]
    with pytest.raises(Conflict, match="erased"):
        claims.payouts_file(coast.rooms.office, run)


def test_the_database_refuses_to_change_what_was_released(coast: Coast) -> None:
    bought = spent(coast)
    enter_scheme(coast)
    give_account(coast.api, bought, shown(coast, bought)["id"])
    paid_out(coast)

    # Each alone, for a refused change ends its transaction.
    for change in (
        "UPDATE claim_payout SET amount_minor = 1",
        "UPDATE claim_payout SET state = 'prepared'",
        "DELETE FROM claim_payout",
        "UPDATE claim_payout_run SET state = 'withdrawn'",
        "UPDATE claim_account SET iban = 'FI00'",
        "DELETE FROM claim_account",
    ):
        with pytest.raises(sa.exc.IntegrityError), coast.rooms.till.database.write() as tx:
            tx.exec_driver_sql(change)


def _jobs(coast: Coast) -> list[Any]:
    return list(round_of(coast.rooms, REGION))
