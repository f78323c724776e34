"""The database: tables, transactions and queries. The only door to SQLAlchemy."""

from ticketing.db.engine import Database, Transaction, after_commit

__all__ = ["Database", "Transaction", "after_commit"]
