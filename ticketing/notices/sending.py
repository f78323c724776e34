"""Deliver the outbox: claim what is due, send it, settle it. A process that dies between two steps leaves nothing lost.

A message is claimed for a while and comes again when its worker has died, so it is delivered at least once; at each try
it has the same id and topic, by which a receiver knows the second copy.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from ticketing.db.notices import contacts, outbox
from ticketing.db.notices.outbox import Notice
from ticketing.db.people import one_time_codes
from ticketing.notices.channels import Delivery
from ticketing.notices.composing import compose
from ticketing.notices.post_office import PostOffice

_log = structlog.get_logger(__name__)
_AT_ONCE = 200
_THREADS = 8
# A worker that holds a message longer than this has died; it begins no new one in the last part of that time.
_CLAIM = timedelta(seconds=120)
_SENDING_SECONDS = 60.0
_PAUSES = tuple(timedelta(seconds=one) for one in (10, 60, 300, 1800, 7200, 21_600, 43_200))
# Messages are kept as figures, without address and words, for as long as claims about a journey may come.
_KEPT, _CODES_KEPT = timedelta(days=400), timedelta(days=1)
# Contacts of a journey that is over, and of an order that never got tickets.
_AFTER_JOURNEY, _WITHOUT_TICKETS = timedelta(days=30), timedelta(days=2)
_DROPPED = Delivery("never", "there is nothing to tell any more")


def deliver_due(office: PostOffice) -> int:
    """Deliver every message that is due, in batches; answers how many were delivered. Never raises for one message."""
    delivered = 0
    until = time.monotonic() + _SENDING_SECONDS
    while time.monotonic() < until:
        now = office.clock.now()
        with office.database.write() as tx:
            claimed = outbox.claim_due(tx, now, now + _CLAIM, _AT_ONCE)
        if not claimed:
            break
        with ThreadPoolExecutor(min(_THREADS, len(claimed))) as threads:
            results = list(threads.map(lambda one: _sent(office, one, until), claimed))
        delivered += _settle(office, claimed, results)
    for channel in office.channels.values():
        channel.rest()
    return delivered


def forget_what_is_due(office: PostOffice) -> dict[str, int]:
    """Delete contacts after the journey, and messages and codes that are old; answers how many of each."""
    now = office.clock.now()
    with office.database.write() as tx:
        return {
            "contacts": contacts.delete_ended(tx, now - _AFTER_JOURNEY, now - _WITHOUT_TICKETS),
            "messages": outbox.delete_ended(tx, now - _KEPT),
            "codes": one_time_codes.forget_codes(tx, now - _CODES_KEPT),
        }


def _sent(office: PostOffice, notice: Notice, until: float) -> Delivery | None:
    """Send one message; None where there was no time for it."""
    if time.monotonic() >= until:
        return None
    try:
        message = compose(office, notice)
        if message is None:
            return _DROPPED
        return office.channels[notice.kind].send(notice.document["to"], message)
    except Exception as error:  # noqa: BLE001  one message that cannot be composed keeps no other waiting
        _log.exception("message not composed", notice=notice.id, template=notice.template)
        return Delivery("later", f"it could not be composed: {type(error).__name__}")


def _settle(office: PostOffice, claimed: Sequence[Notice], results: Sequence[Delivery | None]) -> int:
    """Write down what became of messages, all in one transaction."""
    now = office.clock.now()
    both = [(one, result) for one, result in zip(claimed, results, strict=True) if result is not None]
    delivered = [one.id for one, result in both if result.outcome == "delivered"]
    with office.database.write() as tx:
        outbox.end(tx, delivered, "delivered", now, None)
        for one, result in both:
            if result.outcome == "later" and one.tries <= len(_PAUSES):
                outbox.delay(tx, one.id, now + _PAUSES[one.tries - 1], result.detail)
            elif result is _DROPPED:
                outbox.end(tx, [one.id], "dropped", now, result.detail)
            elif result.outcome != "delivered":
                outbox.end(tx, [one.id], "unreachable", now, result.detail)
            if result.outcome == "gone" and "contact_id" in one.document:
                contacts.delete_contact(tx, one.document["contact_id"])
    return len(delivered)
