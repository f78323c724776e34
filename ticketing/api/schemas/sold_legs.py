"""Rides as quotes and tickets keep them."""

from marshmallow import fields

from ticketing.api.schemas.closed_sets import MODES, one_of
from ticketing.api.schemas.common import Strict, moment


class SoldStopSchema(Strict):
    """A stop of a ride that is sold."""

    stop_id = fields.String(required=True)
    name = fields.String(required=True)
    lat = fields.Float(required=True)
    lon = fields.Float(required=True)
    member_state = fields.String(required=True)


class SoldLegSchema(Strict):
    """A ride as it was sold: what is known of its run now is in `news` of the tickets."""

    kind = one_of(("ride",), required=True)
    mode = one_of(MODES, required=True)
    operator = fields.String(required=True)
    operator_name = fields.String(required=True)
    line = fields.String(required=True)
    headsign = fields.String(required=True)
    trip_id = fields.String(required=True)
    service_date = fields.String(metadata={"format": "date"})
    origin = fields.Nested(SoldStopSchema, required=True, attribute="from", data_key="from")
    destination = fields.Nested(SoldStopSchema, required=True, attribute="to", data_key="to")
    departure = moment(required=True)
    arrival = moment(required=True)
    time_zone = fields.String(required=True)
    arrival_time_zone = fields.String(required=True)
    distance_m = fields.Integer(required=True)
    check_in_until = moment(required=True, allow_none=True)
    live_departure = moment(required=True, allow_none=True)
    live_arrival = moment(required=True, allow_none=True)
    alerts = fields.List(fields.String(), required=True)
    wheelchair = one_of(("yes", "no", "unknown"), required=True)
    given_back_at = moment()
    waiting_seconds = fields.Integer()
    excluded = fields.Boolean()
