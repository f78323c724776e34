"""Tickets whose vehicle is late: what ends by its time goes on while its passenger is still under way.

A ticket ends some hours after its last planned arrival. A ferry that is five hours late would bring its passengers to a tram
that no longer takes them; so the end moves by the longest delay at which one of its legs arrives, as its operator has told
it. Asked only of tickets that have expired within a day: no other scan reads a word more.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ticketing.db import Transaction, orders, run_states, tickets
from ticketing.db.run_states import RunKey, RunState
from ticketing.db.tickets import Ticket

LONGEST = timedelta(hours=24)


def extended_until(tx: Transaction, jti: str | None, expires_at: int | None, now: datetime) -> dict[str, int]:
    """Until when a ticket that has expired is accepted all the same, by its id; empty where it is not. POSIX seconds."""
    moment = int(now.timestamp())
    if jti is None or expires_at is None or not expires_at <= moment < expires_at + LONGEST.total_seconds():
        return {}
    held = tickets.find_ticket(tx, jti)
    late = lateness(tx, held) if held else 0
    return {jti: expires_at + late} if late else {}


def still_valid(tx: Transaction, held: Iterable[Ticket], now: datetime) -> list[Ticket]:
    """Those of some tickets that have not ended, or go on because of a delay."""
    return [
        one for one in held
        if now < one.expires_at or now < one.expires_at + timedelta(seconds=lateness(tx, one))
    ]  # fmt: skip


def lateness(tx: Transaction, held: Ticket) -> int:
    """The longest delay, in seconds, at which a leg of a ticket arrives; a day at most, 0 where nothing is known."""
    legs = [leg for leg in held.document["legs"] if leg.get("trip_id") and "given_back_at" not in leg]
    keys = {key for leg in legs for key in _keys(leg)}
    if not keys:
        return 0
    known = run_states.find_runs(tx, orders.get_order(tx, held.order_id).region, keys)
    found = (_late(leg, filter(None, map(known.get, _keys(leg)))) for leg in legs)
    return max(0, *(min(late, int(LONGEST.total_seconds())) for late in found))


def _keys(leg: Mapping[str, Any]) -> Iterator[RunKey]:
    """A trip leaves on its service day, or in the night after it."""
    day = datetime.fromisoformat(leg["departure"]).date()
    for back in (0, 1):
        yield leg["operator"], leg["trip_id"], day - timedelta(days=back)


def _late(leg: Mapping[str, Any], states: Iterable[RunState]) -> int:
    """How late a leg arrives; of two days of one trip the nearer one is meant."""
    planned = int(datetime.fromisoformat(leg["arrival"]).timestamp())
    delays = [
        call.arrival - planned
        for state in states
        if not state.cancelled
        for call in state.calls
        if call.arrival is not None and call.stop_id == leg["to"]["stop_id"]
    ]
    return max(0, min(delays, key=abs, default=0))
