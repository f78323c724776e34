"""Deliver what was paid for: try again with growing pauses, and give the money back where no ticket can be made.

After the money nothing may stay undecided. An order that cannot be issued is tried five times, for half an hour, and
not beyond the beginning of its journey; then its money goes back by itself. Meanwhile a person sees it as a case.
"""

from datetime import datetime, timedelta

import structlog

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.sale import gateway_events, undelivered
from ticketing.db.sale.offers import Quote
from ticketing.db.sale.orders import Order
from ticketing.db.sale.undelivered import Undelivered
from ticketing.db.trouble import trouble
from ticketing.errors import Misconfigured, ThroughfareError

_log = structlog.get_logger(__name__)

CASE = "paid_without_ticket"
MOST_TRIES = 5
PATIENCE = timedelta(minutes=30)
_FIRST_PAUSE = timedelta(seconds=10)
_GROWTH = 4
_LONGEST_DETAIL = 300


def why_hopeless(failed: Undelivered | None, begins: datetime, ends: datetime, now: datetime) -> str | None:
    """Why an order that is paid will not be delivered any more; None while it is worth a try. Pure.

    `begins` is the first departure of its journey, `ends` when its tickets would open no gate any more.
    """
    if now >= ends:
        return "the journey is over"
    if failed is None:
        return None
    if failed.tries >= MOST_TRIES:
        return f"no ticket could be issued in {failed.tries} tries"
    if now >= failed.first_at + PATIENCE:
        return f"no ticket could be issued in {PATIENCE // timedelta(minutes=1)} minutes"
    return "no ticket could be issued before the journey began" if now >= begins else None


def is_unforeseen(error: Exception) -> bool:
    """Tell whether an error says nothing of the order itself: a fault of ours, or a setting, that another try may not meet.

    A database that is away is neither: whoever carries on waits for it.
    """
    ours = not isinstance(error, ThroughfareError) or isinstance(error, Misconfigured)
    return ours and trouble(error) is None


def pause_after(tries: int) -> timedelta:
    """Compute the pause after so many failed tries. Pure."""
    return _FIRST_PAUSE * int(_GROWTH ** (tries - 1))


def begins_at(quote: Quote) -> datetime:
    """Return the begin of a quote's journey, or of the pass that it is for."""
    season = quote.document.season
    return season.valid_from if season else quote.document.rides[0].departure


def keep_failure(tx: Transaction, order: Order, error: Exception, now: datetime) -> None:
    """Write down that tickets could not be issued, and tell a person."""
    before = undelivered.find_undelivered(tx, order.id)
    tries = before.tries + 1 if before else 1
    detail = f"{type(error).__name__}: {error}"[:_LONGEST_DETAIL]
    first_at = before.first_at if before else now
    undelivered.put_undelivered(
        tx,
        Undelivered(
            order_id=order.id,
            region=order.region,
            tries=tries,
            first_at=first_at,
            next_try_at=now + pause_after(tries),
            detail=detail,
        ),
    )
    taken = Money(order.total_minor - order.credit_minor, order.currency)
    detail_told = (
        f"order {order.id}, for which {taken} are taken or held, has no ticket after {tries} tries: {detail}"
    )
    gateway_events.raise_alert(tx, CASE, order.id, detail_told, now, again=True)
    _log.error("paid without ticket", order=order.id, tries=tries, exc_info=error)


def settle_failure(tx: Transaction, order_id: str, now: datetime) -> None:
    """The order has its tickets, or its money back: nothing waits for a person any more."""
    if undelivered.delete_undelivered(tx, order_id):
        gateway_events.resolve_alert_of(tx, CASE, order_id, "worker", now)
