"""Payments to somebody who has not paid for long wait, until the money comes or a person says why they go out."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ticketing.settlement.bank_lines import sent
from tests.ticketing.settlement.month import AT, book, office, sell
from ticketing.books import postings
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest
from ticketing.settlement import outlook, payout, service
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts

OCTOBER = datetime(2026, 10, 20, 12, tzinfo=UTC)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Office:
    """September is sent, and viking has not paid the 0.70 EUR that it owes; in October it earns 9.00 EUR."""
    sell(database, "t1", {"hsl": 1000})
    with database.write() as tx:
        owed = postings.compensation("c1", region="r", amount=70, currency="EUR", at=AT, liable="viking")
        book(tx, owed)
    september = office(database)
    sent(september, tmp_path)
    account = bank_accounts.enter(september, "viking", "FI5542345670000081", name="Viking", by="Clara")
    bank_accounts.approve(september, account.id, "David")
    sell(database, "t2", {"viking": 900, "hsl": 300}, at=OCTOBER)
    return replace(office(database), clock=FixedClock(datetime(2026, 11, 20, tzinfo=UTC)))


@pytest.fixture
def approved(desk: Office) -> Run:
    run = service.close(desk, "r", "2026-10", "Anna")
    return payout.approve(desk, run.id, "Bertil", run.digest)


def test_a_payment_to_who_owes_for_long_needs_a_reason_that_the_run_keeps(
    desk: Office, approved: Run, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match=r"viking owes 0\.70 EUR since 36 days \(RF") as refused:
        outlook.export_unless_held(desk, approved.id, "Bertil", tmp_path)
    with pytest.raises(InvalidRequest):
        outlook.export_unless_held(desk, approved.id, "Bertil", tmp_path, despite="x" * 501)
    assert service.get_run(desk, approved.id).state == "approved"
    done = outlook.export_unless_held(desk, approved.id, "Bertil", tmp_path, despite="they called")
    again = outlook.export_unless_held(desk, approved.id, "Bertil", tmp_path)

    assert "say why they are paid all the same" in str(refused.value)
    assert (done.state, again.state) == ("exported", "exported")
    with desk.database.read() as tx:
        last = runs.list_steps(tx, approved.id)[-1]
    assert (last.state, last.note) == ("exported", "paid despite late debts (1): they called")


def test_who_owes_for_less_is_paid(desk: Office, approved: Run, tmp_path: Path) -> None:
    early = replace(desk, clock=FixedClock(datetime(2026, 11, 13, tzinfo=UTC)))

    assert outlook.export_unless_held(early, approved.id, "Bertil", tmp_path).state == "exported"


def test_who_is_not_paid_by_a_run_holds_nothing_back(desk: Office, tmp_path: Path) -> None:
    with desk.database.write() as tx:
        more = postings.compensation(
            "c2", region="r", amount=1900, currency="EUR", at=OCTOBER, liable="viking"
        )
        book(tx, more, at=OCTOBER)
    run = service.close(desk, "r", "2026-10", "Anna")
    payout.approve(desk, run.id, "Bertil", run.digest)

    assert outlook.export_unless_held(desk, run.id, "Bertil", tmp_path).state == "exported"
