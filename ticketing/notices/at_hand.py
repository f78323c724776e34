"""Read at once what the messages of a batch need: one look at each table, where each message alone would take seven."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ticketing.db.disruption import events
from ticketing.db.disruption.events import AffectedTicket, DisruptionEvent
from ticketing.db.notices import contacts, webhooks
from ticketing.db.notices.outbox import Notice
from ticketing.db.notices.webhooks import Webhook
from ticketing.notices.post_office import PostOffice
from ticketing.purchase.journeys import Journey, list_journeys
from ticketing.purchase.refund.disrupted import LegNews

JOURNEY = "journey"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """The contacts, orders and runs of a batch, as they are when it is sent.

    `contacts` are the ids of those that are still there, `backends` the addresses of webhooks that are on, with the secrets that sign; `events` are by id, `of_run` has the events of a run by revision, `affected`
    is by event and order, `news` by quote.
    """

    contacts: frozenset[str] = frozenset()
    backends: Mapping[str, dict[str, str]] = field(default_factory=dict)
    journeys: Mapping[str, Journey] = field(default_factory=dict)
    news: Mapping[str, Sequence[LegNews]] = field(default_factory=dict)
    events: Mapping[str, DisruptionEvent] = field(default_factory=dict)
    affected: Mapping[tuple[str, str], Sequence[AffectedTicket]] = field(default_factory=dict)

    def of_run(self, event: DisruptionEvent) -> list[DisruptionEvent]:
        """List the events of an event's run, the first one first."""
        same = [one for one in self.events.values() if (one.region, one.run) == (event.region, event.run)]
        return sorted(same, key=lambda one: one.revision)


def read_at_hand(office: PostOffice, batch: Sequence[Notice]) -> AtHand:
    """Read what a batch of messages needs: the contacts of all, and the runs and orders of those about journeys."""
    ids = {notice.document["contact_id"] for notice in batch if "contact_id" in notice.document}
    hooks = {notice.webhook_id for notice in batch if notice.webhook_id is not None}
    now = office.clock.now()
    with office.database.read() as tx:
        living = contacts.find_contacts(tx, ids) if ids else {}
        active = webhooks.find_active(tx, hooks, now) if hooks else {}
    read = AtHand(
        contacts=frozenset(living),
        backends={webhook_id: _address_of(webhook, now) for webhook_id, webhook in active.items()},
    )
    about_runs = [notice for notice in batch if notice.template == JOURNEY]
    return _with_runs(office, read, about_runs) if about_runs else read


def _with_runs(office: PostOffice, read: AtHand, about_runs: Sequence[Notice]) -> AtHand:
    """Add the runs that messages are about, and the orders of their holders."""
    order_ids = {notice.order_id for notice in about_runs if notice.order_id is not None}
    with office.database.read() as tx:
        known = events.list_beside(tx, {notice.document["row_id"] for notice in about_runs})
        rows = events.list_affected_of(tx, {event.id for event in known}, order_ids)
    affected: dict[tuple[str, str], list[AffectedTicket]] = {}
    for row in rows:
        affected.setdefault((row.event_id, row.order_id), []).append(row)
    journeys, news = list_journeys(office.till, order_ids)
    return replace(
        read,
        journeys={journey.order.id: journey for journey in journeys},
        news=news,
        events={event.id: event for event in known},
        affected=affected,
    )


def _address_of(webhook: Webhook, now: datetime) -> dict[str, str]:
    """Give the address of a webhook as it is now, with the secrets that sign."""
    older = (
        ("old_secret", webhook.old_secret, webhook.old_secret_until),
        ("older_secret", webhook.older_secret, webhook.older_secret_until),
    )
    signing = {name: secret for name, secret, until in older if secret and until and now < until}
    return {"url": webhook.url, "secret": webhook.secret, **signing}
