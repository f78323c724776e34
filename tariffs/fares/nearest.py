"""Name the leg rules that come nearest to a ride without a price, and what each of them asks for in vain. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import chain

from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.matching import in_timeframe, select
from tariffs.fares.tables import LegRule


@dataclass(frozen=True, slots=True)
class Near:
    """A rule, and the conditions of it that the ride does not meet, in words."""

    rule: LegRule
    misses: tuple[str, ...]


def nearest(feed: Feed, leg: FareLeg, rider: str | None, medium: str | None, most: int = 3) -> list[Near]:
    """The rules with the fewest conditions that a ride misses, in the order of their rows."""
    rules = chain.from_iterable(feed.leg_rules.values())
    near = [Near(rule, tuple(_misses(feed, rule, leg, rider, medium))) for rule in rules]
    return sorted(near, key=lambda one: (len(one.misses), one.rule.line))[:most]


def _misses(feed: Feed, rule: LegRule, leg: FareLeg, rider: str | None, medium: str | None) -> Iterator[str]:
    networks, starts, ends = feed.listed
    route = f"the route {leg.route} is in {leg.network or 'none'}"
    start, end = (
        f"{stop or 'the ride'} is in {_listed(areas)}"
        for stop, areas in ((leg.from_stop, leg.from_areas), (leg.to_stop, leg.to_areas))
    )
    for what, wanted, there, listed, said in (
        ("network", rule.network, _only(leg.network), networks, route),
        ("from area", rule.from_area, leg.from_areas, starts, start),
        ("to area", rule.to_area, leg.to_areas, ends, end),
    ):
        if wanted is not None and wanted not in there:
            yield f"wants {what} {wanted}: {said}"
        elif wanted is None and not feed.priority_mode and not there.isdisjoint(listed):
            yield f"has no {what}, which means none that another row names: {said}"
    yield from _untimely(feed, rule, leg)
    yield from _elsewhere(feed, rule, leg)
    if not select(feed.products.get(rule.product, ()), rider, medium):
        yield f"sells {rule.product} to others than {rider or 'anybody'} on {medium or 'any medium'}"


def _untimely(feed: Feed, rule: LegRule, leg: FareLeg) -> Iterator[str]:
    ends = (("departure", rule.from_timeframe, leg.departure), ("arrival", rule.to_timeframe, leg.arrival))
    for name, group, at in ends:
        if group and not in_timeframe(feed, group, at):
            yield f"wants the {name} in the timeframe {group}: {at:%Y-%m-%d %H:%M} is not in it"


def _elsewhere(feed: Feed, rule: LegRule, leg: FareLeg) -> Iterator[str]:
    passed = f"the ride passes {_listed(leg.areas)}"
    if rule.contains_exactly and feed.area_sets[rule.contains_exactly] != leg.areas:
        yield f"wants exactly the areas of {rule.contains_exactly}: {passed}"
    if rule.contains and not (leg.areas and feed.area_sets[rule.contains] <= leg.areas):
        yield f"wants the areas of {rule.contains}: {passed}"


def _only(network: str | None) -> frozenset[str]:
    return frozenset({network}) if network else frozenset()


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"
