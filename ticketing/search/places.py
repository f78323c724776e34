"""Find places by name in any language, forgiving accents and case. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from operators.gtfs.timetable import Stop
from operators.region import RegionData
from operators.territory import state_of

# Letters that Unicode does not take apart, as people type them without a Nordic or Baltic keyboard.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "ß": "ss"})


@dataclass(frozen=True, slots=True)
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


def folded(text: str) -> str:
    """Lower case, without accents, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def index(region: RegionData) -> tuple[Place, ...]:
    """Group every stop of a region into places: by station where there is one, else by operator and name."""
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
    return tuple(_place(region, key, members, stations.get(key)) for key, members in groups.items())


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


def _place(
    region: RegionData, key: tuple[str, str], members: list[tuple[str, Stop]], station: Stop | None
) -> Place:
    first_id, first = members[0]
    names: dict[str, str] = dict(station.names) if station else {}
    for _, stop in members:
        for language, name in stop.names.items():
            # A station answers to its platforms' names too: the metro's may differ from the tram's.
            names.setdefault(language if language not in names else f"{language}~{stop.id}", name)
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


def _rank(name: str, wanted: str) -> int | None:
    if name == wanted:
        return 0
    if name.startswith(wanted):
        return 1
    if f" {wanted}" in name:
        return 2
    return 3 if wanted in name else None
