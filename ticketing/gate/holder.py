"""What the holder of a ticket may take home."""

from ticketing.db.sale import booking_documents
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, NotFound
from ticketing.gate.house import Gatehouse
from ticketing.tickets.own import of_own
from ticketing.tickets.printable import OperatorPaper, Printable


def get_ticket(house: Gatehouse, order_id: str, jti: str) -> Ticket:
    """Read a ticket of an order; raises NotFound."""
    with house.database.read() as tx:
        held = tickets.find_ticket(tx, jti)
    if held is None or held.order_id != order_id:
        raise NotFound("there is no such ticket")
    return held


def printable(house: Gatehouse, order_id: str, jti: str) -> Printable:
    """What is printed of a ticket; raises NotFound, or Conflict for one that only its phone can show."""
    held = get_ticket(house, order_id, jti)
    claims = of_own(held.token)
    if claims.binding_key is not None:
        raise Conflict("the ticket is bound to a phone and worth nothing on paper")
    if held.status != "valid":
        raise Conflict("the ticket is no longer valid")
    going = [(at, leg) for at, leg in enumerate(held.document["legs"]) if "given_back_at" not in leg]
    with house.database.read() as tx:
        papers = booking_documents.list_papers(tx, order_id)
    return Printable(
        token=held.token,
        rider=held.document["rider"],
        not_before=held.not_before,
        expires_at=held.expires_at,
        control_code=tickets.control_code_of(jti),
        legs=[leg for _, leg in going],
        demo=claims.demo,
        issued_at=held.issued_at,
        papers={
            place: [
                OperatorPaper(
                    one.operator, one.reference, one.kind, one.media_type, one.encoding, one.content
                )
                for one in papers
                if (one.leg, one.passenger_ref) == (at, held.passenger_ref)
            ]
            for place, (at, _) in enumerate(going)
        },
    )
