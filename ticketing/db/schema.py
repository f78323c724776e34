"""The whole schema: every module of tables, so that `metadata` is complete."""

from ticketing.db import (
    books_tables,
    demo_tables,
    devices_tables,
    gates_tables,
    keys_tables,
    live_tables,
    operators_tables,
    people_tables,
    purchase_tables,
    settlement_tables,
    staff_tables,
    tables,
)
from ticketing.db.columns import metadata

TABLES = (
    books_tables,
    demo_tables,
    devices_tables,
    gates_tables,
    keys_tables,
    live_tables,
    operators_tables,
    people_tables,
    purchase_tables,
    settlement_tables,
    staff_tables,
    tables,
)

__all__ = ["TABLES", "metadata"]
