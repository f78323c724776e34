"""Quotes, orders, payments, tickets, refunds: the way of a buyer."""

from typing import Any

from flask import Response, json, make_response, request
from flask.views import MethodView

from tariffs.money import Money, MoneyError, parse
from ticketing.api.again import repeatable
from ticketing.api.blueprint import IDEMPOTENCY_KEY, OPTIONAL_PERSON, ORDER_TOKEN, Blueprint
from ticketing.api.conditional import conditional
from ticketing.api.context import once, once_within, person, person_if_any, rooms
from ticketing.api.door import QUEUE_TICKET
from ticketing.api.guard import for_order
from ticketing.api.language import language
from ticketing.api.limits import count, limited
from ticketing.api.readers import reader_of, refusals_told
from ticketing.api.schemas.orders import (
    ExchangeRequestSchema,
    OrderRequestSchema,
    OrderSchema,
    PaymentRequestSchema,
    QuoteRequestSchema,
    QuoteSchema,
    RefundOfferRequestSchema,
    RefundOfferSchema,
    RefundRequestSchema,
    RefundSchema,
)
from ticketing.api.schemas.tickets import TicketsSchema
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.gate import holder
from ticketing.identity import Answer, Call, people
from ticketing.identity.once import request_key, require_random
from ticketing.purchase import service as purchase
from ticketing.purchase import show
from ticketing.purchase.shown import list_taxes_back, list_uses_left
from ticketing.quote import service as quotes
from ticketing.quote import show as show_quote
from ticketing.tickets import barcode

blueprint = Blueprint("orders", __name__, url_prefix="/v1", description="Buy a journey and give it back")


@blueprint.route("/quotes")
class Quotes(MethodView):
    """Freeze offers."""

    @limited(address="1200 per minute", caller="120 per minute")
    @blueprint.arguments(QuoteRequestSchema)
    @blueprint.response(201, QuoteSchema)
    @blueprint.doc(parameters=[QUEUE_TICKET], **OPTIONAL_PERSON)
    def post(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Freeze an offer: price, shares, VAT and derivation no longer change. Accept-Language chooses the explanation's."""
        who = person_if_any()
        repeatable()
        frozen = quotes.freeze(rooms().desk, wanted["offer_id"], who.person_id if who else None)
        desk = rooms().desk
        sold = quotes.sells_guarantees(desk, frozen.region)
        return show_quote.quote(frozen, desk.regions[frozen.region], language(), with_guarantee=sold)


@blueprint.route("/quotes/<string:quote_id>")
class QuoteOne(MethodView):
    """One quote."""

    @blueprint.response(200, QuoteSchema)
    def get(self, quote_id: str) -> dict[str, Any]:
        """Read a quote."""
        found = quotes.get_quote(rooms().desk, quote_id)
        desk = rooms().desk
        sold = quotes.sells_guarantees(desk, found.region)
        return show_quote.quote(found, desk.regions[found.region], language(), with_guarantee=sold)


@blueprint.route("/orders")
class Orders(MethodView):
    """Place orders."""

    @limited(address="1200 per 10 minutes", caller="120 per 10 minutes")
    @blueprint.arguments(OrderRequestSchema)
    @blueprint.response(201, OrderSchema)
    @blueprint.doc(parameters=[*IDEMPOTENCY_KEY["parameters"], QUEUE_TICKET], **OPTIONAL_PERSON)
    def post(self, wanted: dict[str, Any]) -> Any:
        """Order a quote; one of 0.00 is `ticketed` at once. The answer's `access_token` opens this order and no other.

        A repeated call is answered again to the account that made the first one, or, without an account, to whoever
        knows its Idempotency-Key: there it must be a random value of at least 22 characters, as a UUID is.
        """
        who = person_if_any()
        quote = _known_quote(wanted["quote_id"])
        count("quote", quote.id, "30 per 10 minutes")
        if who is None:
            require_random(request.headers.get("Idempotency-Key"))
        owner = f"person:{who.person_id}" if who else "guest"
        return _placed(owner, "POST /v1/orders", wanted, who.person_id if who else None, quote)


@blueprint.route("/orders/<string:order_id>")
class OrderOne(MethodView):
    """One order."""

    @for_order
    @conditional
    @blueprint.response(200, OrderSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, Any]:
        """Read an order with its payments and refunds; while the buyer's bank asks, `next_action` says how to go on."""
        here = rooms()
        state = purchase.get_order(here.till, order_id)
        return show.order(state, here.warnings, purchase.open_question(here.till, state), reader_of(state))


@blueprint.route("/orders/<string:order_id>/payments")
class Payments(MethodView):
    """Pay orders."""

    @for_order
    @limited(address="1200 per minute", caller="60 per minute")
    @blueprint.arguments(PaymentRequestSchema)
    @blueprint.response(201, OrderSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **ORDER_TOKEN)
    def post(self, wanted: dict[str, Any], order_id: str) -> Any:
        """Pay an order; the answer is the order with its tickets issued."""
        here = rooms()

        def pay(call: Call) -> dict[str, Any]:
            state, asked = purchase.pay(
                here.till,
                order_id,
                wanted["method"],
                _key(),
                lambda tx, done: call.remember(tx, show.order(done, here.warnings, reader=reader_of(done))),
                claim=call.claim,
            )
            return show.order(state, here.warnings, asked, reader_of(state))

        return _answered(once_within(f"order:{order_id}", "POST payments", wanted, pay))


@blueprint.route("/orders/<string:order_id>/tickets")
class Tickets(MethodView):
    """The tickets of an order."""

    @for_order
    @conditional
    @blueprint.response(200, TicketsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> dict[str, Any]:
        """List the signed tickets of an order, and the one code of its group."""
        return _tickets(order_id)


@blueprint.route("/orders/<string:order_id>/group-code")
class GroupCode(MethodView):
    """The one code of a group."""

    @for_order
    @limited(address="1200 per minute", caller="30 per minute")
    @blueprint.response(200, TicketsSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def delete(self, order_id: str) -> dict[str, Any]:
        """Give everybody of a group a code of their own, before a gate has let the group in; again changes nothing."""
        purchase.dissolve_group(rooms().till, order_id)
        return _tickets(order_id)


@blueprint.route("/orders/<string:order_id>/tickets/<string:jti>/qr.<string:form>")
class QrCode(MethodView):
    """The code of a ticket."""

    @for_order
    @blueprint.file("image/png", "image/svg+xml")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str, jti: str, form: str) -> Response:
        """Draw the QR code of a ticket, or of a group, as `png` or `svg`."""
        token = holder.code_of(rooms().gatehouse, order_id, jti)
        if form not in {"png", "svg"}:
            raise NotFound("there is no such ticket code")
        response = make_response(barcode.png(token) if form == "png" else barcode.svg(token))
        response.content_type = "image/png" if form == "png" else "image/svg+xml"
        return response


@blueprint.route("/orders/<string:order_id>/payments/<string:payment_id>/result")
class PaymentResult(MethodView):
    """The outcome of a payment for which the buyer's bank asked the buyer."""

    @for_order
    @limited(address="6000 per minute", caller="60 per minute")
    @blueprint.response(200, OrderSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def post(self, order_id: str, payment_id: str) -> dict[str, Any]:
        """Look at the gateway again, and carry the order on; safe to call at any time, without effect of its own."""
        here = rooms()
        state = purchase.get_order(here.till, order_id)
        if payment_id not in {payment.id for payment in state.payments}:
            raise NotFound("there is no such payment")
        state = purchase.advance(here.till, order_id)
        return show.order(state, here.warnings, purchase.open_question(here.till, state), reader_of(state))


@blueprint.route("/orders/<string:order_id>/exchanges")
class Exchanges(MethodView):
    """Exchange tickets for another journey."""

    @for_order
    @limited(address="1200 per minute", caller="30 per minute")
    @blueprint.arguments(ExchangeRequestSchema)
    @blueprint.response(201, OrderSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **ORDER_TOKEN)
    def post(self, wanted: dict[str, Any], order_id: str) -> Any:
        """Order a quote and pay with what its passengers give up here, named in `passengers`; all others keep their tickets.

        What is given up stays valid until the new tickets exist. A leg that was used stays and stops no other.
        """
        old = purchase.get_order(rooms().till, order_id)
        owner, quote_id = old.order.person_id, wanted["quote_id"]
        with refusals_told(reader_of(old)):
            return _placed(
                f"order:{order_id}", "POST exchanges", wanted, owner, quote_id, exchange_of=order_id
            )


@blueprint.route("/orders/<string:order_id>/receipt.pdf")
class Receipt(MethodView):
    """The receipt of an order."""

    @for_order
    @blueprint.file("application/pdf")
    @blueprint.doc(**ORDER_TOKEN)
    def get(self, order_id: str) -> Response:
        """Draw the receipt: VAT by Member State and why it cost so much, in the language of Accept-Language."""
        from ticketing.purchase.receipt import receipt  # noqa: PLC0415  the service starts without what draws PDF

        here = rooms()
        state = purchase.get_order(here.till, order_id)
        if state.order.state not in {"ticketed", "part_refunded", "refunded", "exchanged"}:
            raise Conflict(f"an order that is {state.order.state} has no receipt")
        region, given_back = here.till.regions[state.quote.region], list_taxes_back(here.till, state)
        response = make_response(receipt(state, region, language(), here.till.press.issuer, given_back))
        response.content_type = "application/pdf"
        return response


@blueprint.route("/orders/<string:order_id>/refund-offers")
class RefundOffers(MethodView):
    """The money that would come back if tickets were given back."""

    @for_order
    @limited(address="1200 per minute", caller="60 per minute")
    @blueprint.arguments(RefundOfferRequestSchema)
    @blueprint.response(200, RefundOfferSchema)
    @blueprint.doc(**ORDER_TOKEN)
    def post(self, wanted: dict[str, Any], order_id: str) -> dict[str, Any]:
        """Say what would come back and why, by the operators' conditions; nothing changes."""
        till = rooms().till
        reader = reader_of(purchase.get_order(till, order_id))
        with refusals_told(reader):
            return show.refund_offer(purchase.offer_refund(till, order_id, _wish(wanted)), reader)


@blueprint.route("/orders/<string:order_id>/refunds")
class Refunds(MethodView):
    """Give tickets back."""

    @for_order
    @limited(address="1200 per minute", caller="30 per minute")
    @blueprint.arguments(RefundRequestSchema)
    @blueprint.response(201, RefundSchema)
    @blueprint.doc(**IDEMPOTENCY_KEY, **ORDER_TOKEN)
    def post(self, wanted: dict[str, Any], order_id: str) -> Any:
        """Refund the tickets of the named passengers, or some legs of them: they stop opening gates at once."""
        here = rooms()
        reader = reader_of(purchase.get_order(here.till, order_id))

        def give_back(remember: Any) -> dict[str, Any]:
            with refusals_told(reader):
                first, further = purchase.refund_passengers(
                    here.till,
                    order_id,
                    _wish(wanted),
                    _key(),
                    lambda tx, done, parts: remember(tx, show.refund(done, parts, reader)),
                    expected=_amount(wanted.get("expected")),
                )
            return show.refund(first, further, reader)

        return _answered(once(f"order:{order_id}", "POST refunds", wanted, give_back))


def _tickets(order_id: str) -> dict[str, Any]:
    till = rooms().till
    state = purchase.get_order(till, order_id)
    papers, news = purchase.list_papers(till, order_id), purchase.list_news(till, state)
    left = list_uses_left(till, state)
    return show.tickets(
        state,
        purchase.find_group(till, state),
        papers,
        news,
        left,
        region=till.regions.get(state.quote.region),
        language=language(),
    )


def _known_quote(quote_id: str) -> purchase.Quote:
    """A quote that exists: what is only claimed to be one has no count and no memory of its own."""
    try:
        return quotes.get_quote(rooms().desk, quote_id)
    except NotFound as error:
        raise InvalidRequest.at("quote_id", error.detail) from None


def _placed(
    principal: str,
    route: str,
    wanted: dict[str, Any],
    person_id: str | None,
    quote: str | purchase.Quote,
    *,
    exchange_of: str | None = None,
) -> Any:
    """Order a quote once; the answer carries the token that opens the order."""
    here = rooms()

    def place(call: Call) -> dict[str, Any]:
        def shown(state: purchase.OrderState) -> dict[str, Any]:
            return show.order(state, here.warnings, reader=reader_of(state))

        return shown(
            purchase.place_order(
                here.till,
                quote,
                lambda tx, state: call.remember(tx, shown(state)),
                person_id,
                exchange_of,
                changing=_wish(wanted),
                phones=_phones(wanted["phones"]),
                names=[purchase.NameOf(one["passenger"], one["name"]) for one in wanted["names"]],
                code=wanted.get("code"),
                disclosed=purchase.Disclosed(
                    language(), wanted.get("connections_acknowledged", False), wanted.get("guarantee", False)
                ),
                request_key=request_key(principal, route, _key(), wanted),
                claim=call.claim,
            )
        )

    answer = once_within(principal, route, wanted, place)
    # The token is made from the order's id, so it need not be stored with the answer.
    token = here.order_tokens.issue(answer.body["id"])
    return _answered(Answer({**answer.body, "access_token": token}, answer.replayed))


def _phones(wanted: list[dict[str, Any]]) -> list[purchase.PhoneOf]:
    """The phones that are named: by their key, or as phones of the account that calls."""
    phones = []
    for at, wanted_phone in enumerate(wanted):
        key = wanted_phone.get("key")
        if key is None:
            mine = {phone.id: phone for phone in people.list_phones(rooms().reception, person())}
            if wanted_phone["phone_id"] not in mine:
                raise InvalidRequest.at(f"phones[{at}].phone_id", "is no phone of this account")
            key = json.loads(mine[wanted_phone["phone_id"]].jwk)
        phones.append(purchase.PhoneOf(wanted_phone["passenger"], key))
    return phones


def _wish(wanted: dict[str, Any]) -> purchase.Wish:
    return purchase.Wish(
        tuple(dict.fromkeys(wanted.get("passengers", ()))), tuple(dict.fromkeys(wanted.get("legs", ())))
    )


def _amount(wanted: dict[str, str] | None) -> Money | None:
    """An amount of a request; raises InvalidRequest for one that is no money."""
    if wanted is None:
        return None
    try:
        return parse(wanted["amount"], wanted["currency"])
    except MoneyError as error:
        raise InvalidRequest.at("expected.amount", str(error)) from error


def _key() -> str:
    """The Idempotency-Key, which `once` has checked before the effect runs."""
    return request.headers["Idempotency-Key"]


def _answered(answer: Answer) -> tuple[Any, int, dict[str, str]]:
    return answer.body, 201, {"Idempotent-Replayed": "true"} if answer.replayed else {}
