"""The ways on for a holder whose departure does not go as sold."""

from typing import TypedDict

from marshmallow import fields, validate

from ticketing.api.schemas.common import ID, PlatformSchema, ShortList, Strict, moment, money
from ticketing.rerouting import CASE_STATES, KINDS, NOTES, WHYS

_MOST = validate.Length(0, 99)


class OptionWanted(TypedDict):
    """A wish for an option, as its schema has read it."""

    passengers: list[str]
    leg: int
    option: str


class OptionWantedSchema(Strict):
    """The option to take, of which leg (counted from 0), for whom: no passengers are all who have it."""

    passengers = ShortList(fields.String(validate=ID), load_default=list, validate=_MOST)
    leg = fields.Integer(required=True, strict=True, validate=validate.Range(0, 100))
    option = fields.String(required=True, validate=ID)


class MoneyBackSchema(Strict):
    """The article by which the money comes back, in how many days, and how certain the rule is (docs/rights.md)."""

    article = fields.String(required=True)
    days = fields.Integer(required=True)
    level = fields.String(required=True)


class OtherWaySchema(Strict):
    """The order of another way: freeze `offer_id` (POST /v1/quotes), then POST the quote to `exchange` with `passengers` and `legs`.

    `total` is its price for all of its `passengers`, `due` what they pay beyond the worth of the ride. That comes back a day after
    the last arrival for those whom a gate has seen, up to `cap` for each.
    """

    offer_id = fields.String(required=True)
    offer_expires_at = moment(required=True)
    exchange = fields.String(required=True)
    passengers = fields.List(fields.String(), required=True)
    legs = fields.List(fields.Integer(), required=True)
    total = money(required=True)
    due = money(required=True)
    cap = money(required=True)


class OptionSchema(Strict):
    """One way on. `cost` is what its holder pays in the end: nothing, but of another way the part above its caps.

    `places` are those that its operator tells for this holder, null for no number.

    `later_departure` is booked when it is taken. `other_operator`: the ticket opens it by an agreement, without a promise of a
    place. `refund` names the money that comes back, `law` by which rule, null where none is known here. `wait` has the times that are expected.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    text = fields.String(required=True)
    operator = fields.String(required=True, allow_none=True)
    operator_name = fields.String(required=True, allow_none=True)
    line = fields.String(required=True, allow_none=True)
    trip_id = fields.String(required=True, allow_none=True)
    start = fields.Nested(PlatformSchema, required=True, allow_none=True, data_key="from", attribute="from")
    to = fields.Nested(PlatformSchema, required=True, allow_none=True)
    departure = moment(required=True, allow_none=True)
    arrival = moment(required=True, allow_none=True)
    places = fields.Integer(required=True, allow_none=True)
    cost = money(required=True)
    refund = money(required=True, allow_none=True)
    law = fields.Nested(MoneyBackSchema, required=True, allow_none=True)
    order = fields.Nested(OtherWaySchema, required=True, allow_none=True)


class AssistanceSchema(Strict):
    """The need of assistance of a passenger of the order, as one of reduced mobility has it; it names neither person nor reason."""

    needed = fields.Boolean(required=True)


class HeldSchema(Strict):
    """A place that is held on an option, until a moment: who takes the option before that has it."""

    option = fields.String(required=True)
    until = moment(required=True)


class LegNoteSchema(Strict):
    """A note on what is not done for a holder, and why: its code, and its sentence in the caller's language."""

    code = fields.String(required=True, validate=validate.OneOf(NOTES))
    text = fields.String(required=True)


class DisruptedLegSchema(Strict):
    """A leg of a ticket by which its holder cannot travel as sold, and why; `chosen` is the option that was taken for it.

    `held` is the option on which a place is held for its holder without being asked, null where none is.
    """

    leg = fields.Integer(required=True)
    passenger = fields.String(required=True)
    jti = fields.String(required=True)
    why = fields.String(required=True, validate=validate.OneOf(WHYS))
    operator = fields.String(required=True)
    operator_name = fields.String(required=True)
    departure = moment(required=True)
    arrival = moment(required=True)
    options = fields.List(fields.Nested(OptionSchema), required=True)
    chosen = fields.String(required=True, allow_none=True)
    held = fields.Nested(HeldSchema, required=True, allow_none=True)
    notes = fields.List(fields.Nested(LegNoteSchema), required=True)


class CaseSchema(Strict):
    """One event for one ticket, with its state: `found`, `told` once a message has reached somebody, then one of the ends.

    `chosen` by the holder, `auto_rebooked` by the machine after silence, `refunded`, `travelled` where a gate has let the holder in,
    `lapsed` two days after the departure. `by` is the holder or the machine, null where neither has ended it.
    """

    event_id = fields.String(required=True)
    leg = fields.Integer(required=True)
    passenger = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(CASE_STATES))
    by = fields.String(required=True, allow_none=True, validate=validate.OneOf(["holder", "machine"]))


class OptionsSchema(Strict):
    """The disrupted legs of an order's tickets, each with its options, the best first; no legs where all goes as sold.

    `cases` say what has become of each event for each ticket.
    """

    order_id = fields.String(required=True)
    legs = fields.List(fields.Nested(DisruptedLegSchema), required=True)
    cases = fields.List(fields.Nested(CaseSchema), required=True)


class RefundCallSchema(Strict):
    """The call that brings the money."""

    method = fields.String(required=True, validate=validate.OneOf(["POST"]))
    path = fields.String(required=True)
    body = fields.Dict(required=True)


class OptionTakenSchema(Strict):
    """An option that was taken: `moved` to the departure, `noted` where the ticket stays as it is, `refund` where a call brings the money."""

    id = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=validate.OneOf(["moved", "noted", "refund"]))
    leg = fields.Integer(required=True)
    passengers = fields.List(fields.String(), required=True)
    departure = moment(required=True, allow_none=True)
    arrival = moment(required=True, allow_none=True)
    refund = fields.Nested(RefundCallSchema, required=True, allow_none=True)
