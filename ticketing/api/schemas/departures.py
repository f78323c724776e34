"""The word of an operator's own staff on its departures."""

from marshmallow import ValidationError, fields, validate, validates_schema

from operators.causes import CAUSES
from ticketing.api.schemas.common import ID, LongPageQuerySchema, PagedSchema, Strict, moment
from ticketing.regions.note import LANGUAGES

MOST_MINUTES = 24 * 60
STATES = ("cancelled", "late", "as_planned")


class DeparturesQuerySchema(LongPageQuerySchema):
    """The departures of a service day (of today unless it says so), of one line or of all; `region` where an operator runs in several."""

    day = fields.Date(metadata={"examples": ["2026-12-01"]})
    line = fields.String(validate=validate.Length(0, 40), load_default="")
    region = fields.String(validate=ID)


class RegionQuerySchema(Strict):
    """The region, where an operator runs in several."""

    region = fields.String(validate=ID)


class DepartureWordSchema(Strict):
    """The word on a departure: `cancelled`, `late` by so many `minutes` behind the planned times, or `as_planned` after all.

    `note` holds two short lines for holders by language; English is needed beside another one. `cause` says why, in the words of
    GTFS-Realtime: passenger rights and guarantees read it.
    """

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    minutes = fields.Integer(strict=True, validate=validate.Range(1, MOST_MINUTES))
    note = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={
            "propertyNames": {"enum": list(LANGUAGES)},
            "examples": [{"en": "Ice in the harbour. The 09:00 takes you along."}],
        },
    )

    cause = fields.String(
        validate=validate.OneOf(CAUSES), load_default=None, metadata={"examples": ["technical_problem"]}
    )

    @validates_schema
    def _minutes_of_what_is_late(self, wanted: dict[str, object], **_: object) -> None:
        if (wanted.get("state") == "late") != ("minutes" in wanted):
            raise ValidationError({"minutes": ["is needed where the state is late, and nowhere else"]})
        if wanted.get("state") == "as_planned" and wanted.get("cause") is not None:
            raise ValidationError({"cause": ["a departure that goes as planned has none"]})


class DepartureSchema(Strict):
    """A departure as people know it; `tickets` are those that are valid for it, `state` is null where nobody has said anything."""

    operator = fields.String(required=True)
    trip_id = fields.String(required=True)
    service_date = fields.Date(required=True)
    line = fields.String(required=True)
    leaves = moment(required=True)
    stop = fields.String(required=True)
    tickets = fields.Integer(required=True)
    state = fields.String(required=True, allow_none=True, validate=validate.OneOf(STATES))
    minutes = fields.Integer(required=True, allow_none=True)
    note = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    cause = fields.String(required=True, allow_none=True, validate=validate.OneOf(CAUSES))
    by_staff = fields.Boolean(required=True)


class DeparturesSchema(PagedSchema):
    """The departures of one service day, in their order; `more` counts those that are not listed."""

    departures = fields.List(fields.Nested(DepartureSchema), required=True)
    more = fields.Integer(required=True)
