"""The database refuses what no service does: changed facts, forged steps, rows of closed months, one's own approval."""

import pytest
import sqlalchemy as sa

from tests.ticketing.settlement.bank_details import IBANS
from tests.ticketing.settlement.month import AT, office, sell
from throughfare_gate.ids import new_id
from ticketing.db import Database
from ticketing.settlement import service
from ticketing.settlement.payout import bank_accounts

_ENTRY = "period, kind, source_type, source_id, region, original_period, occurred_at, booked_at, note, reverses_id, hash"
# Each attempt with the database's answer; the month 2026-09 of the region r is closed, 2026-10 is open.
_TRIED = {
    "INSERT INTO posting (period, entry_id, line, account_id, currency, amount_minor) "
    "VALUES ('2026-10', 'x', 1, 'unearned:EUR', 'EUR', 0)": "not.zero",
    "UPDATE account SET currency = 'SEK'": "account is append-only",
    "DELETE FROM account": "account is append-only",
    "INSERT INTO period (region, id, state) VALUES ('r', '2027-01', 'closed')": "a period begins open",
    "DELETE FROM period": "a period is never removed",
    "UPDATE settlement_run SET state = 'approved'": "no step that nobody has taken",
    "INSERT INTO approval (id, subject_type, subject_id, digest, decision, actor, decided_at) "
    "SELECT 'x', 'bank_account', id, 'x', 'approved', entered_by, entered_at FROM bank_account": "who entered an account does not approve it",
    "UPDATE run_step SET actor = 'Erik'": "append-only",
    "DELETE FROM run_step": "append-only",
    "UPDATE bank_account SET iban = 'FI5810171000000122'": "append-only",
}


@pytest.fixture
def books(database: Database) -> Database:
    sell(database, "t1", {"hsl": 300, "tlt": 200}, vat=40)
    desk = office(database)
    service.close(desk, "r", "2026-09", "Anna")
    sell(database, "t2", {"hsl": 300}, at=AT.replace(month=10))
    bank_accounts.enter(desk, "hsl", IBANS["hsl"], name="HSL", by="Clara")
    return database


def test_what_no_service_does_is_refused(books: Database) -> None:
    for statement, said in _TRIED.items():
        with pytest.raises(sa.exc.IntegrityError, match=said), books.write() as tx:
            tx.exec_driver_sql(statement)


@pytest.mark.parametrize("table", ["alloc_share", "alloc_tax"])
def test_an_allocation_goes_into_an_open_month_only(books: Database, table: str) -> None:
    with books.read() as tx:
        row = dict(
            tx.execute(sa.text(f"SELECT * FROM {table} WHERE period = '2026-09' LIMIT 1")).mappings().one()
        )
    row |= {"id": new_id(), "seq": 9}
    names = ", ".join(row)
    insert = sa.text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})")

    for period, region in (("2026-09", "r"), ("2026-08", "r"), ("2026-10", "elsewhere")):
        with pytest.raises(sa.exc.IntegrityError, match="the period is closed"), books.write() as tx:
            tx.execute(insert, {**row, "period": period, "region": region})


def test_an_entry_without_its_source_is_refused(books: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="the one of its source"), books.write() as tx:
        _insert_entry(tx, source="another")


def test_a_share_adds_up(books: Database) -> None:
    statement = (
        "INSERT INTO alloc_share SELECT '2026-10', 'x', ticket_jti, region, operator, currency, kind, 9, gross_minor + 1, "
        "vat_minor, fee_minor, net_minor, rule, original_period, booked_at FROM alloc_share LIMIT 1"
    )
    with pytest.raises(sa.exc.IntegrityError, match="a share adds up"), books.write() as tx:
        tx.exec_driver_sql(statement)


def test_a_fact_is_not_replaced(books: Database) -> None:
    if not books.is_sqlite:
        with pytest.raises(sa.exc.IntegrityError), books.write() as tx:
            tx.exec_driver_sql("INSERT INTO run_step SELECT * FROM run_step")
        return
    for table in (
        "entry",
        "posting",
        "alloc_share",
        "settlement_run",
        "run_step",
        "bank_account",
        "period",
        "account",
    ):
        with pytest.raises(sa.exc.IntegrityError), books.write() as tx:
            tx.exec_driver_sql(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


def test_facts_are_not_emptied(books: Database) -> None:
    if books.is_sqlite:  # which knows DELETE alone
        with pytest.raises(sa.exc.IntegrityError), books.write() as tx:
            tx.exec_driver_sql("DELETE FROM entry")
        return
    with books.write() as tx:
        tx.exec_driver_sql("SELECT make_month('2027-03')")
    for table in (
        "entry CASCADE",
        "ticket CASCADE",
        "settlement_run CASCADE",
        "audit",
        "months.posting_2027_03",
        "months.alloc_tax_other",
    ):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), books.write() as tx:
            tx.exec_driver_sql(f"TRUNCATE {table}")


def test_an_entry_waits_for_whoever_closes_its_period(books: Database) -> None:
    """Raw SQL that does not hold the period: the seal takes the lock itself."""
    if books.is_sqlite:  # one writer at a time
        return
    with books.engine.connect() as closer, closer.begin() as closing:
        closer.exec_driver_sql("SELECT 1 FROM period WHERE id = '2026-10' FOR UPDATE")
        with pytest.raises(sa.exc.DBAPIError, match="lock timeout"):
            _slip_in(books, "50ms")
        closing.rollback()
    _slip_in(books, "5s")


def _slip_in(books: Database, patience: str) -> None:
    with books.write() as tx:
        tx.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}'")
        _insert_entry(tx)


def _insert_entry(tx: sa.Connection, source: str = "x") -> None:
    tx.exec_driver_sql(f"INSERT INTO entry_source VALUES ('x', '{source}', 'capture', 'slip')")
    for line, amount in ((1, 5), (2, -5)):
        tx.exec_driver_sql(
            "INSERT INTO posting (period, entry_id, line, account_id, currency, amount_minor) "
            f"VALUES ('2026-10', 'slip', {line}, 'unearned:EUR', 'EUR', {amount})"
        )
    tx.exec_driver_sql(
        f"INSERT INTO entry ({_ENTRY}, id) SELECT period, 'capture', 'x', 'x', region, original_period, occurred_at, "
        "booked_at, note, reverses_id, hash, 'slip' FROM entry WHERE period = '2026-10' LIMIT 1"
    )
