"""Tickets: the issued tokens, their status bits, their phones, and the uses that gates have claimed."""

import hashlib
from base64 import b32encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, insert, inserting, kept_as
from ticketing.db.tables.gates import control_code, holder_salt, ticket_move
from ticketing.db.tables.purchase import pass_use
from ticketing.db.tables.sale import group_code, ticket
from ticketing.db.ticket import legs, status_changes
from ticketing.db.ticket.uses import is_used as is_used  # noqa: PLC0414  purchase asks here whether a ticket is used
from ticketing.db.ticket.uses import list_uses as list_uses  # noqa: PLC0414
from ticketing.frozen import TicketDocument, left_of, read_ticket, write_ticket

_CODE_CHARS = 10
# Not revoked: a suspended ticket is its holder's still, it only opens no gate.
LIVE = ("valid", "suspended")
# How a row of `pass_use` belongs to the ticket of the order that it was taken for.
PASS_BEHIND = sa.and_(
    pass_use.c.order_id == ticket.c.order_id, pass_use.c.passenger_ref == ticket.c.passenger_ref
)

_WANTED: sa.BindParameter[str] = sa.bindparam("wanted")
_TICKET = sa.select(ticket).where(ticket.c.jti == _WANTED)
_LOCKED_TICKET = _TICKET.with_for_update()
_TICKETS = (
    sa.select(ticket).where(ticket.c.order_id == _WANTED).order_by(ticket.c.passenger_ref, ticket.c.jti)
)
_LOCKED_TICKETS = _TICKETS.with_for_update()
_LIST: sa.BindParameter[str] = sa.bindparam("list")
_INDEX: sa.BindParameter[int] = sa.bindparam("index")
_TAKEN = (
    sa.select(ticket.c.jti)
    .where(ticket.c.status_list == _LIST, ticket.c.status_index == _INDEX)
    .union_all(
        sa.select(ticket_move.c.jti).where(
            ticket_move.c.old_list == _LIST, ticket_move.c.old_index == _INDEX
        ),
        sa.select(group_code.c.jti).where(
            group_code.c.status_list == _LIST, group_code.c.status_index == _INDEX
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
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
    document: TicketDocument = field(metadata=kept_as(read_ticket, write_ticket))


@dataclass(frozen=True, slots=True)
class TicketMove:
    """A ticket that was signed anew: the place of its status that it left, and the key of its new phone.

    `key_thumbprint` is empty where it stayed with its holder and became shorter, or is for another departure.
    """

    id: str
    jti: str
    old_list: str
    old_index: int
    key_thumbprint: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UseClaim:
    """One use taken online: of many that are tried at once, the unique row lets one through."""

    jti: str
    leg: int
    use_no: int
    operator: str
    gate_key_id: str
    scan_id: str
    stop_id: str | None
    at: datetime


def insert_ticket(tx: Transaction, made: Ticket) -> None:
    """Store a ticket, with the control code that finds it where its own code cannot be shown."""
    insert_tickets(tx, [made])


def insert_tickets(tx: Transaction, made: Sequence[Ticket]) -> None:
    """Store tickets, each with its control code."""
    tx.execute(inserting(ticket), [columns(one) for one in made])
    tx.execute(inserting(control_code), [{"jti": one.jti, "code": control_code_of(one.jti)} for one in made])


def keep_salt(tx: Transaction, jti: str, salt: str) -> None:
    """Keep the issuer's half of a personal ticket's hash."""
    tx.execute(sa.insert(holder_salt).values(jti=jti, salt=salt))


def find_salt(tx: Transaction, jti: str) -> str | None:
    """The issuer's half of a personal ticket's hash; None where it has none."""
    return tx.execute(sa.select(holder_salt.c.salt).where(holder_salt.c.jti == jti)).scalar()


def control_code_of(jti: str) -> str:
    """The ten letters and digits that are printed on a ticket: 50 bits that say nothing and open nothing."""
    return b32encode(hashlib.sha256(jti.encode()).digest())[:_CODE_CHARS].decode()


def find_ticket(tx: Transaction, jti: str, *, lock: bool = False) -> Ticket | None:
    """Read one ticket by its identity; `lock` holds its row until the transaction ends."""
    return find(tx, _LOCKED_TICKET if lock else _TICKET, Ticket, wanted=jti)


def find_tickets(tx: Transaction, jtis: Collection[str], *, lock: bool = False) -> dict[str, Ticket]:
    """Read many tickets by their identity; `lock` holds their rows, in the order in which those of an order are held."""
    mine = sa.select(ticket).where(ticket.c.jti.in_(list(jtis)))
    query = mine.order_by(ticket.c.passenger_ref, ticket.c.jti)
    found = fetch(tx, query.with_for_update() if lock else query, Ticket)
    return {held.jti: held for held in found}


def list_by_control_code(tx: Transaction, code: str, at: datetime) -> list[Ticket]:
    """List the unexpired tickets with a control code: one, and hardly ever two."""
    query = (
        sa.select(ticket)
        .join(control_code, control_code.c.jti == ticket.c.jti)
        .where(control_code.c.code == code, ticket.c.expires_at > at)
        .order_by(ticket.c.jti)
    )
    return fetch(tx, query, Ticket)


def list_tickets(tx: Transaction, order_id: str, *, lock: bool = False) -> list[Ticket]:
    """List the tickets of an order by passenger; `lock` holds their rows against gates."""
    return fetch(tx, _LOCKED_TICKETS if lock else _TICKETS, Ticket, wanted=order_id)


def list_orders_of(tx: Transaction, jtis: Collection[str]) -> list[str]:
    """Name the orders of some tickets."""
    if not jtis:
        return []
    query = sa.select(ticket.c.order_id).distinct().where(ticket.c.jti.in_(list(jtis)))
    return sorted(tx.execute(query).scalars())


def list_tickets_of(tx: Transaction, order_ids: Sequence[str], *, lock: bool = False) -> list[Ticket]:
    """List the tickets of several orders by passenger; `lock` holds their rows against gates."""
    mine = sa.select(ticket).where(ticket.c.order_id.in_(list(order_ids)))
    query = mine.order_by(ticket.c.passenger_ref, ticket.c.jti)
    return fetch(tx, query.with_for_update() if lock else query, Ticket)


def revoke_tickets(tx: Transaction, jtis: Iterable[str], at: datetime) -> None:
    """Make tickets invalid from now on."""
    wanted = list(jtis)
    tx.execute(sa.update(ticket).where(ticket.c.jti.in_(wanted)).values(status="revoked", revoked_at=at))
    legs.drop_legs(tx, wanted)
    status_changes.note_tickets(tx, wanted, at)


def set_status(
    tx: Transaction, jti: str, status: str, at: datetime, *, document: TicketDocument | None = None
) -> None:
    """Block a ticket (`suspended`) or let it go again (`valid`), perhaps with a new document."""
    told = {} if document is None else {"document": canonical(write_ticket(document))}
    tx.execute(sa.update(ticket).where(ticket.c.jti == jti).values(status=status, **told))
    status_changes.note_tickets(tx, [jti], at)


def has_index(tx: Transaction, status_list: str, index: int) -> bool:
    """Tell whether an index of a status list is taken by a ticket or a group code, or was by a ticket that has moved to another phone."""
    return tx.execute(_TAKEN, {"list": status_list, "index": index}).first() is not None


def has_list(tx: Transaction, status_list: str) -> bool:
    """Tell whether any ticket or group code points into a status list."""
    pointing = (
        sa.select(table.c.jti).where(table.c.status_list == status_list).limit(1)
        for table in (ticket, group_code)
    )
    return any(tx.execute(query).first() is not None for query in pointing)


def live_lists(tx: Transaction, at: datetime) -> list[str]:
    """The status lists that unexpired tickets and group codes point into, or tickets pointed before they moved.

    Steps from list to list through an index, so that its cost grows with the lists and not with the tickets.
    """
    left = sa.select(ticket_move.c.old_list).join(ticket).where(ticket.c.expires_at > at)
    groups = sa.select(group_code.c.status_list).where(group_code.c.expires_at > at)
    found = set(tx.execute(left.union(groups)).scalars())
    return sorted(found | set(tx.execute(_LIVE_LISTS, {"at": at}).scalars()))


def statuses(tx: Transaction, status_list: str, at: datetime) -> Mapping[int, str]:
    """Index → status of the unexpired tickets and group codes of a list that are not simply valid.

    An index that a ticket has left is `replaced`; it is `revoked` where the ticket moved to another phone, or is revoked itself.
    """
    query = sa.union_all(
        *(
            sa.select(table.c.status_index, table.c.status).where(
                table.c.status_list == status_list,
                table.c.status.in_(("revoked", "suspended")),
                table.c.expires_at > at,
            )
            for table in (ticket, group_code)
        )
    )
    left = (
        sa.select(ticket_move.c.old_index, ticket_move.c.key_thumbprint, ticket.c.status)
        .join(ticket)
        .where(ticket_move.c.old_list == status_list, ticket.c.expires_at > at)
    )
    by_index = {row.status_index: row.status for row in tx.execute(query)}
    for row in tx.execute(left):
        is_gone = row.key_thumbprint or row.status == "revoked"
        by_index[row.old_index] = "revoked" if is_gone else "replaced"
    return by_index


def list_signed_by(tx: Transaction, header: str, after: str, at: datetime, limit: int) -> list[Ticket]:
    """List unexpired tickets whose token begins with this header, by identity, after the given one."""
    query = sa.select(ticket).where(*_signed_by(header, at), ticket.c.jti > after)
    return fetch(tx, query.order_by(ticket.c.jti).limit(limit), Ticket)


def count_signed_by(tx: Transaction, header: str, at: datetime) -> int:
    """Count the tickets that `list_signed_by` lists."""
    query = sa.select(sa.func.count()).select_from(ticket).where(*_signed_by(header, at))
    return int(tx.execute(query).scalar_one())


def _signed_by(header: str, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return ticket.c.token.startswith(f"{header}.", autoescape=True), ticket.c.expires_at > at


def replace_token(tx: Transaction, held: Ticket, token: str) -> None:
    """Give a ticket a new signed text; one that has changed in the meantime is left alone."""
    change = sa.update(ticket).where(ticket.c.jti == held.jti, ticket.c.token == held.token)
    tx.execute(change.values(token=token))


def move_ticket(
    tx: Transaction,
    held: Ticket,
    move: TicketMove,
    token: str,
    place: tuple[str, int],
    *,
    document: TicketDocument | None = None,
) -> None:
    """Give a ticket a new token at a new place of the status lists, and perhaps a new document.

    Its old place stays revoked.
    """
    insert(tx, ticket_move, move)
    status_changes.note_place(tx, move.old_list, move.old_index, move.at)
    change = sa.update(ticket).where(ticket.c.jti == held.jti)
    told = {} if document is None else {"document": canonical(write_ticket(document))}
    if document is not None:
        legs.keep_legs(tx, held.jti, left_of(document.legs))
    tx.execute(change.values(token=token, status_list=place[0], status_index=place[1], **told))


def reroute_ticket(tx: Transaction, region: str, now_is: Ticket, left: TicketMove) -> None:
    """Store a ticket as it was signed anew for another departure, by whose name it is found from now on.

    Its old place stays revoked.
    """
    insert(tx, ticket_move, left)
    status_changes.note_place(tx, left.old_list, left.old_index, left.at)
    names = ("token", "status_list", "status_index", "expires_at", "document")
    kept = columns(now_is)
    tx.execute(
        sa.update(ticket).where(ticket.c.jti == now_is.jti).values({name: kept[name] for name in names})
    )
    legs.drop_legs(tx, [now_is.jti])
    legs.put_legs(tx, region, [now_is])


def count_moves(tx: Transaction, jti: str, since: datetime) -> int:
    """Count how often a ticket has moved to another phone since then."""
    query = sa.select(sa.func.count()).where(
        ticket_move.c.jti == jti, ticket_move.c.at >= since, ticket_move.c.key_thumbprint != ""
    )
    return tx.execute(query).scalar_one()


def has_moved_from(tx: Transaction, jti: str, status_index: int) -> bool:
    """Tell whether a ticket left a place of its status because it moved to another phone, and not because it became shorter."""
    query = sa.select(ticket_move.c.key_thumbprint).where(
        ticket_move.c.jti == jti, ticket_move.c.old_index == status_index
    )
    return any(tx.execute(query).scalars())


def _live_lists() -> sa.Select[Any]:
    first = sa.select(sa.func.min(ticket.c.status_list).label("name")).cte("lists", recursive=True)
    following = sa.select(sa.func.min(ticket.c.status_list)).where(ticket.c.status_list > first.c.name)
    lists = first.union_all(sa.select(following.scalar_subquery()).where(first.c.name.is_not(None)))
    last = sa.select(sa.func.max(ticket.c.expires_at)).where(ticket.c.status_list == lists.c.name)
    alive = last.scalar_subquery() > sa.bindparam("at", type_=ticket.c.expires_at.type)
    return sa.select(lists.c.name).where(lists.c.name.is_not(None), alive)


_LIVE_LISTS = _live_lists()
