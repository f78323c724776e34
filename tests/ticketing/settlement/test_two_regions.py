"""One bank account for two regions: each line settles the region that waits for it, whichever it was imported for."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import office, sell
from ticketing.db import Database
from ticketing.db.books import month_books
from ticketing.db.settlement import bank, runs
from ticketing.db.settlement.runs import Run
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.bank import reconcile, suspense
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts, payment_file, steps
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import export

DSB = "DK5000400440116243"


@dataclass(frozen=True)
class Two:
    """An office that serves the regions r and q, each with a run of September on its way to the bank."""

    desk: Office
    r: Run
    q: Run

    def state(self, run: Run) -> str:
        with self.desk.database.read() as tx:
            found = runs.find_run(tx, run.id)
        return found.state if found else ""

    def balance(self, region: str, account: str) -> int:
        with self.desk.database.read() as tx:
            found = month_books.balances(tx, region, "2026-10")
        return next((line.amount_minor for line in found if line.account_id == account), 0)


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Two:
    sell(database, "t1", {"hsl": 1000})
    sell(database, "t2", {"dsb": 700}, region="q")
    desk = office(database)
    enter_accounts(desk)
    bank_accounts.approve(desk, bank_accounts.enter(desk, "dsb", DSB, name="DSB", by="Clara").id, "David")
    sent = []
    for region in ("r", "q"):
        run = service.close(desk, region, "2026-09", "Anna")
        steps.approve(desk, run.id, "Bertil", run.digest)
        run = export.export(desk, run.id, "Bertil", tmp_path)
        sent.append(steps.mark_sent(desk, run.id, "Bertil", steps.message_id_of(run)))
    return Two(desk, *sent)


def test_one_statement_reconciles_the_runs_of_both_regions_whichever_imports_it_first(two: Two) -> None:
    content = statement(
        line("10.00", payment_file.end_to_end_id(two.r, "hsl")),
        line("7.00", payment_file.end_to_end_id(two.q, "dsb"), bank="b2"),
        closing="83.00",
    )

    first, findings = reconcile.import_statement(two.desk, "r", content, "Clara")
    second, rest = reconcile.import_statement(two.desk, "q", content, "Clara")

    assert (first, second, rest) == (2, 0, [])
    assert [found.verdict for found in findings] == ["matched", "matched"]
    assert (two.state(two.r), two.state(two.q)) == ("reconciled", "reconciled")
    assert (two.balance("r", "bank:EUR"), two.balance("q", "bank:EUR")) == (-1000, -700)
    with two.desk.database.read() as tx:
        assert sorted(found.region for found, _ in bank.list_matches(tx, 9)) == ["q", "r"]
    assert [verify(two.desk, region, take_back).faults for region in ("r", "q")] == [[], []]


def test_a_line_that_waits_is_seen_and_booked_from_any_region_and_settles_its_own(two: Two) -> None:
    reference = payment_file.end_to_end_id(two.q, "dsb")
    reconcile.import_statement(
        two.desk, "r", statement(line("7.01", reference), line("2.50", bank="b2"), closing="90.49"), "Clara"
    )
    for region, absent in (("r", "hsl"), ("q", None)):
        findings, missed = reconcile.review(two.desk, region)
        assert [found.verdict for found in findings] == ["wrong_amount", "unknown"]
        assert [wanted.party for wanted in missed] == ([absent] if absent else [])

    reconcile.book_line(two.desk, "r", findings[0].line.id, "payment", by="Clara", reason="a cent too much")
    reconcile.book_line(two.desk, "q", findings[1].line.id, "bank_fee", by="Clara", reason="a fee of q")

    assert (two.state(two.r), two.state(two.q)) == ("sent", "reconciled")
    assert (two.balance("r", "bank:EUR"), two.balance("q", "bank:EUR")) == (0, -951)
    assert two.balance("q", "suspense:EUR") == 1
    assert suspense.list_suspense(two.desk, "r") == []


def test_suspense_is_cleared_and_a_booking_taken_back_in_the_region_that_booked_it(two: Two) -> None:
    content = statement(line("1.00", bank="b1"), line("2.50", bank="b2"), closing="96.50")
    reconcile.import_statement(two.desk, "r", content, "Clara")
    (unknown, fee), _ = reconcile.review(two.desk, "q")
    reconcile.book_line(two.desk, "q", unknown.line.id, "suspense", by="Clara", reason="nobody knows")
    reconcile.book_line(two.desk, "q", fee.line.id, "bank_fee", by="Clara", reason="a fee")

    suspense.unbook_line(two.desk, "r", fee.line.id, by="Clara", reason="it was the rent")
    _, _, waits = suspense.get_booked(two.desk, unknown.line.id)
    suspense.clear_suspense(two.desk, "r", unknown.line.id, "operator:dsb", by="David", reason="dsb has it")

    assert waits
    assert waits.region == "q"
    assert two.balance("q", "operator_payable:dsb:EUR") == 700 + 100
    assert {name: two.balance("q", name) for name in ("suspense:EUR", "bank_fee:EUR", "bank:EUR")} == {
        "suspense:EUR": 0,
        "bank_fee:EUR": 0,
        "bank:EUR": -100,
    }
    assert two.balance("r", "bank:EUR") == 0
    assert [verify(two.desk, region, take_back).faults for region in ("r", "q")] == [[], []]
