"""Match leg rules with an effective leg, and find the price rows that they offer to a rider in a medium.

What a leg matches depends on its network and areas, the rider and the medium, and for some rules on the hour.
Everything but the hour is found once and remembered with the feed, so that a price costs one look-up a leg.
"""

import itertools
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from tariffs.fares.feed import Feed
from tariffs.fares.legs import EffectiveLeg
from tariffs.fares.tables import LegRule, Product

Unknown = Literal["no_rule", "no_product_for_rider", "no_product_for_medium"]

_REMEMBERED = 1 << 16


class Offer(NamedTuple):
    """A price row that may pay for an effective leg, with the rule that says so; `because` tells it."""

    rule: LegRule
    product: Product
    because: str


class Match(NamedTuple):
    """The match of a leg: its group, its products, every price row, or why there is none."""

    group: str | None
    products: tuple[str, ...]
    offers: tuple[Offer, ...]
    currencies: frozenset[str]
    unknown: Unknown | None


class _Timed(NamedTuple):
    """Rules of which some ask for the hour: which of them match is decided leg by leg."""

    rules: tuple[LegRule, ...]


def match(feed: Feed, leg: EffectiveLeg, rider: str | None, medium: str | None) -> Match:
    """The rules that match, in the file's order (with priorities only those of the highest), and their prices.

    Exclusion mode (no column `rule_priority`): an empty network or area means none of the values that the
    column lists anywhere in the file. Priority mode: an empty field is no constraint.
    """
    zones = leg.areas if feed.area_sets else None
    key = (leg.network, leg.mixed_networks, leg.from_areas, leg.to_areas, zones, rider, medium)
    known: Match | _Timed | None = feed.matched.get(key)
    if known is None:
        rules = tuple(_candidates(feed, leg))
        timed = any(rule.from_timeframe or rule.to_timeframe for rule in rules)
        known = _Timed(rules) if timed else _matched(feed, rules, rider, medium)
        _remember(feed, key, known)
    if isinstance(known, Match):
        return known
    rules = tuple(rule for rule in known.rules if _in_time(feed, rule, leg))
    # The key of a leg has seven parts, this one three: they cannot meet in the one dictionary.
    short = (tuple(rule.line for rule in rules), rider, medium)
    remembered: Match | None = feed.matched.get(short)
    if remembered is None:
        remembered = _matched(feed, rules, rider, medium)
        _remember(feed, short, remembered)
    return remembered


def select(rows: Sequence[Product], rider: str | None, medium: str | None) -> list[Product]:
    """The rows of one product for a rider in a medium: exact ones first, then those that name none.

    None asks for any rider or medium: then every row is an alternative. No other rider is put in place of the
    asked one, the default category included.
    """
    for rider_wanted in (None,) if rider is None else (rider, ""):
        for medium_wanted in (None,) if medium is None else (medium, ""):
            matches = [
                row
                for row in rows
                if rider_wanted in {None, row.rider or ""} and medium_wanted in {None, row.medium or ""}
            ]
            if matches:
                return matches
    return []


def in_timeframe(feed: Feed, group: str, at: datetime) -> bool:
    """Tell whether an event falls into any row of a timeframe group, by its local calendar day and clock."""
    seconds = at.hour * 3600 + at.minute * 60 + at.second
    return any(
        row.start <= seconds < row.end
        and row.service in feed.services
        and feed.services[row.service].runs_on(at.date())
        for row in feed.timeframes.get(group, ())
    )


def _remember(feed: Feed, key: object, known: "Match | _Timed") -> None:
    if len(feed.matched) >= _REMEMBERED:
        feed.matched.clear()  # legs of endless variety must not fill the memory
    feed.matched[key] = known


def _candidates(feed: Feed, leg: EffectiveLeg) -> list[LegRule]:
    """The rules that match whatever the hour."""
    if leg.mixed_networks and not feed.priority_mode:
        return []  # an effective leg over several networks has no single one; decision in docs/tariffs.md
    # Without a call of ours for each key: each leg of each way of a search comes through here.
    keys = itertools.product(
        _values(feed, {leg.network} - {None}, feed.listed[0]),
        _values(feed, leg.from_areas, feed.listed[1]),
        _values(feed, leg.to_areas, feed.listed[2]),
    )
    listed = itertools.chain.from_iterable(feed.leg_rules.get(key, ()) for key in keys)
    return sorted((rule for rule in listed if _in_zones(feed, rule, leg)), key=lambda rule: rule.line)


def _matched(feed: Feed, rules: Sequence[LegRule], rider: str | None, medium: str | None) -> Match:
    """Keep the highest priority, and list every price row that pays for the leg; none comes with the reason."""
    if feed.priority_mode and rules:
        highest = max(rule.priority for rule in rules)
        rules = [rule for rule in rules if rule.priority == highest]
    offers = tuple(
        Offer(rule, product, f"leg rule row {rule.line - 1}: {_describe(rule)}")
        for rule in rules
        for product in select(feed.products.get(rule.product, ()), rider, medium)
    )
    return Match(
        rules[0].group if rules else None,
        tuple(sorted({rule.product for rule in rules})),
        offers,
        frozenset(offer.product.price.currency for offer in offers),
        None if offers else _unknown(feed, rules, rider),
    )


def _unknown(feed: Feed, rules: Sequence[LegRule], rider: str | None) -> Unknown:
    if not rules:
        return "no_rule"
    sold = any(select(feed.products.get(rule.product, ()), rider, None) for rule in rules)
    return "no_product_for_medium" if sold else "no_product_for_rider"


def _values(feed: Feed, values: Iterable[str | None], listed: frozenset[str]) -> list[str | None]:
    """The index keys to look under for one field: its own values, and empty where the mode allows it."""
    own = sorted(value for value in values if value is not None and value in listed)
    if feed.priority_mode or not own:
        return [*own, None]
    return list(own)


def _in_zones(feed: Feed, rule: LegRule, leg: EffectiveLeg) -> bool:
    if rule.contains_exactly and leg.areas != feed.area_sets[rule.contains_exactly]:
        return False
    # A ride that brings no areas matches neither kind of set (an empty set is a subset of everything).
    return not rule.contains or (bool(leg.areas) and feed.area_sets[rule.contains] <= leg.areas)


def _in_time(feed: Feed, rule: LegRule, leg: EffectiveLeg) -> bool:
    if rule.from_timeframe and not in_timeframe(feed, rule.from_timeframe, leg.departure):
        return False
    return not rule.to_timeframe or in_timeframe(feed, rule.to_timeframe, leg.arrival)


def _describe(rule: LegRule) -> str:
    parts = [f"network {rule.network}"] if rule.network else []
    if rule.from_area or rule.to_area:
        parts.append(f"areas {rule.from_area or 'any'} -> {rule.to_area or 'any'}")
    if rule.contains_exactly:
        parts.append(f"exactly the zones {rule.contains_exactly}")
    if rule.contains:
        parts.append(f"through the zones {rule.contains}")
    if rule.from_timeframe or rule.to_timeframe:
        parts.append(f"in the time {rule.from_timeframe or 'any'} -> {rule.to_timeframe or 'any'}")
    return ", ".join(parts) or "any ride"
