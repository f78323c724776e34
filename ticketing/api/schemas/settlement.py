"""Settlement runs: positions, payments and totals of a month."""

from marshmallow import fields, validate

from ticketing.api.schemas.closed_sets import RUN_STATES, one_of
from ticketing.api.schemas.common import MoneySchema, Strict, moment


class RunRequestSchema(Strict):
    """Close a month."""

    region = fields.String(required=True, validate=validate.Length(1, 64))
    period = fields.String(
        required=True,
        validate=validate.Regexp(r"^[0-9]{4}-[0-9]{2}$", error="must be a month like 2026-03"),
        metadata={"examples": ["2026-03"]},
    )
    despite = fields.String(
        load_default="",
        validate=validate.Length(0, 500),
        metadata={
            "description": "the reason to close although an order is paid without a ticket; the run keeps it"
        },
    )


class PositionSchema(MoneySchema):
    """The amount that a participant gets (positive) or owes (negative)."""

    operator = fields.String(required=True)


class RunSchema(Strict):
    """A settlement run: one frozen dataset; `digest` is its SHA-256."""

    id = fields.String(required=True)
    region = fields.String(required=True)
    period = fields.String(required=True)
    version = fields.Integer(required=True)
    state = one_of(RUN_STATES, required=True)
    demo = fields.Boolean(required=True)
    digest = fields.String(required=True)
    prepared_by = fields.String(required=True)
    created_at = moment(required=True)
    operators = fields.List(fields.Dict(), required=True)
    other = fields.List(fields.Dict(), required=True)
    opening = fields.List(fields.Dict(), required=True)
    carried = fields.List(fields.Nested(PositionSchema), required=True)
    taxes = fields.List(fields.Dict(), required=True)
    accounts = fields.List(fields.Dict(), required=True)
    positions = fields.List(fields.Nested(PositionSchema), required=True)
    conversions = fields.List(fields.Dict(), required=True)
    rates = fields.Dict(required=True)
    rates_from = fields.Dict()
    unconverted = fields.List(fields.Dict())
    payments = fields.List(fields.Dict(), required=True)
    gross = fields.List(fields.Nested(MoneySchema), required=True)
    net = fields.List(fields.Nested(MoneySchema), required=True)


class RunSummarySchema(Strict):
    """A run in a list."""

    id = fields.String(required=True)
    region = fields.String(required=True)
    period = fields.String(required=True)
    version = fields.Integer(required=True)
    state = one_of(RUN_STATES, required=True)
    digest = fields.String(required=True)
    created_at = moment(required=True)


class RunsSchema(Strict):
    """A page of runs; `next` is the `after` of the next page, null on the last."""

    runs = fields.List(fields.Nested(RunSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)
