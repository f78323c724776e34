"""Write what happened into the outbox, once for each contact and each webhook; the worker's, and safe at any time."""

from dataclasses import replace
from datetime import datetime, timedelta

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.notices import contacts, happened, happened_at_work, outbox
from ticketing.db.notices.contacts import Contact
from ticketing.db.notices.happened import Happened, Missed
from ticketing.db.notices.happened_at_work import STATEMENT_READY, WorkEvent
from ticketing.db.notices.outbox import Notice
from ticketing.db.settlement import runs
from ticketing.identity import Principal
from ticketing.notices import backends
from ticketing.notices.backends import DELIVERIES_KEPT, event_notice
from ticketing.notices.post_office import PostOffice
from ticketing.notices.work import write_letters

_AT_ONCE = 2_000
# For so long a thing is new. The worker looks at all that is due as often.
NEW_FOR = timedelta(seconds=60)


def write_due(office: PostOffice) -> int:
    """Write a message for each contact and webhook about all that it was not told yet; answers how many.

    It looks at every contact there is, which takes a second for some ten thousand: `write_new` is for every round.
    """
    since = office.clock.now() - DELIVERIES_KEPT
    return _write_of_orders(office) + _write_of_work(office, since) + write_letters(office)


def write_new(office: PostOffice) -> int:
    """Write the messages about what has just become so, and to contacts that have just come; answers how many.

    What reaches the database later than `NEW_FOR` after it became so is left to `write_due`.
    """
    since = office.clock.now() - NEW_FOR
    return _write_of_orders(office, new_since=since) + _write_of_work(office, since) + write_letters(office)


def replay_since(office: PostOffice, holder: Principal, webhook_id: str, since: datetime) -> int:
    """Let all deliveries since a moment be sent once more, with the same ids; answers how many.

    What happened since then and was never written, because the webhook was off, is written too: of orders now, of runs,
    statements and disputes by the worker within a minute. Raises NotFound, Conflict for a webhook that is off, InvalidRequest
    for a moment of which nothing is kept any more.
    """
    count = backends.send_again_since(office, holder, webhook_id, since)
    _write_of_orders(office, missed=Missed(webhook_id, since))
    return count


def _write_of_orders(
    office: PostOffice, *, new_since: datetime | None = None, missed: Missed | None = None
) -> int:
    now = office.clock.now()
    count = 0
    while True:
        with office.database.write() as tx:
            untold = happened.list_untold(tx, now, _AT_ONCE, new_since=new_since, missed=missed)
            known = contacts.find_contacts(tx, {one.contact_id for one in untold})
            # A contact may have gone since the first of the two looks.
            written = outbox.post_all(
                tx, [_message(known[one.contact_id], one, now) for one in untold if one.contact_id in known]
            )
        count += written
        if len(untold) < _AT_ONCE or not written:
            return count


def _message(to: Contact, what: Happened, now: datetime) -> Notice:
    return Notice(
        id=new_id(),
        topic=what.topic,
        kind=to.kind,
        template=what.what,
        language=to.language,
        document={"to": to.document, "contact_id": to.id, "row_id": what.row_id},
        order_id=what.order_id,
        created_at=now,
        due_at=now,
        webhook_id=to.webhook_id,
        type=what.type,
    )


def _write_of_work(office: PostOffice, since: datetime) -> int:
    """Write what happened since to runs, statements and disputes for the webhooks that take it."""
    now, count = office.clock.now(), 0
    for list_untold in (
        happened_at_work.list_untold_runs,
        happened_at_work.list_untold_statements,
        happened_at_work.list_untold_disputes,
    ):
        is_more = True
        while is_more:
            with office.database.write() as tx:
                untold = list_untold(tx, now, since, _AT_ONCE)
                written = sum(_post_event(tx, event, now) for event in untold)
            count += written
            is_more = len(untold) == _AT_ONCE and written > 0
    return count


def _post_event(tx: Transaction, event: WorkEvent, now: datetime) -> bool:
    notice = event_notice(event.webhook_id, event.type, event.topic, event.data, at=event.at, now=now)
    if event.type == STATEMENT_READY and event.operator is not None:
        if not _is_in_run(tx, event.data["run_id"], event.operator):
            # The topic says that it was looked at; nobody is told of it.
            notice = replace(notice, webhook_id=None, state="dropped", ended_at=now, document={})
        else:
            notice = replace(
                notice, document={**notice.document, "data": {**event.data, "operator": event.operator}}
            )
    return outbox.post(tx, notice)


def _is_in_run(tx: Transaction, run_id: str, operator: str) -> bool:
    run = runs.find_run(tx, run_id)
    return run is not None and any(line.operator == operator for line in run.dataset.operators)
