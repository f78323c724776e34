"""Keep the webhooks of backends: made, changed, tried and read by those whose line of API keys holds them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from operators.addresses import AddressRefused, check_url
from throughfare_gate.ids import new_id
from throughfare_gate.moments import written
from ticketing.db import Transaction
from ticketing.db.notices import deliveries, outbox, webhooks
from ticketing.db.notices.outbox import Notice
from ticketing.db.notices.steps import in_steps
from ticketing.db.notices.webhooks import Webhook
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.identity import Principal, Role
from ticketing.notices.event_types import TEST, check_types
from ticketing.notices.post_office import PostOffice
from ticketing.notices.webhook import new_secret

MOST_WEBHOOKS = 10
LONGEST_URL = 500
OVERLAP = timedelta(days=1)
# Deliveries are listed and sent again for so long; what happened while a webhook was off can be had for as long.
DELIVERIES_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A webhook with its types, the counts of its deliveries by state, and whether it has a key that is still good."""

    webhook: Webhook
    types: tuple[str, ...]
    counts: Mapping[str, int]
    has_key: bool

    @property
    def off_because(self) -> str | None:
        """The reason why nothing is sent: by_hand, failing, gone, key_ended; None where it is on."""
        return self.webhook.off_because or (None if self.has_key else "key_ended")


def create_webhook(
    office: PostOffice, holder: Principal, url: str, types: Sequence[str]
) -> tuple[Shown, str]:
    """Make a webhook for a line of keys; answers it with its secret, which is told this once.

    Raises InvalidRequest for an address or a type that may not be, Conflict where the line has many already.
    """
    check_types(holder.role, types)
    _check_url(office, url)
    now, secret = office.clock.now(), new_secret()
    webhook = Webhook(
        id=new_id(),
        key_line=holder.line,
        role=holder.role,
        operator=holder.operator,
        url=url,
        secret=secret,
        created_at=now,
    )
    with office.database.write() as tx:
        webhooks.hold_line(tx, holder.line)
        mine = [known for known in webhooks.list_webhooks(tx) if known.key_line == holder.line]
        if len(mine) >= MOST_WEBHOOKS:
            raise Conflict(f"this key has {MOST_WEBHOOKS} webhooks already; delete one")
        webhooks.insert_webhook(tx, webhook)
        webhooks.replace_types(tx, webhook.id, dict.fromkeys(types, now))
        return _shown(office, tx, [webhook])[0], secret


def list_webhooks(office: PostOffice, holder: Principal) -> list[Shown]:
    """List the webhooks that a key may see, oldest first."""
    with office.database.read() as tx:
        mine = [webhook for webhook in webhooks.list_webhooks(tx) if _may_see(holder, webhook)]
        return _shown(office, tx, mine)


def get_webhook(office: PostOffice, holder: Principal, webhook_id: str) -> Shown:
    """Read a webhook; raises NotFound for one that is not this key's."""
    with office.database.read() as tx:
        return _shown(office, tx, [_mine(tx, holder, webhook_id)])[0]


def change_webhook(
    office: PostOffice,
    holder: Principal,
    webhook_id: str,
    *,
    url: str | None = None,
    types: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> Shown:
    """Change what is given. A webhook that is turned on is told of what happens from now on, and its failures are forgotten.

    Raises InvalidRequest for an address or a type that may not be, NotFound for one that is not this key's.
    """
    now = office.clock.now()
    if url is not None:
        _check_url(office, url)
    if enabled:
        _give_up_before_it_is_on(office, holder, webhook_id)
    with office.database.write() as tx:
        webhook = _mine(tx, holder, webhook_id, hold=True)
        since = webhooks.list_types(tx, [webhook_id])[webhook_id]
        if types is not None:
            # A line of keys keeps its rights, also where an administrator changes what is another's.
            check_types(cast("Role", webhook.role), types)
            since = {wanted: _told_from(since, wanted, now) for wanted in types}
        if enabled and webhook.off_because is not None:
            webhook = replace(webhook, off_because=None, failing_since=None)
            since = dict.fromkeys(since, now)
        if url is not None:
            webhook = replace(webhook, url=url, failing_since=None)
        webhooks.update_webhook(tx, webhook)
        webhooks.replace_types(tx, webhook_id, since)
        if enabled is False:
            webhooks.turn_off(tx, webhook_id, "by_hand", now)
    if enabled is False:
        give_up_all(office, webhook_id)
    return get_webhook(office, holder, webhook_id)


def give_up_all(office: PostOffice, webhook_id: str) -> None:
    """Give up all messages that wait for a webhook to which nothing is sent; the worker does so too where it meets one of them."""

    def step(tx: Transaction, after: str) -> str | None:
        webhooks.hold_webhooks(tx, [webhook_id])
        now = office.clock.now()
        return (
            None
            if webhooks.find_active(tx, [webhook_id], now)
            else webhooks.give_up(tx, webhook_id, now, after)
        )

    in_steps(office.database, step)


def delete_webhook(office: PostOffice, holder: Principal, webhook_id: str) -> None:
    """Delete a webhook; nothing more is sent, and orders no longer name it. Raises NotFound.

    It is off from the first step on, so that nobody adds to what the next ones forget; a call that was broken off is repeated.
    """
    now = office.clock.now()
    with office.database.write() as tx:
        _mine(tx, holder, webhook_id, hold=True)
        webhooks.mark_off(tx, webhook_id, "by_hand")
    in_steps(office.database, lambda tx, after: webhooks.forget_contacts(tx, webhook_id, after))
    in_steps(office.database, lambda tx, after: _forget_some(tx, webhook_id, now, after))
    with office.database.write() as tx:
        webhooks.hold_webhooks(tx, [webhook_id])
        webhooks.delete_webhook(tx, webhook_id)


def rotate_secret(office: PostOffice, holder: Principal, webhook_id: str) -> tuple[str, datetime]:
    """Make a new secret; answers it with the moment until which the one before signs too.

    Raises NotFound, Conflict where two older ones sign still: a third would be taken from receivers that check with it.
    """
    secret, now = new_secret(), office.clock.now()
    until = now + OVERLAP
    with office.database.write() as tx:
        webhook = _mine(tx, holder, webhook_id, hold=True)
        if webhook.older_secret_until is not None and now < webhook.older_secret_until:
            raise Conflict(
                f"two older secrets sign still, the first until {written(webhook.older_secret_until)}"
            )
        changed = replace(
            webhook,
            secret=secret,
            old_secret=webhook.secret,
            old_secret_until=until,
            older_secret=webhook.old_secret,
            older_secret_until=webhook.old_secret_until,
        )
        webhooks.update_webhook(tx, changed)
    return secret, until


def send_test(office: PostOffice, holder: Principal, webhook_id: str) -> Notice:
    """Write an event that tells nothing, to try the receiver; raises NotFound, Conflict for a webhook that is off."""
    now, notice_id = office.clock.now(), new_id()
    with office.database.write() as tx:
        _mine_that_is_on(office, tx, holder, webhook_id)
        test = event_notice(
            webhook_id, TEST, f"{webhook_id}:test:{notice_id}", {"webhook_id": webhook_id}, at=now, now=now
        )
        outbox.post(tx, test)
    return test


def event_notice(
    webhook_id: str, type_: str, topic: str, data: Mapping[str, str], *, at: datetime, now: datetime
) -> Notice:
    """Make the message of an event for a webhook: `data` are ids, `at` is when it happened."""
    return Notice(
        id=new_id(),
        topic=topic,
        kind="webhook",
        template="event",
        language="en",
        document={"data": dict(data), "at": at.isoformat()},
        order_id=None,
        created_at=now,
        due_at=now,
        webhook_id=webhook_id,
        type=type_,
    )


def list_deliveries(
    office: PostOffice,
    holder: Principal,
    webhook_id: str,
    *,
    state: str | None,
    after: str | None,
    limit: int,
) -> list[Notice]:
    """List the deliveries of a webhook, newest first; raises NotFound."""
    with office.database.read() as tx:
        _mine(tx, holder, webhook_id)
        since = _oldest_kept(office)
        return deliveries.list_deliveries(tx, webhook_id, since, state=state, after=after, limit=limit)


def replay_delivery(office: PostOffice, holder: Principal, webhook_id: str, delivery_id: str) -> Notice:
    """Let one delivery be sent once more, with the same id.

    Raises NotFound, Conflict for a webhook that is off and for a delivery whose order no longer names it.
    """
    since = _oldest_kept(office)
    with office.database.write() as tx:
        _mine_that_is_on(office, tx, holder, webhook_id)
        delivery = deliveries.find_delivery(tx, webhook_id, delivery_id, since)
        if delivery is None:
            raise NotFound("there is no such delivery")
        now = office.clock.now()
        if not deliveries.send_again(tx, webhook_id, delivery_id, now):
            raise Conflict("the order of this delivery no longer names the webhook")
        return deliveries.find_delivery(tx, webhook_id, delivery_id, since) or delivery


def send_again_since(office: PostOffice, holder: Principal, webhook_id: str, since: datetime) -> int:
    """Let all deliveries since a moment be sent once more, with the same ids, and let its types be told from then on; answers how many.

    Raises NotFound, Conflict for a webhook that is off, InvalidRequest for a moment of which nothing is kept any more.
    """
    now, count = office.clock.now(), 0
    if since < _oldest_kept(office):
        raise InvalidRequest.at("since", f"deliveries are kept for {DELIVERIES_KEPT.days} days")
    with office.database.write() as tx:
        _mine_that_is_on(office, tx, holder, webhook_id)
        known = webhooks.list_types(tx, [webhook_id])[webhook_id]
        webhooks.replace_types(tx, webhook_id, {name: min(at, since) for name, at in known.items()})

    def step(tx: Transaction, after: str) -> str | None:
        nonlocal count
        webhooks.hold_webhooks(tx, [webhook_id])
        if not webhooks.find_active(tx, [webhook_id], now):
            return None
        sent, come_to = deliveries.send_some_again(tx, webhook_id, now, since, after)
        count += sent
        return come_to

    in_steps(office.database, step)
    return count


def _give_up_before_it_is_on(office: PostOffice, holder: Principal, webhook_id: str) -> None:
    """Give up what still waits for a webhook that was off: it is told of what happens from now on."""
    with office.database.read() as tx:
        _mine(tx, holder, webhook_id)
    give_up_all(office, webhook_id)


def _forget_some(tx: Transaction, webhook_id: str, now: datetime, after: str) -> str | None:
    webhooks.hold_webhooks(tx, [webhook_id])
    return webhooks.forget_deliveries(tx, webhook_id, now, after)


def _told_from(since: Mapping[str, datetime], wanted: str, now: datetime) -> datetime:
    """Keep from when on a type is told that was taken already, by itself or with its family."""
    family = f"{wanted.partition('.')[0]}.*"
    return since.get(wanted) or since.get(family) or now


def _oldest_kept(office: PostOffice) -> datetime:
    return office.clock.now() - DELIVERIES_KEPT


def _may_see(holder: Principal, webhook: Webhook) -> bool:
    """Tell whether a key may see a webhook: its own line's; an administrator's are all of its operator, or of the scheme."""
    if holder.role == "operator_admin":
        return webhook.operator == holder.operator
    if holder.role == "admin":
        return webhook.operator is None and webhook.role != "app"
    return webhook.key_line == holder.line


def _mine(tx: Transaction, holder: Principal, webhook_id: str, *, hold: bool = False) -> Webhook:
    webhook = webhooks.find_webhook(tx, webhook_id, hold=hold)
    if webhook is None or not _may_see(holder, webhook):
        raise NotFound("there is no such webhook")
    return webhook


def _mine_that_is_on(office: PostOffice, tx: Transaction, holder: Principal, webhook_id: str) -> None:
    webhook = _mine(tx, holder, webhook_id, hold=True)
    reason = _shown(office, tx, [webhook])[0].off_because
    if reason is not None:
        raise Conflict(f"this webhook is off ({reason}): turn it on first")


def _shown(office: PostOffice, tx: Transaction, listed: Sequence[Webhook]) -> list[Shown]:
    ids = [webhook.id for webhook in listed]
    types = webhooks.list_types(tx, ids)
    counts = deliveries.count_deliveries(tx, ids, _oldest_kept(office))
    lines = webhooks.list_lines_in_force(tx, office.clock.now())
    return [
        Shown(
            webhook=webhook,
            types=tuple(types[webhook.id]),
            counts=counts[webhook.id],
            has_key=webhook.key_line in lines,
        )
        for webhook in listed
    ]


def _check_url(office: PostOffice, url: str) -> None:
    if len(url) > LONGEST_URL:
        raise InvalidRequest.at("url", f"at most {LONGEST_URL} characters")
    try:
        check_url(url, allow_private=office.reaches_private)
    except AddressRefused as error:
        raise InvalidRequest.at("url", str(error)) from None
