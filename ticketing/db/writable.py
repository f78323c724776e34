"""Try a write, as a sale makes it: a full disk or a database that only reads is found before a buyer finds it."""

from datetime import UTC, datetime

from throughfare_gate.ids import new_id
from ticketing.db.engine import Database
from ticketing.db.sale import idempotency
from ticketing.db.sale.idempotency import Claim
from ticketing.db.trouble import trouble


def takes_writes(database: Database) -> bool:
    """Write a row, take it away and commit; nothing of it stays. False where the database cannot be written now."""
    row = Claim("readiness", "GET /readyz", new_id(), "")
    try:
        with database.write() as tx:
            idempotency.claim(tx, row, datetime.now(UTC))
            idempotency.release(tx, row)
    except Exception as error:
        if trouble(error):
            return False
        raise
    return True
