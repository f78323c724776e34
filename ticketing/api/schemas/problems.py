"""Problem documents (RFC 9457), and the ways on that some types of problems name."""

from marshmallow import fields

from ticketing.api.schemas.common import MoneySchema, Strict, moment
from ticketing.api.schemas.options import DisruptedLegSchema


class FaultSchema(Strict):
    """One thing that is wrong, with its path."""

    path = fields.String(required=True, metadata={"examples": ["passengers[0].rider_category"]})
    message = fields.String(required=True)


class NextDepartureSchema(Strict):
    """A departure that goes instead of a cancelled one: search for it by its time."""

    operator = fields.String(required=True)
    line = fields.String(required=True)
    trip_id = fields.String(required=True)
    from_stop_id = fields.String(required=True)
    to_stop_id = fields.String(required=True)
    departure = moment(required=True)
    arrival = moment(required=True)


class ProblemSchema(Strict):
    """A problem document (RFC 9457). `departure_cancelled` names in `choices` what goes instead, `price_changed` both prices.

    `now` is null where the journey has no price any more. `option_gone` has the `legs` of `GET /v1/orders/{id}/options`.
    `in_queue` has the `place`, the time `told_at` and the `queue_ticket` of somebody who waits.
    """

    type = fields.String(required=True, metadata={"format": "uri-reference"})
    code = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    errors = fields.List(fields.Nested(FaultSchema), required=True)
    choices = fields.List(fields.Nested(NextDepartureSchema))
    legs = fields.List(fields.Nested(DisruptedLegSchema))
    offered = fields.Nested(MoneySchema)
    now = fields.Nested(MoneySchema, allow_none=True)
    told_at = moment()
    wait_ms = fields.Integer()
    place = fields.Integer()
    queue_ticket = fields.String()
