"""The outbox: messages that wait to be delivered, written in the transaction of the event that they tell of.

A message is claimed before it is sent and settled afterwards. A process that dies between the two leaves it claimed; it comes
again when its claim has run out, so a message is delivered at least once.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.notices.contacts import ContactKind
from ticketing.db.notices.steps import come_to, next_ids
from ticketing.db.notices.webhooks import OFF
from ticketing.db.rows import add_all_once, columns, fetch
from ticketing.db.tables.notices import notice

NoticeState = Literal["waiting", "delivered", "unreachable", "dropped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one address; `topic` names the holder and the revision of what it tells.

    `document` holds the address and the values of the template, and is emptied when the message has ended. One to a `webhook_id`
    has ids alone and is kept, so that it may be sent again; `type` is that of its event.
    """

    id: str
    topic: str
    kind: ContactKind
    template: str
    language: str
    document: dict[str, Any]
    order_id: str | None
    created_at: datetime
    due_at: datetime
    state: NoticeState = "waiting"
    tries: int = 0
    ended_at: datetime | None = None
    detail: str | None = None
    webhook_id: str | None = None
    type: str | None = None


def post(tx: Transaction, made: Notice) -> bool:
    """Put a message into the outbox; False where its topic was written before."""
    return post_all(tx, [made]) == 1


def post_all(tx: Transaction, messages: Sequence[Notice]) -> int:
    """Put messages into the outbox; answers how many topics were not written before."""
    return add_all_once(tx, notice, [columns(one) for one in messages])


def list_topics(tx: Transaction, topics: Iterable[str]) -> set[str]:
    """List which of some topics were written before."""
    query = sa.select(notice.c.topic).where(notice.c.topic.in_(list(topics)))
    return set(tx.execute(query).scalars())


def claim_due(
    tx: Transaction, kinds: Collection[ContactKind], now: datetime, again_at: datetime, limit: int
) -> list[Notice]:
    """Claim the oldest messages of some kinds that are due: until `again_at` no other worker takes them. Tries are counted here."""
    due = (
        sa.select(notice)
        .where(notice.c.kind.in_(list(kinds)), notice.c.state == "waiting", notice.c.due_at <= now)
        .order_by(notice.c.due_at, notice.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due_notices = fetch(tx, due, Notice)
    if due_notices:
        claimed = sa.update(notice).where(notice.c.id.in_([one.id for one in due_notices]))
        tx.execute(claimed.values(due_at=again_at, tries=notice.c.tries + 1))
    return [replace(one, due_at=again_at, tries=one.tries + 1) for one in due_notices]


def end(tx: Transaction, ids: Sequence[str], state: NoticeState, now: datetime, detail: str | None) -> None:
    """Settle messages for good: their address and values are forgotten, but for the ids that a webhook may be sent again."""
    is_open = notice.c.state == "waiting"
    if state == "delivered":
        # It was in hand when its webhook was turned off, and given up with those that waited.
        given_up = sa.and_(notice.c.state == "unreachable", notice.c.detail == OFF)
        is_open = sa.or_(is_open, given_up)
    ended = sa.update(notice).where(notice.c.id.in_(list(ids)), is_open)
    kept = sa.case((notice.c.webhook_id.is_(None), "{}"), else_=notice.c.document)
    tx.execute(ended.values(state=state, ended_at=now, detail=detail, document=kept))


def delay(tx: Transaction, notice_id: str, due_at: datetime, detail: str) -> None:
    """Let a message wait for its next try."""
    same = sa.update(notice).where(notice.c.id == notice_id, notice.c.state == "waiting")
    tx.execute(same.values(due_at=due_at, detail=detail))


def drop_of_order(tx: Transaction, order_id: str, now: datetime, kept: Collection[str] = ()) -> None:
    """Drop the messages about an order that still wait, but for those to the contacts that are `kept` (their digests).

    Of those that a webhook has had nothing is kept to be sent again.
    """
    mine = notice.c.order_id == order_id
    others = [~notice.c.topic.startswith(f"{order_id}:{digest}:", autoescape=True) for digest in kept]
    waiting = sa.update(notice).where(mine, notice.c.state == "waiting", *others)
    tx.execute(waiting.values(state="dropped", ended_at=now, document="{}"))
    had = sa.update(notice).where(mine, notice.c.webhook_id.is_not(None), *others)
    tx.execute(had.values(document="{}"))


def was_delivered(tx: Transaction, topics: Collection[str]) -> bool:
    """Tell whether any message of some topics has reached its contact."""
    query = sa.select(sa.literal(1)).where(notice.c.topic.in_(list(topics)), notice.c.state == "delivered")
    return tx.execute(query.limit(1)).first() is not None


def give_back(tx: Transaction, untried: Sequence[Notice], *, due_at: datetime) -> None:
    """Give messages back that were claimed and not tried: they are due at a moment, and this was no try.

    One that was sent again meanwhile, or claimed by another worker, is left as it is.
    """
    ids = [one.id for one in untried]
    claimed = sa.update(notice).where(notice.c.id.in_(ids), notice.c.state == "waiting")
    mine = claimed.where(notice.c.due_at.in_({one.due_at for one in untried}), notice.c.tries > 0)
    tx.execute(mine.values(due_at=due_at, tries=notice.c.tries - 1))


def count_by_state(tx: Transaction) -> dict[tuple[str, str], int]:
    """Count the messages by kind and state."""
    query = sa.select(notice.c.kind, notice.c.state, sa.func.count()).group_by(notice.c.kind, notice.c.state)
    return {(row[0], row[1]): int(row[2]) for row in tx.execute(query)}


def find_oldest_due(tx: Transaction, now: datetime) -> datetime | None:
    """Find since when the oldest message waits that should have been delivered; None where none does."""
    query = sa.select(sa.func.min(notice.c.created_at)).where(
        notice.c.state == "waiting", notice.c.due_at <= now
    )
    oldest: datetime | None = tx.execute(query).scalar_one()
    return oldest


def delete_ended(tx: Transaction, before: datetime, after: str) -> tuple[int, str | None]:
    """Delete some messages that ended before a moment; answers how many, and where to go on."""
    ids = next_ids(tx, notice.c.id, after, notice.c.ended_at < before)
    tx.execute(sa.delete(notice).where(notice.c.id.in_(ids)))
    return len(ids), come_to(ids)
