"""Price an itinerary by GTFS-Fares V1: cut it into consecutive groups, each paid by one fare; the smallest sum wins.

A fare covers a group where its agency runs every ride, its changes and time suffice, and, where it has rules, every route
of the group has one that agrees with the zones of the group's two ends and with the zones passed. One ride
without a fare leaves the whole itinerary without a price. Amounts in different currencies are never added.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

from tariffs.fares.legs import FareLeg
from tariffs.fares.result import FareItem, FarePrice, LegView
from tariffs.fares.v1 import Condition, Fare, V1Tariff
from tariffs.money import Money, written

_ATTRIBUTES, _RULES = "fare_attributes.txt", "fare_rules.txt"


class _Paid(NamedTuple):
    """A group of rides that one fare pays; `condition` is the rule that the first of its routes meets, where it has rules."""

    fare: Fare
    price: Money
    start: int
    end: int
    condition: Condition | None


class _Way(NamedTuple):
    """The cheapest way up to a ride: its sum in minor units, and the groups. Ties: fewer tickets, then fares by name."""

    minor: int
    tickets: int
    names: tuple[str, ...]
    groups: tuple[_Paid, ...]

    def then(self, paid: _Paid) -> "_Way":
        """This way, with one more group."""
        return _Way(
            self.minor + paid.price.minor,
            self.tickets + 1,
            (*self.names, paid.fare.id),
            (*self.groups, paid),
        )


def price(tariff: V1Tariff, legs: Sequence[FareLeg], rider: str | None) -> FarePrice:
    """Price some rides for one passenger; the first currency, by code, in which all of them have a fare counts."""
    choices = [
        paid
        for start, end in combinations(range(len(legs) + 1), 2)
        for paid in _covering(tariff, legs, (start, end), rider)
    ]
    views = tuple(_view(leg, choices) for leg in range(len(legs)))
    for currency in sorted({paid.price.currency for paid in choices}):
        way = _cheapest([paid for paid in choices if paid.price.currency == currency], len(legs))
        if way:
            return _told(legs, way, views, choices)
    return _untold(choices, len(legs), views)


def _view(leg: int, choices: Sequence[_Paid]) -> LegView:
    """The fares of one ride alone."""
    alone = [paid.fare.id for paid in choices if (paid.start, paid.end) == (leg, leg + 1)]
    return LegView(leg, leg, None, tuple(sorted(alone)))


def _covering(
    tariff: V1Tariff, legs: Sequence[FareLeg], group: tuple[int, int], rider: str | None
) -> Iterator[_Paid]:
    """Yield the fares that cover consecutive rides as one, each with the rule by which it covers the first of them."""
    start, end = group
    rides = legs[start:end]
    routes = list(dict.fromkeys(leg.route for leg in rides))
    by_route = [_rules(tariff, rides, route) for route in routes]
    fares: list[tuple[Fare, Condition | None]] = [(fare, None) for fare in tariff.without_rules]
    common = set.intersection(*map(set, by_route))
    fares += [(fare, rule) for fare, rule in by_route[0].values() if fare.id in common]
    for fare, rule in fares:
        if _is_within(tariff, fare, rides, routes):
            yield _Paid(fare, fare.price_for(rider), start, end, rule)


def _is_within(tariff: V1Tariff, fare: Fare, rides: Sequence[FareLeg], routes: Sequence[str | None]) -> bool:
    """Tell whether a fare's agency runs all routes, and its changes and time suffice."""
    if fare.agency and any(tariff.agencies.get(route or "") != fare.agency for route in routes):
        return False
    if fare.transfers is not None and len(rides) - 1 > fare.transfers:
        return False
    return fare.duration is None or _seconds(rides) <= fare.duration


def _rules(
    tariff: V1Tariff, rides: Sequence[FareLeg], route: str | None
) -> dict[str, tuple[Fare, Condition]]:
    """The first rule of each fare that a route of a group meets. The zones passed are those of every stop, and no other ones."""
    origin = tariff.zones.get(rides[0].from_stop or "")
    destination = tariff.zones.get(rides[-1].to_stop or "")
    passed: frozenset[str] = frozenset().union(*(tariff.passed(leg.calls) for leg in rides))
    met: dict[str, tuple[Fare, Condition]] = {}
    for ends in dict.fromkeys(product((route, None), (origin, None), (destination, None))):
        for fare, rule in tariff.by_ends.get(ends, ()):
            known = met.get(fare.id)
            if (not rule.contains or rule.contains == passed) and (not known or rule.line < known[1].line):
                met[fare.id] = (fare, rule)
    return met


def _seconds(rides: Sequence[FareLeg]) -> int:
    """Seconds from the first boarding to the last, as instants: times of one zone would ignore a change of clocks."""
    return round(rides[-1].departure.timestamp() - rides[0].departure.timestamp())


def _cheapest(choices: Sequence[_Paid], rides: int) -> _Way | None:
    """The cheapest way to pay for all rides with fares of one currency."""
    ways: list[_Way | None] = [_Way(0, 0, (), ()), *[None] * rides]
    for end in range(1, rides + 1):
        before = [(ways[paid.start], paid) for paid in choices if paid.end == end]
        reached = [way.then(paid) for way, paid in before if way is not None]
        ways[end] = min(reached, key=lambda way: way[:3], default=None)
    return ways[rides]


def _told(
    legs: Sequence[FareLeg], way: _Way, views: tuple[LegView, ...], choices: Sequence[_Paid]
) -> FarePrice:
    """Write out what is bought, and why: one item and one step a group."""
    currency = way.groups[0].price.currency
    steps: list[dict[str, Any]] = []
    before = 0
    for paid in way.groups:
        after = before + paid.price.minor
        steps.append(
            {
                "step": len(steps) + 1,
                "legs": list(range(paid.start, paid.end)),
                "rule": _rule(paid),
                "product": paid.fare.id,
                "amount": paid.price.text,
                "currency": currency,
                "before": written(before, currency),
                "after": written(after, currency),
                "reason": "leg_rule" if paid.end - paid.start == 1 else "join",
                "alternatives": _alternatives(paid, choices),
            }
        )
        before = after
    items = tuple(_item(paid, legs) for paid in way.groups)
    return FarePrice(
        total=Money(way.minor, currency),
        reason=None,
        detail=None,
        items=items,
        legs=views,
        derivation=tuple(steps),
    )


def _item(paid: _Paid, legs: Sequence[FareLeg]) -> FareItem:
    by_rider = paid.fare.by_rider.items()
    return FareItem(
        product=paid.fare.id,
        name=paid.fare.id,
        rider=next((rider for rider, price in by_rider if price is paid.price), None),
        medium=None,
        price=paid.price,
        legs=tuple(range(paid.start, paid.end)),
        because=_because(legs[paid.start : paid.end], paid),
    )


def _rule(paid: _Paid) -> dict[str, str | int]:
    if paid.condition is None:
        return {"file": _ATTRIBUTES, "row": paid.fare.line, "id": paid.fare.id}
    return {"file": _RULES, "row": paid.condition.line, "id": paid.fare.id}


def _alternatives(paid: _Paid, choices: Sequence[_Paid]) -> list[dict[str, str]]:
    """The other fares for the same rides, cheapest first."""
    others = sorted(
        (other.price.minor, other.fare.id, other.price.text)
        for other in choices
        if (other.start, other.end, other.price.currency) == (paid.start, paid.end, paid.price.currency)
        and other.fare.id != paid.fare.id
    )
    return [{"product": name, "amount": amount, "why_not": "not cheaper"} for _, name, amount in others]


def _because(group: Sequence[FareLeg], paid: _Paid) -> str:
    """Say which row counts and what it asks for: `fare rule row 3: zones 1 -> 2, 1 of 2 changes, 20 of 30 minutes`."""
    told = [*_asked(paid.condition), *_spent(group, paid.fare)]
    if paid.condition is None:
        told.insert(0, f"any ride of {paid.fare.agency}" if paid.fare.agency else "any ride")
        return ", ".join(told)
    return f"fare rule row {paid.condition.line - 1}: {', '.join(told) or 'any ride'}"


def _asked(condition: Condition | None) -> Iterator[str]:
    """List the demands of a rule on the rides."""
    if condition is None:
        return
    if condition.route:
        yield f"route {condition.route}"
    if condition.origin or condition.destination:
        yield f"zones {condition.origin or 'any'} -> {condition.destination or 'any'}"
    if condition.contains:
        yield f"exactly the zones {', '.join(sorted(condition.contains))}"


def _spent(group: Sequence[FareLeg], fare: Fare) -> Iterator[str]:
    """Count the changes and minutes of a fare that several rides take."""
    if len(group) == 1:
        return
    yield f"{len(group) - 1} of {'any number of' if fare.transfers is None else fare.transfers} changes"
    if fare.duration is not None:
        yield f"{_seconds(group) // 60} of {fare.duration // 60} minutes"


def _untold(choices: Sequence[_Paid], rides: int, views: tuple[LegView, ...]) -> FarePrice:
    """No price: no fare covers some ride, or the fares of the rides are in different currencies."""
    none = FarePrice(total=None, reason="mixed_currencies", detail=None, items=(), legs=views, derivation=())
    if _cheapest(choices, rides):
        return none
    covered = {leg for paid in choices for leg in range(paid.start, paid.end)}
    uncovered = [leg for leg in range(rides) if leg not in covered]
    steps = tuple(
        {
            "step": number,
            "legs": [leg],
            "rule": None,
            "product": None,
            "amount": None,
            "currency": None,
            "before": None,
            "after": None,
            "reason": "unknown",
            "detail": "no_rule",
            "alternatives": [],
        }
        for number, leg in enumerate(uncovered or range(rides), 1)
    )
    return none._replace(reason="unknown_fare", detail="no_rule", derivation=steps)
