"""Move a ticket to another phone: the old one stops working at once, the ticket stays the same ticket.

It keeps its identity, so what was used stays used and a refund finds its shares; it leaves its place in the
status list revoked and takes another, so that gates without a network refuse the old text with their next bundle.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from throughfare_gate.ids import new_id
from throughfare_gate.tickets.jwk import BadKey, phone_key, public_key, thumbprint
from ticketing.db import Transaction
from ticketing.db.ticket import group_codes, tickets
from ticketing.db.ticket.tickets import Ticket, TicketMove
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.gate import late
from ticketing.gate.holder import require_own_code
from ticketing.gate.house import Gatehouse
from ticketing.tickets.issue import choose_place, status_list_of
from ticketing.tickets.own import payload_of
from ticketing.tickets.regroup import find_group, regroup

# Enough for a broken phone and its replacement, too few to pass a ticket round.
MOVES_A_DAY = 3
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Moved:
    """The code at its new phone: a ticket, or the code of a group, which has a new number."""

    jti: str
    token: str
    moves_left: int


def move(house: Gatehouse, order_id: str, jti: str, jwk: Mapping[str, Any]) -> Moved:
    """Bind a ticket of an order, or the code of its group, to a phone's key, in place of the key that it is bound to.

    The same key again changes nothing. Raises NotFound for a ticket of another order, InvalidRequest for a key
    that must not be used, Conflict when the ticket is no longer valid, may not be bound, has moved too often, or is in a group.
    """
    now = house.clock.now()
    member = _binding(jwk)
    with house.database.write() as tx:
        held = tickets.find_ticket(tx, jti, lock=True)
        if held is None:
            return _move_group(tx, house, order_id, jti, member)
        if held.order_id != order_id:
            raise NotFound("there is no such ticket")
        payload = payload_of(held.token)
        moved = tickets.count_moves(tx, jti, now - _DAY)
        if payload.get("cnf") == {"jwk": member}:
            require_own_code(tx, held)
            return Moved(jti, held.token, MOVES_A_DAY - moved)
        _require_movable(tx, house, held, moved)
        require_own_code(tx, held)
        token = _rewrite(tx, house, held, payload, member)
    return Moved(jti, token, MOVES_A_DAY - moved - 1)


def _move_group(tx: Transaction, house: Gatehouse, order_id: str, jti: str, member: dict[str, str]) -> Moved:
    """Bind every ticket of a group to a phone; its code follows them."""
    now = house.clock.now()
    group = find_group(tx, jti, lock=True)
    if group is None or group.code.order_id != order_id:
        raise NotFound("there is no such ticket")
    moved = group_codes.count_moves(tx, order_id, now - _DAY)
    if payload_of(group.code.token).get("cnf") == {"jwk": member} and group.code.status != "revoked":
        return Moved(jti, group.code.token, MOVES_A_DAY - moved)
    _require_movable(tx, house, group.as_ticket, moved)
    for held in group.members:
        _rewrite(tx, house, held, payload_of(held.token), member)
    code = regroup(tx, house.press, order_id, now, by="move")
    if code is None:
        raise Conflict("the ticket is no longer valid and stays where it is")
    return Moved(code.jti, code.token, MOVES_A_DAY - moved - 1)


def _require_movable(tx: Transaction, house: Gatehouse, held: Ticket, moved: int) -> None:
    if held.status != "valid" or late.has_ended(tx, held, house.clock.now()):
        raise Conflict("the ticket is no longer valid and stays where it is")
    rule = house.rules.get(held.product)
    if rule is not None and rule.binding == "none":
        raise Conflict("tickets of this product are not bound to a phone")
    if moved >= MOVES_A_DAY:
        raise Conflict(
            f"the ticket has moved {moved} times within a day; staff can find it by its control code"
        )


def _rewrite(
    tx: Transaction, house: Gatehouse, held: Ticket, payload: dict[str, Any], member: dict[str, str]
) -> str:
    now = house.clock.now()
    first = status_list_of(now, held.expires_at)
    place = choose_place(functools.partial(tickets.has_index, tx), first)
    token = house.press.sign_anew({**payload, "cnf": {"jwk": member}}, place)
    mark = thumbprint(public_key(member))
    left = TicketMove(
        id=new_id(),
        jti=held.jti,
        old_list=held.status_list,
        old_index=held.status_index,
        key_thumbprint=mark,
        at=now,
    )
    tickets.move_ticket(tx, held, left, token, place)
    return token


def _binding(jwk: Mapping[str, Any]) -> dict[str, str]:
    """The four members of a phone's key, as a ticket holds them."""
    try:
        return phone_key(jwk)
    except BadKey as error:
        raise InvalidRequest.at("public_key", str(error)) from None
