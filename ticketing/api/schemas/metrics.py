"""The double-use window in figures."""

from marshmallow import fields

from ticketing.api.schemas.common import Strict, moment


class SpreadSchema(Strict):
    """Seconds; null where nothing was measured."""

    count = fields.Integer(required=True)
    p50 = fields.Integer(required=True, allow_none=True)
    p95 = fields.Integer(required=True, allow_none=True)
    max = fields.Integer(required=True, allow_none=True)


class FoundDoubleUseSchema(Strict):
    """One use too many: which ticket (its first six characters), at which two gates, when it was found."""

    ticket = fields.String(required=True)
    leg = fields.Integer(required=True)
    at = moment(required=True)
    first_gate = fields.String(required=True)
    second_gate = fields.String(required=True)
    gap_seconds = fields.Integer(required=True)
    found_at = moment(required=True)


class RefundedRideSchema(Strict):
    """A ride that was told after its money had gone back: which ticket (its first six characters), when, when found."""

    ticket = fields.String(required=True)
    leg = fields.Integer(required=True)
    at = moment(required=True)
    refunded_at = moment(required=True)
    found_at = moment(required=True)


class GateMetricsSchema(Strict):
    """The last 24 hours of an operator's gates."""

    operator = fields.String(required=True)
    since = moment(required=True)
    measures = fields.Dict(keys=fields.String(), values=fields.Nested(SpreadSchema), required=True)
    rides = fields.Integer(required=True)
    double_uses = fields.Integer(required=True)
    double_uses_per_100_000_rides = fields.Float(required=True, allow_none=True)
    newest = fields.List(fields.Nested(FoundDoubleUseSchema), required=True)
    refunded_rides = fields.Integer(required=True)
    newest_refunded_rides = fields.List(fields.Nested(RefundedRideSchema), required=True)
