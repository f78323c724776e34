"""Deliver the outbox: claim what is due, send it, settle it. A process that dies between two steps leaves nothing lost.

A message is claimed for a while and comes again when its worker has died, so it is delivered at least once; at each try
it has the same id and topic, by which a receiver knows the second copy. Mail does not wait for push and webhooks, and of
these no receiver holds up the others (`lanes`).
"""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog

from ticketing.db import Transaction
from ticketing.db.disruption import reroutings
from ticketing.db.notices import contacts, deliveries, outbox, webhooks
from ticketing.db.notices.contacts import ContactKind
from ticketing.db.notices.outbox import Notice, NoticeState
from ticketing.db.notices.steps import in_steps
from ticketing.db.notices.webhooks import OFF, Webhook
from ticketing.db.people import one_time_codes
from ticketing.db.trouble import is_away, trouble
from ticketing.notices.at_hand import AtHand, read_at_hand
from ticketing.notices.backends import DELIVERIES_KEPT, give_up_all
from ticketing.notices.channels import Delivery
from ticketing.notices.composing import compose
from ticketing.notices.lanes import OWN_HOST, Lanes
from ticketing.notices.links import LINK_LIFE
from ticketing.notices.post_office import PostOffice

_log = structlog.get_logger(__name__)
MAIL: tuple[ContactKind, ...] = ("email",)
HTTP: tuple[ContactKind, ...] = ("webpush", "webhook")
# What is read for a batch is read once if the batch is sent while that is fresh.
_AT_ONCE = 64
# A worker that holds a message longer than this has died; it begins no new one in the last part of that time.
_CLAIM = timedelta(seconds=120)
_SENDING_SECONDS = 60.0
# What was read for a batch is read again after this.
_FRESH_SECONDS = 2.0
# A host that has failed too often is sent nothing for so long; of a doubtful one with many messages the last ones wait.
_REST, _SURPLUS = timedelta(seconds=30), timedelta(seconds=10)
# A round that waits for a thread looks for new messages so often.
_LOOK_SECONDS = 1.0
# A settling that the database has broken off, as one of two that waited for each other, is tried so often.
_SETTLINGS = 3
_HTTPS = 443
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
    until = time.monotonic() + _SENDING_SECONDS
    lanes = Lanes(office.paces, until)
    try:
        while lanes.is_open and OWN_HOST not in lanes.resting:
            now = office.clock.now()
            with office.database.write() as tx:
                claimed = outbox.claim_due(tx, kinds, now, now + _CLAIM, _AT_ONCE)
            if claimed:
                too_many = _take(office, lanes, claimed)
                _give_back(office, too_many, office.clock.now() + _SURPLUS)
                _give_back(office, lanes.left(), office.clock.now() + _REST)
                lanes.await_room(_LOOK_SECONDS)
            elif lanes.is_idle:
                break
            else:
                lanes.await_idle(_LOOK_SECONDS)
    finally:
        resting = lanes.left()
        _give_back(office, lanes.close(), office.clock.now())
        _give_back(office, resting, office.clock.now() + _REST)
    for kind in kinds:
        office.channels[kind].rest()
    if lanes.trouble is not None:
        raise lanes.trouble
    return lanes.delivered


def _take(office: PostOffice, lanes: Lanes, claimed: Sequence[Notice]) -> list[Notice]:
    """Let claimed messages wait in the lanes of their hosts; answers those that have to wait for longer."""
    ids = {notice.webhook_id for notice in claimed if notice.webhook_id}
    with office.database.read() as tx:
        known = webhooks.find_active(tx, ids, office.clock.now()) if ids else {}
    for webhook_id in ids - known.keys():
        give_up_all(office, webhook_id)
    hosts: dict[str, list[Notice]] = {}
    for notice in claimed:
        hosts.setdefault(_host_of(notice, known), []).append(notice)
    sender = _Sender(office, claimed)
    return [one for host, notices in hosts.items() for one in lanes.take(host, notices, sender.deliver)]


def _give_back(office: PostOffice, notices: Sequence[Notice], due_at: datetime) -> None:
    """Let messages that were claimed and not tried wait until a moment."""
    if notices:
        with office.database.write() as tx:
            webhooks.hold_webhooks(tx, {notice.webhook_id for notice in notices if notice.webhook_id})
            outbox.give_back(tx, notices, due_at=due_at)


def forget_what_is_due(office: PostOffice) -> dict[str, int]:
    """Delete contacts after the journey, and messages and codes that are old; answers how many of each."""
    now = office.clock.now()
    ended, without = now - _AFTER_JOURNEY, now - _WITHOUT_TICKETS
    counts = {
        "contacts": _in_steps(office, lambda tx, after: contacts.delete_ended(tx, ended, without, after)),
        "messages": _in_steps(office, lambda tx, after: outbox.delete_ended(tx, now - _KEPT, after)),
        "contents": _in_steps(
            office, lambda tx, after: deliveries.forget_contents(tx, now - DELIVERIES_KEPT, after)
        ),
    }
    with office.database.write() as tx:
        links = reroutings.forget_links(tx, now - _CODES_KEPT - LINK_LIFE)
        codes = one_time_codes.forget_codes(tx, now - _CODES_KEPT)
    return {**counts, "links": links, "codes": codes}


def _in_steps(office: PostOffice, step: Callable[[Transaction, str], tuple[int, str | None]]) -> int:
    """Repeat a step that counts rows until there are none left; answers how many there were."""
    count = 0

    def counted(tx: Transaction, after: str) -> str | None:
        nonlocal count
        more, come_to = step(tx, after)
        count += more
        return come_to

    in_steps(office.database, counted)
    return count


def _host_of(notice: Notice, known: Mapping[str, Webhook]) -> str:
    """Name the host that a message goes to; that of mail is our own server."""
    if notice.webhook_id:
        webhook = known.get(notice.webhook_id)
        return _host_in(webhook.url) if webhook else OWN_HOST
    to = notice.document["to"]
    return _host_in(to.get("endpoint") or to.get("url") or "")


def _host_in(url: str) -> str:
    """Name the host and the port of an address, in one spelling."""
    parts = urlsplit(url)
    return f"{parts.hostname.rstrip('.')}:{parts.port or _HTTPS}" if parts.hostname else OWN_HOST


class _Sender:
    """Sends the messages of a batch, and has written down what became of each, with all others that end at the same time.

    A message is settled before its lane sends the next one: a process that dies leaves one copy a lane at most to come again.
    """

    def __init__(self, office: PostOffice, batch: Sequence[Notice]) -> None:
        self._office, self._left = office, {notice.id: notice for notice in batch}
        self._ended: set[str | None] = set()
        self._reading = threading.Lock()
        self._read_at = -math.inf
        self._at_hand: AtHand | None = None

    def deliver(self, notice: Notice) -> Delivery:
        """Send one message and settle it; raises where that cannot be written down: then it comes again when its claim ends."""
        result = self._send(notice)
        if result.outcome == "gone":
            self._ended.add(notice.webhook_id)
        self._left.pop(notice.id, None)
        self._office.settling.write((notice, result), self._write)
        return result

    def _send(self, notice: Notice) -> Delivery:
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
            if to is None or (notice.webhook_id is not None and notice.webhook_id in self._ended):
                return _OFF
            message = compose(self._office, notice, at_hand)
            if message is None:
                return _DROPPED
            return self._office.channels[notice.kind].send(to, message)
        except Exception as error:  # noqa: BLE001  one message that cannot be composed keeps no other waiting
            _log.exception("message not composed", notice=notice.id, template=notice.template)
            return Delivery("later", f"it could not be composed: {type(error).__name__}", is_of_host=False)

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
