"""Uses of carnets and return tickets: taken when a journey is ordered, given back when it comes to nothing."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ticketing.db import Transaction, held_passes, tickets, uses
from ticketing.db.offers import Quote
from ticketing.errors import Conflict


def take(tx: Transaction, quote: Quote, order_id: str, now: datetime) -> None:
    """Take every use that a quote counts on; raises Conflict when another journey or a gate was first."""
    for passenger in quote.document["passengers"]:
        for item in passenger["items"]:
            jti = item.get("held_ticket")
            if jti:
                _check(tx, jti, len(item["legs"]))
                held_passes.take_uses(
                    tx, jti, order_id, legs=item["legs"], passenger_ref=passenger["ref"], at=now
                )


def give_back(tx: Transaction, order_id: str, passengers: Iterable[str] | None = None) -> None:
    """Give the uses of a journey back."""
    held_passes.return_uses(tx, order_id, passengers)


def take_anew(
    tx: Transaction, order_id: str, passenger: str, items: Iterable[Mapping[str, Any]], now: datetime
) -> None:
    """A journey has become shorter: give its uses back, and take those that the rest of it counts on."""
    held_passes.return_uses(tx, order_id, [passenger])
    for item in items:
        if item.get("held_ticket"):
            held_passes.take_uses(
                tx, item["held_ticket"], order_id, legs=item["legs"], passenger_ref=passenger, at=now
            )


def require_valid(tx: Transaction, quote: Quote, order_id: str) -> None:
    """Raise Conflict where a pass that an order counts on has gone since it was placed."""
    items = (item for passenger in quote.document["passengers"] for item in passenger["items"])
    if not any(item.get("held_ticket") for item in items):
        return
    if held_passes.has_lost_pass(tx, order_id):
        raise Conflict("a pass that this price counts on is no longer valid; search again")


def _check(tx: Transaction, jti: str, wanted: int) -> None:
    if not held_passes.lock_pass(tx, jti):
        raise Conflict("a pass that this price counts on is no longer valid; search again")
    held = tickets.find_ticket(tx, jti)
    most = held.document["pass"]["uses"] if held else 0
    if most is not None:
        ridden = sum(1 for use in uses.list_uses(tx, jti) if use.kind in {"ride", "in"})
        if held_passes.count_uses(tx, jti) + ridden + wanted > most:
            raise Conflict("the ticket that this price counts on has no use left; search again")
