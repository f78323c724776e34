"""Build an entry from lines: merged by account, without zeros, and balanced or refused."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ticketing.db.books.books import Account, Entry, Posting

Source = tuple[str, str, str, str, datetime]


def balanced(
    source: Source,
    lines: Iterable[tuple[Account, int]],
    *,
    note: Mapping[str, Any] | None = None,
    reverses: str | None = None,
    original_period: str | None = None,
) -> Entry | None:
    """Merge the lines of each account, drop zeros, insist on balance; None when nothing is left to book.

    `source` is (kind, source type, source id, region, moment). Raises ValueError for lines that do not balance.
    """
    kind, source_type, source_id, region, at = source
    merged: dict[Account, int] = {}
    for account, amount in lines:
        merged[account] = merged.get(account, 0) + amount
    postings = tuple(Posting(account, amount) for account, amount in merged.items() if amount)
    sums: dict[str, int] = {}
    for posting in postings:
        sums[posting.account.currency] = sums.get(posting.account.currency, 0) + posting.amount_minor
    if any(sums.values()):
        raise ValueError(f"{kind} of {source_type} {source_id} does not balance")
    if not postings:
        return None
    return Entry(
        kind=kind,
        source_type=source_type,
        source_id=source_id,
        region=region,
        occurred_at=at,
        postings=postings,
        note=note or {},
        reverses=reverses,
        original_period=original_period,
    )
