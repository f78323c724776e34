"""Read the alerts of a GTFS-Realtime message: every text with its language, and of what and when they are. Pure.

GTFS Realtime Reference, `EntitySelector`: all fields of a selector must hold, any selector is enough. Whether an alert holds is
judged by the time of a ride, so one that begins tomorrow is kept, and one that has ended is not.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from google.transit import gtfs_realtime_pb2 as gtfs

from operators.gtfs.added import day_of
from operators.gtfs.modes import mode_of
from operators.plain_text import plain, plain_lines
from operators.port import Alert, Selector

_MAX_TEXT, _MAX_LANGUAGES, _MAX_LANGUAGE, _MAX_SELECTORS = 2_000, 20, 35, 500
_UNTOLD = {"unknown_cause", "unknown_effect", "unknown_severity"}
# Of a selector with this nothing can hold.
_NO_MODE = "?"


def read_alert(alert: Any, now: datetime) -> Alert | None:
    """Read one alert; None for one without a text, or that has ended when it is told."""
    header, description = _texts(alert.header_text), _texts(alert.description_text)
    periods = tuple((one.start or None, one.end or None) for one in alert.active_period)
    ended = periods and all(until is not None and until <= now.timestamp() for _, until in periods)
    if ended or not (header or description):
        return None
    return Alert(
        header=header or description,
        description=description if header else {},
        url=_texts(alert.url),
        cause=_word(gtfs.Alert.Cause.Name, alert.cause) if alert.HasField("cause") else "",
        effect=_word(gtfs.Alert.Effect.Name, alert.effect) if alert.HasField("effect") else "",
        severity=_word(gtfs.Alert.SeverityLevel.Name, alert.severity_level)
        if alert.HasField("severity_level")
        else "",
        periods=periods,
        about=tuple(_selectors(alert)),
    )


def _selectors(alert: Any) -> Iterator[Selector]:
    for entity in list(alert.informed_entity)[:_MAX_SELECTORS]:
        trip = entity.trip
        mode = (mode_of(entity.route_type) or _NO_MODE) if entity.HasField("route_type") else ""
        day = day_of(trip.start_date) if trip.start_date else None
        # A day that cannot be read is a trip that nobody knows, not one of every day.
        unreadable = bool(trip.start_date) and day is None
        yield Selector(
            agency_id=entity.agency_id,
            route_id=entity.route_id or trip.route_id,
            mode=_NO_MODE if unreadable else mode,
            direction=_direction(entity),
            trip_id=trip.trip_id,
            service_date=day,
            stop_id=entity.stop_id,
        )


def _direction(entity: Any) -> int | None:
    """The direction of a line that an entity names: its own word stands before that of its trip."""
    named = [one.direction_id for one in (entity, entity.trip) if one.HasField("direction_id")]
    return named[0] if named else None


def _texts(told: Any) -> dict[str, str]:
    """The texts by language, in small letters; of two in one language the first."""
    found: dict[str, str] = {}
    for one in list(told.translation)[:_MAX_LANGUAGES]:
        if text := plain_lines(one.text[:_MAX_TEXT], _MAX_TEXT):
            found.setdefault(plain(one.language.lower(), _MAX_LANGUAGE), text)
    return found


def _word(name: Any, value: int) -> str:
    """The word of a value in small letters; empty for one that says that it is not known."""
    try:
        word = str(name(value)).lower()
    except ValueError:
        return ""
    return "" if word in _UNTOLD else word
