"""Which leg rules match an effective leg, and which price rows they offer to a rider in a medium."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tariffs.fares.feed import Feed
from tariffs.fares.legs import EffectiveLeg
from tariffs.fares.tables import LegRule, Product

Unknown = Literal["no_rule", "no_product_for_rider", "no_product_for_medium"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A price row that may pay for an effective leg, with the rule that says so."""

    rule: LegRule
    product: Product


def matching_rules(feed: Feed, leg: EffectiveLeg) -> list[LegRule]:
    """The rules that match, in the file's order; with priorities only those of the highest.

    Exclusion mode (no column `rule_priority`): an empty network or area means none of the values that the
    column lists anywhere in the file. Priority mode: an empty field is no constraint.
    """
    if leg.mixed_networks and not feed.priority_mode:
        return []  # an effective leg over several networks has no single one; decision in docs/tariffs.md
    found = [
        rule
        for network in _values(feed, {leg.network} - {None}, feed.listed[0])
        for from_area in _values(feed, leg.from_areas, feed.listed[1])
        for to_area in _values(feed, leg.to_areas, feed.listed[2])
        for rule in feed.leg_rules.get((network, from_area, to_area), ())
        if _matches_rest(feed, rule, leg)
    ]
    if feed.priority_mode and found:
        highest = max(rule.priority for rule in found)
        found = [rule for rule in found if rule.priority == highest]
    return sorted(found, key=lambda rule: rule.line)


def offers(
    feed: Feed, rules: Iterable[LegRule], rider: str | None, medium: str | None
) -> tuple[list[Offer], Unknown | None]:
    """Every price row that pays for the leg, as alternatives; none comes with the reason."""
    rules = list(rules)
    if not rules:
        return [], "no_rule"
    found = [
        Offer(rule, product)
        for rule in rules
        for product in select(feed.products.get(rule.product, ()), rider, medium)
    ]
    if found:
        return found, None
    sold = any(select(feed.products.get(rule.product, ()), rider, None) for rule in rules)
    return [], "no_product_for_medium" if sold else "no_product_for_rider"


def select(rows: Sequence[Product], rider: str | None, medium: str | None) -> list[Product]:
    """The rows of one product for a rider in a medium: exact ones first, then those that name none.

    None asks for any rider or medium: then every row is an alternative. No other rider is put in place of the
    asked one, the default category included.
    """
    for rider_wanted in (None,) if rider is None else (rider, ""):
        for medium_wanted in (None,) if medium is None else (medium, ""):
            found = [
                row
                for row in rows
                if rider_wanted in {None, row.rider or ""} and medium_wanted in {None, row.medium or ""}
            ]
            if found:
                return found
    return []


def in_timeframe(feed: Feed, group: str, at: datetime) -> bool:
    """Whether an event falls into any row of a timeframe group, by its local calendar day and clock."""
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    return any(
        row.start <= seconds < row.end
        and row.service in feed.services
        and feed.services[row.service].runs_on(at.date())
        for row in feed.timeframes.get(group, ())
    )


def _values(feed: Feed, values: Iterable[str | None], listed: frozenset[str]) -> list[str | None]:
    """The index keys to look under for one field: its own values, and empty where the mode allows it."""
    own = sorted(value for value in values if value is not None and value in listed)
    if feed.priority_mode or not own:
        return [*own, None]
    return list(own)


def _matches_rest(feed: Feed, rule: LegRule, leg: EffectiveLeg) -> bool:
    if rule.from_timeframe and not in_timeframe(feed, rule.from_timeframe, leg.departure):
        return False
    if rule.to_timeframe and not in_timeframe(feed, rule.to_timeframe, leg.arrival):
        return False
    if rule.contains_exactly and leg.areas != feed.area_sets[rule.contains_exactly]:
        return False
    # A ride that brings no areas matches neither kind of set (an empty set is a subset of everything).
    return not rule.contains or (bool(leg.areas) and feed.area_sets[rule.contains] <= leg.areas)
