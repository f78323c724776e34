"""Deliveries of webhooks: the messages of the outbox that went to one, listed, counted and sent again."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.notices.outbox import Notice
from ticketing.db.notices.steps import come_to, next_ids
from ticketing.db.rows import fetch, find
from ticketing.db.tables.notices import notice

_EMPTY = "{}"


def list_deliveries(
    tx: Transaction, webhook_id: str, since: datetime, *, state: str | None, after: str | None, limit: int
) -> list[Notice]:
    """List the deliveries of a webhook since a moment, newest first, behind `after`; of one state or of all."""
    query = sa.select(notice).where(notice.c.webhook_id == webhook_id, notice.c.created_at >= since)
    query = query if state is None else query.where(notice.c.state == state)
    query = query if after is None else query.where(notice.c.id < after)
    return fetch(tx, query.order_by(notice.c.id.desc()).limit(limit), Notice)


def find_delivery(tx: Transaction, webhook_id: str, notice_id: str, since: datetime) -> Notice | None:
    """Read one delivery of a webhook, written since a moment."""
    mine = (notice.c.webhook_id == webhook_id, notice.c.id == notice_id)
    return find(tx, sa.select(notice).where(*mine, notice.c.created_at >= since), Notice)


def count_deliveries(
    tx: Transaction, webhook_ids: Collection[str], since: datetime
) -> dict[str, dict[str, int]]:
    """Count the deliveries of some webhooks since a moment, by webhook and state."""
    query = (
        sa.select(notice.c.webhook_id, notice.c.state, sa.func.count())
        .where(notice.c.webhook_id.in_(list(webhook_ids)), notice.c.created_at >= since)
        .group_by(notice.c.webhook_id, notice.c.state)
    )
    counts: dict[str, dict[str, int]] = {webhook_id: {} for webhook_id in webhook_ids}
    for webhook_id, state, count in tx.execute(query):
        counts[webhook_id][state] = int(count)
    return counts


def send_again(tx: Transaction, webhook_id: str, delivery_id: str, now: datetime) -> bool:
    """Let a delivery be sent once more with the same id; False where its order no longer names the webhook: nothing of it is kept."""
    return _again(tx, webhook_id, [delivery_id], now) == 1


def send_some_again(
    tx: Transaction, webhook_id: str, now: datetime, since: datetime, after: str
) -> tuple[int, str | None]:
    """Let some deliveries written since a moment be sent once more with the same ids; answers how many, and where to go on.

    Left out are those whose order no longer names the webhook: nothing of them is kept.
    """
    written = (notice.c.webhook_id == webhook_id, notice.c.created_at >= since, notice.c.created_at <= now)
    ids = next_ids(tx, notice.c.id, after, *written)
    return _again(tx, webhook_id, ids, now), come_to(ids)


def _again(tx: Transaction, webhook_id: str, ids: Collection[str], now: datetime) -> int:
    kept = (notice.c.webhook_id == webhook_id, notice.c.document != _EMPTY)
    some = sa.update(notice).where(notice.c.id.in_(list(ids)), *kept)
    again = some.values(state="waiting", due_at=now, tries=0, ended_at=None, detail=None)
    return int(tx.execute(again).rowcount)


def forget_contents(tx: Transaction, before: datetime, after: str) -> tuple[int, str | None]:
    """Forget the contents of some deliveries that were written before a moment and have ended; answers how many, and where to go on."""
    old = (notice.c.webhook_id.is_not(None), notice.c.created_at < before)
    kept = (notice.c.state != "waiting", notice.c.document != _EMPTY)
    ids = next_ids(tx, notice.c.id, after, *old, *kept)
    tx.execute(sa.update(notice).where(notice.c.id.in_(ids)).values(document=_EMPTY))
    return len(ids), come_to(ids)
