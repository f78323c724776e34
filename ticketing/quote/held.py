"""Read what people hold from the database: their passes with the uses that are left, their proofs, the rides that caps count."""

from collections.abc import Collection, Mapping
from datetime import datetime

from tariffs.caps import Tap
from tariffs.party import ProvenClaim
from tariffs.passes import HeldPass
from ticketing.db import Transaction
from ticketing.db.people import people
from ticketing.db.sale import held_passes
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.quote.brought import KeptPass, with_freed
from ticketing.regions.travellers import COUNTED, ridden


def claims_of(tx: Transaction, person_id: str) -> tuple[ProvenClaim, ...]:
    """List the claims that were proven of the owner of an account."""
    proven = people.list_entitlements(tx, person_id)
    return tuple(
        ProvenClaim(one.claim, datetime.fromisoformat(one.valid_until).date(), one.proof) for one in proven
    )


def paid_by(tx: Transaction, person_id: str, now: datetime) -> tuple[Tap, ...]:
    """The rides of the owner of an account that caps still count."""
    return tuple(ridden(held_passes.list_rides_of(tx, person_id, now - COUNTED)))


def is_held(found: Ticket, now: datetime) -> bool:
    """Tell whether the ticket of a pass is good for more rides in time."""
    return found.document.season is not None and found.status == "valid" and found.expires_at > now


def passes_named(
    tx: Transaction, jtis: Collection[str], now: datetime, freed: Mapping[str, int]
) -> dict[str, HeldPass]:
    """The passes of these tickets as they are now, with the uses that an exchange gives back; one no longer held is left out."""
    if not jtis:
        return {}
    found = (kept(tx, one) for one in tickets.find_tickets(tx, jtis).values() if is_held(one, now))
    return {one.held.ticket: one.held for one in with_freed(tuple(found), freed)}


def kept(tx: Transaction, pass_ticket: Ticket) -> KeptPass:
    """A pass as it is held now, with the uses that are left of it."""
    season = pass_ticket.document.season
    if season is None:
        raise LookupError(f"ticket {pass_ticket.jti} is no pass")
    held = HeldPass(
        ticket=pass_ticket.jti,
        product=season.product,
        scope=season.scope,
        valid_from=season.valid_from,
        valid_until=season.valid_until,
        uses_left=held_passes.count_left(tx, pass_ticket),
        rider=pass_ticket.document.rider,
        shared=season.is_shared,
    )
    return KeptPass(held, season.kind, season.holder)
