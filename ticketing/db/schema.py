"""The whole schema: every module of tables, so that `metadata` is complete."""

from ticketing.db import gates_tables, operators_tables, people_tables, purchase_tables
from ticketing.db.tables import metadata

TABLES = (gates_tables, operators_tables, people_tables, purchase_tables)

__all__ = ["TABLES", "metadata"]
