"""Count the emissions of a journey: each ride by its factor, what is not known stays unknown. Pure.

Grams are whole: metres times milligrams for a kilometre, rounded half up for each ride; a total is the sum of the rounded
rides, so that it can be added up by hand. Method: docs/emissions.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Literal

from operators.distance import great_circle_m
from operators.emission_factors import CAR, DATA_CLASSES, DataClass, EmissionFactor, Scope

DistanceSource = Literal["crossing", "great_circle"]
# Assumptions, as docs/emissions.md says: a line is longer than the straight lines between its calls, and a road than that of a journey.
_DETOUR_PERCENT = {"rail": 105, "metro": 105, "tram": 110, "bus": 120, "ferry": 110, CAR: 130}
_PERCENT = 100
_PER_GRAM = 1_000_000  # metres in a kilometre times milligrams in a gram
_SEA = "ferry"
# Ways without a known gram come after all others.
_LAST = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class RideFacts:
    """A ride as far as emissions need it: stops as `<operator>:<stop_id>`, metres of the timetable, places of its ends (WGS 84).

    `is_crossing` is true where the region tells the metres from end to end.
    """

    mode: str
    operator: str
    from_stop: str
    to_stop: str
    start: tuple[float, float]
    end: tuple[float, float]
    metres: int
    is_crossing: bool
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RideEmissions:
    """The emissions of one person on one ride; without a factor the grams are unknown, never 0."""

    grams: int | None
    factor: EmissionFactor | None
    metres: int
    distance_source: DistanceSource
    data_class: DataClass | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarWay:
    """The same way alone in a car: on the ship the person counts as on foot, and the car itself is not known."""

    grams: int
    at_least: bool
    metres: int
    factor: EmissionFactor


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyEmissions:
    """The emissions of one person on a journey; `at_least` where a ride is missing, or one is counted in a narrower scope.

    `scope` is the narrowest, `data_class` the weakest and `year` the oldest of its rides. No `grams`: nothing is known.
    """

    rides: tuple[RideEmissions, ...]
    grams: int | None
    at_least: bool
    scope: Scope | None = None
    data_class: DataClass | None = None
    year: int | None = None
    car: CarWay | None = None

    @property
    def factors(self) -> tuple[EmissionFactor, ...]:
        """The factors that were used, each once, in order of travel; the car's comes last."""
        used = [one.factor for one in self.rides if one.factor]
        return tuple(dict.fromkeys([*used, *([self.car.factor] if self.car else [])]))


def emissions_of(rides: Sequence[RideFacts], factors: Iterable[EmissionFactor]) -> JourneyEmissions:
    """Count the emissions of one person; of two factors for a ride the closer one counts, and then the first."""
    known = tuple(factors)
    counted = tuple(_ride(one, known) for one in rides)
    used = [one.factor for one in counted if one.factor]
    grams = sum(one.grams or 0 for one in counted)
    at_least = len(used) < len(counted) or len({one.scope for one in used}) > 1
    # "At least 0 g" tells nothing.
    if not used or (at_least and not grams):
        return JourneyEmissions(rides=counted, grams=None, at_least=at_least)
    scope = _scope(used)
    return JourneyEmissions(
        rides=counted,
        grams=grams,
        at_least=at_least,
        scope=scope,
        data_class=_weakest(one.data_class for one in counted if one.data_class),
        year=min(one.year for one in used),
        car=_by_car(rides, counted, known, scope),
    )


def order_of(journey: JourneyEmissions) -> tuple[bool, int]:
    """The place of a journey among others: whole sums first by grams, then "at least", then the unknown ones."""
    return journey.at_least or journey.grams is None, _LAST if journey.grams is None else journey.grams


def _ride(ride: RideFacts, factors: Sequence[EmissionFactor]) -> RideEmissions:
    metres = _metres(ride)
    factor = _factor_of(ride, factors)
    return RideEmissions(
        grams=_grams(metres, factor) if factor else None,
        factor=factor,
        metres=metres,
        distance_source="crossing" if ride.is_crossing else "great_circle",
        data_class=_class_of(factor, is_measured=ride.is_crossing) if factor else None,
    )


def _metres(ride: RideFacts) -> int:
    return ride.metres if ride.is_crossing else ride.metres * _DETOUR_PERCENT.get(ride.mode, 100) // _PERCENT


def _grams(metres: int, factor: EmissionFactor) -> int:
    """Round half up to whole grams."""
    return (metres * factor.milligrams_per_km + _PER_GRAM // 2) // _PER_GRAM


def _factor_of(ride: RideFacts, factors: Iterable[EmissionFactor]) -> EmissionFactor | None:
    fitting = [one for one in factors if _fits(one, ride)]
    return max(fitting, key=lambda one: (bool(one.stops), one.operator is not None), default=None)


def _fits(factor: EmissionFactor, ride: RideFacts) -> bool:
    is_its = factor.mode == ride.mode and factor.operator in {None, ride.operator}
    there = not factor.stops or factor.stops == {ride.from_stop, ride.to_stop}
    return is_its and there and factor.holds_on(ride.day)


def _class_of(factor: EmissionFactor, *, is_measured: bool) -> DataClass:
    """A modelled distance makes a measured factor a modelled figure."""
    return factor.data_class if is_measured else _weakest([factor.data_class, "modelled"]) or "modelled"


def _weakest(classes: Iterable[DataClass]) -> DataClass | None:
    return max(classes, key=DATA_CLASSES.index, default=None)


def _scope(factors: Iterable[EmissionFactor]) -> Scope:
    """The narrowest scope: a sum is no wider than its narrowest part."""
    return "ttw" if any(one.scope == "ttw" for one in factors) else "wtw"


def _by_car(
    rides: Sequence[RideFacts],
    counted: Sequence[RideEmissions],
    factors: Iterable[EmissionFactor],
    scope: Scope,
) -> CarWay | None:
    """The way by car where a factor of the same scope is known; over land from end to end of each stretch."""
    factor = next(
        (one for one in factors if one.mode == CAR and one.scope == scope and one.holds_on(rides[0].day)),
        None,
    )
    stretches = [(sea, list(part)) for sea, part in groupby(rides, key=lambda one: one.mode == _SEA)]
    metres = sum(_road_m(part) for is_sea, part in stretches if not is_sea)
    if factor is None or not metres:
        return None
    at_sea = [one for ride, one in zip(rides, counted, strict=True) if ride.mode == _SEA]
    return CarWay(
        grams=_grams(metres, factor) + sum(one.grams or 0 for one in at_sea),
        at_least=bool(at_sea),
        metres=metres,
        factor=factor,
    )


def _road_m(rides: Sequence[RideFacts]) -> int:
    return int(great_circle_m(rides[0].start, rides[-1].end)) * _DETOUR_PERCENT[CAR] // _PERCENT
