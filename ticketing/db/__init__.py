"""The database: tables, transactions and queries. The only door to SQLAlchemy."""

from ticketing.db.engine import Database, Transaction

__all__ = ["Database", "Transaction"]
