"""The cheapest way for a party to travel in groups and alone: an exact search over who shares which group product.

Passengers who are alike (category, claims, passes, paid rides) are counted, not named, so the search grows with
kinds of passengers. Only a large party of many kinds, or on several runs, is searched less widely: then a group
takes as many as it can or none.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import combinations, product
from math import comb, prod

from tariffs.agreements import Run
from tariffs.apportion import by_weights
from tariffs.groups import FILE, Group
from tariffs.money import Money
from tariffs.parts import Part, step
from tariffs.party import Passenger

# A group is tried on every choice of an operator's runs up to this many; a journey has one or two.
_MOST_RUNS = 4
_MOST_STATES = 2_000

Runs = frozenset[int]
Pinned = Mapping[int, Mapping[int, Part]]


@dataclass(frozen=True, slots=True)
class Ticket:
    """One group product on some runs of the journey, at its price there."""

    group: Group
    prices: Mapping[int, Part]

    @property
    def runs(self) -> Runs:
        """The runs that it pays for."""
        return frozenset(self.prices)

    @property
    def cost(self) -> int:
        """Its price in minor units."""
        return sum(part.cost for part in self.prices.values())


@dataclass(frozen=True, slots=True)
class _Kind:
    """Passengers who are alike and for whom groups pay the same runs already.

    `like` is the place of one of them in the party: a number is compared a thousand times faster than what they bring.
    """

    like: int
    rider: str
    paid: Runs


_Counts = tuple[tuple[_Kind, int], ...]
_Choice = tuple[Ticket, tuple[tuple[_Kind, int], ...]]


def tickets(
    groups: Sequence[Group], runs: Sequence[Run], price_of: Callable[[Run, Group], Part | None]
) -> list[Ticket]:
    """Every group product on every choice of its operator's runs; `price_of` answers None where it has no price."""
    groups_formed = []
    for group in groups:
        served = [(at, run) for at, run in enumerate(runs) if group.serves(run.operator, run.first_day)]
        priced = {at: price for at, run in served if (price := price_of(run, group)) is not None}
        for size in range(1, min(len(priced), _MOST_RUNS) + 1):
            choices = combinations(priced.items(), size)
            groups_formed += [Ticket(group, dict(chosen)) for chosen in choices]
    return groups_formed


def form(
    offered: Sequence[Ticket], party: Sequence[Passenger], rest: Callable[[Passenger, Runs], int]
) -> list[tuple[Ticket, tuple[int, ...]]]:
    """Choose the groups with which the whole party pays least: each with its members' places in the party.

    `rest` is what a passenger pays for everything but the runs that groups pay for them.
    """
    alike = [replace(passenger, ref="") for passenger in party]
    kinds = [alike.index(passenger) for passenger in alike]
    start = {_Kind(kind, party[kind].rider, frozenset()): kinds.count(kind) for kind in kinds}
    runs = frozenset[int]().union(*(ticket.runs for ticket in offered))
    states = len(offered) * prod(_splits(count, len(runs)) for count in start.values())
    whole = states <= _MOST_STATES

    @cache
    def cost_of(kind: _Kind) -> int:
        return rest(alike[kind.like], kind.paid)

    @cache
    def best(at: int, counts: _Counts) -> tuple[int, tuple[_Choice, ...]]:
        if at == len(offered):
            return sum(count * cost_of(kind) for kind, count in counts), ()
        found = best(at + 1, counts)
        for members in _memberships(offered[at], counts, whole=whole):
            cost, more = best(at, _joined(offered[at], counts, members))
            if cost + offered[at].cost < found[0]:
                found = (cost + offered[at].cost, ((offered[at], members), *more))
        return found

    _, chosen = best(0, tuple(start.items()))
    return _named(chosen, kinds)


def _splits(count: int, runs: int) -> int:
    """Count the ways to divide people who are alike by the runs that groups pay for them: on a run there is one at most."""
    return comb(count + 2**runs - 1, count)


def _memberships(ticket: Ticket, counts: _Counts, *, whole: bool) -> Iterator[tuple[tuple[_Kind, int], ...]]:
    """List the memberships of a group ticket: so many of each kind."""
    open_to = [
        (kind, min(count, ticket.group.members.get(kind.rider, 0)))
        for kind, count in counts
        if not kind.paid & ticket.runs
    ]
    for taken in product(*(range(most, -1, -1) for _, most in open_to)):
        members = tuple((kind, count) for (kind, _), count in zip(open_to, taken, strict=True) if count)
        if max(1, ticket.group.at_least) <= sum(taken) and _fits(ticket.group, members):
            yield members
            if not whole:
                return


def _fits(group: Group, members: Sequence[tuple[_Kind, int]]) -> bool:
    taken: dict[str, int] = {}
    for kind, count in members:
        taken[kind.rider] = taken.get(kind.rider, 0) + count
    return all(count <= group.members[rider] for rider, count in taken.items())


def _joined(ticket: Ticket, counts: _Counts, members: Sequence[tuple[_Kind, int]]) -> _Counts:
    """The party once these members have their group ticket."""
    after = dict(counts)
    for kind, count in members:
        after[kind] -= count
        with_group = _Kind(kind.like, kind.rider, kind.paid | ticket.runs)
        after[with_group] = after.get(with_group, 0) + count
    return tuple((kind, count) for kind, count in after.items() if count)


def _named(chosen: Sequence[_Choice], kinds: Sequence[int]) -> list[tuple[Ticket, tuple[int, ...]]]:
    """Name the members: of passengers who are alike the first ones."""
    paid: list[Runs] = [frozenset() for _ in kinds]
    names = []
    for ticket, members in chosen:
        places: list[int] = []
        for kind, count in members:
            alike = [at for at, own in enumerate(kinds) if (own, paid[at]) == (kind.like, kind.paid)]
            places += [at for at in alike if at not in places][:count]
        for at in places:
            paid[at] |= ticket.runs
        names.append((ticket, tuple(sorted(places))))
    return names


def shared(
    chosen: Sequence[tuple[Ticket, tuple[int, ...]]], singles: Mapping[int, Sequence[Part]]
) -> Mapping[int, Mapping[int, Part]]:
    """Each member's part of the price of each group, in proportion to their own tickets; by passenger and run."""
    parts: dict[int, dict[int, Part]] = {}
    for ticket, members in chosen:
        for run, price in ticket.prices.items():
            weights = {f"{at:04}": Fraction(max(0, singles[at][run].cost)) for at in members}
            if not any(weights.values()):
                weights = dict.fromkeys(weights, Fraction(1))
            amounts = by_weights(price.cost, weights)
            for at in members:
                part = _member(ticket.group, price, amounts[f"{at:04}"], len(members))
                parts.setdefault(at, {})[run] = part
    return parts


def _member(group: Group, price: Part, minor: int, members: int) -> Part:
    whole, mine = Money(price.cost, price.currency), Money(minor, price.currency)
    because = f"part of {whole} for {members} together, {group.id}"
    legs = tuple(leg for item in price.bought for leg in item.legs)
    item = replace(price.bought[0], price=mine, legs=legs, because=because)
    operator = price.gross[0][0]
    explained = step(
        "group",
        legs=legs,
        rule=(FILE, group.line, group.id),
        product=item.fare_product_id,
        amount=mine,
        before=whole.text,
    )
    return Part(
        cost=minor,
        currency=price.currency,
        bought=(item,),
        gross=((operator, minor),),
        rule=f"group {group.id}",
        derivation=(explained,),
    )
