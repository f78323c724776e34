"""The document of a ticket: what people read of it, the pass that it is, and what is left of its price."""

from dataclasses import dataclass

from ticketing.frozen.fields import (
    document,
    part_or_none,
    rows,
    text,
    text_or_none,
    texts,
    truth,
)
from ticketing.frozen.legs import Leg, read_leg, write_leg
from ticketing.frozen.prices import LeftPrice, read_left, write_left
from ticketing.frozen.seasons import SoldPass, read_pass, write_pass

_NAMES = frozenset({"legs", "rider", "operators", "pass", "exchange_of", "left", "blocked", "suspended_by"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketDocument:
    """The content of a ticket: legs, or the `season` that it is, for a `rider` category with these operators.

    `left` is what the legs cost that have not been given back, once some have. `suspended_by` is the dispute that keeps
    it from gates, `blocked` says that its holder had blocked it before.
    """

    legs: tuple[Leg, ...]
    rider: str
    operators: tuple[str, ...]
    season: SoldPass | None = None
    exchange_of: str | None = None
    left: LeftPrice | None = None
    blocked: bool = False
    suspended_by: str | None = None


def read_ticket(raw: object) -> TicketDocument:
    """Read the document of a ticket; raises Unreadable, naming the field."""
    ticket = document(raw, _NAMES)
    return TicketDocument(
        legs=rows(ticket, "legs", read_leg),
        rider=text(ticket, "rider"),
        operators=texts(ticket, "operators"),
        season=part_or_none(ticket, "pass", read_pass),
        exchange_of=text_or_none(ticket, "exchange_of"),
        left=part_or_none(ticket, "left", read_left),
        blocked=truth(ticket, "blocked") if "blocked" in ticket else False,
        suspended_by=text_or_none(ticket, "suspended_by"),
    )


def write_ticket(ticket: TicketDocument) -> dict[str, object]:
    """Write the document of a ticket; what it does not have is left out."""
    known = {
        "pass": write_pass(ticket.season) if ticket.season else None,
        "exchange_of": ticket.exchange_of,
        "left": write_left(ticket.left) if ticket.left else None,
        "blocked": ticket.blocked,
        "suspended_by": ticket.suspended_by,
    }
    return {
        "legs": [write_leg(leg) for leg in ticket.legs],
        "rider": ticket.rider,
        "operators": list(ticket.operators),
        **{name: value for name, value in known.items() if value},
    }
