"""No money of a bank statement is lost: every payment is a line of its own, and the balances prove that all are there."""

from pathlib import Path

import pytest

from tests.ticketing.settlement.bank_lines import in_account, line, sent, statement
from tests.ticketing.settlement.month import office, sell
from ticketing.db import Database
from ticketing.errors import InvalidRequest
from ticketing.settlement.bank import camt, reconcile
from ticketing.settlement.payout import payment_file


def detail(amount: str | None, reference: str = "NOTPROVIDED", *, way: str = "", name: str = "") -> str:
    money = f'<Amt Ccy="EUR">{amount}</Amt>' if amount else ""
    sign = f"<CdtDbtInd>{way}</CdtDbtInd>" if way else ""
    who = f"<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>" if name else ""
    return f"<TxDtls><Refs><EndToEndId>{reference}</EndToEndId></Refs>{money}{sign}{who}</TxDtls>"


def batch(amount: str, *details: str, way: str = "CRDT", bank: str = "b1", count: str = "") -> str:
    whole = line(amount, way=way, bank=bank)
    told = f"<Btch><NbOfTxs>{count}</NbOfTxs></Btch>" if count else ""
    return whole[: whole.index("<TxDtls>")] + told + "".join(details) + "</NtryDtls></Ntry>"


def refusal_of(content: bytes) -> str:
    with pytest.raises(InvalidRequest) as refusal:
        camt.read(content)
    return refusal.value.detail


@pytest.mark.parametrize(
    "entries",
    [
        batch("10.00", detail("5.00", name="Anna"), detail("5.00", name="Bertil")),
        line("5.00", "NOTPROVIDED", way="CRDT") * 2,
        line("5.00", "NOTPROVIDED", way="CRDT", bank="") * 2,
        line("5.00", "NOTPROVIDED", way="CRDT", bank="NONREF") * 2,
    ],
    ids=["a batch", "two entries", "no reference", "none in words"],
)
def test_two_payments_that_nothing_tells_apart_are_both_stored_and_stored_once(
    database: Database, tmp_path: Path, entries: str
) -> None:
    sell(database, "t1", {"hsl": 1000})
    desk = office(database)
    sent(desk, tmp_path)
    content = statement(entries, closing="110.00")

    first, again = (reconcile.import_statement(desk, "r", content, "Clara")[0] for _ in range(2))

    assert (first, again) == (2, 0)
    waiting, _ = reconcile.review(desk, "r")
    assert sum(found.line.amount_minor for found in waiting) == 1000


def test_a_later_statement_that_tells_referred_entries_again_brings_only_what_is_new(
    database: Database, tmp_path: Path
) -> None:
    sell(database, "t1", {"hsl": 1000})
    desk = office(database)
    sent(desk, tmp_path)
    twice = line("5.00", "NOTPROVIDED", way="CRDT") * 2
    later = statement(twice, line("1.00", way="CRDT", bank="b2"), closing="111.00")

    reconcile.import_statement(desk, "r", statement(twice, closing="110.00"), "Clara")
    new, _ = reconcile.import_statement(desk, "r", later.replace(b"<Id>S1<", b"<Id>S2<"), "Clara")

    assert new == 1


def test_statements_of_one_file_with_one_name_are_told_apart_where_the_bank_gives_no_reference() -> None:
    content = statement(line("5.00", way="CRDT", bank=""), closing="105.00")
    start, end = content.index(b"<Stmt>"), content.index(b"</BkToCstmrStmt>")

    found = camt.read(content[:end] + content[start:end] + content[end:])

    assert len({one.id for one in found}) == 2


def test_each_payment_of_a_batch_keeps_its_own_sign() -> None:
    mixed = batch("6.00", detail("7.00", "A", way="CRDT"), detail("1.00", "B", way="DBIT"))

    found = camt.read(statement(mixed, closing="106.00"))

    assert [(one.end_to_end_id, one.amount_minor) for one in found] == [("A", 700), ("B", -100)]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (batch("10.00", detail("5.00", "A", way="?"), detail("5.00")), "Ntry[0].TxDtls[0].CdtDbtInd"),
        (batch("10.00", detail("x", "A"), detail("5.00")), "Stmt[0].Ntry[0].TxDtls[0].Amt"),
    ],
)
def test_an_amount_that_is_none_is_a_fault_that_names_its_payment(entry: str, said: str) -> None:
    assert said in refusal_of(statement(entry, closing="110.00"))


def test_the_part_of_an_entry_that_is_in_none_of_its_payments_is_a_line_for_a_person() -> None:
    entry = batch("10.00", detail("7.00", "A"), detail("1.00", "B"))

    lines = camt.read(statement(entry, closing="110.00"))

    assert [(one.end_to_end_id, one.amount_minor, one.part) for one in lines] == [
        ("A", 700, ""),
        ("B", 100, ""),
        ("", 200, "difference"),
    ]
    assert lines[2].remittance == "2.00 EUR of the entry is in none of its payments"


@pytest.mark.parametrize("told", ["two", "one of two", "only how many"])
def test_a_batch_that_tells_no_amounts_never_settles_the_payment_that_it_names_first(
    database: Database, tmp_path: Path, told: str
) -> None:
    sell(database, "t1", {"hsl": 1000})
    desk = office(database)
    run = sent(desk, tmp_path)
    first, second = detail(None, payment_file.end_to_end_id(run, "hsl")), detail(None, "B")
    entry = {
        "two": batch("10.00", first, second, way="DBIT"),
        "one of two": batch("10.00", first, way="DBIT", count="2"),
        "only how many": batch("10.00", way="DBIT", count="2"),
    }[told]

    _, (found,) = reconcile.import_statement(desk, "r", statement(entry, closing="90.00"), "Clara")

    assert found.verdict != "matched"
    assert found.line.remittance == "2 payments in one entry, and the bank does not give their amounts"


def without(content: bytes, code: str) -> bytes:
    start = content.index(b"<Bal><Tp><CdOrPrtry><Cd>" + code.encode())
    return content[:start] + content[content.index(b"</Bal>", start) + len("</Bal>") :]


def test_a_statement_without_both_balances_in_the_accounts_currency_is_refused() -> None:
    whole = statement(line("1.00"), closing="99.00")
    no_opening = refusal_of(without(whole, "OPBD"))
    no_closing = refusal_of(without(whole, "CLBD"))

    assert "Stmt[0].Bal: line 2: there is no opening balance (OPBD or PRCD) in the statement" in no_opening
    assert "there is no closing balance (CLBD) in the statement" in no_closing
    assert len(camt.read(without(without(whole, "OPBD"), "CLBD"))) == 1  # a bank that sends none
    assert "opening" in refusal_of(whole.replace(b"OPBD", b"OPAV"))
    for content in (whole, in_account("EUR", whole)):
        other = content.replace(b'<Amt Ccy="EUR">99.00', b'<Amt Ccy="SEK">99.00')
        assert "Stmt[0].Bal[1].Amt: line 4: SEK on an account in EUR" in refusal_of(other)


def test_two_closing_balances_of_one_day_that_differ_are_refused() -> None:
    whole = statement(line("1.00"), closing="99.00")
    start = whole.index(b"<Bal><Tp><CdOrPrtry><Cd>CLBD")
    closing = whole[start : whole.index(b"</Bal>", start) + len("</Bal>")]

    assert camt.read(whole.replace(closing, closing * 2))
    assert "two closing balances of one day" in refusal_of(
        whole.replace(closing, closing.replace(b"99.00", b"98.00") + closing)
    )


def test_a_number_of_payments_that_is_none_is_not_counted() -> None:
    (found,) = camt.read(statement(batch("1.00", detail("1.00", "A"), count="9" * 5000), closing="101.00"))

    assert found.end_to_end_id == "A"


def test_the_closing_balance_of_the_statement_before_is_an_opening_balance() -> None:
    assert camt.read(statement(line("1.00"), closing="99.00").replace(b"OPBD", b"PRCD"))


def test_a_statement_of_several_days_goes_from_the_first_opening_to_the_last_closing() -> None:
    content = statement(line("1.00"), closing="99.00")
    first = content.replace(b"</CdtDbtInd></Bal>", b"</CdtDbtInd><Dt><Dt>2026-10-14</Dt></Dt></Bal>", 1)
    both = first.replace(
        b"</CdtDbtInd></Bal>",
        b"</CdtDbtInd><Dt><Dt>2026-10-15</Dt></Dt></Bal>"
        b'<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt>'
        b"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-10-14</Dt></Dt></Bal>",
        1,
    )

    assert [one.amount_minor for one in camt.read(both)] == [-100]
