"""Operators' own people say what becomes of a departure: cancelled, late, or as planned after all."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NotRequired, TypedDict

from flask.views import MethodView

from throughfare_gate.moments import written
from ticketing.api.blueprint import Blueprint
from ticketing.api.context import rooms
from ticketing.api.guard import for_roles, principal
from ticketing.api.limits import limited
from ticketing.api.schemas.departures import (
    DepartureSchema,
    DeparturesQuerySchema,
    DeparturesSchema,
    DepartureWordSchema,
    RegionQuerySchema,
)
from ticketing.errors import InvalidRequest, NotFound
from ticketing.regions import by_staff
from ticketing.regions.by_staff import KnownDeparture
from ticketing.regions.note import read_note

blueprint = Blueprint(
    "departures", __name__, url_prefix="/v1", description="An operator's own word on its departures"
)

_KEY: dict[str, Any] = {"security": [{"apiKey": []}]}
_MINUTE = 60


class _Shown(TypedDict):
    operator: str
    trip_id: str
    service_date: date
    line: str
    leaves: str
    stop: str
    tickets: int
    state: str | None
    minutes: int | None
    note: Mapping[str, str]
    cause: str | None
    by_staff: bool


class _Query(TypedDict):
    day: NotRequired[date]
    line: str
    region: NotRequired[str]
    after: str | None
    limit: int


class _Word(TypedDict):
    state: str
    minutes: NotRequired[int]
    note: dict[str, str]
    cause: str | None


@blueprint.route("/operators/<string:operator>/departures")
class Departures(MethodView):
    """The departures of an operator."""

    @for_roles("operator_staff", "operator_admin", "admin")
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(DeparturesQuerySchema, location="query")
    @blueprint.response(200, DeparturesSchema)
    @blueprint.doc(**_KEY)
    def get(self, wanted: _Query, operator: str) -> dict[str, object]:
        """List the departures of a service day with the last word on each, whoever told it, and the tickets that are valid for it."""
        region = _region(operator, wanted.get("region"))
        day = wanted.get("day") or rooms().clock.now().date()
        known, more = by_staff.list_known(
            rooms().live, region, operator, day, wanted["line"], after=wanted["after"], limit=wanted["limit"]
        )
        return {
            "departures": [_shown(operator, day, one) for one in known],
            "more": more,
            "next": known[-1].planned.trip_id if more else None,
        }


@blueprint.route("/operators/<string:operator>/departures/<string:trip_id>/<string:day>")
class Departure(MethodView):
    """One departure of an operator."""

    @for_roles("operator_staff", "operator_admin", "admin")
    @limited(address="600 per minute", caller="120 per minute")
    @blueprint.arguments(RegionQuerySchema, location="query")
    @blueprint.arguments(DepartureWordSchema)
    @blueprint.response(200, DepartureSchema)
    @blueprint.doc(**_KEY)
    def put(self, query: dict[str, str], wanted: _Word, operator: str, trip_id: str, day: str) -> _Shown:
        """Say what becomes of a departure: its sale stops, gates wait, holders are told and paid back. The same word again changes nothing.

        `day` is the day of the timetable (`service_date` of a leg). `as_planned` takes back what staff have said; a departure that
        staff have cancelled is taken back before it is late.
        """
        region, on = _region(operator, query.get("region")), _day(day)
        wanted["note"] = read_note(wanted["note"], "note.")
        named = (rooms().live, region, operator, trip_id, on)
        before = by_staff.get_known(*named)
        if before.has_heard(wanted["state"], wanted.get("minutes"), wanted["note"], wanted["cause"]):
            return _shown(operator, on, before)
        _say(region, operator, trip_id, on, wanted)
        return _shown(operator, on, by_staff.get_known(*named))


def _region(operator: str, named: str | None) -> str:
    """Find the region of an operator; raises NotFound where it is in none, InvalidRequest where it is in several and none is named."""
    regions = [name for name, one in rooms().planner.regions.items() if operator in one.operators]
    if named is not None:
        regions = [name for name in regions if name == named]
    if not regions:
        raise NotFound("there is no such operator")
    if len(regions) > 1:
        raise InvalidRequest.at("region", f"{operator} runs in several: must be one of {', '.join(regions)}")
    return regions[0]


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidRequest.at("day", "must be a day, as in 2026-12-01")
    return day


def _say(region: str, operator: str, trip_id: str, day: date, wanted: _Word) -> None:
    """Say it in the name of the key that calls."""
    named = (rooms().live, region, operator, trip_id, day)
    by, note, cause = principal().actor, wanted["note"], wanted["cause"]
    if wanted["state"] == "cancelled":
        by_staff.cancel_departure(*named, by=by, note=note, cause=cause)
    elif wanted["state"] == "late":
        seconds = wanted["minutes"] * _MINUTE
        by_staff.delay_departure(*named, seconds=seconds, by=by, note=note, cause=cause)
    else:
        by_staff.take_back(*named, by=by, note=note)


def _shown(operator: str, day: date, known: KnownDeparture) -> _Shown:
    return {
        "operator": operator,
        "trip_id": known.planned.trip_id,
        "service_date": day,
        "line": known.planned.line,
        "leaves": written(known.planned.leaves),
        "stop": known.planned.stop,
        "tickets": known.tickets,
        "state": known.state,
        "minutes": known.minutes,
        "note": known.note,
        "cause": known.cause,
        "by_staff": known.is_by_staff,
    }
