"""Group codes: one signed code that stands for several tickets of an order, and those that it has replaced."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import fetch, find, insert, inserting
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.sale import group_code, group_member, ticket
from ticketing.db.ticket import status_changes
from ticketing.db.ticket.tickets import Ticket
from ticketing.db.ticket.uses import TicketUse, mark_uses_of

# Databases have a limit to what one statement may name.
_CHUNK = 500
_LIVE = ("valid", "suspended")
EndedBy = Literal["change", "buyer", "move"]

_WANTED: sa.BindParameter[str] = sa.bindparam("wanted")
_CODE = sa.select(group_code).where(group_code.c.jti == _WANTED)
_LIVE_CODE = sa.select(group_code).where(group_code.c.order_id == _WANTED, group_code.c.status.in_(_LIVE))
_CODES = (
    sa.select(group_code)
    .where(group_code.c.order_id == _WANTED)
    .order_by(group_code.c.issued_at, group_code.c.jti)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCode:
    """One code of a group: its token and the place of its status; `ended_by` says why it was revoked.

    It is never changed, only replaced: by a change of one of its tickets, by its buyer, by a move to another phone.
    """

    jti: str
    order_id: str
    status: str
    token: str
    status_list: str
    status_index: int
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    control_code: str | None
    revoked_at: datetime | None = None
    ended_by: str | None = None


def insert_code(tx: Transaction, made: GroupCode, members: Sequence[str]) -> None:
    """Store a code with the tickets that it stands for; one that begins blocked is told to the signed lists."""
    insert(tx, group_code, made)
    if made.status != "valid":
        status_changes.note_place(tx, made.status_list, made.status_index, made.issued_at)
    tx.execute(inserting(group_member), [{"code_jti": made.jti, "ticket_jti": jti} for jti in members])


def tell_gates(tx: Transaction, members: Sequence[str], at: datetime) -> None:
    """Let bundles tell anew what some tickets have used: under their new code, too."""
    mark_uses_of(tx, members, at)


def find_code(tx: Transaction, jti: str) -> GroupCode | None:
    """Read a code, ended ones too."""
    return find(tx, _CODE, GroupCode, wanted=jti)


def find_live(tx: Transaction, order_id: str) -> GroupCode | None:
    """Read the code of an order that has not ended."""
    return find(tx, _LIVE_CODE, GroupCode, wanted=order_id)


def list_codes(tx: Transaction, order_id: str) -> list[GroupCode]:
    """List every code that an order ever had, oldest first."""
    return fetch(tx, _CODES, GroupCode, wanted=order_id)


def list_by_control_code(tx: Transaction, code: str, at: datetime) -> list[GroupCode]:
    """List the unexpired codes of groups with a control code: one, and hardly ever two."""
    query = sa.select(group_code).where(group_code.c.control_code == code, group_code.c.expires_at > at)
    return fetch(tx, query.order_by(group_code.c.jti), GroupCode)


def members_of(tx: Transaction, jti: str) -> list[str]:
    """The tickets that a code stands for."""
    query = sa.select(group_member.c.ticket_jti).where(group_member.c.code_jti == jti)
    return sorted(tx.execute(query).scalars())


def find_live_of(tx: Transaction, ticket_jti: str) -> GroupCode | None:
    """Read the live code that stands for a ticket."""
    query = (
        sa.select(group_code)
        .join(group_member, group_member.c.code_jti == group_code.c.jti)
        .where(group_member.c.ticket_jti == ticket_jti, group_code.c.status.in_(_LIVE))
    )
    return find(tx, query, GroupCode)


def first_ticket_of(tx: Transaction, jti: str) -> Ticket | None:
    """Read one of the tickets that a code stands for: legs and times are the same for all."""
    query = (
        sa.select(ticket)
        .join(group_member, group_member.c.ticket_jti == ticket.c.jti)
        .where(group_member.c.code_jti == jti)
        .order_by(ticket.c.passenger_ref, ticket.c.jti)
        .limit(1)
    )
    return find(tx, query, Ticket)


def list_concerned(tx: Transaction, jtis: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """The codes among these numbers, and those that stand for one of these tickets, each with all its tickets."""
    wanted, concerned = sorted(jtis), set[str]()
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        named = sa.or_(group_member.c.ticket_jti.in_(chunk), group_member.c.code_jti.in_(chunk))
        concerned |= set(tx.execute(sa.select(group_member.c.code_jti).where(named)).scalars())
    members: dict[str, list[str]] = defaultdict(list)
    codes = sorted(concerned)
    for start in range(0, len(codes), _CHUNK):
        query = sa.select(group_member).where(group_member.c.code_jti.in_(codes[start : start + _CHUNK]))
        for row in tx.execute(query):
            members[row.code_jti].append(row.ticket_jti)
    return {code: tuple(sorted(held)) for code, held in members.items()}


def list_uses_of_operator(tx: Transaction, operator: str, at: datetime) -> list[TicketUse]:
    """List what the codes of groups have used at an operator, while their tickets are inside their validity.

    One scan that let all of a group in is one use of its code.
    """
    names = [column for column in ticket_use.c if column.name != "jti"]
    query = (
        sa.select(group_member.c.code_jti.label("jti"), *names)
        .join(ticket_use, ticket_use.c.jti == group_member.c.ticket_jti)
        .join(ticket, ticket.c.jti == ticket_use.c.jti)
        .where(ticket_use.c.operator == operator, ticket.c.expires_at > at)
        .order_by(ticket_use.c.at, group_member.c.code_jti, ticket_use.c.scan_id)
    )
    uses = fetch(tx, query, TicketUse)
    return list({(use.jti, use.gate_key_id, use.scan_id, use.leg): use for use in uses}.values())


def end_code(tx: Transaction, code: GroupCode, by: EndedBy, at: datetime) -> None:
    """Revoke a code from now on."""
    change = sa.update(group_code).where(group_code.c.jti == code.jti)
    tx.execute(change.values(status="revoked", revoked_at=at, ended_by=by))
    status_changes.note_place(tx, code.status_list, code.status_index, at)


def set_code_status(tx: Transaction, code: GroupCode, status: str, at: datetime) -> None:
    """Block a code (`suspended`) or let it go again (`valid`)."""
    tx.execute(sa.update(group_code).where(group_code.c.jti == code.jti).values(status=status))
    status_changes.note_place(tx, code.status_list, code.status_index, at)


def list_signed_by(tx: Transaction, header: str, after: str, at: datetime, limit: int) -> list[GroupCode]:
    """List unexpired codes whose token begins with this header, by identity, after the given one."""
    query = sa.select(group_code).where(*_signed_by(header, at), group_code.c.jti > after)
    return fetch(tx, query.order_by(group_code.c.jti).limit(limit), GroupCode)


def count_signed_by(tx: Transaction, header: str, at: datetime) -> int:
    """Count the codes that `list_signed_by` lists."""
    query = sa.select(sa.func.count()).select_from(group_code).where(*_signed_by(header, at))
    return int(tx.execute(query).scalar_one())


def replace_token(tx: Transaction, code: GroupCode, token: str) -> None:
    """Give a code a new signed text; one that has changed in the meantime is left alone."""
    change = sa.update(group_code).where(group_code.c.jti == code.jti, group_code.c.token == code.token)
    tx.execute(change.values(token=token))


def count_moves(tx: Transaction, order_id: str, since: datetime) -> int:
    """Count how often the code of an order has moved to another phone since then."""
    query = sa.select(sa.func.count()).where(
        group_code.c.order_id == order_id, group_code.c.revoked_at >= since, group_code.c.ended_by == "move"
    )
    return int(tx.execute(query).scalar_one())


def _signed_by(header: str, at: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return group_code.c.token.startswith(f"{header}.", autoescape=True), group_code.c.expires_at > at
