"""The database keeps the books: balanced, append-only, once per event, never into a closed month."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from ticketing.db import Database
from ticketing.db.books import books, month_books
from ticketing.db.books.books import Account, Entry, Posting
from ticketing.db.tables import books as books_tables
from ticketing.db.tables import columns

AT = datetime(2026, 10, 13, 12, 0, tzinfo=UTC)
CASH = Account("asset", "demo_clearing", "EUR")
OWED = Account("liability", "operator_payable", "EUR", operator="hsl")


def entry(source_id: str = "p1", *amounts: int, at: datetime = AT) -> Entry:
    cash, owed = amounts or (500, -500)
    return Entry(
        kind="capture",
        source_type="payment",
        source_id=source_id,
        region="r",
        occurred_at=at,
        postings=(Posting(CASH, cash), Posting(OWED, owed)),
    )


def test_a_balanced_entry_is_booked_once_per_source_event(database: Database) -> None:
    with database.write() as tx:
        first, second = books.book(tx, entry(), AT), books.book(tx, entry(), AT)
        balances = month_books.balances(tx, "r", "2026-10")

    assert (first, second) == (True, False)
    assert {line.account_id: line.amount_minor for line in balances} == {
        "demo_clearing:EUR": 500,
        "operator_payable:hsl:EUR": -500,
    }


def test_the_database_refuses_an_entry_that_does_not_balance(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="does not balance"), database.write() as tx:
        books.book(tx, entry("p1", 500, -499), AT)

    with database.read() as tx:
        assert month_books.balances(tx, "r", "2026-10") == []


def test_the_database_refuses_a_posting_without_its_entry(database: Database) -> None:
    with database.write() as tx:
        tx.execute(sa.insert(books_tables.account).values(id="x", type="asset", purpose="x", currency="EUR"))

    with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
        tx.execute(_posting(entry_id="nowhere"))


def test_the_database_refuses_a_posting_added_to_a_sealed_entry(database: Database) -> None:
    with database.write() as tx:
        books.book(tx, entry(), AT)
        entry_id = tx.execute(sa.select(books_tables.entry.c.id)).scalar_one()

    with pytest.raises(sa.exc.IntegrityError, match="sealed"), database.write() as tx:
        tx.execute(_posting(entry_id=entry_id, account_id="demo_clearing:EUR", line=9))


@pytest.mark.parametrize("table", ["entry", "posting", "entry_source"])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_or_remove_what_is_booked(
    database: Database, table: str, verb: str
) -> None:
    with database.write() as tx:
        books.book(tx, entry(), AT)
    found = columns.metadata.tables[table]
    change: Any = (
        sa.delete(found) if verb == "delete" else sa.update(found).values({found.primary_key.columns[0]: "x"})
    )

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), database.write() as tx:
        tx.execute(change)


def test_a_late_event_is_booked_into_the_next_open_month_and_keeps_its_own(database: Database) -> None:
    with database.write() as tx:
        books.lock_period(tx, "r", "2026-10")
        books.close_period(tx, "r", "2026-10", "digest", AT)

    with database.write() as tx:
        books.book(tx, entry(), AT)
        row = tx.execute(sa.select(books_tables.entry.c.period, books_tables.entry.c.original_period)).one()

    assert tuple(row) == ("2026-11", "2026-10")


def test_the_database_refuses_a_booking_into_a_closed_month(database: Database) -> None:
    with database.write() as tx:
        books.book(tx, entry(), AT)
        books.close_period(tx, "r", "2026-10", "digest", AT)
        source = {"source_type": "payment", "source_id": "p2", "kind": "capture", "entry_id": "late"}
        tx.execute(sa.insert(books_tables.entry_source).values(**source))

    with pytest.raises(sa.exc.IntegrityError, match="closed"), database.write() as tx:
        tx.execute(sa.insert(books_tables.entry).values(**_sealed_row()))


def test_a_closed_month_stays_closed(database: Database) -> None:
    with database.write() as tx:
        books.lock_period(tx, "r", "2026-10")
        books.close_period(tx, "r", "2026-10", "digest", AT)

    with pytest.raises(sa.exc.IntegrityError, match="stays closed"), database.write() as tx:
        tx.execute(sa.update(books_tables.period).values(state="open"))


def test_december_is_followed_by_january(database: Database) -> None:
    with database.write() as tx:
        books.lock_period(tx, "r", "2026-12")
        books.close_period(tx, "r", "2026-12", "digest", AT)
        found = books.open_period(tx, "r", datetime(2026, 12, 31, 23, 59, tzinfo=UTC))

    assert found == "2027-01"


def _posting(entry_id: str, account_id: str = "x", line: int = 1) -> sa.Insert:
    return sa.insert(books_tables.posting).values(
        period="2026-10", entry_id=entry_id, line=line, account_id=account_id, currency="EUR", amount_minor=5
    )


def _sealed_row() -> dict[str, Any]:
    return {
        "period": "2026-10",
        "id": "late",
        "kind": "capture",
        "source_type": "payment",
        "source_id": "p2",
        "region": "r",
        "original_period": "2026-10",
        "occurred_at": AT,
        "booked_at": AT,
        "hash": "0" * 64,
    }


def test_an_account_whose_transaction_was_rolled_back_is_stored_by_the_next(database: Database) -> None:
    with suppress(KeyboardInterrupt), database.write() as tx:
        books.book(tx, entry("p1"), AT)
        raise KeyboardInterrupt

    with database.write() as tx:
        booked = books.book(tx, entry("p2"), AT)

    assert booked


def test_entries_that_are_booked_together_are_each_booked_once(database: Database) -> None:
    with database.write() as tx:
        books.book(tx, entry("p1"), AT)
        new = books.book_all(tx, [entry("p1"), entry("p2"), entry("p3", 100, -100)], AT)
        balances = month_books.balances(tx, "r", "2026-10")

    assert new == 2
    assert {line.account_id: line.amount_minor for line in balances} == {
        "demo_clearing:EUR": 1100,
        "operator_payable:hsl:EUR": -1100,
    }


def test_accounts_that_a_restored_database_lacks_are_stored_by_the_second_try(database: Database) -> None:
    books._KNOWN_ACCOUNTS[database.engine] = {CASH.id, OWED.id}  # as before an older state was restored

    with pytest.raises(sa.exc.IntegrityError), database.write() as tx:
        books.book(tx, entry(), AT)
    with database.write() as tx:
        booked = books.book(tx, entry(), AT)

    assert booked
