"""Pieces that several calls share: money, moments, pages."""

from datetime import MAXYEAR, MINYEAR, datetime
from types import MappingProxyType
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from operators.place_kinds import KINDS
from ticketing.api.schemas import wording
from ticketing.api.schemas.closed_sets import VEHICLE_STATUSES, one_of

ID = validate.Length(1, 64)
# Until the year 9999: calendars end there, and a number beyond it is no time that could be written.
_WHOLE_SECONDS = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"
POSIX_SECONDS = validate.Range(0, 253_370_764_800)


class Strict(Schema):
    """A schema that refuses what it does not know."""

    class Meta:
        """Marshmallow's options."""

        unknown = RAISE

    error_messages = MappingProxyType({"unknown": wording.UNKNOWN, "type": wording.NOT_AN_OBJECT})  # type: ignore[assignment]

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Say faults in our own words."""
        wording.reword(field_obj)


def moment(**more: object) -> fields.String:
    """An aware time in RFC 3339 and whole seconds, already written."""
    return fields.String(metadata={"format": "date-time", "pattern": _WHOLE_SECONDS}, **more)  # type: ignore[arg-type]


class MoneySchema(Strict):
    """A decimal string with exactly the currency's digits."""

    amount = fields.String(required=True, metadata={"examples": ["9.40"]})
    currency = fields.String(required=True, metadata={"examples": ["EUR"]})


def place_kind(**more: Any) -> fields.String:
    """The kind of place that somebody takes: a person's own, or one for a bicycle, a car, a cabin, a dog."""
    return fields.String(validate=validate.OneOf(KINDS), **more)


class PageQuerySchema(Strict):
    """A page of a list: `after` is the `next` of the page before."""

    after = fields.String(load_default=None, validate=validate.Length(1, 300))
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class LongPageQuerySchema(PageQuerySchema):
    """A page of a list that hardly ever has more than one: 200 items unless fewer are asked for."""

    limit = fields.Integer(load_default=200, validate=validate.Range(1, 200))


class PagedSchema(Strict):
    """A page of a list; `next` is the `after` of the page behind it, null on the last one."""

    next = fields.String(required=True, allow_none=True)


class ShortList(fields.List[Any]):
    """A list that is counted before anything in it is read: thousands of items cost no more than the count."""

    def _deserialize(self, value: Any, *more: Any, **named: Any) -> list[Any]:
        if isinstance(value, list):
            for validator in self.validators:
                if isinstance(validator, validate.Length):
                    validator(value)
        return super()._deserialize(value, *more, **named)


class AwareMoment(fields.AwareDateTime):
    """A time with its offset that can be written in every other zone too: the ends of the calendar cannot."""

    def __init__(self, **more: Any) -> None:
        super().__init__(validate=_within_the_calendar, **more)


def _within_the_calendar(at: datetime) -> None:
    if not MINYEAR < at.year < MAXYEAR:
        raise ValidationError(f"must lie between the years {MINYEAR + 1} and {MAXYEAR - 1}")


def money(**more: object) -> fields.Nested:
    """An amount with its currency."""
    return fields.Nested(MoneySchema, **more)  # type: ignore[arg-type]


class PlatformSchema(Strict):
    """The platform at which a ride calls today, another one than planned."""

    stop_id = fields.String(required=True)
    name = fields.String(required=True)


class VehicleSchema(Strict):
    """The position of a ride's vehicle at `as_of`, and how full it is; null where it does not tell. `status` and `occupancy` are GTFS-Realtime's words."""

    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)
    stop_id = fields.String(required=True, allow_none=True)
    status = one_of(VEHICLE_STATUSES, required=True)
    occupancy = fields.String(required=True, allow_none=True)
    occupancy_percent = fields.Integer(required=True, allow_none=True)
    wheelchair = fields.Boolean(required=True, allow_none=True)
    as_of = moment(required=True)


class HolderNoteSchema(Strict):
    """The text of staff for those who hold a ticket, in the reader's language or else in English: `language` says which."""

    text = fields.String(required=True)
    language = fields.String(required=True, validate=validate.OneOf(["en", "et", "fi", "sv"]))


class GuaranteeSchema(Strict):
    """A guarantee of the connections behind `after_legs`, by its `guarantor`.

    It `pays` each passenger who misses one and arrives `wait_minutes` late or later (docs/rights.md). `fee` is for all passengers
    and connections.
    """

    guarantor = fields.String(required=True)
    fee = money(required=True)
    after_legs = fields.List(fields.Integer(), required=True)
    wait_minutes = fields.Integer(required=True)
    pays = money(required=True)
    text = fields.String(metadata={"description": "The terms in words, with a quote"})


class ConnectionSchema(Strict):
    """A change from a ride to the next one, and the operator that answers for it.

    `separate`: each answers for its own contract, and nobody guarantees the connection. `combined`: the `guarantor` does, by the
    guarantee that was bought with the order. `after_leg` is the place of the first
    ride, from 0. Show `text` before the purchase: the law asks for it (docs/rights.md).
    """

    after_leg = fields.Integer(required=True)
    contract = fields.String(required=True, validate=validate.OneOf(["through", "combined", "separate"]))
    guarantor = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
