"""The books prove themselves: whoever changes a row behind the triggers is found, whatever the row is."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.api import Api
from tests.ticketing.settlement.bank_details import enter_accounts
from tests.ticketing.settlement.bank_lines import line, statement
from tests.ticketing.settlement.month import AFTER, dataset_of, office, sell
from throughfare_gate.ids import new_id
from ticketing.db import Database, Transaction
from ticketing.db.books import chain
from ticketing.db.books.chain import Block
from ticketing.db.settlement import runs
from ticketing.db.tables.gates import ticket_use
from ticketing.errors import Misconfigured
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement import service
from ticketing.settlement.bank import reconcile
from ticketing.settlement.claims.trace import trace
from ticketing.settlement.month import anchor, calculate
from ticketing.settlement.office import Office
from ticketing.settlement.payout import steps
from ticketing.settlement.proof import run_steps
from ticketing.settlement.proof.verify import Verdict, verify
from ticketing.settlement.statement import export
from ticketing.tickets.keys import KeyStore


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Office:
    keys = KeyStore(tmp_path / "keys", "passphrase")
    keys.create_missing(AFTER)
    sell(database, "t1", {"hsl": 1000, "tlt": 500}, vat=90, fee=15)
    sell(database, "t2", {"hsl": 300})
    return replace(office(database), keys=keys)


def check(desk: Office) -> Verdict:
    return verify(desk, "r", take_back)


def test_books_that_nobody_touched_have_no_fault(desk: Office) -> None:
    service.close(desk, "r", "2026-09", "Anna")

    found = check(desk)

    assert (found.faults, found.notes) == ([], [])
    assert found.checked == {
        "months": 1,
        "entries": 4,
        "postings": 11,
        "blocks": 1,
        "runs": 1,
        "tickets": 2,
        "allocations": 5,
    }


_ENTRY = "(SELECT id FROM entry WHERE kind = 'allocation' ORDER BY id LIMIT 1)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            f"UPDATE posting SET amount_minor = amount_minor + 1 WHERE entry_id = {_ENTRY} AND line = 1",
            "hashed",
        ),
        (f"UPDATE entry SET note = '{{\"x\": 1}}' WHERE id = {_ENTRY}", "hashed"),
        (f"DELETE FROM posting WHERE entry_id = {_ENTRY} AND line = 2", "does not balance"),
        ("UPDATE entry SET hash = 'forged' WHERE kind = 'capture'", "does not hold its entries"),
        (
            "UPDATE alloc_share SET net_minor = net_minor + 1, gross_minor = gross_minor + 1 WHERE operator = 'tlt'",
            "its shares are not those of its quote",
        ),
        (
            "UPDATE alloc_share SET rule = 'mine' WHERE operator = 'tlt'",
            "its shares are not those of its quote",
        ),
        (
            "UPDATE alloc_tax SET vat_minor = vat_minor - 1 WHERE vat_minor > 0",
            "its VAT is not that of its quote",
        ),
        ("DELETE FROM alloc_tax WHERE vat_minor > 0", "do not have one total"),
        ('UPDATE settlement_run SET document = \'{"books":"","terms":{}}\'', "is not what its digest says"),
        (
            "UPDATE quote SET document = replace(document, '\"fee_minor\"', '\"fee\"')",
            "its quote cannot be read: shares[0].fee: is unknown",
        ),
        ("DELETE FROM chain_block", "without a final block"),
        ("UPDATE chain_block SET hash = previous", "does not hold its entries"),
        ("UPDATE chain_block SET signed = signed || 'x'", "not genuine"),
        ("UPDATE chain_block SET entries = entries - 1", "over something else"),
    ],
)
def test_a_row_that_was_changed_behind_the_triggers_is_found(desk: Office, change: str, said: str) -> None:
    service.close(desk, "r", "2026-09", "Anna")
    _forge(desk.database, change)

    faults = check(desk).faults

    assert any(said in fault for fault in faults), faults


_FORGED = (
    ("UPDATE run_step SET actor = 'Anna' WHERE state = 'approved'", "Anna has prepared and approved it"),
    ("UPDATE run_step SET actor = 'Clara' WHERE state = 'approved'", "entered the account of hsl"),
    ("UPDATE run_step SET actor = 'Erik' WHERE state = 'approved'", "approved_by is not what the books keep"),
    ("UPDATE settlement_run SET prepared_by = 'Erik'", "prepared_by is not what the books keep"),
    ("UPDATE settlement_run SET state = 'sent'", "its steps say draft, calculated, approved, exported"),
    ("DELETE FROM run_step WHERE state = 'approved'", "it went from calculated to exported"),
    (
        "UPDATE bank_account SET iban = 'FI5810171000000122' WHERE party = 'hsl'",
        "is not the one that was approved",
    ),
    ("UPDATE bank_account SET entered_by = 'David' WHERE party = 'hsl'", "David has entered and approved"),
    ("UPDATE approval SET actor = 'CLARA'", "CLARA has entered and approved"),
    ("UPDATE run_file SET sha256 = 'forged' WHERE name = 'vat.csv'", "vat.csv is not what was exported"),
    ("UPDATE period SET state = 'open'", "2026-09 was closed and is open"),
    (
        "UPDATE account SET type = 'asset' WHERE purpose = 'unearned'",
        "unearned:EUR is not what the chart says",
    ),
    ("UPDATE account SET operator = 'tlt' WHERE operator = 'hsl'", "is not what the chart says"),
    (f"UPDATE entry_source SET entry_id = 'other' WHERE entry_id = {_ENTRY}", "is not the one of its source"),
    (f"DELETE FROM entry_source WHERE entry_id = {_ENTRY}", "is not the one of its source"),
)


def exported(desk: Office, tmp_path: Path) -> Office:
    """A month that went as far as its files."""
    desk = replace(desk, files=tmp_path / "out")
    run = service.close(desk, "r", "2026-09", "Anna")
    enter_accounts(desk)
    steps.approve(desk, run.id, "Bertil", run.digest)
    export.export(desk, run.id, "Bertil", desk.files)
    return desk


def test_a_person_an_account_or_a_file_that_was_changed_behind_the_triggers_is_found(
    desk: Office, tmp_path: Path
) -> None:
    desk = exported(desk, tmp_path)
    for change, said in _FORGED:
        with desk.database.engine.connect() as tx, tx.begin() as undone:
            _forge_in(tx, change)
            run = runs.list_runs(tx, after=None, limit=1)[0]
            faults = [
                *run_steps.chart_faults(tx),
                *run_steps.account_faults(tx),
                *run_steps.period_faults(tx, "r", "2026-09"),
                *run_steps.step_faults(tx, run),
                *run_steps.file_faults(tx, run, desk.files),
            ]
            undone.rollback()
        assert any(said in fault for fault in faults), (change, faults)
    assert check(desk).faults == []


def test_a_proof_of_the_books_tells_of_people_accounts_and_months(desk: Office, tmp_path: Path) -> None:
    desk = exported(desk, tmp_path)
    _forge(desk.database, "UPDATE run_step SET actor = 'Anna' WHERE state = 'approved'")
    _forge(desk.database, "UPDATE bank_account SET iban = 'FI5810171000000122' WHERE party = 'hsl'")
    _forge(desk.database, "UPDATE account SET type = 'asset' WHERE purpose = 'unearned'")
    _forge(desk.database, "UPDATE period SET state = 'open'")

    told = " / ".join(check(desk).faults)

    assert "Anna has prepared and approved it" in told
    assert "of hsl is not the one that was approved" in told
    assert "unearned:EUR is not what the chart says" in told
    assert "2026-09 was closed and is open" in told


def test_a_line_of_the_bank_that_was_changed_behind_the_triggers_is_found(
    desk: Office, tmp_path: Path
) -> None:
    desk = exported(desk, tmp_path)
    other = statement(line("2.50", "", bank="b5", text="account keeping"), closing="97.50")
    _, (finding,) = reconcile.import_statement(desk, "r", other, "Clara")
    reconcile.book_line(desk, "r", finding.line.id, "bank_fee", by="Clara", reason="account keeping")
    assert check(desk).faults == []
    for change, said in (
        ("UPDATE bank_line SET amount_minor = -1", "moved -1 minor units, was booked as -250"),
        ("UPDATE bank_match SET amount_minor = -1", "was booked as -1, the books have -250"),
        ("UPDATE bank_match SET actor = 'Erik'", "by somebody else or for another reason"),
        ("UPDATE bank_match SET reason = 'rent'", "by somebody else or for another reason"),
        ("UPDATE bank_match SET kind = 'suspense'", "the books have 0 entries of it"),
    ):
        with desk.database.engine.connect() as tx, tx.begin() as undone:
            _forge_in(tx, change)
            faults = list(run_steps.bank_faults(tx))
            undone.rollback()
        assert any(said in fault for fault in faults), (change, faults)
    _forge(desk.database, "UPDATE bank_match SET actor = 'Erik'")
    assert any("by somebody else" in fault for fault in check(desk).faults)


def test_an_exported_file_that_was_changed_or_is_gone_is_found(desk: Office, tmp_path: Path) -> None:
    desk = exported(desk, tmp_path)
    assert check(desk).faults == []
    folder = desk.files / "r" / "2026-09-v1"
    (folder / "vat.csv").write_text("nothing", encoding="utf-8")
    (folder / "payments-other.csv").unlink()

    assert [fault.partition("its file ")[2] for fault in check(desk).faults] == [
        "payments-other.csv is gone",
        "vat.csv is not what was exported",
    ]


def test_an_entry_slipped_into_a_closed_month_is_found(desk: Office) -> None:
    service.close(desk, "r", "2026-09", "Anna")
    _forge(
        desk.database,
        "INSERT INTO entry (period, id, kind, source_type, source_id, region, original_period, occurred_at, booked_at) "
        f"SELECT period, '{new_id()}', kind, source_type, 'x', region, original_period, occurred_at, booked_at "
        f"FROM entry WHERE id = {_ENTRY}",
    )

    assert any("one was changed, added or removed" in fault for fault in check(desk).faults)


def add_block(desk: Office) -> Block | None:
    """Add a block as the worker does: link what is booked so far."""
    until = anchor.id_before(_far(AFTER))
    with desk.database.write() as tx:
        block = anchor.next_block(tx, desk.keys, "r", "2026-09", AFTER, until=until)
        return block if block and chain.insert_block(tx, block) else None


def test_anchors_of_an_open_month_are_linked_and_its_close_goes_on_from_them(desk: Office) -> None:
    first = anchor.anchor(desk, "r")
    block, nothing = add_block(desk), add_block(desk)
    run = service.close(desk, "r", "2026-09", "Anna")

    with desk.database.read() as tx:
        blocks = chain.list_blocks(tx, "r", "2026-09")
    assert (first, nothing) == ([], None)
    assert block is not None
    assert [(one.entries, one.final) for one in blocks] == [(4, 0), (0, 1)]
    assert (blocks[1].previous, dataset_of(run)["books"]) == (block.hash, blocks[1].hash)
    assert check(desk).faults == []


def test_an_anchor_that_comes_between_while_a_month_closes_is_linked_too(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    summed, between = calculate.dataset, []

    def dataset(*facts: Any, **more: Any) -> Any:
        if not between:
            between.append(add_block(desk))
        return summed(*facts, **more)

    monkeypatch.setattr(calculate, "dataset", dataset)
    run = service.close(desk, "r", "2026-09", "Anna")

    with desk.database.read() as tx:
        blocks = chain.list_blocks(tx, "r", "2026-09")
    assert [(one.entries, one.final) for one in blocks] == [(4, 0), (0, 1)]
    assert (blocks[0], dataset_of(run)["books"]) == (between[0], blocks[1].hash)
    assert check(desk).faults == []


def test_a_block_signed_with_somebody_elses_key_is_found(desk: Office, tmp_path: Path) -> None:
    stranger = KeyStore(tmp_path / "stranger", "passphrase")
    stranger.create_missing(AFTER)
    stranger.rotate("books", AFTER)
    stranger.rotate("books", _far(AFTER))
    service.close(replace(desk, keys=stranger), "r", "2026-09", "Anna")
    kid = stranger.signer_key("books")[0]

    assert check(desk).faults == [
        f"block 1 of 2026-09: there is no books key {kid} in {tmp_path / 'keys'}: is THROUGHFARE_KEYS_FOLDER right?"
    ]


def test_a_key_that_was_given_the_name_of_another_signs_nothing(desk: Office, tmp_path: Path) -> None:
    folder = tmp_path / "stranger"
    KeyStore(folder, "passphrase").create_missing(AFTER)
    mine, theirs = desk.keys.signer_key("books")[0], KeyStore(folder, "passphrase").signer_key("books")[0]
    (folder / f"{theirs}.pem").rename(folder / f"{mine}.pem")
    index = (folder / "keys.json").read_text(encoding="utf-8")
    (folder / "keys.json").write_text(index.replace(theirs, mine), encoding="utf-8")

    with pytest.raises(Misconfigured, match="is another key"):
        service.close(replace(desk, keys=KeyStore(folder, "passphrase")), "r", "2026-09", "Anna")


def test_a_month_sold_refunded_and_closed_through_the_service_is_proven_and_traced(api: Api) -> None:
    bought = api.buy()
    refund = api.post(f"/v1/orders/{bought.order['id']}/refunds", {"passengers": ["mari"]}, bought.token)
    assert refund.status_code == 201, refund.json
    gate = api.key("gate", "tlt")
    api.clock.advance(timedelta(hours=1, minutes=14))
    ticket = bought.ticket_of("anna")
    assert (api.scan(ticket["token"], gate, stop_id="09005-1").json or {})["decision"] == "accept"
    desk: Office = api.client.application.extensions["throughfare"].office

    found = verify(desk, "helsinki-tallinn", take_back)
    with desk.database.read() as tx:
        jti = tx.execute(sa.select(ticket_use.c.jti)).scalar_one()
    story: Any = trace(desk, jti).as_dict()

    assert (found.faults, found.checked["tickets"]) == ([], 2)
    assert sum(float(share["gross"]) for share in story["shares"]) == 32.0
    assert [tap["operator"] for tap in story["taps"]] == ["tlt"]
    assert {share["rule"].split(",")[0] for share in story["shares"]} == {
        "agreement gulf-link-tallink-north v1"
    }
    assert json.dumps(story)
    _forge(
        desk.database,
        "UPDATE alloc_share SET net_minor = net_minor + 1, fee_minor = fee_minor - 1 WHERE kind = 'refund' AND operator = 'hsl'",
    )
    assert any(
        "took back is not what the rule takes" in fault
        for fault in verify(desk, "helsinki-tallinn", take_back).faults
    )


def _far(moment: Any) -> Any:
    return moment + timedelta(days=400)


def _forge(database: Database, change: str) -> None:
    """Change a row as somebody with the database's own password could."""
    with database.engine.connect() as connection:
        _forge_in(connection, change)
        connection.commit()


def _forge_in(tx: Transaction, change: str) -> None:
    """Change a row with the triggers taken off first."""
    if tx.dialect.name == "sqlite":
        names = tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in names:
            tx.exec_driver_sql(f"DROP TRIGGER {name}")
    else:
        tables = tx.exec_driver_sql(
            "SELECT DISTINCT event_object_table FROM information_schema.triggers "
            "WHERE trigger_schema = current_schema()"
        )
        for table in tables.scalars().all():
            tx.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    assert tx.exec_driver_sql(change).rowcount > 0
