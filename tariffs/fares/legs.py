"""Legs to price, and how consecutive legs become one effective leg (fare_leg_join_rules)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tariffs.fares.feed import Feed
from tariffs.fares.tables import JoinRule


@dataclass(frozen=True, slots=True, kw_only=True)
class FareLeg:
    """One ride as a tariff sees it. Times are aware, in the zone whose wall clock the timeframes mean.

    `areas` are those of every stop called at, boarding and alighting included; `route` and `calls`, the stops
    themselves, are what Fares V1 asks for.
    """

    network: str | None
    from_areas: frozenset[str]
    to_areas: frozenset[str]
    areas: frozenset[str]
    departure: datetime
    arrival: datetime
    from_stop: str | None = None
    to_stop: str | None = None
    route: str | None = None
    calls: tuple[str, ...] = ()


class EffectiveLeg(NamedTuple):
    """One leg, or several joined: areas and timeframes come from its ends, areas travelled from all.

    A tuple, as everything that is made anew for each leg of each price: a third of a dataclass's time.
    """

    legs: tuple[int, ...]
    network: str | None
    mixed_networks: bool
    from_areas: frozenset[str]
    to_areas: frozenset[str]
    areas: frozenset[str]
    departure: datetime
    arrival: datetime
    compulsory: bool = False


def effective_legs(feed: Feed, legs: Sequence[FareLeg]) -> list[EffectiveLeg]:
    """Join consecutive legs where a rule matches; chains join as a whole."""
    if not feed.join_rules:
        return [alone(legs, index) for index in range(len(legs))]
    return [_joined(legs, run, compulsory) for run, compulsory in _runs(feed, legs)]


def alone(legs: Sequence[FareLeg], index: int) -> EffectiveLeg:
    """One leg by itself."""
    leg = legs[index]
    return EffectiveLeg(
        (index,), leg.network, False, leg.from_areas, leg.to_areas, leg.areas, leg.departure, leg.arrival
    )


def _runs(feed: Feed, legs: Sequence[FareLeg]) -> Iterator[tuple[tuple[int, ...], bool]]:
    run: list[int] = []
    compulsory = False
    for index, leg in enumerate(legs):
        rule = find_join(feed, legs[index - 1], leg) if run else None
        if run and rule is None:
            yield tuple(run), compulsory
            run, compulsory = [], False
        compulsory = compulsory or bool(rule and rule.compulsory)
        run.append(index)
    if run:
        yield tuple(run), compulsory


def find_join(feed: Feed, before: FareLeg, after: FareLeg) -> JoinRule | None:
    """The first rule that joins two consecutive legs: by networks, and by their common or named stations."""
    if before.network is None or after.network is None:
        return None
    for rule in feed.join_rules.get((before.network, after.network), ()):
        if rule.from_stop is None or rule.to_stop is None:
            if (
                before.to_stop
                and after.from_stop
                and feed.station(before.to_stop) == feed.station(after.from_stop)
            ):
                return rule
        elif _is_at(feed, before.to_stop, rule.from_stop) and _is_at(feed, after.from_stop, rule.to_stop):
            return rule
    return None


def _is_at(feed: Feed, stop: str | None, named: str) -> bool:
    """Tell whether a stop is the named one, or a platform of it."""
    return stop is not None and named in {stop, feed.station(stop)}


def _joined(legs: Sequence[FareLeg], run: tuple[int, ...], compulsory: bool) -> EffectiveLeg:
    first, last = legs[run[0]], legs[run[-1]]
    networks = {legs[index].network for index in run}
    mixed = len(networks) > 1
    return EffectiveLeg(
        legs=run,
        network=None if mixed else first.network,
        mixed_networks=mixed,
        from_areas=first.from_areas,
        to_areas=last.to_areas,
        areas=frozenset().union(*(legs[index].areas for index in run)),
        departure=first.departure,
        arrival=last.arrival,
        compulsory=compulsory,
    )
