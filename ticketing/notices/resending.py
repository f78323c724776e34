"""Send the tickets of an order once more, because its buyer asks the office for them."""

from throughfare_gate.ids import new_id
from ticketing.db.notices import contacts, outbox
from ticketing.db.notices.contacts import Contact
from ticketing.db.notices.outbox import Notice
from ticketing.db.people import audit_trail
from ticketing.errors import Conflict
from ticketing.notices.post_office import PostOffice


def resend_tickets(office: PostOffice, order_id: str, by: str) -> int:
    """Write the tickets to the mail addresses of an order again; answers how many. Raises Conflict where it has none."""
    now = office.clock.now()
    with office.database.write() as tx:
        readers = [one for one in contacts.list_contacts(tx, order_id) if one.kind == "email"]
        if not readers:
            raise Conflict("this order has no mail address: its holder opens it by its own link")
        count = outbox.post_all(tx, [_again(reader, office) for reader in readers])
        audit_trail.note(tx, by, "tickets_sent_again", order_id, at=now)
    return count


def _again(reader: Contact, office: PostOffice) -> Notice:
    now = office.clock.now()
    return Notice(
        id=new_id(),
        topic=f"{reader.order_id}:{reader.digest}:tickets_ready:again:{new_id()}",
        kind=reader.kind,
        template="tickets_ready",
        language=reader.language,
        document={"to": reader.document, "contact_id": reader.id, "row_id": reader.order_id},
        order_id=reader.order_id,
        created_at=now,
        due_at=now,
        type="order.ticketed",
    )
