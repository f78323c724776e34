"""Sums and hashes in parts equal Python's own, row by row, on both databases."""

import hashlib
import random

import pytest
import sqlalchemy as sa

from benchmarks import month
from ticketing.db import Database
from ticketing.db.books import chain, in_parts, month_books
from ticketing.db.books.in_parts import Grouping, grouped
from ticketing.db.tables import books as books_tables

R, P = month.REGION, month.PERIOD


@pytest.fixture
def filled(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A month of 300 tickets, in parts of a few rows."""
    month.generate(database, 300)
    monkeypatch.setattr(in_parts, "_ROWS", 7)
    monkeypatch.setattr(chain, "_PART", 11)
    return database


def test_the_chain_hashes_every_entry_in_the_order_of_ids(filled: Database) -> None:
    with filled.read() as tx:
        rows = sorted(
            (row[0], row[1])
            for row in tx.execute(sa.select(books_tables.entry.c.id, books_tables.entry.c.hash))
        )
        behind, until = rows[100][0], rows[400][0]

        whole = chain.link(tx, R, P, previous="before", behind="")
        middle = chain.link(tx, R, P, previous="", behind=behind, until=until)

    assert whole == (
        hashlib.sha256(("before" + "".join(one for _, one in rows)).encode()).hexdigest(),
        rows[-1][0],
        600,
    )
    assert middle == (
        hashlib.sha256("".join(one for _, one in rows[101:401]).encode()).hexdigest(),
        until,
        300,
    )


def test_sums_in_parts_are_the_sums_of_all_rows(filled: Database) -> None:
    with filled.read() as tx:
        shares = tx.execute(sa.select(books_tables.share)).all()
        taxes = tx.execute(sa.select(books_tables.tax)).all()
        postings = tx.execute(sa.select(books_tables.posting)).all()
        by_operator = {row.operator: row for row in month_books.sum_shares(tx, R, P)}
        by_state = {row.member_state: row for row in month_books.sum_taxes(tx, R, P)}
        by_account = {line.account_id: line for line in month_books.balances_by_kind(tx, R, P)}

    assert list(by_operator) == sorted({row.operator for row in shares})
    for operator, found in by_operator.items():
        mine = [row for row in shares if row.operator == operator]
        assert found.net_minor == sum(row.net_minor for row in mine)
        assert found.lines == len(mine)
    for state, taxed in by_state.items():
        assert taxed.vat_minor == sum(row.vat_minor for row in taxes if row.member_state == state)
    for account, line in by_account.items():
        amounts = [row.amount_minor for row in postings if row.account_id == account]
        assert (line.amount_minor, line.postings) == (sum(amounts), len(amounts))
    assert sum(line.postings for line in by_account.values()) == len(postings)


def test_an_empty_month_has_no_sums(filled: Database) -> None:
    with filled.read() as tx:
        assert month_books.sum_shares(tx, R, "2031-01") == []
        assert month_books.balances_by_kind(tx, R, "2031-01") == []
        assert chain.link(tx, R, "2031-01", previous="x", behind="")[1:] == ("", 0)


def test_the_size_of_a_part_changes_nothing(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, told = random.Random(7), set()
    wanted = Grouping(
        (books_tables.posting.c.account_id,),
        (sa.func.count(),),
        books_tables.posting.c.period,
        books_tables.posting.c.entry_id,
    )
    with filled.read() as tx:
        for _ in range(5):
            monkeypatch.setattr(in_parts, "_ROWS", chance.randint(1, 500))
            told.add(tuple(grouped(tx, wanted, sa.select(books_tables.posting.c.account_id), P)))

    assert len(told) == 1
