"""What the books say a payment gateway has moved."""

from collections.abc import Sequence

import sqlalchemy as sa

from ticketing.db.books_tables import account, entry, posting
from ticketing.db.engine import Transaction

_CLEARING = ("psp_clearing", "demo_clearing")


def sum_clearing(tx: Transaction, sources: Sequence[str], kinds: Sequence[str]) -> int:
    """The minor units that entries of these kinds and sources have moved on the gateway's clearing account."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(posting.c.amount_minor), 0))
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(account.c.purpose.in_(_CLEARING), entry.c.source_id.in_(sources), entry.c.kind.in_(kinds))
    )
    return int(tx.execute(query).scalar_one())
