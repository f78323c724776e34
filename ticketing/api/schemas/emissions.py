"""Emissions of a journey: grams CO2e of one person, with the factors and their sources."""

from marshmallow import fields

from operators.emission_factors import CAR, DATA_CLASSES, SCOPES
from ticketing.api.schemas.closed_sets import MODES, one_of
from ticketing.api.schemas.common import Strict


class EmissionFactorSchema(Strict):
    """A factor that was used: for a kilometre of one passenger, of a `car` for a kilometre of the vehicle."""

    factor = fields.String(required=True)
    mode = one_of((*MODES, CAR), required=True)
    milligrams_per_km = fields.Integer(required=True)
    scope = one_of(SCOPES, required=True)
    method = fields.String(required=True)
    data_class = one_of(DATA_CLASSES, required=True)
    year = fields.Integer(required=True)
    source = fields.String(required=True)
    url = fields.String(required=True)


class RideEmissionsSchema(Strict):
    """The emissions of one person on one ride. Without a factor `grams` is null: it is not known, and not 0."""

    grams = fields.Integer(required=True, allow_none=True)
    scope = one_of(SCOPES, required=True, allow_none=True)
    factor = fields.String(required=True, allow_none=True)
    distance_m = fields.Integer(required=True)
    distance_source = one_of(("crossing", "great_circle"), required=True)
    data_class = one_of(DATA_CLASSES, required=True, allow_none=True)
    year = fields.Integer(required=True, allow_none=True)


class CarEmissionsSchema(Strict):
    """The same way alone in a car. On a ship the person counts as on foot; the car itself is not known."""

    grams = fields.Integer(required=True)
    at_least = fields.Boolean(required=True)
    distance_m = fields.Integer(required=True)
    factor = fields.String(required=True)
    text = fields.String(required=True)


class EmissionsSchema(Strict):
    """The emissions of one person on a journey; null in `grams` where nothing is known. `rides` are its rides in order, without walks.

    `at_least` is true where a ride is missing in the sum, or is counted in a narrower scope. `scope` is the narrowest,
    `data_class` the weakest, `year` the oldest of its rides. `car` is null where no factor of the same scope is known.
    """

    grams = fields.Integer(required=True, allow_none=True)
    at_least = fields.Boolean(required=True)
    unit = one_of(("g CO2e",), required=True)
    per = one_of(("person",), required=True)
    scope = one_of(SCOPES, required=True, allow_none=True)
    data_class = one_of(DATA_CLASSES, required=True, allow_none=True)
    year = fields.Integer(required=True, allow_none=True)
    text = fields.String(required=True)
    rides = fields.List(fields.Nested(RideEmissionsSchema), required=True)
    factors = fields.List(fields.Nested(EmissionFactorSchema), required=True)
    car = fields.Nested(CarEmissionsSchema, required=True, allow_none=True)
