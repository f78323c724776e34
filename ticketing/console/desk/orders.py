"""Orders for the scheme's staff: the newest, one with its money and steps, giving tickets back, sending them again. No names."""

from flask import Response, g, make_response, request, url_for

from ticketing import notices
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.look import Look, look_then_do
from ticketing.console.names import operator_names
from ticketing.console.pages import attempt, language, page, region, staff
from ticketing.console.words import text
from ticketing.errors import Conflict, ThroughfareError
from ticketing.purchase import at_desk, looking_up, show
from ticketing.purchase import service as purchase
from ticketing.purchase.at_desk import RefundOffer, Wish
from ticketing.purchase.refund.told import Reader, sentence
from ticketing.purchase.till import OrderState


@blueprint.get("/orders")
@needs("finance", "admin")
def orders() -> str:
    """List the newest orders of a region."""
    place = region()
    return page(
        "orders", here="orders", region=place, orders=looking_up.list_newest_orders(console().till, place)
    )


@blueprint.get("/orders/<order_id>")
@needs("finance", "admin")
def order(order_id: str) -> str:
    """Show an order."""
    state = purchase.get_order(console().till, order_id)
    return page(
        "order",
        here="orders",
        order=show.order(state, ()),
        tickets=state.tickets,
        codes={ticket.jti: looking_up.control_code(ticket.jti) for ticket in state.tickets},
        offer=_offer(order_id),
        told=lambda because: sentence(because, _reader(state)),
        readers=[
            notices.hint(one)
            for one in notices.list_contacts(console().post_office, order_id)
            if one.kind == "email"
        ],
    )


@blueprint.post("/orders/<order_id>/refund")
@needs("finance")
def give_back(order_id: str) -> Response:
    """Give tickets back by the conditions of their fares; it is looked at first."""
    chosen = tuple(sorted(request.form.getlist("passenger")))
    tongue, office = language(), console().till

    def shown() -> str:
        return order(order_id)

    reader = _reader(purchase.get_order(office, order_id))
    try:
        offer = at_desk.offer_refund(office, order_id, Wish(passengers=chosen))
        if not offer.lines:
            raise Conflict("; ".join(sentence(why, reader) for _, why in offer.refused))
    except ThroughfareError as error:
        g.problem = error
        return make_response(shown(), console().status_of(error))
    look = Look(
        title=text("look.refund", tongue, amount=figures.of_money(offer.amount, tongue)),
        facts=[
            (text("order", tongue), order_id),
            *(
                (
                    line.passenger_ref,
                    f"{figures.of_money(line.amount, tongue)}. {sentence(line.because, reader)}",
                )
                for line in offer.lines
            ),
            (text("total", tongue), figures.of_money(offer.amount, tongue)),
        ],
        consequence=text("follows.refund", tongue),
        button=text("give_back", tongue),
        fields={"passenger": chosen},
    )
    return look_then_do(
        look,
        lambda: at_desk.give_back(
            office,
            order_id,
            chosen,
            expected=offer.amount,
            by=staff().name,
            request_key=f"desk:{staff().id}:{look.digest}",
        ),
        shown,
        to=lambda: url_for("console.order", order_id=order_id, done="given_back"),
        here="orders",
    )


@blueprint.post("/orders/<order_id>/mail")
@needs("finance")
def resend(order_id: str) -> Response:
    """Send the tickets to the order's mail addresses again."""
    return attempt(
        lambda: notices.resend_tickets(console().post_office, order_id, staff().name),
        lambda: order(order_id),
        to=lambda: url_for("console.order", order_id=order_id, done="sent_again"),
    )


def _reader(state: OrderState) -> Reader:
    """Make the reader of an order's refunds: in the language of the page, with operators by their names."""
    return Reader(language(), state.quote.document.legs, operator_names())


def _offer(order_id: str) -> RefundOffer | None:
    """The refund of everything that is left; None where nothing can be given back."""
    try:
        return at_desk.offer_refund(console().till, order_id)
    except ThroughfareError:
        return None
