"""Choose the alerts that concern a ride, and their text in a language. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date

from operators.gtfs.timetable import Timetable
from operators.told import Alert, Selector
from tariffs.journey import Ride


def concerns(
    alert: Alert,
    ride: Ride,
    timetable: Timetable,
    *,
    direction: int | None = None,
    service_date: date | None = None,
) -> bool:
    """Tell whether an alert is about a ride and holds at some moment of it; `direction` and `service_date` are those of its trip."""
    leaves, arrives = ride.departure.timestamp(), ride.arrival.timestamp()
    during = not alert.periods or any(
        (start is None or start <= arrives) and (end is None or leaves < end) for start, end in alert.periods
    )
    return during and (
        not alert.about or any(_holds(one, ride, timetable, direction, service_date) for one in alert.about)
    )


def in_language(texts: Mapping[str, str], languages: Iterable[str], home: str = "") -> str:
    """The text in the first of some languages that there is, else in the feed's own, else the first; empty without any."""
    for wanted in (*languages, home, ""):
        if wanted in texts:
            return texts[wanted]
        plain = wanted.partition("-")[0]
        for tag, text in texts.items():
            if plain and tag.partition("-")[0] == plain:
                return text
    return next(iter(texts.values()), "")


def _holds(
    selector: Selector, ride: Ride, timetable: Timetable, direction: int | None, service_date: date | None
) -> bool:
    """Tell whether every part of a selector is true of a ride."""
    route = timetable.routes.get(ride.route_id)
    agency = route.agency if route else ""
    trip_id = ride.trip_id.partition("@")[0]
    return all(
        (
            not selector.agency_id or agency in {"", selector.agency_id},
            not selector.route_id or selector.route_id == ride.route_id,
            not selector.mode or selector.mode == ride.mode,
            selector.direction is None or selector.direction == direction,
            not selector.trip_id or selector.trip_id in {ride.trip_id, trip_id},
            selector.service_date is None or selector.service_date == service_date,
            not selector.stop_id or any(selector.stop_id in _names(stop, timetable) for stop in ride.calls),
        )
    )


def _names(stop_id: str, timetable: Timetable) -> set[str | None]:
    """A stop and the station that it belongs to."""
    stop = timetable.stops.get(stop_id)
    return {stop_id, stop.parent if stop else None}
