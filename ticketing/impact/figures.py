"""The figures of a region's map: what the published journeys of each corridor save, emit, and how accessible zones are. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from operators.gtfs.timetable import Stop
from operators.region import RegionData
from ticketing.emissions import JourneyEmissions
from ticketing.impact.comparing import Pair
from ticketing.impact.places import stops_by_zone
from ticketing.impact.ways import Way
from ticketing.publishing import Corridor as Published


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """The journeys from one zone to another in a month as they were published, times what one of them saves and emits.

    None is what is not known: without a way that is sold neither price nor emissions are. Amounts are in the region's currency.
    """

    origin: str
    destination: str
    journeys: int
    saved_minor: int | None = None
    grams: int | None = None
    at_least: bool = False
    car_grams: int | None = None
    car_at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The changes between two operators in a month as they were published; None where a number is withheld."""

    before: str
    after: str
    kept: int | None
    missed: int | None
    not_known: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The stops of a zone by what feeds say of wheelchairs."""

    zone: str
    yes: int
    no: int
    unknown: int


def published_flows(published: Iterable[Published]) -> dict[Pair, int]:
    """Gather the corridors whose number is published and above 0; the withheld ones are nowhere."""
    return {(one.origin.id, one.destination.id): one.journeys for one in published if one.journeys}


def corridors_of(flows: Mapping[Pair, int], ways: Mapping[Pair, Way], currency: str) -> list[Corridor]:
    """Multiply published journeys with the saving and the emissions of the way that stands for each corridor; most journeys first."""
    rows = [_corridor(pair, journeys, ways.get(pair), currency) for pair, journeys in flows.items()]
    return sorted(rows, key=lambda one: (-one.journeys, one.origin, one.destination))


def _corridor(pair: Pair, journeys: int, way: Way | None, currency: str) -> Corridor:
    origin, destination = pair
    if way is None:
        return Corridor(origin=origin, destination=destination, journeys=journeys)
    emitted: JourneyEmissions = way.emissions
    return Corridor(
        origin=origin,
        destination=destination,
        journeys=journeys,
        saved_minor=_saved(way, journeys, currency),
        grams=None if emitted.grams is None else journeys * emitted.grams,
        at_least=emitted.at_least,
        car_grams=journeys * emitted.car.grams if emitted.car else None,
        car_at_least=emitted.car.at_least if emitted.car else False,
    )


def _saved(way: Way, journeys: int, currency: str) -> int | None:
    minor, apart = way.priced.minor, way.apart_minor
    if minor is None or apart is None or way.priced.currency != currency:
        return None
    return journeys * (apart - minor)


def access_of(data: RegionData) -> list[Access]:
    """Count the stops of each zone by what the feeds say of wheelchairs; unknown stays unknown."""
    return [_access(zone, stops) for zone, stops in _by_zone(data)]


def _by_zone(data: RegionData) -> list[tuple[str, list[Stop]]]:
    return sorted(stops_by_zone(data).items(), key=lambda one: one[0])


def _access(zone: str, stops: Iterable[Stop]) -> Access:
    answers = Counter(stop.wheelchair for stop in stops)
    return Access(zone=zone, yes=answers[True], no=answers[False], unknown=answers[None])
