"""Long work on a month: lift the limit that keeps a request's statement short."""

from ticketing.db.engine import Transaction


def take_time(tx: Transaction) -> None:
    """Let the statements of this transaction run as long as they need (closing, exports, verification)."""
    if tx.dialect.name == "postgresql":
        tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
