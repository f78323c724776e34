"""Webhooks of whole backends: an address that takes events of some types, held by a line of API keys."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.notices.steps import come_to, next_ids
from ticketing.db.rows import columns, fetch, find, insert
from ticketing.db.tables.notices import contact, notice, webhook, webhook_type
from ticketing.db.tables.sale import api_key

OffBecause = Literal["by_hand", "failing", "gone"]
OFF = "the webhook is off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One address; it is on while `off_because` is None. `old_secret` and the one before sign too, each until its moment.

    `failing_since` is the first failure since something was delivered.
    """

    id: str
    key_line: str
    role: str
    operator: str | None
    url: str
    secret: str
    created_at: datetime
    old_secret: str | None = None
    old_secret_until: datetime | None = None
    older_secret: str | None = None
    older_secret_until: datetime | None = None
    off_because: OffBecause | None = None
    failing_since: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str | None = None
    last_delivered_at: datetime | None = None


def hold_line(tx: Transaction, key_line: str) -> None:
    """Keep a line of keys from others who count its webhooks, until the transaction ends."""
    line = sa.func.coalesce(api_key.c.line, api_key.c.id) == key_line
    tx.execute(sa.select(api_key.c.id).where(line).order_by(api_key.c.id).with_for_update())


def insert_webhook(tx: Transaction, made: Webhook) -> None:
    """Store a webhook."""
    insert(tx, webhook, made)


def update_webhook(tx: Transaction, changed: Webhook) -> None:
    """Store the present values of a webhook that is there."""
    tx.execute(sa.update(webhook).where(webhook.c.id == changed.id).values(**columns(changed)))


def find_webhook(tx: Transaction, webhook_id: str, *, hold: bool = False) -> Webhook | None:
    """Read a webhook; `hold` keeps it from other writers until the transaction ends."""
    query = sa.select(webhook).where(webhook.c.id == webhook_id)
    return find(tx, query.with_for_update() if hold else query, Webhook)


def hold_webhooks(tx: Transaction, ids: Collection[str]) -> None:
    """Keep some webhooks from other writers until the transaction ends: always in the same order, and before their messages."""
    if ids:
        held = sa.select(webhook.c.id).where(webhook.c.id.in_(list(ids))).order_by(webhook.c.id)
        tx.execute(held.with_for_update())


def find_active(tx: Transaction, ids: Collection[str], now: datetime) -> dict[str, Webhook]:
    """Read those of some webhooks that are on and whose line has a key that is still good."""
    query = sa.select(webhook).where(webhook.c.id.in_(list(ids)), is_active(now))
    return {active.id: active for active in fetch(tx, query, Webhook)}


def list_webhooks(tx: Transaction) -> list[Webhook]:
    """List all webhooks, oldest first."""
    return fetch(tx, sa.select(webhook).order_by(webhook.c.id), Webhook)


def list_lines_in_force(tx: Transaction, now: datetime) -> set[str]:
    """List the lines of keys that have one which is neither revoked nor run out."""
    line = sa.func.coalesce(api_key.c.line, api_key.c.id)
    return set(tx.execute(sa.select(line).where(*_is_in_force(now))).scalars())


def is_active(now: datetime | sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Select webhooks that are on and whose line has a key that is still good."""
    line = sa.func.coalesce(api_key.c.line, api_key.c.id) == webhook.c.key_line
    key = sa.select(sa.literal(1)).select_from(api_key).where(line, *_is_in_force(now))
    return sa.and_(webhook.c.off_because.is_(None), key.correlate(webhook).exists())


def _is_in_force(now: datetime | sa.ColumnElement[datetime]) -> list[sa.ColumnElement[bool]]:
    lives = sa.or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now)
    return [api_key.c.revoked_at.is_(None), lives]


def takes(type_: sa.ColumnElement[str], family: str) -> sa.ColumnElement[bool]:
    """Select patterns that a type of a family fits."""
    return sa.or_(webhook_type.c.pattern == type_, webhook_type.c.pattern == f"{family}.*")


def replace_types(tx: Transaction, webhook_id: str, since: Mapping[str, datetime]) -> None:
    """Make these the types that a webhook takes, each with the moment from which on it is told of them."""
    tx.execute(sa.delete(webhook_type).where(webhook_type.c.webhook_id == webhook_id))
    rows = [
        {"webhook_id": webhook_id, "pattern": pattern, "since": moment} for pattern, moment in since.items()
    ]
    if rows:
        tx.execute(sa.insert(webhook_type), rows)


def list_types(tx: Transaction, ids: Collection[str]) -> dict[str, dict[str, datetime]]:
    """List the types of some webhooks by webhook, each with the moment from which on it is told of them."""
    query = sa.select(webhook_type).where(webhook_type.c.webhook_id.in_(list(ids)))
    types: dict[str, dict[str, datetime]] = {webhook_id: {} for webhook_id in ids}
    for row in tx.execute(query.order_by(webhook_type.c.pattern)):
        types[row.webhook_id][row.pattern] = row.since
    return types


def note_delivered(tx: Transaction, webhook_id: str, now: datetime) -> None:
    """Write down that a webhook takes what is sent: its failures are over."""
    same = sa.update(webhook).where(webhook.c.id == webhook_id)
    tx.execute(same.values(last_delivered_at=now, failing_since=None))


def note_failed(tx: Transaction, webhook_id: str, now: datetime, detail: str) -> datetime | None:
    """Write down a failure; answers since when the webhook fails, None where it is no more."""
    since = sa.func.coalesce(
        webhook.c.failing_since, sa.bindparam("now", now, type_=webhook.c.created_at.type)
    )
    same = sa.update(webhook).where(webhook.c.id == webhook_id)
    tx.execute(same.values(failing_since=since, last_failure_at=now, last_failure=detail))
    known = find_webhook(tx, webhook_id)
    return known.failing_since if known else None


def turn_off(tx: Transaction, webhook_id: str, because: OffBecause, now: datetime) -> None:
    """Turn a webhook off, unless it is off already; what waits for it is given up in steps, of which this is the first (`give_up`)."""
    mark_off(tx, webhook_id, because)
    give_up(tx, webhook_id, now, "")


def mark_off(tx: Transaction, webhook_id: str, because: OffBecause) -> None:
    """Write down why a webhook is off, unless it is off already: from now on nothing is written for it or sent to it."""
    same = sa.update(webhook).where(webhook.c.id == webhook_id, webhook.c.off_because.is_(None))
    tx.execute(same.values(off_because=because))


def give_up(tx: Transaction, webhook_id: str, now: datetime, after: str) -> str | None:
    """Give up some messages that wait for a webhook that is off: they may be sent again later. Answers where to go on."""
    waiting = (notice.c.webhook_id == webhook_id, notice.c.state == "waiting")
    ids = next_ids(tx, notice.c.id, after, *waiting)
    some = sa.update(notice).where(notice.c.id.in_(ids), *waiting)
    tx.execute(some.values(state="unreachable", ended_at=now, detail=OFF))
    return come_to(ids)


def forget_deliveries(tx: Transaction, webhook_id: str, now: datetime, after: str) -> str | None:
    """Drop some messages of a webhook that ends, and forget what they had to say. Answers where to go on."""
    ids = next_ids(tx, notice.c.id, after, notice.c.webhook_id == webhook_id)
    some = sa.update(notice).where(notice.c.id.in_(ids))
    tx.execute(some.where(notice.c.state == "waiting").values(state="dropped", ended_at=now))
    tx.execute(some.values(document="{}"))
    return come_to(ids)


def forget_contacts(tx: Transaction, webhook_id: str, after: str) -> str | None:
    """Let some orders no longer name a webhook that ends. Answers where to go on."""
    ids = next_ids(tx, contact.c.id, after, contact.c.webhook_id == webhook_id)
    tx.execute(sa.delete(contact).where(contact.c.id.in_(ids)))
    return come_to(ids)


def delete_webhook(tx: Transaction, webhook_id: str) -> None:
    """Delete a webhook with its types, of which nothing is left to be sent and that no order names."""
    tx.execute(sa.delete(webhook_type).where(webhook_type.c.webhook_id == webhook_id))
    tx.execute(sa.delete(webhook).where(webhook.c.id == webhook_id))
