"""Validations: what a gate shows and what it is told."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import Strict, moment


class ValidationRequestSchema(Strict):
    """One presentation of a ticket at a gate. `scan_id` is a UUID that the device makes."""

    scan_id = fields.UUID(required=True)
    token = fields.String(required=True, validate=validate.Length(1, 8192))
    leg = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 7))
    stop_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    device_ts = fields.AwareDateTime(required=True)


class ValidationSchema(Strict):
    """The gate's answer: `reason` is one of a closed list, `ok` when the ticket is accepted."""

    scan_id = fields.String(required=True)
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "refuse"]))
    reason = fields.String(required=True)
    attention = fields.String(required=True, allow_none=True)
    passenger_sees = fields.String(required=True)
    staff_sees = fields.String(required=True)
    leg = fields.Integer(required=True, allow_none=True)
    jti = fields.String(required=True, allow_none=True)
    decided_at = moment(required=True)
