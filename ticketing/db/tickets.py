"""Tickets: the issued tokens, their status bits and the uses that gates have claimed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find
from ticketing.db.tables import ticket, use_claim


@dataclass(frozen=True, slots=True)
class Ticket:
    """One signed ticket; `document` holds what a person wants to read of it (legs, times, price)."""

    jti: str
    order_id: str
    passenger_ref: str
    status: str
    token: str
    product: str
    amount_minor: int
    currency: str
    status_list: str
    status_index: int
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    revoked_at: datetime | None
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Use:
    """One accepted use of one leg of a ticket."""

    jti: str
    leg: int
    use_no: int
    operator: str
    gate_key_id: str
    scan_id: str
    stop_id: str | None
    at: datetime


def insert_ticket(tx: Transaction, made: Ticket) -> None:
    """Store a ticket."""
    tx.execute(sa.insert(ticket).values(**columns(made)))


def find_ticket(tx: Transaction, jti: str, *, lock: bool = False) -> Ticket | None:
    """Read one ticket by its identity; `lock` holds its row until the transaction ends."""
    query = sa.select(ticket).where(ticket.c.jti == jti)
    return find(tx, query.with_for_update() if lock else query, Ticket)


def list_tickets(tx: Transaction, order_id: str, *, lock: bool = False) -> list[Ticket]:
    """List the tickets of an order by passenger; `lock` holds their rows against gates."""
    query = (
        sa.select(ticket).where(ticket.c.order_id == order_id).order_by(ticket.c.passenger_ref, ticket.c.jti)
    )
    return fetch(tx, query.with_for_update() if lock else query, Ticket)


def revoke_tickets(tx: Transaction, jtis: Iterable[str], at: datetime) -> None:
    """Make tickets invalid from now on."""
    change = sa.update(ticket).where(ticket.c.jti.in_(list(jtis)))
    tx.execute(change.values(status="revoked", revoked_at=at))


def has_index(tx: Transaction, status_list: str, index: int) -> bool:
    """Whether an index of a status list is taken."""
    query = sa.select(ticket.c.jti).where(ticket.c.status_list == status_list, ticket.c.status_index == index)
    return tx.execute(query).first() is not None


def has_list(tx: Transaction, status_list: str) -> bool:
    """Whether any ticket points into a status list."""
    return (
        tx.execute(sa.select(ticket.c.jti).where(ticket.c.status_list == status_list).limit(1)).first()
        is not None
    )


def live_lists(tx: Transaction, at: datetime) -> list[str]:
    """The status lists that unexpired tickets point into."""
    query = sa.select(ticket.c.status_list).distinct().where(ticket.c.expires_at > at)
    return sorted(tx.execute(query).scalars())


def statuses(tx: Transaction, status_list: str, at: datetime) -> Mapping[int, str]:
    """Index → status of the unexpired tickets of a list that are not simply valid."""
    query = sa.select(ticket.c.status_index, ticket.c.status).where(
        ticket.c.status_list == status_list, ticket.c.status != "valid", ticket.c.expires_at > at
    )
    return {row.status_index: row.status for row in tx.execute(query)}


def list_uses(tx: Transaction, jti: str) -> list[Use]:
    """List the accepted uses of a ticket, oldest first."""
    query = sa.select(use_claim).where(use_claim.c.jti == jti).order_by(use_claim.c.at, use_claim.c.use_no)
    return fetch(tx, query, Use)


def list_uses_of_operator(tx: Transaction, operator: str, at: datetime) -> list[Use]:
    """List an operator's accepted uses of tickets that are still inside their validity."""
    query = (
        sa.select(use_claim)
        .join(ticket, ticket.c.jti == use_claim.c.jti)
        .where(use_claim.c.operator == operator, ticket.c.expires_at > at)
        .order_by(use_claim.c.at, use_claim.c.jti, use_claim.c.leg, use_claim.c.use_no)
    )
    return fetch(tx, query, Use)


def claim_use(tx: Transaction, use: Use) -> bool:
    """Take one use; the unique row decides. False when somebody else has it."""
    try:
        with tx.begin_nested():
            tx.execute(sa.insert(use_claim).values(**columns(use)))
    except sa.exc.IntegrityError:
        return False
    return True
