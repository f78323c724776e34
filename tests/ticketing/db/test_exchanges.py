"""Questions about exchanges are answered without a look at every order."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from ticketing.db import Database, Transaction
from ticketing.db.disruption import other_ways
from ticketing.db.sale import orders

Ask = Callable[[Transaction], object]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda tx: other_ways.list_unpaid(tx, datetime(2026, 10, 1, tzinfo=UTC), 500), "exchanged_at"),
        (lambda tx: orders.find_exchange_under_way(tx, "order"), "exchange_of"),
        (lambda tx: orders.list_replacing(tx, "order"), "exchange_of"),
    ],
)
def test_exchanges_are_found_by_an_index_of_their_own(database: Database, ask: Ask, index: str) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    sa.event.listen(database.engine, "before_cursor_execute", note)
    with database.read() as tx:
        ask(tx)
        statement, values = asked[-1]
        plan = " ".join(row[-1] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))

    assert f"SEARCH ticket_order USING INDEX ix_ticket_order_{index}" in plan.replace("COVERING ", "")
    assert "SCAN ticket_order" not in plan
