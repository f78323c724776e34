"""Fees, batches, returns, refusals, references and folders of the bank: each as a bank writes it."""

import xml.etree.ElementTree as ET
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.ticketing.settlement.bank_details import IBANS
from tests.ticketing.settlement.bank_lines import line, refusal, sent, statement
from tests.ticketing.settlement.month import AT, book, office, sell
from ticketing.books import postings
from ticketing.db import Database
from ticketing.db.books import month_books
from ticketing.db.settlement import runs
from ticketing.db.settlement.bank import BankLine
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest
from ticketing.settlement import bank, service
from ticketing.settlement.bank import camt, matching
from ticketing.settlement.office import Office
from ticketing.settlement.payout import bank_accounts, payment_file, references, steps
from ticketing.settlement.payout.again import again_files, list_again, pay_again
from ticketing.settlement.proof.verify import verify
from ticketing.settlement.statement import export

REGION = "r"


@pytest.fixture
def desk(database: Database) -> Office:
    sell(database, "t1", {"hsl": 1000, "tlt": 500})
    with database.write() as tx:
        book(tx, postings.compensation("c1", region="r", amount=70, currency="EUR", at=AT, liable="viking"))
    return office(database)


def taken(desk: Office, *entries: str, closing: str, **more: str) -> bank.Taken:
    return bank.take_statement(desk, REGION, statement(*entries, closing=closing, **more), "Clara")


def verdicts(result: bank.Taken) -> list[tuple[int, str]]:
    return [(finding.line.amount_minor, finding.verdict) for finding in result.findings]


def state(desk: Office, run: Run) -> str:
    with desk.database.read() as tx:
        return (runs.find_run(tx, run.id) or run).state


def balance(desk: Office, purpose: str) -> int:
    with desk.database.read() as tx:
        lines = month_books.balances(tx, REGION, "2026-10")
    return sum(one.amount_minor for one in lines if one.account_id.startswith(f"{purpose}:"))


def received(run: Run) -> str:
    return line("0.70", payment_file.end_to_end_id(run, "viking"), way="CRDT", bank="v1")


def returned(reference: str, amount: str = "10.00", code: str = "AC04", bank_reference: str = "r1") -> str:
    entry = line(amount, reference, way="CRDT", bank=bank_reference)
    reason = f"<RtrInf><Rsn><Cd>{code}</Cd></Rsn></RtrInf></TxDtls>"
    return entry.replace("<Sts>", "<RvslInd>true</RvslInd><Sts>").replace("</TxDtls>", reason)


def batched(run: Run, amount: str, count: str = "2") -> str:
    entry = line(amount, bank="batch")
    head, _, rest = entry.partition("<TxDtls>")
    names = f"<Btch><PmtInfId>{steps.message_id_of(run)}</PmtInfId><NbOfTxs>{count}</NbOfTxs></Btch>"
    return head + names + rest.partition("</TxDtls>")[2]


def new_account(desk: Office, party: str, iban: str) -> None:
    account = bank_accounts.enter(desk, party, iban, name=party, by="Erik")
    bank_accounts.approve(desk, account.id, "David")


def test_a_fee_within_an_entry_is_a_line_of_its_own_and_both_are_booked(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    fee = '<Amt Ccy="EUR">10.00</Amt><Chrgs><Rcrd><Amt Ccy="EUR">0.50</Amt><CdtDbtInd>DBIT</CdtDbtInd></Rcrd></Chrgs>'
    entry = line("10.50", payment_file.end_to_end_id(run, "hsl")).replace("</Refs>", f"</Refs>{fee}")

    result = taken(desk, entry, closing="89.50")

    assert verdicts(result) == [(-1000, "matched"), (-50, "fee")]
    assert (balance(desk, "bank_fee"), balance(desk, "bank")) == (50, -1050)
    assert verify(desk, REGION, lambda *_: None).faults == []


def test_a_batch_with_the_file_the_number_and_the_sum_settles_all_payments(
    desk: Office, tmp_path: Path
) -> None:
    run = sent(desk, tmp_path)

    wrong = taken(desk, batched(run, "15.00", count="3"), closing="85.00")
    right = taken(desk, batched(run, "15.00").replace(">batch<", ">batch2<"), received(run), closing="85.70")

    assert "3 of -15.00 EUR booked" in wrong.findings[0].because
    assert [finding.verdict for finding in right.findings] == ["paid_before", "matched", "matched"]
    assert (state(desk, run), balance(desk, "netting_clearing")) == ("reconciled", 0)
    assert verify(desk, REGION, lambda *_: None).faults == []


def test_a_returned_payment_is_owed_again_the_run_is_open_and_paying_again_is_one_step(
    desk: Office, tmp_path: Path
) -> None:
    run = sent(desk, tmp_path)
    hsl = payment_file.end_to_end_id(run, "hsl")
    paid = [
        line("10.00", hsl),
        line("5.00", payment_file.end_to_end_id(run, "tlt"), bank="b2"),
        received(run),
    ]
    taken(desk, *paid, closing="85.70")
    before = state(desk, run)

    result = taken(desk, returned(hsl), closing="110.00")

    assert (before, state(desk, run), balance(desk, "netting_clearing")) == ("reconciled", "sent", -1000)
    assert result.findings[0].because == f"reference {hsl}, returned: AC04"
    assert [(one.party, one.because) for one in list_again(desk, run.id)] == [
        ("hsl", f"reference {hsl}, returned: AC04")
    ]
    with pytest.raises(Conflict, match="enter another bank account first"):
        pay_again(desk, run.id, "Bertil", "the account was closed")
    new_account(desk, "hsl", "FI5542345670000081")
    number, files = pay_again(desk, run.id, "Bertil", "the account was closed")
    content = files[f"payments-again-{number}-sepa.xml"].decode()
    reference = payment_file.end_to_end_id(run, "hsl", "EUR", 1)
    assert reference in content
    assert hsl not in content
    assert again_files(desk, run.id, number) == files
    with pytest.raises(Conflict, match="returned or refused no payment"):
        pay_again(desk, run.id, "Bertil", "twice")
    taken(desk, line("10.00", reference, bank="b9"), closing="90.00")
    assert (state(desk, run), balance(desk, "netting_clearing")) == ("reconciled", 0)
    assert verify(desk, REGION, lambda *_: None).faults == []


def test_a_payment_and_its_return_in_one_statement_leave_the_payee_owed(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    hsl = payment_file.end_to_end_id(run, "hsl")

    result = taken(desk, returned(hsl), line("10.00", hsl), closing="100.00")

    assert sorted(verdicts(result)) == [(-1000, "matched"), (1000, "matched")]
    assert [one.party for one in list_again(desk, run.id)] == ["hsl"]


def test_a_return_of_what_was_never_paid_is_a_line_for_a_person(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)

    result = taken(desk, returned(payment_file.end_to_end_id(run, "hsl")), closing="110.00")

    assert verdicts(result) == [(1000, "paid_before")]
    assert list_again(desk, run.id) == []


@pytest.mark.parametrize("named", [True, False])
def test_a_refused_payment_is_open_again_and_the_same_answer_twice_changes_nothing(
    desk: Office, tmp_path: Path, named: bool
) -> None:
    run = sent(desk, tmp_path)
    content = refusal(run, payment_file.end_to_end_id(run, "hsl") if named else "", "MS03")

    first, second = (bank.take_answer(desk, REGION, content, "Clara") for _ in range(2))

    assert [one.is_new for one in first] == [True] * (1 if named else 2)
    assert not any(one.is_new for one in second)
    assert [one.party for one in list_again(desk, run.id)] == (["hsl"] if named else ["hsl", "tlt"])
    _, absent = bank.review(desk, REGION)
    assert "MS03 closed" in {wanted.note for wanted in absent}
    number, files = pay_again(desk, run.id, "Bertil", "the bank gave no reason")
    assert (number, len(files)) == (1, 1)
    assert list_again(desk, run.id) == []


def test_an_answer_to_a_file_that_is_not_ours_is_named(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    content = refusal(run).replace(steps.message_id_of(run).encode(), b"SOMEBODY-ELSE")

    (answer,) = bank.take_answer(desk, REGION, content, "Clara")

    assert (answer.is_new, answer.reference) == (False, "SOMEBODY-ELSE")
    assert list_again(desk, run.id) == []


def structured(reference: str) -> str:
    strd = f"<Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd>"
    return line("0.70", "NOTPROVIDED", way="CRDT").replace("<Ustrd></Ustrd>", strd)


def test_every_form_of_a_reference_is_read(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    end_to_end = payment_file.end_to_end_id(run, "viking")
    rf = payment_file.payer_reference(run, "viking", "EUR")
    finnish = payment_file.national_reference(run, "viking", "EUR")
    half = len(rf) // 2
    forms = [
        structured(rf),
        structured(references.grouped(rf).lower()),
        structured(f"000{finnish}"),
        line("0.70", "NOTPROVIDED", way="CRDT", text=f"SVWZ+settlement EREF+{end_to_end.upper()}"),
        line("0.70", "", way="CRDT", text=references.grouped(finnish)),
        line("0.70", "", way="CRDT", text=f"viite {rf[:half]}</Ustrd><Ustrd>{rf[half:]}"),
        line("0.70", rf, way="CRDT"),
    ]
    for form in forms:
        content = statement(form, closing="100.70")
        lines = [BankLine(region=REGION, imported_at=AT, **asdict(one)) for one in camt.read(content)]
        with desk.database.read() as tx:
            named = matching.referred(lines, bank.list_expected(tx, desk, [REGION]))
        assert [one.reference for one in named] == [end_to_end], form


def test_our_references_are_valid_in_both_forms(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    rf, finnish = (
        make(run, "viking", "EUR") for make in (payment_file.payer_reference, payment_file.national_reference)
    )

    assert references.is_rf(rf)
    assert references.is_national(finnish)
    assert rf[4:] == finnish
    assert [references.rf(plain) for plain in ("539007547034", "1234561", "2026110042")] == [
        "RF18539007547034",
        "RF341234561",
        "RF452026110042",
    ]
    assert [references.national(number) for number in (1234, 123456, 2026000042, 10000)] == [
        "12344",
        "1234561",
        "20260000422",
        "100007",
    ]
    assert not any(
        references.is_rf(text) for text in ("RF00539007547034", "RF19539007547034", "RF18", "18539007547034")
    )


def test_other_accounts_of_a_file_are_left_out_by_name_and_a_bban_is_known(
    desk: Office, tmp_path: Path
) -> None:
    run = sent(desk, tmp_path)
    own = statement(line("10.00", payment_file.end_to_end_id(run, "hsl")), closing="90.00").decode()
    start, end = own.index("<Stmt>"), own.index("</Stmt>") + len("</Stmt>")
    other = own[start:end].replace(IBANS["scheme"], "DE89370400440532013000").replace(">EUR<", ">?<")
    bban = f"<Othr><Id>{IBANS['scheme'][4:]}</Id><SchmeNm><Cd>BBAN</Cd></SchmeNm></Othr>"
    content = (own[:start] + other + own[start:]).replace(f"<IBAN>{IBANS['scheme']}</IBAN>", bban)

    result = bank.take_statement(desk, REGION, content.encode(), "Clara")

    assert verdicts(result) == [(-1000, "matched")]
    assert result.notes == [
        "statement S1 of DE89370400440532013000: left out, it is not an account of the scheme"
    ]
    again = bank.take_statement(desk, REGION, own.encode(), "Clara")
    assert again.new == 0


def test_a_notification_tells_early_and_books_nothing(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    content = statement(line("10.00", payment_file.end_to_end_id(run, "hsl")), closing="90.00")
    for old, new in (
        (b"camt.053", b"camt.054"),
        (b"BkToCstmrStmt", b"BkToCstmrDbtCdtNtfctn"),
        (b"Stmt>", b"Ntfctn>"),
    ):
        content = content.replace(old, new)

    result = bank.take_statement(desk, REGION, content, "Clara")

    assert (result.new, verdicts(result), balance(desk, "bank")) == (0, [(-1000, "matched")], 0)
    assert "tells early and books nothing" in result.notes[0]


def test_payments_in_kronor_are_a_domestic_file(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    for party, number in (
        ("hsl", "bankgiro: 5050-1055"),
        ("tlt", "bban: DK 0040 0440116243"),
        ("scheme:SEK", "SE4550000000058398257466"),
        ("scheme:DKK", "DK5000400440116243"),
    ):
        account = bank_accounts.enter(desk, party, number, name="Åkeri Ängel", by="Erik")
        bank_accounts.approve(desk, account.id, "David")
    accounts = {
        one.party: one for one, standing in bank_accounts.list_accounts(desk) if standing == "in force"
    }
    due = [payment_file.Due("hsl", 1000, "SEK"), payment_file.Due("tlt", 500, "DKK")]

    files = payment_file.payment_files(
        run, accounts, due, message_id="M1", at=run.created_at, day=payment_file.due_date(run)
    )

    assert sorted(files) == ["payments-dkk.xml", "payments-sek.xml"]
    texts = {name: [node.text for node in ET.fromstring(content).iter()] for name, content in files.items()}
    assert {"50501055", "BGNR", "SESBA", "9900", "SUPP", "Akeri Angel"} <= set(texts["payments-sek.xml"])
    assert {"00400440116243", "BBAN"} <= set(texts["payments-dkk.xml"])


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("bankgiro:5050-1056", "check digit"),
        ("plusgiro:1", "check digit"),
        ("bban:DK123", "14 digits"),
        ("bban:NO1234", "must be an IBAN"),
        ("iban:FI21", "must be an IBAN"),
    ],
)
def test_an_account_number_that_is_none_is_refused(desk: Office, number: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        bank_accounts.enter(desk, "hsl", number, name="HSL", by="Clara")


def test_a_batch_that_is_taken_back_is_open_again(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    result = taken(desk, batched(run, "15.00"), closing="85.00")
    line_id = result.findings[0].line.id

    bank.unbook_line(desk, REGION, line_id, by="Clara", reason="another file")
    after = balance(desk, "netting_clearing")
    again = taken(desk, batched(run, "15.00"), received(run), closing="85.70")

    assert (after, again.new, state(desk, run)) == (-1500, 1, "reconciled")
    assert verify(desk, REGION, lambda *_: None).faults == []


def test_a_payment_that_came_back_is_not_taken_back_before_its_return(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    hsl = payment_file.end_to_end_id(run, "hsl")
    result = taken(desk, line("10.00", hsl), returned(hsl), closing="100.00")
    payment, back = sorted(result.findings, key=lambda finding: finding.line.amount_minor)

    with pytest.raises(Conflict, match="take that one back first"):
        bank.unbook_line(desk, REGION, payment.line.id, by="Clara", reason="a mistake")
    bank.unbook_line(desk, REGION, back.line.id, by="Clara", reason="a mistake")
    bank.unbook_line(desk, REGION, payment.line.id, by="Clara", reason="a mistake")
    assert list_again(desk, run.id) == []


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_half_a_file_is_refused_and_changes_nothing(desk: Office, tmp_path: Path, cut: float) -> None:
    run = sent(desk, tmp_path)
    whole = statement(line("10.00", payment_file.end_to_end_id(run, "hsl")), closing="90.00")

    with pytest.raises(InvalidRequest):
        bank.take_file(desk, REGION, whole[: int(len(whole) * cut)], "Clara")

    assert bank.take_file(desk, REGION, whole, "Clara")[0] == 1


def test_the_same_reference_of_another_bank_is_another_line(desk: Office, tmp_path: Path) -> None:
    run = sent(desk, tmp_path)
    account = bank_accounts.enter(desk, "scheme:SEK", "SE4550000000058398257466", name="S", by="Erik")
    bank_accounts.approve(desk, account.id, "David")
    entry = line("10.00", payment_file.end_to_end_id(run, "hsl"))

    first = taken(desk, entry, closing="90.00")
    second = taken(desk, entry, closing="90.00", iban="SE4550000000058398257466")

    assert verdicts(first) == [(-1000, "matched")]
    assert verdicts(second) == [(-1000, "paid_before")]
    assert second.new == 1


def test_a_process_that_dies_while_it_hands_over_hands_nothing_over_twice(
    desk: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = replace(desk, files=tmp_path / "files")
    run = sent(desk, desk.files)
    bank.take_answer(desk, REGION, refusal(run, payment_file.end_to_end_id(run, "hsl"), "MS03"), "Clara")
    pay_again(desk, run.id, "Bertil", "once more")
    folder = tmp_path / "bank"

    with monkeypatch.context() as dying:
        dying.setattr(Path, "rename", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bank.exchange(desk, REGION, folder, "night")
    (stuck,) = bank.exchange(desk, REGION, folder, "night")

    assert stuck.what == "stuck"
    assert [path.name for path in (folder / "out").iterdir() if path.suffix == ".xml"] == []


def test_the_folder_takes_and_hands_over_each_file_once(desk: Office, tmp_path: Path) -> None:
    desk = replace(desk, files=tmp_path / "files")
    run = sent(desk, desk.files)
    folder = tmp_path / "bank"
    (folder / "in").mkdir(parents=True)
    hsl = payment_file.end_to_end_id(run, "hsl")
    (folder / "in" / "1.xml").write_bytes(statement(line("10.00", hsl), closing="90.00"))
    (folder / "in" / "2.xml").write_bytes(b"<Document/>")
    (folder / "in" / "3.xml.part").write_bytes(b"half")
    (folder / "in" / "4.XML").write_bytes(refusal(run, payment_file.end_to_end_id(run, "tlt"), "MS03"))

    moved = bank.exchange(desk, REGION, folder, "night", settled_seconds=0)
    pay_again(desk, run.id, "Bertil", "once more")
    later = [bank.exchange(desk, REGION, folder, "night", settled_seconds=0) for _ in range(2)]

    assert [(one.name, one.what) for one in moved] == [
        ("1.xml", "taken"),
        ("2.xml", "refused"),
        ("4.XML", "taken"),
    ]
    assert "no camt.053" in (folder / "refused" / "2.xml.txt").read_text()
    assert sorted(path.name for path in (folder / "in").iterdir()) == ["3.xml.part"]
    assert [[one.what for one in step] for step in later] == [["handed"], []]
    assert len(list((folder / "out").iterdir())) == 1


def test_a_run_in_kronor_pays_by_its_own_file_settles_by_its_batch_and_is_sent_by_its_id(
    database: Database, tmp_path: Path
) -> None:
    sell(database, "t1", {"hsl": 1000, "tlt": 500}, currency="SEK")
    desk = office(database)
    run = service.close(desk, REGION, "2026-09", "Anna")
    for party, number in (
        ("scheme", IBANS["scheme"]),
        ("scheme:SEK", "SE4550000000058398257466"),
        ("hsl", "bankgiro:5050-1055"),
    ):
        account = bank_accounts.enter(desk, party, number, name=party, by="Clara")
        bank_accounts.approve(desk, account.id, "David")
    steps.approve(desk, run.id, "Bertil", run.digest)
    run = export.export(desk, run.id, "Bertil", tmp_path)

    content = (tmp_path / REGION / "2026-09-v1" / "payments-sek.xml").read_text()
    other = (tmp_path / REGION / "2026-09-v1" / "payments-other.csv").read_text()
    message_id = ET.fromstring(content).findtext(".//{*}MsgId") or ""
    run = steps.mark_sent(desk, run.id, "Bertil", message_id)
    entry = batched(run, "10.00", count="1").replace(steps.message_id_of(run), message_id)
    told = statement(entry, closing="90.00", iban="SE4550000000058398257466").replace(b'"EUR"', b'"SEK"')
    result = bank.take_statement(desk, REGION, told, "Clara")

    assert "50501055" in content
    assert "tlt" not in content
    assert "tlt,5.00,SEK" in other
    assert "hsl" not in other
    assert verdicts(result) == [(-1000, "matched")]
