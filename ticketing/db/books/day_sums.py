"""Sum the accounts of the books as they stood at a moment."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.books import account, entry, posting


@dataclass(frozen=True, slots=True)
class AccountSum:
    """One account: debit positive, in minor units."""

    purpose: str
    operator: str | None
    currency: str
    minor: int


def sum_accounts(tx: Transaction, until: datetime) -> list[AccountSum]:
    """Sum every account over all regions by what was booked before a moment; accounts without money are left out."""
    total = sa.func.sum(posting.c.amount_minor)
    query = (
        sa.select(account.c.purpose, account.c.operator, posting.c.currency, total)
        .join(entry, sa.and_(entry.c.period == posting.c.period, entry.c.id == posting.c.entry_id))
        .join(account, account.c.id == posting.c.account_id)
        .where(entry.c.booked_at < until)
        .group_by(account.c.purpose, account.c.operator, posting.c.currency)
        .order_by(account.c.purpose, account.c.operator, posting.c.currency)
    )
    return [
        AccountSum(purpose, operator, currency, int(minor))
        for purpose, operator, currency, minor in tx.execute(query)
        if minor
    ]
