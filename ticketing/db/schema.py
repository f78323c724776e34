"""The whole schema: every module of tables, so that `metadata` is complete."""

from ticketing.db import (
    devices_tables,
    gates_tables,
    operators_tables,
    people_tables,
    purchase_tables,
    settlement_tables,
    staff_tables,
)
from ticketing.db.tables import metadata

TABLES = (
    devices_tables,
    gates_tables,
    operators_tables,
    people_tables,
    purchase_tables,
    settlement_tables,
    staff_tables,
)

__all__ = ["TABLES", "metadata"]
