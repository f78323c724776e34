"""Find places by name in any language, forgiving accents and case. Pure."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from operators.distance import great_circle_m
from operators.gtfs.timetable import Stop
from operators.region import RegionData
from operators.territory import state_of

# Letters that Unicode does not take apart, as people type them without a Nordic or Baltic keyboard.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "ß": "ss"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Stops of one name close together: what a person means by it. `names` by language, `""` the local one.

    `folded_names` are the same as `find` compares them: folding every name anew for each search took a sixth of it.
    """

    id: str
    name: str
    names: Mapping[str, str]
    folded_names: tuple[str, ...]
    lat: float
    lon: float
    member_state: str
    stops: tuple[str, ...]

    def is_called(self, text: str) -> bool:
        """Tell whether this is the whole name of it, in any language."""
        return folded(text) in self.folded_names


def folded(text: str) -> str:
    """Lower case, without accents, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def index(region: RegionData) -> tuple[Place, ...]:
    """Group every stop of a region into places: by station where there is one, else by operator and name where near."""
    groups: dict[tuple[str, str], list[tuple[str, Stop]]] = {}
    stations: dict[tuple[str, str], Stop] = {}
    for operator, timetable in region.timetables.items():
        for stop in timetable.stops.values():
            if stop.is_station:
                stations[operator, stop.id] = stop
            else:
                groups.setdefault((operator, stop.parent or f"={stop.name}"), []).append(
                    (f"{operator}:{stop.id}", stop)
                )
    return tuple(
        place
        for key, members in groups.items()
        for place in _grouped(region, key, members, stations.get(key))
    )


def _grouped(
    region: RegionData, key: tuple[str, str], members: list[tuple[str, Stop]], station: Stop | None
) -> Iterator[Place]:
    """Yield the one place of a station's stops, or one for each cluster of the stops that share a name."""
    for near in [members] if station else _clusters(region, members):
        yield _place(region, key, near, station)


def is_same_place(region: RegionData, one: str, other: str) -> bool:
    """Tell whether two stops, by name `<operator>:<stop_id>`, are one place: of one parent, or of one name and near."""
    (operator, stop_id), (another, other_id) = one.split(":", 1), other.split(":", 1)
    left = region.timetables[operator].stops[stop_id]
    right = region.timetables[another].stops[other_id]
    if operator == another and (left.parent or right.parent):
        return left.parent == right.parent
    return folded(left.name) == folded(right.name) and _are_near(region, left, right)


def find(places: Iterable[Place], text: str, limit: int) -> list[Place]:
    """The places whose name matches: the whole name first, then its beginning, a word's beginning, any part."""
    wanted = folded(text)
    if not wanted:
        return []
    ranked = []
    for place in places:
        ranks = [rank for name in place.folded_names if (rank := _rank(name, wanted)) is not None]
        if ranks:
            ranked.append((min(ranks), len(place.name), place.name, place.id, place))
    return [place for *_, place in sorted(ranked, key=lambda row: row[:4])[:limit]]


def _clusters(region: RegionData, members: list[tuple[str, Stop]]) -> list[list[tuple[str, Stop]]]:
    """Stops of one name, divided where no other of them is near."""
    clusters: list[list[tuple[str, Stop]]] = []
    for name, stop in members:
        mine, others = [(name, stop)], []
        for cluster in clusters:
            if any(_are_near(region, stop, other) for _, other in cluster):
                mine = [*cluster, *mine]
            else:
                others.append(cluster)
        clusters = [*others, mine]
    return clusters


def _are_near(region: RegionData, one: Stop | Place, other: Stop | Place) -> bool:
    """Tell whether they are no farther apart than people of the region walk."""
    return great_circle_m((one.lat, one.lon), (other.lat, other.lon)) <= region.walking.max_m


def _place(
    region: RegionData, key: tuple[str, str], members: list[tuple[str, Stop]], station: Stop | None
) -> Place:
    first_id, first = members[0]
    names = _names(station, [stop for _, stop in members])
    return Place(
        id=f"{key[0]}:{station.id}" if station else first_id,
        name=station.name if station else first.name,
        names=names,
        folded_names=tuple(dict.fromkeys(map(folded, names.values()))),
        lat=sum(stop.lat for _, stop in members) / len(members),
        lon=sum(stop.lon for _, stop in members) / len(members),
        member_state=state_of(region, key[0], first.id) or "",
        stops=tuple(name for name, _ in members),
    )


def _names(station: Stop | None, stops: Iterable[Stop]) -> dict[str, str]:
    """The names of a place by language; a station answers to its platforms' names too: the metro's may differ."""
    names: dict[str, str] = dict(station.names) if station else {}
    for stop in stops:
        for language, name in stop.names.items():
            names.setdefault(language if language not in names else f"{language}~{stop.id}", name)
    return names


def near_ones(region: RegionData, found: Iterable[Place]) -> tuple[list[Place], list[Place]]:
    """The places that are one with the first, by name and nearness, and those that only have its name."""
    first, *more = found
    name = folded(first.name)
    same = [place for place in more if folded(place.name) == name]
    near = [place for place in same if _are_near(region, first, place)]
    return [first, *near], [place for place in same if place not in near]


def _rank(name: str, wanted: str) -> int | None:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if f" {wanted}" in name:
        return 2
    return 3 if wanted in name else None
