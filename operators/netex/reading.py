"""Read the objects of NeTEx deliveries into parts. A value that cannot be read is told; nothing is read on a guess. Pure."""

from collections.abc import Callable, Mapping

from operators.elements import Element, children, leaves_of, text_at
from operators.netex.calendars import CALENDAR_READERS
from operators.netex.delivery import Object, Skipped, objects, reference, references
from operators.netex.fare_parts import FARE_READERS, Fares
from operators.netex.journeys import DIRECTIONS, JOURNEY_READERS
from operators.netex.parts import Line, Parts, Place, Point
from operators.netex.values import Unread
from operators.plain_text import plain

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# Producers give one id to many of these: each of them counts.
_MANY = {"DatedServiceJourney", "DayTypeAssignment", "PassengerStopAssignment"}


def read(files: Mapping[str, bytes], skipped: Skipped) -> tuple[Parts, Fares, list[str]]:
    """Read all files of a delivery; answers the parts, and what could not be read, in words. Raises NotNetex."""
    parts, fares = Parts(), Fares()
    unread: list[str] = []
    versions: dict[tuple[str, str], str] = {}
    for name in sorted(files):
        for held in objects(name, files[name], {*_READERS, *FARE_READERS}, skipped):
            if _is_older(versions, held):
                continue
            try:
                if held.kind in FARE_READERS:
                    FARE_READERS[held.kind](fares, held)
                else:
                    _READERS[held.kind](parts, held)
            except Unread as error:
                unread.append(f"{held.kind} {held.id} in {name}: {error}")
    return parts, fares, unread


def _is_older(versions: dict[tuple[str, str], str], held: Object) -> bool:
    """Tell whether an object was read before, in this version or a later one; files of a delivery repeat common objects."""
    if not held.id or held.kind in _MANY:
        return False
    before = versions.get((held.kind, held.id))
    if before is not None and _rank(held.version) <= _rank(before):
        return True
    versions[held.kind, held.id] = held.version
    return False


def _rank(version: str) -> tuple[bool, int, str]:
    """The order of versions: numbers by their size, behind them all others by their letters (`any`)."""
    return (not version.isdecimal(), int(version) if version.isdecimal() else 0, version)


def _organisation(parts: Parts, held: Object) -> None:
    parts.organisations.setdefault(held.id, plain(text_at(held.element, "Name")))
    zone, language = (text_at(held.element, "Locale", name) for name in ("TimeZone", "DefaultLanguage"))
    _default(parts, "timezone", zone)
    _default(parts, "language", language)


def _frame_defaults(parts: Parts, held: Object) -> None:
    _default(parts, "timezone", text_at(held.element, "DefaultLocale", "TimeZone"))
    _default(parts, "language", text_at(held.element, "DefaultLocale", "DefaultLanguage"))
    _default(parts, "currency", text_at(held.element, "DefaultCurrency"))


def _default(parts: Parts, name: str, value: str) -> None:
    if value:
        parts.defaults.setdefault(name, value)


def _line(parts: Parts, held: Object) -> None:
    leaves = leaves_of(held.element)
    organisation = reference(held.element, "OperatorRef", "AuthorityRef")
    parts.lines[held.id] = Line(
        id=held.id,
        name=plain(leaves.get("Name", "")),
        code=plain(leaves.get("PublicCode") or leaves.get("ShortName", "")),
        mode=leaves.get("TransportMode", ""),
        organisation=organisation,
        on_demand=held.kind == "FlexibleLine",
    )


def _route(parts: Parts, held: Object) -> None:
    direction = DIRECTIONS.get(text_at(held.element, "DirectionType"))
    parts.routes[held.id] = (reference(held.element, "LineRef"), direction)


def _stop_place(parts: Parts, held: Object) -> None:
    place = _place(held.id, held.element, reference(held.element, "ParentSiteRef"))
    parts.places[held.id] = place
    for quay in children(held.element, "quays", "Quay"):
        parts.places[quay.get("id", "")] = _place(quay.get("id", ""), quay, held.id)


def _place(place_id: str, element: Element, inside: str) -> Place:
    access = text_at(element, "AccessibilityAssessment", "MobilityImpairedAccess")
    translated = {
        str(name.get("lang") or name.get(_LANGUAGE) or "").lower(): plain(name.text or "")
        for name in children(element, "alternativeNames", "AlternativeName", "Name")
    }
    return Place(
        id=place_id,
        name=plain(text_at(element, "Name")),
        names={language: name for language, name in translated.items() if language and name},
        at=_at(element, "Centroid", "Location"),
        inside=inside,
        wheelchair={"true": True, "false": False}.get(access),
        zones=_zones(element),
        time_zone=text_at(element, "Locale", "TimeZone"),
    )


def _at(element: Element, *path: str) -> tuple[str, str] | None:
    latitude, longitude = (text_at(element, *path, name) for name in ("Latitude", "Longitude"))
    return (latitude, longitude) if latitude and longitude else None


def _zones(element: Element) -> tuple[str, ...]:
    return (
        *references(element, "tariffZones", "TariffZoneRef"),
        *references(element, "tariffZones", "FareZoneRef"),
    )


def _stop_point(parts: Parts, held: Object) -> None:
    name, at = plain(text_at(held.element, "Name")), _at(held.element, "Location")
    parts.points[held.id] = Point(id=held.id, name=name, at=at, zones=_zones(held.element))


def _stop_assignment(parts: Parts, held: Object) -> None:
    point, place = (
        reference(held.element, "ScheduledStopPointRef"),
        reference(held.element, "QuayRef", "StopPlaceRef"),
    )
    if point and place:
        parts.assigned.setdefault(point, place)


def _zone(parts: Parts, held: Object) -> None:
    parts.zones.setdefault(held.id, set()).update(
        references(held.element, "members", "ScheduledStopPointRef")
    )


def _display(parts: Parts, held: Object) -> None:
    parts.displays[held.id] = plain(text_at(held.element, "FrontText") or text_at(held.element, "Name"))


_READERS: Mapping[str, Callable[[Parts, Object], None]] = {
    **CALENDAR_READERS,
    **JOURNEY_READERS,
    "Authority": _organisation,
    "DestinationDisplay": _display,
    "FareZone": _zone,
    "FlexibleLine": _line,
    "FrameDefaults": _frame_defaults,
    "Line": _line,
    "Operator": _organisation,
    "PassengerStopAssignment": _stop_assignment,
    "Route": _route,
    "ScheduledStopPoint": _stop_point,
    "StopPlace": _stop_place,
    "TariffZone": _zone,
}
