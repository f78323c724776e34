"""Read the movements at a payment gateway from the books."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.books import account, entry, posting

_CLEARING = ("psp_clearing", "demo_clearing")


def sum_clearing(tx: Transaction, sources: Sequence[str], kinds: Sequence[str], currency: str) -> int:
    """The minor units of a currency that entries of these kinds and sources have moved on the gateway's clearing account."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(posting.c.amount_minor), 0))
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(account.c.purpose.in_(_CLEARING), entry.c.source_id.in_(sources), entry.c.kind.in_(kinds))
        .where(posting.c.currency == currency)
    )
    return int(tx.execute(query).scalar_one())


def list_moved(
    tx: Transaction, kinds: Sequence[str], since: datetime, until: datetime
) -> list[tuple[str, str, str, str, int]]:
    """List the movements of entries of these kinds on the clearing account in `[since, until)`.

    Answers kind, source type, source id, currency and minor units of each.
    """
    query = (
        sa.select(
            entry.c.kind, entry.c.source_type, entry.c.source_id, posting.c.currency, posting.c.amount_minor
        )
        .join(posting, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(account.c.purpose.in_(_CLEARING), entry.c.kind.in_(kinds))
        .where(entry.c.occurred_at >= since, entry.c.occurred_at < until)
        .order_by(entry.c.id)
    )
    return [
        (kind, of, source, currency, int(minor)) for kind, of, source, currency, minor in tx.execute(query)
    ]
