"""Place the stops of a NeTEx delivery: the stop points that journeys call at, on their quays. Pure."""

from collections.abc import Iterator, Sequence

from operators.netex.parts import Parts, Place

STOPS = (
    *("stop_id", "stop_name", "stop_lat", "stop_lon"),
    *("location_type", "parent_station", "wheelchair_boarding", "zone_id", "stop_timezone"),
)
TRANSLATIONS = ("table_name", "field_name", "language", "translation", "record_id")
_STATION = "1"


class Stops:
    """The stops that journeys call at: quays, or stop points at the place of their stop place or at their own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._of_points: dict[str, str] = {}
        self._quays: dict[str, None] = {}
        self._points: dict[str, Place | None] = {}
        self.unplaced: dict[str, None] = {}

    @property
    def are_there(self) -> bool:
        """Tell whether any stop has a place."""
        return bool(self._quays or self._points)

    def of_point(self, point: str) -> str:
        """The id of the stop of a stop point; it is a stop from now on."""
        if point not in self._of_points:
            self._of_points[point] = self._place(point)
        return self._of_points[point]

    def _place(self, point: str) -> str:
        assigned = self._parts.places.get(self._parts.assigned.get(point, ""))
        known = self._parts.points.get(point)
        if assigned is not None and assigned.at and self._is_quay(assigned):
            self._quays[assigned.id] = None
            return assigned.id
        if (assigned is not None and assigned.at) or (known is not None and known.at):
            self._points[point] = assigned
            return point
        self.unplaced[point] = None
        return point

    def _is_quay(self, place: Place) -> bool:
        return place.inside in self._parts.places and ":StopPlace:" not in place.id

    def rows(self) -> Iterator[Sequence[str]]:
        """The rows of stops.txt: stations first."""
        stations: dict[str, None] = {}
        stops = [self._quay(self._parts.places[quay]) for quay in self._quays]
        stops += [self._point(point, place) for point, place in self._points.items()]
        for row in stops:
            if row[5]:
                stations[row[5]] = None
        for station in stations:
            place = self._parts.places[station]
            named = (place.id, self._name(place), *(place.at or ("", "")))
            yield (*named, _STATION, "", _wheelchair(place), "", place.time_zone)
        yield from stops

    def _quay(self, quay: Place) -> Sequence[str]:
        station = self._station(quay)
        around = self._parts.places[quay.inside]
        zone = _only(quay.zones or around.zones)
        named = (quay.id, self._name(around), *(quay.at or ("", "")))
        return (*named, "0", station, _wheelchair(quay), zone, quay.time_zone or around.time_zone)

    def _point(self, point: str, place: Place | None) -> Sequence[str]:
        """The row of a stop point at its stop place, or at a place of its own."""
        zone = _only(zones_of(point, self._parts))
        known = self._parts.points.get(point)
        if place is not None and place.at:
            station, access = self._station(place), _wheelchair(place)
            named = (point, self._name(place) or point, *place.at)
            return (*named, "0", station, access, zone, place.time_zone)
        at, name = (known.at, known.name) if known else (None, "")
        return (point, name or point, *(at or ("", "")), "0", "", "", zone, "")

    def _station(self, place: Place) -> str:
        """The outermost stop place around a place that has a position: GTFS knows one level of stations."""
        *_, outer = self._outwards(place)
        return outer.id if outer.at else ""

    def _name(self, place: Place) -> str:
        """The name of a place, or of the one around it."""
        return next((around.name for around in self._outwards(place) if around.name), "")

    def _outwards(self, place: Place) -> Iterator[Place]:
        """The place and those around it, each once: a file may put two places into each other."""
        seen: set[str] = set()
        around: Place | None = place
        while around is not None and around.id not in seen:
            yield around
            seen.add(around.id)
            around = self._parts.places.get(around.inside)

    def translations(self) -> Iterator[Sequence[str]]:
        """The rows of translations.txt, for stops and stations."""
        for row in self.rows():
            place = self._parts.places.get(row[0])
            around = self._outwards(place) if place is not None else ()
            names = next((one.names for one in around if one.names), {})
            yield from (("stops", "stop_name", language, name, row[0]) for language, name in names.items())


def _only(zones: Sequence[str]) -> str:
    """GTFS gives a stop one zone; several are areas, and none of them is its zone alone."""
    return zones[0] if len(zones) == 1 else ""


def _wheelchair(place: Place) -> str:
    return {True: "1", False: "2", None: ""}[place.wheelchair]


def zones_of(point: str, parts: Parts) -> tuple[str, ...]:
    """The tariff zones of a stop point: its own, those of its quay or stop place, or those that name it as a member."""
    known = parts.points.get(point)
    place = parts.places.get(parts.assigned.get(point, ""))
    around = parts.places.get(place.inside) if place else None
    for named in (known, place, around):
        if named is not None and named.zones:
            return named.zones
    return tuple(zone for zone, members in parts.zones.items() if point in members)
