"""Keep the group code of an order true: whatever happens to one of its tickets ends the code and gives the others a new one.

Called in the transaction that changes a ticket, after the change. It holds the tickets of the order, as whoever changes
one of them does, so that a code is never made for what is going at that moment.
"""

import functools
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.ticket import group_codes, tickets, uses
from ticketing.db.ticket.group_codes import EndedBy, GroupCode
from ticketing.db.ticket.tickets import Ticket
from ticketing.tickets.group import Member, payload_for, says_the_same, staying
from ticketing.tickets.issue import Press, choose_place, status_list_of
from ticketing.tickets.own import payload_of


@dataclass(frozen=True, slots=True)
class Group:
    """A group code with the tickets that it stands for, by passenger."""

    code: GroupCode
    members: list[Ticket]

    @property
    def as_ticket(self) -> Ticket:
        """The code in the shape of a ticket, for whoever shows or looks at one: legs and times are those of its tickets."""
        code, first = self.code, self.members[0]
        return replace(
            first,
            jti=code.jti,
            token=code.token,
            status=code.status,
            status_list=code.status_list,
            status_index=code.status_index,
            issued_at=code.issued_at,
            revoked_at=code.revoked_at,
        )


def find_group(tx: Transaction, jti: str, *, lock: bool = False) -> Group | None:
    """Read a group code with its tickets, ended ones too; `lock` holds the tickets of its order against gates and changes."""
    code = group_codes.find_code(tx, jti)
    if code is None:
        return None
    held = tickets.list_tickets(tx, code.order_id, lock=lock)
    return _group_of(tx, group_codes.find_code(tx, jti) if lock else code, held)


def find_live_group(tx: Transaction, order_id: str, *, lock: bool = False) -> Group | None:
    """Read the living group code of an order with its tickets; `lock` as for `find_group`."""
    code = group_codes.find_live(tx, order_id)
    if code is None:
        return None
    held = tickets.list_tickets(tx, order_id, lock=lock)
    # The transaction that locked the rows before may have replaced the code.
    return _group_of(tx, group_codes.find_live(tx, order_id) if lock else code, held)


def _group_of(tx: Transaction, code: GroupCode | None, held: Sequence[Ticket]) -> Group | None:
    if code is None:
        return None
    members = set(group_codes.members_of(tx, code.jti))
    return Group(code, [one for one in held if one.jti in members])


def regroup(
    tx: Transaction, press: Press, order_id: str, now: datetime, *, by: EndedBy = "change"
) -> GroupCode | None:
    """Bring the group code of an order to what its tickets are now; answers the living one, None where there is none."""
    group = find_live_group(tx, order_id, lock=True)
    if group is None:
        return None
    code, left = group.code, staying(_members(tx, group.members))
    if len(left) == len(group.members) and says_the_same(payload_of(code.token), payload_for(left, code.jti)):
        if code.status != left[0].status:
            group_codes.set_code_status(tx, code, left[0].status, now)
        return code
    group_codes.end_code(tx, code, by, now)
    if not left:
        return None
    fresh = _made(tx, press, left, _first_of(left, group.members), now)
    group_codes.tell_gates(tx, [member.jti for member in left], now)
    return fresh


def begin(tx: Transaction, press: Press, made: Sequence[Ticket], now: datetime) -> GroupCode:
    """Make the first code of a group from tickets that nobody has used."""
    members = staying([_member(one, frozenset()) for one in made])
    return _made(tx, press, members, _first_of(members, made), now)


def dissolve(tx: Transaction, group: Group, now: datetime) -> None:
    """End a code without another: each of its tickets has its own code again."""
    group_codes.end_code(tx, group.code, "buyer", now)


def _members(tx: Transaction, held: Sequence[Ticket]) -> list[Member]:
    used = uses.list_uses_of(tx, [one.jti for one in held])
    legs: dict[str, set[int]] = defaultdict(set)
    for use in used:
        legs[use.jti].add(use.leg)
    return [_member(one, frozenset(legs[one.jti])) for one in held]


def _member(held: Ticket, used: frozenset[int]) -> Member:
    return Member(held.jti, held.passenger_ref, held.status, payload_of(held.token), used)


def _first_of(members: Sequence[Member], held: Sequence[Ticket]) -> Ticket:
    return next(one for one in held if one.jti == members[0].jti)


def _made(
    tx: Transaction, press: Press, members: Sequence[Member], first: Ticket, now: datetime
) -> GroupCode:
    """Sign and store a code; the times and the status of the first ticket are those of all."""
    place = choose_place(functools.partial(tickets.has_index, tx), status_list_of(now, first.expires_at))
    jti = secrets.token_urlsafe(16)
    code = GroupCode(
        jti=jti,
        order_id=first.order_id,
        status=first.status,
        token=press.sign_anew(payload_for(members, jti), place),
        status_list=place[0],
        status_index=place[1],
        issued_at=now,
        not_before=first.not_before,
        expires_at=first.expires_at,
        control_code=tickets.control_code_of(jti),
    )
    group_codes.insert_code(tx, code, [member.jti for member in members])
    return code
