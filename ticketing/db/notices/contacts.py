"""The contacts of orders: addresses to which messages about one order go. They are deleted after the journey."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from throughfare_gate.ids import new_id
from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.notices.steps import come_to, next_ids
from ticketing.db.rows import columns, fetch
from ticketing.db.tables.notices import contact
from ticketing.db.tables.sale import order, ticket

ContactKind = Literal["email", "webpush", "webhook"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One address of an order; `document` holds it in the form of its kind, `digest` tells it from others.

    `webhook_id` is the webhook of a whole backend that a contact names.
    """

    id: str
    order_id: str
    kind: ContactKind
    digest: str
    language: str
    document: dict[str, str]
    created_at: datetime
    webhook_id: str | None = None


def replace_contacts(tx: Transaction, order_id: str, contacts: Sequence[Contact]) -> None:
    """Make these the contacts of an order; one that it has already keeps its id."""
    digests = [wanted.digest for wanted in contacts]
    gone = sa.delete(contact).where(contact.c.order_id == order_id, contact.c.digest.not_in(digests))
    tx.execute(gone)
    known = {wanted.digest for wanted in list_contacts(tx, order_id)}
    for wanted in contacts:
        if wanted.digest in known:
            same = sa.update(contact).where(contact.c.order_id == order_id, contact.c.digest == wanted.digest)
            tx.execute(same.values(language=wanted.language, document=canonical(wanted.document)))
        else:
            tx.execute(sa.insert(contact).values(**columns(wanted)))


def list_contacts(tx: Transaction, order_id: str) -> list[Contact]:
    """List the contacts of an order, oldest first."""
    query = sa.select(contact).where(contact.c.order_id == order_id).order_by(contact.c.id)
    return fetch(tx, query, Contact)


def find_contacts(tx: Transaction, ids: Collection[str]) -> dict[str, Contact]:
    """Read some contacts by their ids; one that was deleted is left out."""
    query = sa.select(contact).where(contact.c.id.in_(list(ids)))
    return {one.id: one for one in fetch(tx, query, Contact)}


def list_orders_at(tx: Transaction, digest: str, states: Collection[str], limit: int) -> list[str]:
    """List the orders in some states that have a contact with this digest, newest first."""
    query = (
        sa.select(contact.c.order_id)
        .join(order, order.c.id == contact.c.order_id)
        .where(contact.c.digest == digest, order.c.state.in_(list(states)))
        .order_by(contact.c.order_id.desc())
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def copy_contacts(tx: Transaction, old: str, new: str, now: datetime) -> None:
    """Give an order the contacts of the one that it replaces."""
    for one in list_contacts(tx, old):
        made = replace(one, id=new_id(), order_id=new, created_at=now)
        tx.execute(sa.insert(contact).values(**columns(made)))


def delete_contact(tx: Transaction, contact_id: str) -> None:
    """Delete a contact that no longer exists, as a push service says of a subscription (RFC 8030, 7.3)."""
    tx.execute(sa.delete(contact).where(contact.c.id == contact_id))


def delete_ended(
    tx: Transaction, ended: datetime, made_before: datetime, after: str
) -> tuple[int, str | None]:
    """Delete some contacts of orders whose tickets had all ended, and of old orders without any; answers how many, and where to go on."""
    last = sa.select(sa.func.max(ticket.c.expires_at)).where(ticket.c.order_id == contact.c.order_id)
    is_over = sa.func.coalesce(last.scalar_subquery(), contact.c.created_at) < sa.bindparam(
        "ended", ended, type_=contact.c.created_at.type
    )
    ids = next_ids(tx, contact.c.id, after, contact.c.created_at < made_before, is_over)
    tx.execute(sa.delete(contact).where(contact.c.id.in_(ids)))
    return len(ids), come_to(ids)
