"""Deliver the outbox: claim what is due, send it, settle it. A process that dies between two steps leaves nothing lost.

A message is claimed for a while and comes again when its worker has died, so it is delivered at least once; at each try
it has the same id and topic, by which a receiver knows the second copy. Mail does not wait for push and webhooks, and of
these no receiver holds up the others: each host has two messages in hand at most, and one that has failed too often rests.
"""

import math
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from ticketing.db import Transaction
from ticketing.db.disruption import reroutings
from ticketing.db.notices import contacts, deliveries, outbox, webhooks
from ticketing.db.notices.contacts import ContactKind
from ticketing.db.notices.outbox import Notice, NoticeState
from ticketing.db.notices.webhooks import OFF, Webhook
from ticketing.db.people import one_time_codes
from ticketing.db.trouble import is_away, trouble
from ticketing.notices.at_hand import AtHand, read_at_hand
from ticketing.notices.backends import DELIVERIES_KEPT
from ticketing.notices.channels import Delivery
from ticketing.notices.composing import compose
from ticketing.notices.links import LINK_LIFE
from ticketing.notices.post_office import PostOffice

_log = structlog.get_logger(__name__)
MAIL: tuple[ContactKind, ...] = ("email",)
HTTP: tuple[ContactKind, ...] = ("webpush", "webhook")
_AT_ONCE = 200
_THREADS, _OF_ONE_HOST = 8, 2
# Our own server, and what goes nowhere.
_MAIL_HOST = ""
# A worker that holds a message longer than this has died; it begins no new one in the last part of that time.
_CLAIM = timedelta(seconds=120)
_SENDING_SECONDS = 60.0
# What was read for a batch is read again after this.
_FRESH_SECONDS = 2.0
# After so many failures in a row a host rests: its messages are not tried for so long, and those for others go on.
_PATIENCE, _REST = 3, timedelta(seconds=30)
# A settling that the database has broken off, as one of two that waited for each other, is tried so often.
_SETTLINGS = 3
_PAUSES = tuple(timedelta(seconds=one) for one in (10, 60, 300, 1800, 7200, 21_600, 43_200))
# Messages are kept as figures, without address and words, for as long as claims about a journey may come.
_KEPT, _CODES_KEPT = timedelta(days=400), timedelta(days=1)
# Contacts of a journey that is over, and of an order that never got tickets.
_AFTER_JOURNEY, _WITHOUT_TICKETS = timedelta(days=30), timedelta(days=2)
_DROPPED = Delivery("never", "there is nothing to tell any more")
_OFF = Delivery("never", OFF)
# A webhook that has failed for so long, and taken nothing meanwhile, is turned off.
_PATIENCE_WITH_WEBHOOKS = timedelta(days=3)


def deliver_due(office: PostOffice, kinds: Sequence[ContactKind] = (*MAIL, *HTTP)) -> int:
    """Deliver the messages of some kinds that are due; answers how many were delivered. Never raises for one message."""
    delivered = 0
    until = time.monotonic() + _SENDING_SECONDS
    resting: set[str] = set()
    while time.monotonic() < until:
        now = office.clock.now()
        claimed_until = now + _CLAIM
        with office.database.write() as tx:
            claimed = outbox.claim_due(tx, kinds, now, claimed_until, _AT_ONCE)
        if not claimed:
            break
        done, left = _batch(office, claimed, until, resting)
        delivered += done
        is_over = _MAIL_HOST in resting or time.monotonic() >= until
        if left:
            now = office.clock.now()
            due_at = now if is_over else now + _REST
            with office.database.write() as tx:
                webhooks.hold_webhooks(tx, {notice.webhook_id for notice in left if notice.webhook_id})
                outbox.give_back(tx, left, claimed_until=claimed_until, due_at=due_at)
        if is_over:
            break
    for kind in kinds:
        office.channels[kind].rest()
    return delivered


def forget_what_is_due(office: PostOffice) -> dict[str, int]:
    """Delete contacts after the journey, and messages and codes that are old; answers how many of each."""
    now = office.clock.now()
    with office.database.write() as tx:
        return {
            "contacts": contacts.delete_ended(tx, now - _AFTER_JOURNEY, now - _WITHOUT_TICKETS),
            "messages": outbox.delete_ended(tx, now - _KEPT),
            "contents": deliveries.forget_contents(tx, now - DELIVERIES_KEPT),
            "links": reroutings.forget_links(tx, now - _CODES_KEPT - LINK_LIFE),
            "codes": one_time_codes.forget_codes(tx, now - _CODES_KEPT),
        }


def _batch(
    office: PostOffice, claimed: Sequence[Notice], until: float, resting: set[str]
) -> tuple[int, list[Notice]]:
    """Send a batch, each host's messages in lanes of their own; answers how many arrived, and those that were not tried.

    Hosts that are `resting` are sent nothing; those that fail too often join them.
    """
    ids = {notice.webhook_id for notice in claimed if notice.webhook_id}
    with office.database.read() as tx:
        known = webhooks.find_active(tx, ids, office.clock.now()) if ids else {}
    hosts: dict[str, queue.SimpleQueue[Notice]] = {}
    for notice in claimed:
        hosts.setdefault(_host_of(notice, known), queue.SimpleQueue()).put(notice)
    lanes = []
    for host in hosts.keys() - resting:
        most = _OF_ONE_HOST if host else _THREADS
        lanes += [hosts[host]] * min(most, hosts[host].qsize())
    sender = _Sender(office, claimed)
    done = 0
    if lanes:
        with ThreadPoolExecutor(min(_THREADS, len(lanes))) as threads:
            done = sum(threads.map(lambda waiting: _lane(sender, waiting, until), lanes))
    left: list[Notice] = []
    for host, waiting in hosts.items():
        if not waiting.empty() and time.monotonic() < until:
            resting.add(host)
        while not waiting.empty():
            left.append(waiting.get_nowait())
    return done, left


def _host_of(notice: Notice, known: Mapping[str, Webhook]) -> str:
    """Name the host that a message goes to; that of mail is our own server."""
    if notice.webhook_id:
        webhook = known.get(notice.webhook_id)
        return urlsplit(webhook.url).netloc if webhook else _MAIL_HOST
    to = notice.document["to"]
    return urlsplit(to.get("endpoint") or to.get("url") or "").netloc or _MAIL_HOST


def _lane(sender: "_Sender", waiting: "queue.SimpleQueue[Notice]", until: float) -> int:
    """Send one message after the other until none waits, the time is over, or its host has failed too often."""
    delivered = failed = 0
    while time.monotonic() < until and failed < _PATIENCE:
        try:
            notice = waiting.get_nowait()
        except queue.Empty:
            break
        result = sender.send(notice)
        sender.settle(notice, result)
        delivered += result.outcome == "delivered"
        failed = failed + 1 if result.outcome == "later" else 0
    return delivered


class _Sender:
    """Sends the messages of a batch, and writes down together what became of those that end at the same time.

    A message is settled before its lane sends the next one: a process that dies leaves one copy a lane at most to come again.
    """

    def __init__(self, office: PostOffice, batch: Sequence[Notice]) -> None:
        self._office, self._left = office, {notice.id: notice for notice in batch}
        self._reading, self._writing = threading.Lock(), threading.Lock()
        self._read_at = -math.inf
        self._at_hand: AtHand | None = None
        self._ended: queue.SimpleQueue[tuple[Notice, Delivery]] = queue.SimpleQueue()

    def send(self, notice: Notice) -> Delivery:
        """Send one message, unless its contact has gone; never raises."""
        try:
            at_hand = self._known(notice)
            contact_id = notice.document.get("contact_id")
            if contact_id is not None and contact_id not in at_hand.contacts:
                return _DROPPED
            to = (
                notice.document.get("to")
                if notice.webhook_id is None
                else at_hand.backends.get(notice.webhook_id)
            )
            if to is None:
                return _OFF
            message = compose(self._office, notice, at_hand)
            if message is None:
                return _DROPPED
            return self._office.channels[notice.kind].send(to, message)
        except Exception as error:  # noqa: BLE001  one message that cannot be composed keeps no other waiting
            _log.exception("message not composed", notice=notice.id, template=notice.template)
            return Delivery("later", f"it could not be composed: {type(error).__name__}")

    def settle(self, notice: Notice, result: Delivery) -> None:
        """Write down what became of a message, with those of other lanes that wait for the same."""
        self._ended.put((notice, result))
        self._left.pop(notice.id, None)
        with self._writing:
            ended = [self._ended.get_nowait() for _ in range(self._ended.qsize())]
            if ended:
                self._write(ended)

    def _write(self, ended: Sequence[tuple[Notice, Delivery]]) -> None:
        for attempt in range(1, _SETTLINGS + 1):
            try:
                with self._office.database.write() as tx:
                    _write_down(tx, ended, self._office.clock.now())
            except Exception as error:
                if attempt == _SETTLINGS or not is_away(error):
                    raise
                _log.warning("settling again", reason=trouble(error))
            else:
                return

    def _known(self, notice: Notice) -> AtHand:
        """Read what the batch needs, and again when that is old: a message tells what is true as it leaves.

        Where one of the batch cannot be read, each is read for itself.
        """
        with self._reading:
            if time.monotonic() >= self._read_at + _FRESH_SECONDS:
                try:
                    self._at_hand = read_at_hand(self._office, tuple(self._left.copy().values()))
                except Exception:  # noqa: BLE001  the one that cannot be read is named when it is read alone
                    self._at_hand = None
                self._read_at = time.monotonic()
            at_hand = self._at_hand
        return at_hand if at_hand is not None else read_at_hand(self._office, (notice,))


def _write_down(tx: Transaction, ended: Sequence[tuple[Notice, Delivery]], now: datetime) -> None:
    """Write down what became of some messages. Webhooks are held before their messages, as by whoever changes them."""
    webhooks.hold_webhooks(tx, {notice.webhook_id for notice, _ in ended if notice.webhook_id})
    outbox.end(
        tx, [notice.id for notice, result in ended if result.outcome == "delivered"], "delivered", now, None
    )
    for notice, result in ended:
        if result.outcome == "later" and notice.tries <= len(_PAUSES):
            outbox.delay(tx, notice.id, now + _PAUSES[notice.tries - 1], result.detail)
        elif result.outcome != "delivered":
            state: NoticeState = "dropped" if result is _DROPPED else "unreachable"
            outbox.end(tx, [notice.id], state, now, result.detail)
        if notice.webhook_id is not None:
            _judge(tx, notice.webhook_id, result, now)
        elif result.outcome == "gone" and "contact_id" in notice.document:
            contacts.delete_contact(tx, notice.document["contact_id"])


def _judge(tx: Transaction, webhook_id: str, result: Delivery, now: datetime) -> None:
    """Write down how a webhook fares; one that has ended, or that has failed for too long, is turned off."""
    if result in (_DROPPED, _OFF):
        return
    if result.outcome == "delivered":
        webhooks.note_delivered(tx, webhook_id, now)
        return
    failing_since = webhooks.note_failed(tx, webhook_id, now, result.detail)
    if result.outcome == "gone":
        webhooks.turn_off(tx, webhook_id, "gone", now)
    elif failing_since is not None and now - failing_since >= _PATIENCE_WITH_WEBHOOKS:
        webhooks.turn_off(tx, webhook_id, "failing", now)
