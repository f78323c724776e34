"""Quotes, orders, payments, tickets and refunds."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ticketing.api.schemas.accounts import PhoneKeySchema
from ticketing.api.schemas.caps import CapSchema
from ticketing.api.schemas.closed_sets import (
    BOOKING_STATES,
    GATEWAYS,
    LANGUAGES,
    ORDER_STATES,
    PAYMENT_STATES,
    REFUND_REASONS,
    REFUND_STATES,
    one_of,
)
from ticketing.api.schemas.common import (
    ID,
    ConnectionSchema,
    GuaranteeSchema,
    ShortList,
    Strict,
    moment,
    money,
    place_kind,
)
from ticketing.api.schemas.emissions import EmissionsSchema
from ticketing.api.schemas.journeys import ExcludedSchema
from ticketing.api.schemas.priced import ItemSchema, ShareSchema, TaxSchema
from ticketing.api.schemas.sold_legs import SoldLegSchema
from ticketing.offers import MOST_CHARS


def _legs() -> Any:
    """Legs by their place in the journey, from 0."""
    return ShortList(
        fields.Integer(strict=True, validate=validate.Range(0, 99)),
        load_default=list,
        validate=validate.Length(1, 30),
        metadata={"examples": [[2]]},
    )


class QuoteRequestSchema(Strict):
    """Freeze an offer."""

    offer_id = fields.String(required=True, validate=validate.Length(1, MOST_CHARS))


class QuotedPassengerSchema(Strict):
    """The price of one passenger with everything behind it."""

    ref = fields.String(required=True)
    rider_category = fields.String(required=True)
    place = place_kind(required=True)
    total = money(required=True)
    items = fields.List(fields.Nested(ItemSchema), required=True)
    shares = fields.List(fields.Nested(ShareSchema), required=True)
    taxes = fields.List(fields.Nested(TaxSchema), required=True)
    explanation = fields.List(fields.String(), required=True)
    derivation = fields.List(fields.Dict(), required=True)
    caps = fields.List(fields.Nested(CapSchema), required=True)


class QuoteSchema(Strict):
    """A frozen price: it holds until `expires_at`. `legs` are the rides that it pays for, `excluded` those that it does not."""

    id = fields.String(required=True)
    region = fields.String(required=True)
    tariff_version = fields.String(required=True)
    total = money(required=True)
    created_at = moment(required=True)
    expires_at = moment(required=True)
    tax_unverified = fields.Boolean(required=True)
    passengers = fields.List(fields.Nested(QuotedPassengerSchema), required=True)
    legs = fields.List(fields.Nested(SoldLegSchema), required=True)
    connections = fields.List(fields.Nested(ConnectionSchema), required=True)
    guarantee = fields.Nested(GuaranteeSchema, required=True, allow_none=True)
    emissions = fields.Nested(EmissionsSchema, required=True, allow_none=True)
    excluded = fields.List(fields.Nested(ExcludedSchema), required=True)


class OrderPhoneSchema(Strict):
    """The phone that a passenger's ticket will be bound to: its key, or a phone of the account that calls."""

    passenger = fields.String(required=True, validate=ID)
    key = fields.Nested(PhoneKeySchema)
    phone_id = fields.String(validate=ID)

    @validates_schema
    def one_of_both(self, wanted: dict[str, Any], **_: Any) -> None:
        """Either says which phone it is."""
        if ("key" in wanted) == ("phone_id" in wanted):
            raise ValidationError("name either key or phone_id", "key")


class OrderNameSchema(Strict):
    """The name that makes a passenger's ticket personal: inspectors may compare it, nobody can read it."""

    passenger = fields.String(required=True, validate=ID)
    name = fields.String(required=True, validate=validate.Length(1, 120))


class OrderRequestSchema(Strict):
    """Order a quote. A ticket that is bound to a phone opens gates only with that phone's proof."""

    quote_id = fields.String(required=True, validate=ID)
    code = fields.String(
        validate=validate.OneOf(["each", "group"]),
        metadata={
            "description": "`group`: one code stands for all people of the order, 2 to 99, and one scan lets them in together; "
            "one person carries it, so one phone and one name at most. `each`, the default: everybody has a code.",
            "examples": ["group"],
        },
    )
    phones = ShortList(fields.Nested(OrderPhoneSchema), load_default=list, validate=validate.Length(0, 30))
    names = ShortList(fields.Nested(OrderNameSchema), load_default=list, validate=validate.Length(0, 30))
    connections_acknowledged = fields.Boolean(
        metadata={
            "description": "The buyer has read who answers for the connections (`connections` of the quote) and has said so",
            "examples": [True],
        }
    )

    guarantee = fields.Boolean(
        metadata={
            "description": "Buy the guarantee of connections that the quote offers (`guarantee`); its fee is part of the order's total",
            "examples": [True],
        }
    )


class DisclosureSchema(Strict):
    """The words of separate contracts that a buyer was told: the sentences by their `version`, and the language.

    `acknowledged` is true where the order said that its buyer has read them.
    """

    version = fields.String(required=True)
    language = one_of(LANGUAGES, required=True)
    acknowledged = fields.Boolean(required=True)
    at = moment(required=True)


class ExchangeRequestSchema(OrderRequestSchema):
    """Exchange what `passengers` hold for the journey of a quote that is for them, by the same `ref`; others may join.

    Where several passengers hold tickets, `passengers` must say who changes; all others keep theirs. With `legs` only
    these legs of each ticket are given up, else those that were not used. Tickets keep their phones unless others are
    named.
    """

    passengers = ShortList(
        fields.String(validate=ID),
        load_default=list,
        validate=validate.Length(0, 30),
        metadata={"examples": [["p1"]]},
    )
    legs = _legs()


class PaymentRequestSchema(Strict):
    """Pay an order."""

    method = fields.String(required=True, validate=validate.Length(1, 64), metadata={"examples": ["demo_ok"]})


class PaymentSchema(Strict):
    """One attempt to pay."""

    id = fields.String(required=True)
    gateway = one_of(GATEWAYS, required=True)
    method = fields.String(required=True)
    state = one_of(PAYMENT_STATES, required=True)
    amount = money(required=True)
    created_at = moment(required=True)


class OperatorDocumentSchema(Strict):
    """The document that an operator handed over for a leg, in its own form: its staff read this and not our code.

    `kind` is its word (`qr_code`, `number`, `html`, `TICKET`). It is data of somebody else: never show `html` unescaped
    outside of a sandbox. `encoding` says whether `content` is text or base64.
    """

    leg = fields.Integer(required=True)
    operator = fields.String(required=True)
    reference = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    media_type = fields.String(required=True)
    encoding = fields.String(required=True, validate=validate.OneOf(["text", "base64"]))
    content = fields.String(required=True)


class DocumentKindSchema(Strict):
    """A document that an operator handed over; its content is with the ticket."""

    kind = fields.String(required=True)
    media_type = fields.String(required=True)


class RefundOfferRequestSchema(Strict):
    """Ask what giving tickets back would bring: of these passengers, of everybody where none is named.

    With `legs` only these legs of each ticket go, and the rest stays valid.
    """

    passengers = ShortList(fields.String(validate=ID), load_default=list, validate=validate.Length(0, 30))
    legs = _legs()


class RefundReasonSchema(Strict):
    """A reason for programs: its code and values (`/.well-known/purchase-words.json` has the sentences). Legs count from 0."""

    code = one_of(REFUND_REASONS, required=True, metadata={"examples": ["conditions"]})
    values = fields.Dict(keys=fields.String(), required=True)


class RefusedRefundSchema(Strict):
    """A ticket that gives nothing back, and why: `because` in the language of Accept-Language, `reasons` for programs."""

    passenger = fields.String(required=True)
    because = fields.String(required=True)
    reasons = fields.List(fields.Nested(RefundReasonSchema), required=True)


class RefundRequestSchema(Strict):
    """Give back the tickets of these passengers; with `expected` only for exactly the offered amount.

    With `legs` only these legs of each ticket go; its code changes, and the rest stays valid.
    """

    passengers = ShortList(
        fields.String(validate=ID),
        required=True,
        validate=[validate.Length(1, 30), validate.ContainsNoneOf([""])],
        metadata={"examples": [["p2"]]},
    )
    legs = _legs()
    expected = money()


class RefundFeeSchema(Strict):
    """The fee that an operator keeps."""

    operator = fields.String(required=True)
    amount = money(required=True)


class RefundLineSchema(Strict):
    """The refund of one ticket: its legs, the fees that are kept, and the reasons for the amount.

    `because` says it in the language of Accept-Language, `reasons` to programs.
    """

    passenger = fields.String(required=True)
    jti = fields.String(required=True)
    legs = fields.List(fields.Integer(), required=True)
    fees = fields.List(fields.Nested(RefundFeeSchema), required=True)
    percent = fields.Integer(required=True)
    amount = money(required=True)
    because = fields.String(required=True)
    reasons = fields.List(fields.Nested(RefundReasonSchema), required=True)


class RefundOfferSchema(Strict):
    """The refund that is possible now; nothing has changed yet."""

    order_id = fields.String(required=True)
    amount = money(required=True)
    lines = fields.List(fields.Nested(RefundLineSchema), required=True)
    refused = fields.List(fields.Nested(RefusedRefundSchema), required=True)


class RefundSchema(Strict):
    """A refund: `decided` until the gateway has paid it back, then `confirmed`."""

    id = fields.String(required=True)
    exchanged_for = fields.String(required=True, allow_none=True)
    state = one_of(REFUND_STATES, required=True)
    amount = money(required=True)
    created_at = moment(required=True)
    lines = fields.List(fields.Nested(RefundLineSchema), required=True)


class OrderedPassengerSchema(Strict):
    """A passenger of an order."""

    ref = fields.String(required=True)
    rider_category = fields.String(required=True)
    place = place_kind(required=True)
    total = money(required=True)


class OrderEventSchema(Strict):
    """One step of an order: when, to which state, by whom, why."""

    at = moment(required=True)
    state = one_of(ORDER_STATES, required=True)
    by = fields.String(required=True)
    reason = fields.String(required=True)


class NextActionSchema(Strict):
    """The request of the buyer's bank: complete it with `client_secret` on the gateway's page, or at `url`."""

    kind = one_of(("authenticate",), required=True)
    client_secret = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True)


class HeldPlaceSchema(Strict):
    """A place at an operator, under the operator's own reference."""

    operator = fields.String(required=True)
    leg = fields.Integer(required=True)
    passenger = fields.String(required=True)
    place = place_kind(required=True)
    state = one_of(BOOKING_STATES, required=True)
    reference = fields.String(required=True, allow_none=True)
    documents = fields.List(fields.Nested(DocumentKindSchema), required=True)


class GivenUpSchema(Strict):
    """The legs of a passenger's old ticket that an exchange gives up; none listed means a whole pass."""

    passenger = fields.String(required=True)
    legs = fields.List(fields.Integer(), required=True)


class OrderSchema(Strict):
    """An order and what belongs to it. `access_token` is in the answer that creates it, and opens it alone.

    One of 0.00, or with nothing `due`, is `ticketed` in that answer already and takes no payment.
    """

    id = fields.String(required=True)
    quote_id = fields.String(required=True)
    state = one_of(ORDER_STATES, required=True)
    total = money(required=True)
    due = money(required=True)
    created_at = moment(required=True)
    expires_at = moment(required=True)
    disputed = fields.Boolean(required=True)
    next_action = fields.Nested(NextActionSchema, required=True, allow_none=True)
    passengers = fields.List(fields.Nested(OrderedPassengerSchema), required=True)
    bookings = fields.List(fields.Nested(HeldPlaceSchema), required=True)
    payments = fields.List(fields.Nested(PaymentSchema), required=True)
    refunds = fields.List(fields.Nested(RefundSchema), required=True)
    code = fields.String(required=True, validate=validate.OneOf(["each", "group"]))
    disclosure = fields.Nested(DisclosureSchema, required=True, allow_none=True)
    guarantee = fields.Nested(GuaranteeSchema, required=True, allow_none=True)
    exchange_of = fields.String(required=True, allow_none=True)
    given_up = fields.List(fields.Nested(GivenUpSchema), required=True)
    credit = money(required=True)
    history = fields.List(fields.Nested(OrderEventSchema), required=True)
    access_token = fields.String()
    stand_ins = fields.List(fields.String(), required=True)
