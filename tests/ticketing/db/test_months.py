"""On PostgreSQL a month's rows lie together in partitions of their own; the guards hold there as anywhere."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tests.ticketing.settlement.month import dataset_of, office, sell
from ticketing.db import Database
from ticketing.db.books import month_books, months
from ticketing.db.tables import books as books_tables
from ticketing.settlement import service
from ticketing.settlement.months import prepare

NOVEMBER = datetime(2026, 11, 5, tzinfo=UTC)


def test_the_rows_of_a_prepared_month_lie_in_its_partitions(database: Database) -> None:
    made = prepare(office(database, NOVEMBER), ahead=2)
    again = prepare(office(database, NOVEMBER), ahead=2)
    sell(database, "t1", {"hsl": 300}, at=NOVEMBER)

    assert again == []
    if database.is_sqlite:
        assert made == []
        return
    assert made == ["2026-11", "2026-12", "2027-01"]
    with database.read() as tx:
        for name in ("entry", "posting", "alloc_share", "alloc_tax"):
            own = tx.exec_driver_sql(f"SELECT count(*) FROM months.{name}_2026_11").scalar_one()
            other = tx.exec_driver_sql(f"SELECT count(*) FROM months.{name}_other").scalar_one()
            assert (own > 0, other) == (True, 0)


def test_the_guards_of_the_books_hold_in_a_partition(database: Database) -> None:
    prepare(office(database, NOVEMBER), ahead=0)
    sell(database, "t1", {"hsl": 300}, at=NOVEMBER)

    with pytest.raises(sa.exc.IntegrityError, match="append-only"), database.write() as tx:
        tx.execute(sa.update(books_tables.posting).values(amount_minor=1))
    run = service.close(office(database, datetime(2026, 12, 2, tzinfo=UTC)), "r", "2026-11", "Anna")
    assert dataset_of(run)["positions"][0] == {"operator": "hsl", "amount": "3.00", "currency": "EUR"}


def test_a_month_that_has_rows_already_stays_where_they_are(database: Database) -> None:
    sell(database, "t1", {"hsl": 300}, at=NOVEMBER)

    with database.write() as tx:
        assert not months.make_month(tx, "2026-11")
        assert not months.make_month(tx, "no month")
        assert month_books.balances(tx, "r", "2026-11")
