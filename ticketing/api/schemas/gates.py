"""Validations: what a gate shows and what it is told."""

from marshmallow import fields, validate

from ticketing.api.schemas.common import POSIX_SECONDS, AwareMoment, ShortList, Strict, moment


class ValidationRequestSchema(Strict):
    """One presentation of a ticket at a gate. `scan_id` is a UUID that the device makes."""

    scan_id = fields.UUID(required=True)
    token = fields.String(required=True, validate=validate.Length(1, 8192))
    leg = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 7))
    stop_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    device_ts = AwareMoment(required=True)
    direction = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(["in", "out"]),
        metadata={"description": "for products that are checked in and out"},
    )  # fmt: skip


class BundleQuerySchema(Strict):
    """`since` is the cursor of the bundle that is held, 0 for none; a device also tells how it is."""

    since = fields.Integer(load_default=None, validate=POSIX_SECONDS)
    queue = fields.Integer(load_default=None, validate=validate.Range(0, 2**31))
    clock_offset = fields.Integer(load_default=None, validate=validate.Range(-(2**31), 2**31))


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


class ScanFactSchema(Strict):
    """One scan that a gate decided offline. `device_ts` is POSIX seconds, `clock_offset` seconds to add to it."""

    scan_id = fields.UUID(required=True)
    seq = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**53))
    jti = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_-]{1,64}\Z"))
    leg = fields.Integer(required=True, strict=True, validate=validate.Range(0, 7))
    device_ts = fields.Integer(required=True, strict=True, validate=POSIX_SECONDS)
    clock_offset = fields.Integer(load_default=0, strict=True, validate=validate.Range(-(2**31), 2**31))
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "refuse"]))
    reason = fields.String(required=True, validate=validate.Regexp(r"[a-z_]{1,32}\Z"))
    bundle_version = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 2**40)
    )
    direction = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(["in", "out", "inspect"])
    )


class ScanBatchSchema(Strict):
    """Up to 500 scans, oldest first."""

    scans = ShortList(fields.Nested(ScanFactSchema), required=True, validate=validate.Length(1, 500))


class DoubleUseSchema(Strict):
    """The two gates of a double use and the seconds between them."""

    first_gate = fields.String(required=True)
    second_gate = fields.String(required=True)
    gap_seconds = fields.Integer(required=True)


class ScanOutcomeSchema(Strict):
    """What came of one scan: `recorded`, `duplicate`, `recorded_double_use` and so on."""

    scan_id = fields.String(required=True)
    result = fields.String(required=True)
    double_use = fields.Nested(DoubleUseSchema, required=True, allow_none=True)


class ScanOutcomesSchema(Strict):
    """One outcome per scan, in the order of the batch."""

    outcomes = fields.List(fields.Nested(ScanOutcomeSchema), required=True)
