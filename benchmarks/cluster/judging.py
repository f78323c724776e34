"""Hold what was acknowledged against what the database has after all of it."""

from collections.abc import Iterator

import sqlalchemy as sa

from benchmarks.cluster.shop import Notebook
from ticketing.db import Database

_QUESTIONS = {
    "orders": "SELECT id, state FROM ticket_order",
    "ticketed": "SELECT DISTINCT order_id FROM ticket",
    "captured": "SELECT order_id, COUNT(*) FROM payment WHERE state IN ('captured', 'succeeded', 'paid') GROUP BY order_id",
    "scans": "SELECT scan_id FROM scan WHERE decision = 'accept'",
    "refunded": "SELECT DISTINCT order_id FROM refund",
    "states": "SELECT state, COUNT(*) FROM payment GROUP BY state",
    "of_one_quote": "SELECT quote_id, COUNT(*) FROM ticket_order GROUP BY quote_id HAVING COUNT(*) > 1",
}


def judge(database: Database, notes: Notebook) -> Iterator[tuple[str, int, int]]:
    """Each count that must be nought: its name, what is found, and out of how many."""
    with database.read() as tx:
        told = {
            name: [tuple(row) for row in tx.execute(sa.text(query))] for name, query in _QUESTIONS.items()
        }
    kept = {row[0]: row[1] for row in told["orders"]}
    ticketed = {row[0] for row in told["ticketed"]}
    scans = {row[0] for row in told["scans"]}
    refunded = {row[0] for row in told["refunded"]}
    acknowledged = set(notes.orders)
    yield "acknowledged orders lost", len(acknowledged - set(kept)), len(acknowledged)
    yield "paid without a ticket", len(acknowledged - ticketed), len(acknowledged)
    yield "accepts lost", len([scan for scan, _ in notes.accepts if scan not in scans]), len(notes.accepts)
    yield "refunds lost", len(notes.refunds - refunded), len(notes.refunds)
    yield "paid twice", len([row for row in told["captured"] if row[1] > 1]), len(told["captured"])
    yield "ordered twice", len(told["of_one_quote"]), len(kept)
    yield "given up by a buyer", len(notes.given_up), notes.begun
