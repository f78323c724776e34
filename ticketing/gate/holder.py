"""Draw and print a ticket, or the code of a group, for its holder."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ticketing.db import Transaction
from ticketing.db.sale import booking_documents, orders
from ticketing.db.sale.booking_documents import Paper
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import group_codes, tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.errors import Conflict, NotFound
from ticketing.frozen import TicketDocument, left_of
from ticketing.gate.house import Gatehouse
from ticketing.tickets.own import of_own
from ticketing.tickets.printable import OperatorPaper, Printable, PrintedPass
from ticketing.tickets.regroup import Group, find_group


def code_of(house: Gatehouse, order_id: str, jti: str) -> str:
    """The token that a ticket or a group of an order shows; raises NotFound, or Conflict for a ticket of a group or a revoked one."""
    with house.database.read() as tx:
        held = _shown(tx, order_id, jti)[0]
    if held.status == "revoked":
        raise Conflict("the ticket is revoked and has no code any more")
    return held.token


def printable(house: Gatehouse, order_id: str, jti: str, language: str) -> Printable:
    """Read a ticket or a group's code for printing, with the names of a language.

    Raises NotFound, or Conflict for one that only its phone can show.
    """
    with house.database.read() as tx:
        held, group = _shown(tx, order_id, jti)
        papers = booking_documents.list_papers(tx, order_id)
        order = orders.get_order(tx, order_id)
    claims = of_own(held.token)
    if claims.binding_key is not None:
        raise Conflict("the ticket is bound to a phone and not valid on paper")
    if held.status != "valid":
        raise Conflict("the ticket is no longer valid")
    going = left_of(held.document.legs)
    members = group.members if group else [held]
    riders = Counter(house.names.category(one.document.rider, language) for one in members)
    return Printable(
        token=held.token,
        riders=tuple(riders.items()),
        not_before=held.not_before,
        expires_at=held.expires_at,
        control_code=tickets.control_code_of(jti),
        legs=[held.document.legs[at] for at in going],
        demo=claims.demo,
        issued_at=held.issued_at,
        zone=house.clocks.get(order.region, "UTC"),
        season=_season(house, held.document, language),
        papers={place: _papers(house, members, papers, at, language) for place, at in enumerate(going)},
        guarantors=_guarantors(order, going),
    )


def _guarantors(order: Order, going: Sequence[int]) -> dict[int, str]:
    """Name the guarantors of the connections between legs that are left, by the place of the first one among them."""
    sold = order.guarantee
    if sold is None:
        return {}
    pairs = enumerate(pairwise(going))
    return {place: sold.guarantor for place, (at, then) in pairs if then == at + 1 and sold.covers(at)}


def _papers(
    house: Gatehouse, members: Sequence[Ticket], papers: Sequence[Paper], leg: int, language: str
) -> list[OperatorPaper]:
    """List what operators handed over for a leg of these tickets; where they are several, each with whose it is."""
    of_leg = [paper for paper in papers if paper.leg == leg]
    pairs = [(member, paper) for member in members for paper in of_leg]
    return [
        OperatorPaper(
            operator=paper.operator,
            reference=paper.reference,
            kind=paper.kind,
            media_type=paper.media_type,
            encoding=paper.encoding,
            content=paper.content,
            holder=_called(house, member, language) if len(members) > 1 else "",
        )
        for member, paper in pairs
        if paper.passenger_ref == member.passenger_ref
    ]


def _called(house: Gatehouse, held: Ticket, language: str) -> str:
    """A traveller by the buyer's word and the category; by the category alone where the word says no more."""
    category = house.names.category(held.document.rider, language)
    return category if held.passenger_ref == held.document.rider else f"{held.passenger_ref} ({category})"


def _season(house: Gatehouse, document: TicketDocument, language: str) -> PrintedPass | None:
    """The pass that a ticket is, as people read it; None for a journey."""
    sold = document.season
    if sold is None:
        return None
    operators = [house.names.operators.get(one, one) for one in document.operators]
    return PrintedPass(kind=sold.kind, name=sold.name_in(language), operators=operators, uses=sold.uses)


def _shown(tx: Transaction, order_id: str, jti: str) -> tuple[Ticket, Group | None]:
    """Find the code of an order by its number: a ticket with a code of its own, or the code of a group."""
    held, group = tickets.find_ticket(tx, jti), None
    if held is None:
        group = find_group(tx, jti)
        held = group.as_ticket if group else None
    if held is None or held.order_id != order_id:
        raise NotFound("there is no such ticket")
    if group is None:
        require_own_code(tx, held)
    elif group.code.status == "revoked":
        raise Conflict("this group code has been replaced; the tickets of the order name the newest")
    return held, group


def require_own_code(tx: Transaction, held: Ticket) -> None:
    """Raise Conflict for a ticket that a living group code stands for: two codes for one ride would be one too many."""
    code = group_codes.find_live_of(tx, held.jti)
    if code is not None:
        raise Conflict(f"this ticket is in the group code {code.jti}: show that code, or dissolve it first")
