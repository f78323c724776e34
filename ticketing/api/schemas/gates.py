"""Validations: what a gate shows and what it is told."""

from typing import Any

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import GATE_NOTES, GATE_REASONS, SCAN_RESULTS, one_of
from ticketing.api.schemas.common import (
    POSIX_SECONDS,
    AwareMoment,
    LongPageQuerySchema,
    PagedSchema,
    ShortList,
    Strict,
    moment,
)


class NamedSailingSchema(Strict):
    """The sailing that is boarding, where a gate knows it."""

    trip_id = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 128),
        metadata={"description": "the sailing that is boarding, by its trip"},
    )
    departure = AwareMoment(
        load_default=None,
        allow_none=True,
        metadata={"description": "the sailing that is boarding, by its planned departure"},
    )


class ValidationRequestSchema(NamedSailingSchema):
    """One presentation of a ticket at a gate. `scan_id` is a UUID that the device makes."""

    scan_id = fields.UUID(required=True)
    token = fields.String(required=True, validate=validate.Length(1, 8192))
    leg = fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 7))
    stop_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    device_ts = AwareMoment(required=True)
    direction = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(["in", "out"]),
        metadata={"description": "for products that are checked in and out"},
    )


class BundleQuerySchema(Strict):
    """`since` is the cursor of the bundle that is held, 0 for none; a device also tells how it is."""

    since = fields.Integer(
        load_default=None,
        validate=POSIX_SECONDS,
        metadata={"description": "The cursor of the bundle that is held, 0 for none.", "examples": [0]},
    )
    queue = fields.Integer(load_default=None, validate=validate.Range(0, 2**31))
    clock_offset = fields.Integer(load_default=None, validate=validate.Range(-(2**31), 2**31))
    format = fields.Integer(
        load_default=1,
        validate=validate.OneOf([1, 2]),
        metadata={
            "description": "the format of the bundle: 2; format 1, for gates of the last release, goes with the next"
        },
    )


class NoteSchema(Strict):
    """Something that staff should look at although the ticket is good, with its figures."""

    code = one_of(GATE_NOTES, required=True)
    values = fields.Dict(keys=fields.String(), required=True)


class ValidationSchema(Strict):
    """The gate's answer: `reason` is one of a closed list, `ok` when the ticket is accepted; `values` are its figures.

    The words are in the language of the request (en, et, fi, sv).
    """

    scan_id = fields.String(required=True, metadata={"format": "uuid"})
    decision = fields.String(required=True, validate=validate.OneOf(["accept", "refuse"]))
    reason = one_of(GATE_REASONS, required=True)
    values = fields.Dict(keys=fields.String())
    notes = fields.List(fields.Nested(NoteSchema))
    attention = fields.String(required=True, allow_none=True)
    passenger_sees = fields.String(required=True)
    staff_sees = fields.String(required=True)
    leg = fields.Integer(required=True, allow_none=True)
    jti = fields.String(required=True, allow_none=True)
    decided_at = moment(required=True)


class DeviceTime(fields.Field[int]):
    """The time of a device in whole POSIX seconds, read from RFC 3339 or, as gates of the last release write it, a number."""

    def __init__(self) -> None:
        written = {"type": "string", "format": "date-time"}
        counted = {"type": "integer", "minimum": POSIX_SECONDS.min, "maximum": POSIX_SECONDS.max}
        about = "RFC 3339; for one more release POSIX seconds too"
        super().__init__(required=True, metadata={"anyOf": [written, counted], "description": about})

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> int:
        moment = value if type(value) is int else int(AwareMoment().deserialize(value).timestamp())
        POSIX_SECONDS(moment)
        return moment


class ScanFactSchema(Strict):
    """One scan that a gate decided offline. `clock_offset` are seconds to add to `device_ts`."""

    scan_id = fields.UUID(required=True)
    seq = fields.Integer(required=True, strict=True, validate=validate.Range(0, 2**53))
    jti = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_-]{1,64}\Z"))
    leg = fields.Integer(required=True, strict=True, validate=validate.Range(0, 7))
    device_ts = DeviceTime()
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
    """The result of one scan: `recorded`, `duplicate`, `recorded_double_use` and so on.

    `refunded`: it is a ride on a leg whose money had gone back before it was told; a person looks at it.
    """

    scan_id = fields.String(required=True, metadata={"format": "uuid"})
    result = one_of(SCAN_RESULTS, required=True)
    double_use = fields.Nested(DoubleUseSchema, required=True, allow_none=True)
    refunded = fields.Boolean(required=True)


class ScanOutcomesSchema(Strict):
    """One outcome per scan, in the order of the batch."""

    outcomes = fields.List(fields.Nested(ScanOutcomeSchema), required=True)


class ManifestQuerySchema(LongPageQuerySchema):
    """The local day of the operator; today where none is said."""

    on = fields.Date(load_default=None)


class SailingSchema(Strict):
    """One departure from one stop: how many are booked, and how many its gates have let on."""

    trip_id = fields.String(required=True)
    service_date = fields.String(required=True, metadata={"format": "date"})
    stop_id = fields.String(required=True)
    departure = moment(required=True)
    expected_departure = moment(required=True, allow_none=True)
    cancelled = fields.Boolean(required=True)
    booked = fields.Integer(required=True)
    brought = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "booked beside persons, by kind of place: bicycles, cars, cabins, dogs"},
    )
    boarded = fields.Integer(required=True)
    as_of = moment(required=True)


class ManifestSchema(PagedSchema):
    """The sailings of a day, soonest first."""

    sailings = fields.List(fields.Nested(SailingSchema), required=True)
