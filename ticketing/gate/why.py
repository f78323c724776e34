"""Explain a refusal by what the service knows and no gate alone: a newer code, a group's newer code, a ride given back."""

from dataclasses import replace
from typing import Protocol

from throughfare_gate.gate.decision import Decision, Reading
from throughfare_gate.gate.model import Values
from throughfare_gate.tickets.claims import TicketClaims
from ticketing.db import Transaction
from ticketing.db.ticket import tickets
from ticketing.tickets.regroup import Group

_ELSEWHERE = {"wrong_audience", "wrong_leg"}


class _Row(Protocol):
    """The place in the status list that tells whether a code is the ticket's newest."""

    @property
    def status(self) -> str:
        """Valid, revoked or suspended."""

    @property
    def status_index(self) -> int:
        """The place in the status list that the newest text names."""


def explained(
    tx: Transaction,
    decision: Decision,
    reading: Reading,
    operator: str,
    known: tuple[_Row | None, Group | None],
) -> Decision:
    """The decision, of a refusal with what staff can do about it: nothing is read for any other.

    `known` is the row of the ticket that was shown, and the group whose code it was.
    """
    row, group = known
    if decision.reason == "revoked" and reading.claims is not None:
        more = _of_revoked(tx, reading.claims, row, group)
        if "replaced" in more:
            return replace(decision, reason="replaced")
    elif decision.reason in _ELSEWHERE and reading.jti is not None:
        more = _of_given_back(tx, reading.jti, operator, group)
    else:
        return decision
    return replace(decision, values={**decision.values, **more})


def _of_revoked(tx: Transaction, claims: TicketClaims, row: _Row | None, group: Group | None) -> Values:
    if group is not None:
        return {"group": len(group.members)} if group.code.status == "revoked" else {}
    if row is None or row.status == "revoked" or row.status_index == claims.status.idx:
        return {}
    return {"moved" if tickets.has_moved_from(tx, claims.jti, claims.status.idx) else "replaced": True}


def _of_given_back(tx: Transaction, jti: str, operator: str, group: Group | None) -> Values:
    held = group.members[0] if group else tickets.find_ticket(tx, jti)
    legs = held.document.legs if held else ()
    gone = any(leg.operator == operator and not leg.is_left for leg in legs)
    return {"given_back": True} if gone else {}
