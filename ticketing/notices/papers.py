"""Draw the tickets of an order as the papers that a mail brings."""

from collections.abc import Collection

from ticketing.errors import Conflict, NotFound
from ticketing.gate import holder
from ticketing.notices.channels import Attachment
from ticketing.notices.post_office import PostOffice
from ticketing.purchase import service as purchase


def draw_tickets(
    office: PostOffice, state: purchase.OrderState, language: str, passengers: Collection[str] | None = None
) -> list[Attachment]:
    """Draw the valid tickets of an order, of some passengers or of all; those with one code for all are one paper."""
    group = purchase.find_group(office.till, state)
    shown = {one.jti: one.passenger_ref for one in group.members} if group else {}
    codes = [group.code.jti] if group and _is_of(shown.values(), passengers) else []
    codes += [
        one.jti
        for one in state.tickets
        if one.status == "valid" and one.jti not in shown and _is_of([one.passenger_ref], passengers)
    ]
    papers = [_draw(office, state, jti, language) for jti in codes]
    return [
        Attachment(f"ticket-{number}.pdf", "application/pdf", paper)
        for number, paper in enumerate(papers, start=1)
        if paper is not None
    ]


def _is_of(refs: Collection[str], passengers: Collection[str] | None) -> bool:
    return passengers is None or any(ref in passengers for ref in refs)


def _draw(office: PostOffice, state: purchase.OrderState, jti: str, language: str) -> bytes | None:
    """Draw a ticket as PDF; one that only its phone can show is left out."""
    from ticketing.tickets import paper  # noqa: PLC0415  the worker starts without what draws PDF

    try:
        printable = holder.printable(office.gatehouse, state.order.id, jti, language)
    except (Conflict, NotFound):
        return None
    return paper.pdf(printable, language)
