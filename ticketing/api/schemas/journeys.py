"""Places and journeys: what a person wants, and the itineraries that answer it."""

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from operators.place_kinds import FOOT
from ticketing.api.schemas.closed_sets import BEST_FOR, MODES, one_of
from ticketing.api.schemas.common import (
    ID,
    AwareMoment,
    ConnectionSchema,
    PlatformSchema,
    ShortList,
    Strict,
    VehicleSchema,
    moment,
    money,
    place_kind,
)
from ticketing.api.schemas.emissions import EmissionsSchema
from ticketing.offers import MOST_CHARS

MAX_PASSENGERS = 30


class EndpointSchema(Strict):
    """One end of a journey: exactly one of a stop id, a place name, or a coordinate (WGS 84)."""

    stop_id = fields.String(validate=validate.Length(1, 100), metadata={"examples": ["tlt:09005-1"]})
    place = fields.String(validate=validate.Length(1, 100), metadata={"examples": ["Kopli"]})
    lat = fields.Float(validate=validate.Range(-90, 90), allow_nan=False)
    lon = fields.Float(validate=validate.Range(-180, 180), allow_nan=False)

    @validates_schema
    def _one_way_to_say_it(self, wanted: dict[str, Any], **_: Any) -> None:
        ways = [way for way in (("stop_id",), ("place",), ("lat", "lon")) if set(way) & set(wanted)]
        if len(ways) != 1:
            raise ValidationError("give exactly one of stop_id, place, or lat with lon")
        if ways == [("lat", "lon")] and set(wanted) != {"lat", "lon"}:
            raise ValidationError("lat and lon go together")


class ViaSchema(EndpointSchema):
    """A place on the way, and how long to stay there at least."""

    stay_minutes = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 240))


class BornePassSchema(Strict):
    """The order of a pass that was bought without an account, and the token that opens it."""

    order_id = fields.String(required=True, validate=ID)
    access_token = fields.String(required=True, validate=validate.Length(1, 200))


class PassengerSchema(Strict):
    """One traveller; `rider_category` is one of the region's (`GET /v1/regions`).

    A pass covers the rider category that it was sold to, and one person at a time. Carnets serve the whole party. What
    somebody brings along is a row of its own: a `ref` and its `place`, without a rider category.
    """

    ref = fields.String(required=True, validate=ID, metadata={"examples": ["p1"]})
    rider_category = fields.String(load_default="adult", validate=ID)
    place = place_kind(
        load_default=FOOT,
        metadata={
            "description": "A place for a bicycle, car, cabin or dog, sold beside that of a person (`place_kinds` of `GET /v1/regions`)"
        },
    )
    account_holder = fields.Boolean(
        load_default=False,
        metadata={
            "description": "The owner of the calling account: entitlements and the owner's passes count for this one"
        },
    )
    holder = fields.String(
        validate=ID,
        metadata={
            "description": "The holder within the calling account: passes bought under this name count for the passenger"
        },
    )
    passes = ShortList(
        fields.Nested(BornePassSchema),
        load_default=list,
        validate=validate.Length(0, 5),
        metadata={"description": "Passes that were bought without an account, by their order and its token"},
    )

    @validates_schema(pass_original=True)
    def _a_bicycle_is_nobody(self, wanted: dict[str, Any], given: dict[str, Any], **_: Any) -> None:
        if wanted.get("place", FOOT) == FOOT:
            return
        for name in ("rider_category", "account_holder"):
            if given.get(name):
                raise ValidationError(
                    "is for a person only: a bicycle, car, cabin or dog has a row of its own", name
                )


class ExchangeSearchSchema(Strict):
    """The order that the journey is exchanged for, by its token: passes count the uses that it gives back.

    `passengers` and `legs` as in the exchange; all of it where they are left out.
    """

    order_id = fields.String(required=True, validate=ID)
    access_token = fields.String(required=True, validate=validate.Length(1, 200))
    passengers = ShortList(
        fields.String(validate=ID), load_default=list, validate=validate.Length(0, MAX_PASSENGERS)
    )
    legs = ShortList(
        fields.Integer(strict=True, validate=validate.Range(0)),
        load_default=list,
        validate=validate.Length(0, 20),
    )


class JourneyRequestSchema(Strict):
    """A wish to travel: from, to, one of two times, and the party; and preferences, where they matter."""

    origin = fields.Nested(EndpointSchema, required=True, data_key="from")
    destination = fields.Nested(EndpointSchema, required=True, data_key="to")
    depart_at = AwareMoment(metadata={"examples": ["2026-12-01T05:20:00+02:00"]})
    arrive_by = AwareMoment()
    passengers = ShortList(
        fields.Nested(PassengerSchema),
        required=True,
        validate=validate.Length(1, MAX_PASSENGERS, error="between 1 and 30 passengers travel together"),
    )
    region = fields.String(validate=ID)
    via = fields.Nested(ViaSchema)
    exchange = fields.Nested(
        ExchangeSearchSchema,
        metadata={
            "description": "the journey replaces (part of) this order: the uses of carnets that the order gives back count"
        },
    )
    range_minutes = fields.Integer(
        strict=True,
        validate=validate.Range(1, 360),
        metadata={"description": "with depart_at: every good way that leaves within so many minutes"},
    )
    walking = fields.String(load_default="normal", validate=validate.OneOf(["normal", "less"]))
    wheelchair = fields.Boolean(
        load_default=False,
        metadata={
            "description": "leave out rides and stops that a feed calls not accessible; unknown stays unknown"
        },
    )
    sort = fields.String(load_default="best", validate=validate.OneOf(["best", "emissions"]))
    free_places = fields.Boolean(
        load_default=False,
        metadata={"description": "ask operators for free places; waits for them 1.5 seconds at most"},
    )

    @validates_schema
    def _a_range_is_simple(self, wanted: dict[str, Any], **_: Any) -> None:
        if "range_minutes" in wanted and ("arrive_by" in wanted or "via" in wanted):
            raise ValidationError("goes with depart_at and without via", "range_minutes")

    @validates_schema
    def _one_time(self, wanted: dict[str, Any], **_: Any) -> None:
        if ("depart_at" in wanted) == ("arrive_by" in wanted):
            raise ValidationError("give exactly one of depart_at and arrive_by", "depart_at")

    @validates_schema
    def _everybody_is_one_person(self, wanted: dict[str, Any], **_: Any) -> None:
        rows = wanted.get("passengers", [])
        owners = [at for at, row in enumerate(rows) if row.get("account_holder")]
        if len(owners) > 1:
            raise ValidationError({"passengers": {owners[1]: {"account_holder": ["only one is the owner"]}}})
        names: dict[str, str] = {}
        for at, row in enumerate(rows):
            name, ref = row.get("holder"), row.get("ref", "")
            if name is None:
                continue
            why = f"{names[name]!r} is {name!r} already" if name in names else ""
            if row.get("account_holder"):
                why = "name either the owner of the account or another holder"
            if why:
                raise ValidationError({"passengers": {at: {"holder": [why]}}})
            names[name] = ref

    @validates_schema
    def _refs_differ(self, wanted: dict[str, Any], **_: Any) -> None:
        refs = [passenger["ref"] for passenger in wanted.get("passengers", []) if "ref" in passenger]
        for at, ref in enumerate(refs):
            if ref in refs[:at]:
                raise ValidationError({"passengers": {at: {"ref": ["must differ from the others"]}}})


class StopSchema(Strict):
    """A stop of a leg; without id and coordinate it is where the passenger starts or ends on foot."""

    stop_id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)
    lat = fields.Float(required=True, allow_none=True)
    lon = fields.Float(required=True, allow_none=True)
    member_state = fields.String(required=True, allow_none=True)


class FreePlacesSchema(Strict):
    """Free places as the operator told them at `as_of`: to choose by, not a promise; a hold alone takes a place.

    `places` by kind (foot, bicycle, car, cabin, dog), null for a kind without a number. Without them the reason: `late` where the
    operator did not answer in time, `not_told` where it has no answer.
    """

    places = fields.Dict(
        keys=fields.String(), values=fields.Integer(allow_none=True), required=True, allow_none=True
    )
    as_of = moment(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, validate=validate.OneOf(["late", "not_told"]))


class NoticeSchema(Strict):
    """An operator's message about a ride, in the reader's language where it is told in it. `cause`, `effect` and `severity` are GTFS-Realtime's words."""

    text = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    cause = fields.String(required=True, allow_none=True)
    effect = fields.String(required=True, allow_none=True)
    severity = fields.String(required=True, allow_none=True)


class LegSchema(Strict):
    """A ride or a walk. Times are local to their stop, with its offset; `arrival_time_zone` is the zone of `to`. A ride that does not run has `cancelled`: true.

    One that is not sold here has `excluded`: true. `boards_at` and `alights_at` are platforms at which it calls instead of `from` and `to`.
    """

    kind = fields.String(required=True, validate=validate.OneOf(["ride", "walk"]))
    mode = one_of((*MODES, "walk"), required=True)
    operator = fields.String(allow_none=True)
    operator_name = fields.String(allow_none=True)
    line = fields.String(allow_none=True)
    headsign = fields.String(allow_none=True)
    trip_id = fields.String(allow_none=True)
    service_date = fields.String(
        allow_none=True,
        metadata={
            "format": "date",
            "description": "the day of the timetable that the trip counts from: of a ship that leaves at 24:15 the day before",
        },
    )
    origin = fields.Nested(StopSchema, required=True, attribute="from", data_key="from")
    destination = fields.Nested(StopSchema, required=True, attribute="to", data_key="to")
    departure = moment(required=True)
    arrival = moment(required=True)
    time_zone = fields.String(allow_none=True)
    arrival_time_zone = fields.String()
    waiting_seconds = fields.Integer()
    walk_seconds = fields.Integer()
    distance_m = fields.Integer()
    check_in_until = moment(allow_none=True)
    live_departure = moment(allow_none=True)
    live_arrival = moment(allow_none=True)
    alerts = fields.List(fields.String())
    notices = fields.List(fields.Nested(NoticeSchema))
    vehicle = fields.Nested(VehicleSchema, allow_none=True)
    boards_at = fields.Nested(PlatformSchema, allow_none=True)
    alights_at = fields.Nested(PlatformSchema, allow_none=True)
    in_seat_transfer = fields.Boolean()
    cancelled = fields.Boolean()
    excluded = fields.Boolean()
    free_places = fields.Nested(FreePlacesSchema)
    wheelchair = fields.String(validate=validate.OneOf(["yes", "no", "unknown"]))


class PassengerPriceSchema(Strict):
    """The price of the whole way for one passenger, and why."""

    ref = fields.String(required=True)
    rider_category = fields.String(required=True)
    place = place_kind(required=True)
    total = money(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    because = fields.List(fields.String(), required=True)


class ExcludedSchema(Strict):
    """A ride of the way that the price does not pay for: its operator has no price here, and sells it itself.

    Where that is done in the vehicle, `on_board` is true; else it is not there. `leg` is its place among the rides of the way, `before` how many rides come first that are sold: their places in quote,
    ticket and refund go without it.
    """

    leg = fields.Integer(required=True)
    before = fields.Integer(required=True)
    operator = fields.String(required=True)
    operator_name = fields.String(required=True)
    from_name = fields.String(required=True)
    to_name = fields.String(required=True)
    departure = moment(required=True)
    on_board = fields.Boolean()


class PriceSchema(Strict):
    """The price for the party; null where it cannot be told, with a `reason` for programs and `why` in words.

    Where `excluded` is not empty it is the price of the other rides alone, and each passenger's `because` says so first.
    """

    total = money(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)
    excluded = fields.List(fields.Nested(ExcludedSchema), required=True)
    passengers = ShortList(fields.Nested(PassengerPriceSchema), required=True)


class ItinerarySchema(Strict):
    """One way to go. `best_for` says what it is best at; `offer_id` is null where it cannot be sold.

    A way that was planned and of which a ride is `cancelled` stands in its place by departure, without price and offer.
    """

    departure = moment(required=True)
    arrival = moment(required=True)
    duration_seconds = fields.Integer(required=True)
    changes = fields.Integer(required=True)
    cancelled = fields.Boolean(required=True)
    best_for = fields.List(one_of(BEST_FOR), required=True)
    legs = fields.List(fields.Nested(LegSchema), required=True)
    connections = fields.List(fields.Nested(ConnectionSchema), required=True)
    emissions = fields.Nested(EmissionsSchema, required=True, allow_none=True)
    price = fields.Nested(PriceSchema, required=True)
    offer_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": f"A text of at most {MOST_CHARS} characters, to be quoted as it is"},
    )
    offer_expires_at = moment(required=True, allow_none=True)


class JourneysSchema(Strict):
    """The itineraries, best first; an empty list comes with its reason.

    `live_as_of` tells when each operator last told its delays; one that is not there has told nothing.
    """

    itineraries = fields.List(fields.Nested(ItinerarySchema), required=True)
    reason = fields.String(required=True, allow_none=True)
    live_as_of = fields.Dict(keys=fields.String(), values=moment())


class PlaceQuerySchema(Strict):
    """A name, or the beginning of one, in any of the region's languages."""

    q = fields.String(required=True, validate=validate.Length(1, 100))
    limit = fields.Integer(load_default=10, validate=validate.Range(1, 50))


class PlaceSchema(Strict):
    """A stop or station that matches."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    names = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    member_state = fields.String(required=True)
    stop_ids = fields.List(fields.String(), required=True)


class PlacesSchema(Strict):
    """Matching places, best first."""

    places = fields.List(fields.Nested(PlaceSchema), required=True)
