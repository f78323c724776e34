"""The bank's statement against what was sent: what matches is booked, everything else is told with its reason."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from tests.ticketing.settlement.bank_details import IBANS, enter_accounts
from tests.ticketing.settlement.bank_lines import in_account, line, sent, statement
from tests.ticketing.settlement.month import AFTER, AT, book, dataset_of, office, sell
from ticketing.books import postings
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.books import entries, month_books
from ticketing.db.sale import gateway_account
from ticketing.db.settlement import bank, runs
from ticketing.db.settlement.bank import BankMatch
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest, NotAllowed, NotFound
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.bank import camt, reconcile, suspense
from ticketing.settlement.office import Office
from ticketing.settlement.payout import payment_file, steps
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import export, lines


@pytest.fixture
def desk(database: Database) -> Office:
    sell(database, "t1", {"hsl": 1000, "tlt": 500})
    with database.write() as tx:
        book(
            tx,
            postings.compensation("c1", region="r", amount=70, currency="EUR", at=AT, liable="viking"),
            postings.payout_sent("po_1", region="r", gateway="stripe", amount=1200, currency="EUR", at=AT),
        )
    return office(database)


def balances(desk: Office) -> dict[str, int]:
    with desk.database.read() as tx:
        return {line.account_id: line.amount_minor for line in month_books.balances(tx, "r", "2026-10")}


def test_one_wrong_amount_is_told_and_a_person_books_it_with_the_difference_in_sight(
    desk: Office, tmp_path: Path
) -> None:
    run = sent(desk, tmp_path)
    hsl, tlt, viking = (payment_file.end_to_end_id(run, name) for name in ("hsl", "tlt", "viking"))
    content = statement(
        line("10.00", hsl, bank="b1"),
        line("5.01", tlt, bank="b2"),
        line("0.70", "", way="CRDT", bank="b3", text=f"settlement {viking}"),
        line("12.00", "", way="CRDT", bank="b4", text="po_1 STRIPE"),
        line("2.50", "", bank="b5", text="account keeping"),
        line("9.99", hsl, bank="b6", status="PDNG"),
        closing="95.19",
    )

    new, findings = reconcile.import_statement(desk, "r", content, "Clara")
    again, _ = reconcile.import_statement(desk, "r", content, "Clara")
    open_lines, absent = reconcile.review(desk, "r")

    assert (new, again, absent) == (5, 0, [])
    assert [(found.line.amount_minor, found.verdict) for found in findings] == [
        (-1000, "matched"),
        (-501, "wrong_amount"),
        (70, "matched"),
        (1200, "matched"),
        (-250, "unknown"),
    ]
    assert [found.because for found in open_lines] == [
        f"{tlt} of tlt: -5.00 EUR expected, -5.01 EUR booked",
        "no reference of ours; nothing of this amount is expected",
    ]
    reconcile.book_line(
        desk, "r", open_lines[0].line.id, "payment", by="Clara", reason="the bank took a cent too much"
    )
    reconcile.book_line(desk, "r", open_lines[1].line.id, "bank_fee", by="Clara", reason="fee of September")
    assert reconcile.review(desk, "r") == ([], [])
    assert {name: amount for name, amount in balances(desk).items() if amount} == {
        "bank:EUR": -481,
        "suspense:EUR": 1,
        "bank_fee:EUR": 250,
        "operator_payable:hsl:EUR": 1000,
        "operator_payable:tlt:EUR": 500,
        "operator_payable:viking:EUR": -70,
        "psp_in_transit:EUR": -1200,
    }
    with desk.database.read() as tx:
        assert [step.state for step in runs.list_steps(tx, run.id)][-2:] == ["sent", "reconciled"]


def test_a_payment_that_the_bank_carried_out_twice_is_not_settled_twice(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    reference = payment_file.end_to_end_id(run, "hsl")

    _, findings = reconcile.import_statement(
        desk,
        "r",
        statement(line("10.00", reference), line("10.00", reference, bank="b2"), closing="80.00"),
        "Clara",
    )

    assert [found.verdict for found in findings] == ["matched", "paid_before"]
    with pytest.raises(Conflict, match="no open payment"):
        reconcile.book_line(desk, "r", findings[1].line.id, "payment", by="Clara", reason="again")


@pytest.mark.parametrize("name", ["HSL Õy &amp; Co", "hsl oy + co, Helsinki"])
def test_a_line_without_our_reference_is_only_proposed_and_says_what_agreed(
    desk: Office, tmp_path: Path, name: str
) -> None:
    reference = payment_file.end_to_end_id(sent(desk, tmp_path), "hsl")

    _, findings = reconcile.import_statement(
        desk, "r", statement(line("10.00", "NOTPROVIDED", name=name), closing="90.00"), "Clara"
    )
    _, absent = reconcile.review(desk, "r")

    assert (findings[0].verdict, findings[0].because) == (
        "looks_like",
        f"no reference of ours; amount, day (due 2026-10-15) and name (HSL Õy & Co) as {reference}: a person decides",
    )
    assert {wanted.party for wanted in absent} == {"hsl", "tlt", "viking", "po_1"}


@pytest.mark.parametrize(
    ("name", "day", "agreed"),
    [
        ("Hslund Oy Co", "2026-10-15", "amount and day as {} (due 2026-10-15), but not the name"),
        ("", "2026-10-15", "amount and day as {} (due 2026-10-15), but not the name"),
        ("HSL Oy Co", "2026-10-23", "amount and name as {} (due 2026-10-15), but not the day"),
        ("Rent Ltd", "2026-10-07", "amount as {} (due 2026-10-15), but not the day and name"),
    ],
)
def test_an_amount_alone_proposes_nothing(
    desk: Office, tmp_path: Path, name: str, day: str, agreed: str
) -> None:
    reference = payment_file.end_to_end_id(sent(desk, tmp_path), "hsl")
    told = line("10.00", "NOTPROVIDED", name=name).replace("2026-10-15", day)

    _, (found,) = reconcile.import_statement(desk, "r", statement(told, closing="90.00"), "Clara")

    assert (found.verdict, found.expected) == ("unknown", None)
    assert found.because == f"no reference of ours; {agreed.format(reference)}"


def test_how_far_a_day_may_lie_is_a_term_of_the_region_that_no_run_keeps(
    desk: Office, tmp_path: Path
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "settlement.toml").write_text("proposal_days = 8\n")
    desk = replace(desk, regions_folder=tmp_path)
    run = sent(desk, tmp_path / "files")
    told = line("10.00", "NOTPROVIDED", name="HSL Oy Co").replace("2026-10-15", "2026-10-23")

    _, (found,) = reconcile.import_statement(desk, "r", statement(told, closing="90.00"), "Clara")

    assert found.verdict == "looks_like"
    assert "proposal_days" not in dataset_of(run)["terms"]
    (tmp_path / "r" / "settlement.toml").write_text("proposal_days = 99\n")
    with pytest.raises(InvalidRequest, match="proposal_days: must be days from 0 to 28"):
        reconcile.review(desk, "r")


def test_a_gateways_payout_is_proposed_by_its_name(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    payout = gateway_account.Payout(
        gateway="stripe",
        id="po_1",
        state="paid",
        currency="EUR",
        amount_minor=1200,
        arrives_on="2026-09-16",
        trace="",
        payer="Stripe",
        reason="",
        region="r",
        at=AT,
    )
    with desk.database.write() as tx:
        gateway_account.insert_payout(tx, payout)
    told = line("12.00", way="CRDT", name="STRIPE PAYMENTS EUROPE").replace("Cdtr>", "Dbtr>")

    _, (found,) = reconcile.import_statement(
        desk, "r", statement(told.replace("2026-10-15", "2026-09-16"), closing="112.00"), "Clara"
    )

    assert (found.verdict, found.expected and found.expected.party) == ("looks_like", "po_1")


def test_what_is_paid_before_the_run_was_marked_as_sent_waits(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)
    run = export.export(desk, run.id, "Bertil", tmp_path)
    with pytest.raises(InvalidRequest, match="MsgId"):
        steps.mark_sent(desk, run.id, "Bertil", "another file")

    _, findings = reconcile.import_statement(
        desk, "r", statement(line("10.00", payment_file.end_to_end_id(run, "hsl")), closing="90.00"), "Clara"
    )

    assert findings[0].verdict == "not_sent"


def test_a_run_that_somebody_has_paid_for_cannot_be_voided(desk: Office, tmp_path: Path) -> None:
    run = service.close(desk, "r", "2026-09", "Anna")
    steps.approve(desk, run.id, "Bertil", run.digest)
    enter_accounts(desk)
    run = export.export(desk, run.id, "Bertil", tmp_path)
    paid = line("0.70", payment_file.end_to_end_id(run, "viking"), way="CRDT")
    reconcile.import_statement(desk, "r", statement(paid, closing="100.70"), "Clara")

    with pytest.raises(Conflict, match="the bank has booked what viking paid for this run"):
        steps.void(desk, run.id, "Anna", "too late")


@pytest.mark.parametrize("version", ["02", "08", "13", "14"])
def test_every_version_of_the_message_is_read(version: str) -> None:
    found = camt.read(statement(line("8.9", "x", text="a"), closing="91.10", version=version))

    assert [(one.amount_minor, one.end_to_end_id, one.remittance) for one in found] == [(-890, "x", "a")]


def test_a_batch_is_opened_to_its_payments_when_they_sum_to_it() -> None:
    details = "".join(
        f'<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="EUR">{amount}</Amt></TxDtls>'
        for name, amount in (("a", "6.00"), ("b", "4.00"))
    )
    whole = (
        line("10.00")
        .replace("<NtryDtls>", f"<NtryDtls>{details}<!--")
        .replace("</NtryDtls>", "--></NtryDtls>")
    )

    found = camt.read(statement(whole, closing="90.00"))

    assert [(one.end_to_end_id, one.amount_minor) for one in found] == [("a", -600), ("b", -400)]


def test_days_are_read_in_every_form_that_banks_write() -> None:
    content = in_account("EUR", statement(line("1.00"), closing="99.00"))
    content = content.replace(b"<BookgDt><Dt>2026-10-15</Dt>", b"<BookgDt><Dt>2026-10-15+02:00</Dt>")
    content = content.replace(b"<ValDt><Dt>2026-10-15</Dt>", b"<ValDt><DtTm>2026-10-16T06:00:00+02:00</DtTm>")

    (found,) = camt.read(content)

    assert (found.booking_date, found.value_date) == ("2026-10-15", "2026-10-16")


def test_all_faults_are_told_at_once_and_nothing_is_stored(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    bad = line("1.00", bank="b2").replace("2026-10-15", "yesterday")
    content = statement(line("1.00"), bad, line("x", bank="b3"), closing="98.00")

    with pytest.raises(InvalidRequest) as refusal:
        reconcile.import_statement(desk, "r", content, "Clara")

    assert [fault.path for fault in refusal.value.faults] == [
        "Stmt[0].Ntry[1].BookgDt.Dt",
        "Stmt[0].Ntry[1].ValDt.Dt",
        "Stmt[0].Ntry[2].Amt",
    ]
    assert [found.verdict for found in reconcile.review(desk, "r")[0]] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no XML"),
        (b"<a/>", "no camt.053"),
        (
            b'\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
            "file: line 2: it declares a document type or entities",
        ),
        (statement(closing="100.00").replace(b"camt.053", b"camt.055"), "line 1: this is no camt.053"),
        (statement(closing="100.00", version="01"), "line 1: this is no camt.053"),
        (statement(closing="100.00", version="8"), "camt.053.001.02 to .14"),
        (statement(closing="100.00").replace(b"iso:20022", b"iso:20023"), "no camt.053"),
        (
            statement(line("1.00"), closing="99.00").replace(b"<Dt>2026-10-15", b"<Dt>15.10.2026", 1),
            "Stmt[0].Ntry[0].BookgDt.Dt: line 6: '15.10.2026' is no day",
        ),
        (
            statement(line("1.00"), closing="99.00").replace(b"<Dt>2026-10-15", b"<Dt>2026-02-30", 1),
            "'2026-02-30'",
        ),
        (
            statement(line("1.00"), closing="99.00").replace(
                b"<ValDt><Dt>2026-10-15</Dt>", b"<ValDt><DtTm>2026-10-15T99:00:00</DtTm>"
            ),
            "Stmt[0].Ntry[0].ValDt.DtTm: line 6: '2026-10-15T99:00:00' is no day",
        ),
        (
            statement(line("1.00"), closing="100.00").replace(
                b'<Ntry><Amt Ccy="EUR"', b'<Ntry><Amt Ccy="XYZ"'
            ),
            "Stmt[0].Ntry[0].Amt: line 5: 'XYZ' is no currency",
        ),
        (
            statement(line("1.00"), closing="100.00").replace(
                b'<Ntry><Amt Ccy="EUR"', b'<Ntry><Amt Ccy="XXX"'
            ),
            "'XXX' is no currency",
        ),
        (
            in_account(
                "EUR",
                statement(line("1.00"), closing="100.00").replace(
                    b'<Ntry><Amt Ccy="EUR"', b'<Ntry><Amt Ccy="SEK"'
                ),
            ),
            "Stmt[0].Ntry[0].Amt: line 5: SEK on an account in EUR",
        ),
        (in_account("XYZ", statement(closing="100.00")), "Stmt[0].Acct.Ccy: line 2: 'XYZ' is no currency"),
        (statement(line("10.00"), closing="95.00"), "do not give the closing balance"),
        (statement(line("1.001"), closing="98.99"), "no amount"),
        (statement(line("-1.00"), closing="99.00"), "no amount"),
        (statement(line("1.00", way="?"), closing="99.00"), "CdtDbtInd"),
        (statement(closing="100.00", iban=""), "IBAN"),
    ],
)
def test_a_bad_statement_is_refused_whole_and_names_its_fault(content: bytes, said: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        camt.read(content)

    assert said in refusal.value.detail


def test_a_statement_of_somebody_elses_account_is_refused(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)

    with pytest.raises(InvalidRequest, match="not an account of the scheme"):
        reconcile.import_statement(
            desk, "r", statement(line("1.00"), closing="99.00", iban=IBANS["hsl"]), "Clara"
        )
    with pytest.raises(NotFound):
        reconcile.book_line(desk, "r", "", "suspense", by="Clara", reason="x")


def test_two_clerks_with_the_same_file_book_each_line_once(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    content = statement(
        line("10.00", payment_file.end_to_end_id(run, "hsl")),
        line("5.00", payment_file.end_to_end_id(run, "tlt"), bank="b2"),
        closing="85.00",
    )
    gate, new = threading.Barrier(3), list[int]()

    def clerk(name: str) -> None:
        gate.wait()
        new.append(reconcile.import_statement(desk, "r", content, name)[0])

    clerks = [threading.Thread(target=clerk, args=(f"clerk {at}",)) for at in range(3)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()

    assert sorted(new) == [0, 0, 2]
    assert balances(desk)["bank:EUR"] == -1500


def with_a_cent_on_suspense(desk: Office, folder: Path) -> tuple[Run, str, str]:
    """A reconciled run of which the bank took a cent too much, and a fee: (run, line with the cent, line of the fee)."""
    run = sent(desk, folder)
    taken = [
        line(amount, payment_file.end_to_end_id(run, name), way=way, bank=f"b{at}")
        for at, (amount, name, way) in enumerate(
            [("10.00", "hsl", "DBIT"), ("5.01", "tlt", "DBIT"), ("0.70", "viking", "CRDT")]
        )
    ]
    fee = line("2.50", bank="b9", text="account keeping")
    reconcile.import_statement(desk, "r", statement(*taken, fee, closing="83.19"), "Clara")
    (wrong, unknown), _ = reconcile.review(desk, "r")
    reconcile.book_line(desk, "r", wrong.line.id, "payment", by="Clara", reason="a cent too much")
    reconcile.book_line(desk, "r", unknown.line.id, "bank_fee", by="Clara", reason="fee of September")
    return run, wrong.line.id, unknown.line.id


def test_a_second_person_clears_the_cent_from_suspense_and_the_operator_finds_it_on_its_next_statement(
    desk: Office, tmp_path: Path
) -> None:
    _, cent, _ = with_a_cent_on_suspense(desk, tmp_path)
    later = replace(desk, clock=FixedClock(AFTER + timedelta(days=12)))
    assert [(one.line.id, one.amount_minor, one.days) for one in suspense.list_suspense(later, "r")] == [
        (cent, 1, 12)
    ]
    with pytest.raises(NotAllowed, match="another person clears"):
        suspense.clear_suspense(desk, "r", cent, "operator:tlt", by="Clara", reason="tlt has it")
    for nobody in ("operator:nobody", "suspense", "operator:"):
        with pytest.raises(InvalidRequest, match="as: may be bank_fee, scheme or operator"):
            suspense.clear_suspense(desk, "r", cent, nobody, by="David", reason="tlt has it")

    suspense.clear_suspense(desk, "r", cent[:12], "operator:tlt", by="David", reason="tlt has it")

    assert suspense.list_suspense(desk, "r") == []
    assert balances(desk)["suspense:EUR"] == 0
    with pytest.raises(Conflict, match="nothing on suspense"):
        suspense.clear_suspense(desk, "r", cent, "operator:tlt", by="David", reason="again")
    november = replace(desk, clock=FixedClock(datetime(2026, 11, 2, tzinfo=UTC)))
    run = service.close(november, "r", "2026-10", "Anna")
    (told,) = [one for one in lines.stream(november, run, "tlt") if one.kind == "suspense_cleared"]
    assert (told.net_minor, "reason tlt has it" in told.rule) == (-1, True)
    assert verify(november, "r", take_back).faults == []


@pytest.mark.parametrize(
    ("cleared_as", "account"),
    [("bank_fee", "bank_fee:EUR"), ("scheme", "corrections:EUR"), ("refunds", "refund_transfer:EUR")],
)
def test_what_was_cleared_by_mistake_goes_back_on_suspense_and_is_cleared_anew(
    desk: Office, tmp_path: Path, cleared_as: str, account: str
) -> None:
    _, cent, _ = with_a_cent_on_suspense(desk, tmp_path)
    before = balances(desk)
    suspense.clear_suspense(desk, "r", cent, "operator:hsl", by="David", reason="hsl has it")

    back = suspense.unbook_line(desk, "r", cent, by="Clara", reason="it was not hsl")

    assert (back.kind, balances(desk)["operator_payable:hsl:EUR"]) == (
        "uncleared",
        before["operator_payable:hsl:EUR"],
    )
    assert [one.amount_minor for one in suspense.list_suspense(desk, "r")] == [1]
    suspense.clear_suspense(desk, "r", cent, cleared_as, by="David", reason="small")
    assert balances(desk)[account] == before.get(account, 0) + 1
    assert [step.kind for step in suspense.get_booked(desk, cent)[1]] == [
        "payment",
        "cleared",
        "uncleared",
        "cleared",
    ]


def test_a_wrongly_booked_line_is_booked_back_and_waits_again(desk: Office, tmp_path: Path) -> None:
    _, _, fee = with_a_cent_on_suspense(desk, tmp_path)
    before = balances(desk)

    suspense.unbook_line(desk, "r", fee[:12], by="Clara", reason="it was the rent")

    (waits,), _ = reconcile.review(desk, "r")
    assert waits.line.id == fee
    assert balances(desk)["bank:EUR"] == before["bank:EUR"] + 250
    with pytest.raises(Conflict, match="is not booked"):
        suspense.unbook_line(desk, "r", fee, by="Clara", reason="twice")
    reconcile.book_line(desk, "r", fee, "suspense", by="Clara", reason="nobody knows")
    assert balances(desk)["suspense:EUR"] == before["suspense:EUR"] + 250
    assert balances(desk)["bank:EUR"] == before["bank:EUR"]
    with desk.database.read() as tx:
        booked = entries.list_entries_of(tx, "bank_line", fee)
        taken = entries.list_entries_of(tx, "bank_line", f"{fee}/2")
    assert [(entry.kind, entry.reverses_id) for entry in taken] == [("bank_unbooked", booked[0].id)]
    assert verify(desk, "r", take_back).faults == []


def test_what_settled_a_run_is_taken_back_before_it_is_reconciled_and_never_afterwards(
    desk: Office, tmp_path: Path
) -> None:
    run = sent(desk, tmp_path)
    first = statement(line("10.00", payment_file.end_to_end_id(run, "hsl")), closing="90.00")
    _, (found,) = reconcile.import_statement(desk, "r", first, "Clara")

    suspense.unbook_line(desk, "r", found.line.id, by="Clara", reason="wrong day")

    assert payment_file.end_to_end_id(run, "hsl") in {
        one.line.end_to_end_id for one in reconcile.review(desk, "r")[0]
    }
    rest = statement(
        line("5.00", payment_file.end_to_end_id(run, "tlt"), bank="b2"),
        line("0.70", payment_file.end_to_end_id(run, "viking"), way="CRDT", bank="b3"),
        closing="95.70",
    )
    reconcile.import_statement(desk, "r", rest, "Clara")  # what matches is booked, what was taken back too
    with desk.database.read() as tx:
        again = runs.find_run(tx, run.id)
    assert again
    assert again.state == "reconciled"
    with pytest.raises(Conflict, match="is reconciled with this line"):
        suspense.unbook_line(desk, "r", found.line.id, by="Clara", reason="too late")
    assert balances(desk)["bank:EUR"] == -1430


def test_a_gateways_payout_that_was_taken_back_is_expected_again(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    content = statement(line("12.00", way="CRDT", text="po_1 STRIPE"), closing="112.00")
    _, (found,) = reconcile.import_statement(desk, "r", content, "Clara")

    suspense.unbook_line(desk, "r", found.line.id, by="Clara", reason="wrong account")

    assert [one.verdict for one in reconcile.review(desk, "r")[0]] == ["matched"]


def test_the_database_itself_refuses_that_one_person_books_and_clears(desk: Office, tmp_path: Path) -> None:
    _, cent, _ = with_a_cent_on_suspense(desk, tmp_path)

    with pytest.raises(DatabaseError, match="who booked a line does not clear"), desk.database.write() as tx:
        bank.insert_match(
            tx,
            BankMatch(
                line_id=cent,
                kind="cleared",
                run_id=None,
                party="tlt",
                amount_minor=1,
                reason="mine",
                actor="Clara",
                at=AFTER,
                seq=2,
            ),
        )


def test_a_beginning_that_several_lines_share_names_how_many(desk: Office, tmp_path: Path) -> None:
    sent(desk, tmp_path)
    many = [line("1.00", bank=f"x{at}") for at in range(17)]  # of 17 ids two begin with the same of 16 digits
    reconcile.import_statement(desk, "r", statement(*many, closing="83.00"), "Clara")
    waiting = [one.line.id for one in reconcile.review(desk, "r")[0]]
    start = next(one[0] for one in waiting if sum(other[0] == one[0] for other in waiting) > 1)

    with pytest.raises(NotFound, match=rf"\d lines have an id like {start}: give more of its end"):
        reconcile.book_line(desk, "r", start, "suspense", by="Clara", reason="which?")
    assert (
        reconcile.book_line(desk, "r", waiting[0][-8:], "suspense", by="Clara", reason="rent").line_id
        == waiting[0]
    )
