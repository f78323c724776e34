"""Group products: one price of an operator for several passengers together, where that beats their singles."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from tariffs.agreements import Run
from tariffs.apportion import by_weights
from tariffs.findings import Finding
from tariffs.money import Money
from tariffs.parts import Part, Unpriced, step
from tariffs.party import Passenger
from tariffs.table import Row, Table

FILE = "groups.csv"
# A group is tried on every choice of an operator's runs up to this many; a journey has one or two.
_MOST_RUNS = 4


@dataclass(frozen=True, slots=True)
class Group:
    """One group product: the operator's own rider category `rider` is the price of the whole group.

    `members` says how many of each of the scheme's rider categories may be in it, at least `at_least` in all.
    """

    id: str
    line: int
    operator: str
    rider: str
    members: Mapping[str, int]
    at_least: int


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a group pays for: by passenger (its place in the party) and run, the part each one has of the price."""

    saved: int
    parts: Mapping[int, Mapping[int, Part]]


def load(
    text: str, operators: Collection[str], riders: Collection[str], file: str = FILE
) -> tuple[tuple[Group, ...], list[Finding]]:
    """Read the rows: group_id, operator, rider_category, members (`adult:2 child:3`), min_passengers."""
    findings: list[Finding] = []
    table = Table(file, text or None, findings)
    table.require("group_id", "operator", "rider_category", "members", "min_passengers")
    found = [_group(row, operators, riders) for row in table.rows()]
    return tuple(group for group in found if group), findings


def form(
    groups: Sequence[Group],
    runs: Sequence[Run],
    party: Sequence[Passenger],
    *,
    singles: Mapping[int, Sequence[Part]],
    price_of: Callable[[Run, Group], Part | Unpriced],
    saving: Callable[[Mapping[int, Mapping[int, Part]]], int],
) -> Mapping[int, Mapping[int, Part]]:
    """Form groups one after another, the one that saves the most first, until none saves anything.

    `singles` are each passenger's own parts by run; `saving` tells what a set of pinned parts would save over
    the whole journey, agreements included. Answers the parts to pin.
    """
    pinned: dict[int, Mapping[int, Part]] = {}
    while True:
        free = [at for at in range(len(party)) if at not in pinned]
        tried = [
            Pinned(saving({**pinned, **parts}), {**pinned, **parts})
            for group in groups
            for parts in _tries(group, runs, party, singles=singles, price_of=price_of, free=free)
        ]
        best = max(tried, key=lambda found: found.saved, default=None)
        if best is None or best.saved <= saving(pinned):
            return pinned
        pinned = dict(best.parts)


def _tries(
    group: Group,
    runs: Sequence[Run],
    party: Sequence[Passenger],
    *,
    singles: Mapping[int, Sequence[Part]],
    price_of: Callable[[Run, Group], Part | Unpriced],
    free: Sequence[int],
) -> Iterator[dict[int, dict[int, Part]]]:
    """Every choice of the operator's runs on which a group may travel, with each member's part of the price."""
    prices: dict[int, Part] = {}
    for at, run in enumerate(runs):
        price = price_of(run, group) if run.operator == group.operator else None
        if isinstance(price, Part):
            prices[at] = price
    for size in range(1, min(len(prices), _MOST_RUNS) + 1):
        for chosen in combinations(sorted(prices), size):
            worth = {at: sum(singles[at][run].cost for run in chosen) for at in free}
            members = _members(group, party, worth)
            if len(members) >= max(1, group.at_least):
                shared = {run: _shared(group, prices[run], run, members, singles) for run in chosen}
                yield {at: {run: shared[run][at] for run in chosen} for at in members}


def _members(group: Group, party: Sequence[Passenger], worth: Mapping[int, int]) -> list[int]:
    """Those whose own tickets are dearest, as many of each category as the group takes."""
    left = dict(group.members)
    chosen = []
    for at in sorted(worth, key=lambda at: (-worth[at], at)):
        if left.get(party[at].rider, 0) > 0:
            left[party[at].rider] -= 1
            chosen.append(at)
    return sorted(chosen)


def _shared(
    group: Group, price: Part, run: int, members: Sequence[int], singles: Mapping[int, Sequence[Part]]
) -> dict[int, Part]:
    """The group's price as parts of its members, in proportion to their own tickets."""
    weights = {f"{at:04}": Fraction(max(0, singles[at][run].cost)) for at in members}
    if not any(weights.values()):
        weights = dict.fromkeys(weights, Fraction(1))
    amounts = by_weights(price.cost, weights)
    return {at: _member(group, price, amounts[f"{at:04}"], len(members)) for at in members}


def _member(group: Group, price: Part, minor: int, members: int) -> Part:
    whole, mine = Money(price.cost, price.currency), Money(minor, price.currency)
    because = f"part of {whole} for {members} together, {group.id}"
    legs = tuple(leg for item in price.bought for leg in item.legs)
    item = replace(price.bought[0], price=mine, legs=legs, because=because)
    operator = price.gross[0][0]
    made = step(
        "group", legs=legs, rule=(FILE, group.line, group.id), product=item.fare_product_id, amount=mine,
        before=whole.text,
    )  # fmt: skip
    return Part(minor, price.currency, (item,), ((operator, minor),), f"group {group.id}", (made,))


def _group(row: Row, operators: Collection[str], riders: Collection[str]) -> Group | None:
    operator, rider, name = row.required("operator"), row.required("rider_category"), row.required("group_id")
    if operator and operator not in operators:
        row.fault("operator", "unknown_reference", f"{operator!r} is not an operator")
    members = row.parsed("members", _parse_members, "invalid_value", "members like adult:2 child:3")
    for member in members or ():
        if member not in riders:
            row.fault("members", "unknown_reference", f"{member!r} is not a rider category")
    at_least = row.parsed("min_passengers", int, "invalid_integer", "a whole number")
    if members is None or at_least is None or not 1 <= at_least <= sum(members.values()):
        row.fault("min_passengers", "invalid_value", "between 1 and as many as the group takes")
        return None
    return Group(name, row.line, operator, rider, members, at_least)


def _parse_members(value: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in value.split():
        name, _, count = word.rpartition(":")
        if not name or name in found or int(count) < 1:
            raise ValueError(value)
        found[name] = int(count)
    if not found:
        raise ValueError(value)
    return found
