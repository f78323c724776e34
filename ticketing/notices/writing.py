"""Write what happened to orders into the outbox, once for each contact; the worker's, and safe at any time."""

from datetime import datetime

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.notices import contacts, happened, outbox
from ticketing.db.notices.contacts import Contact
from ticketing.db.notices.happened import Happened
from ticketing.db.notices.outbox import Notice
from ticketing.notices.post_office import PostOffice

_AT_ONCE = 500


def write_due(office: PostOffice) -> int:
    """Write a message for each contact about all that it was not told yet; answers how many."""
    now = office.clock.now()
    count = 0
    while True:
        with office.database.write() as tx:
            untold = happened.list_untold(tx, now, _AT_ONCE)
            known = contacts.find_contacts(tx, {one.contact_id for one in untold})
            # A contact may have gone since the first of the two looks.
            written = sum(
                _post(tx, known[one.contact_id], one, now) for one in untold if one.contact_id in known
            )
        count += written
        if len(untold) < _AT_ONCE or not written:
            return count


def _post(tx: Transaction, to: Contact, what: Happened, now: datetime) -> bool:
    return outbox.post(
        tx,
        Notice(
            id=new_id(),
            topic=what.topic,
            kind=to.kind,
            template=what.what,
            language=to.language,
            document={"to": to.document, "contact_id": to.id, "row_id": what.row_id},
            order_id=what.order_id,
            created_at=now,
            due_at=now,
        ),
    )
