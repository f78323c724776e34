"""Tickets whose vehicle is late: what ends by its time goes on while its passenger is still under way.

A ticket ends some hours after its last planned arrival. A ferry that is five hours late would bring its passengers to a tram
that no longer takes them; so the end moves by the longest delay at which one of its legs arrives, as its operator has told
it. Asked only of tickets that have expired within a day: no other scan reads a word more.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ticketing.db import Transaction
from ticketing.db.operators import run_states
from ticketing.db.operators.run_states import RunKey, RunState
from ticketing.db.sale import orders
from ticketing.db.ticket import group_codes, tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import Leg, left_of

LONGEST = timedelta(hours=24)


def extended_until(tx: Transaction, jti: str | None, expires_at: int | None, now: datetime) -> dict[str, int]:
    """Until when a ticket that has expired is accepted all the same, by its id; empty where it is not. POSIX seconds."""
    moment = int(now.timestamp())
    if jti is None or expires_at is None or not expires_at <= moment < expires_at + LONGEST.total_seconds():
        return {}
    held = tickets.find_ticket(tx, jti) or group_codes.first_ticket_of(tx, jti)
    late = lateness(tx, held) if held else 0
    return {jti: expires_at + late} if late else {}


def has_ended(tx: Transaction, held: Ticket, now: datetime) -> bool:
    """Tell whether a ticket is over: its end has passed, and no known delay keeps it."""
    if now < held.expires_at:
        return False
    return now >= held.expires_at + LONGEST or now >= held.expires_at + timedelta(seconds=lateness(tx, held))


def under_way_until(tx: Transaction, held: Ticket | None, now: datetime) -> dict[str, int]:
    """Until when staff may let in a ticket that has ended, although no delay is known; empty where they may not.

    Its journey has begun, since a gate has accepted a leg, and has legs left: the passengers of a late ship that nobody
    has told of stand at the tram with it. Gates cannot know that; people can.
    """
    if (
        held is None
        or not held.expires_at <= now < held.expires_at + LONGEST
        or held.document.season is not None
    ):
        return {}
    used = {use.leg for use in tickets.list_uses(tx, held.jti)}
    left = set(left_of(held.document.legs)) - used
    if not used or not left or lateness(tx, held):  # what is known of a delay counts, and no more
        return {}
    return {held.jti: int((held.expires_at + LONGEST).timestamp())}


def lateness(tx: Transaction, held: Ticket) -> int:
    """The longest delay, in seconds, at which a leg of a ticket arrives; a day at most, 0 where nothing is known."""
    legs = [leg for leg in held.document.legs if leg.trip_id and leg.is_left]
    keys = {key for leg in legs for key in _keys(leg)}
    if not keys:
        return 0
    known = run_states.find_runs(tx, orders.get_order(tx, held.order_id).region, keys)
    found = (_late(leg, filter(None, map(known.get, _keys(leg)))) for leg in legs)
    return max(0, *(min(late, int(LONGEST.total_seconds())) for late in found))


def _keys(leg: Leg) -> Iterator[RunKey]:
    """A trip leaves on its service day, or in the night after it."""
    day = leg.departure.date()
    for back in (0, 1):
        yield leg.operator, leg.trip_id, day - timedelta(days=back)


def _late(leg: Leg, states: Iterable[RunState]) -> int:
    """Compute the lateness of a leg; of two days of one trip the nearer one is meant."""
    planned = int(leg.arrival.timestamp())
    running = [state for state in states if not state.cancelled]
    calls = [call for state in running for call in state.calls]
    delays = [
        call.arrival - planned
        for call in calls
        if call.arrival is not None and call.stop_id == leg.end.stop_id
    ]
    return max(0, min(delays, key=abs, default=0))
