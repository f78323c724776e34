"""Compare two tariffs by the journeys of a month: who pays more, who less, and what it costs each operator. Pure.

The assumption: the same people make the same journeys at the new prices, and each pays as one grown-up on the way that
stands for the corridor. A change of prices changes journeys in truth; this shows the first effect alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Origin zone, destination zone.
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Priced:
    """A price of a way in minor units, with the gross share of each party; None where it is not sold."""

    minor: int | None
    currency: str
    shares: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairChange:
    """The change for one pair of zones: the old and the new price of one journey, and how much all its journeys pay more."""

    origin: str
    destination: str
    journeys: int
    old_minor: int
    new_minor: int

    @property
    def each_minor(self) -> int:
        """The amount that one journey pays more; below 0 it pays less."""
        return self.new_minor - self.old_minor

    @property
    def all_minor(self) -> int:
        """The amount that all journeys of the pair pay more."""
        return self.journeys * self.each_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The effect of a change, in one currency: by pair of zones (the dearest rise first), for passengers, by operator.

    `operators` are the changes of their gross shares. `uncounted` are pairs that have no price in one of the tariffs, or prices in
    two currencies: they are in no sum.
    """

    currency: str
    pairs: tuple[PairChange, ...]
    operators: Mapping[str, int]
    uncounted: tuple[Pair, ...]

    @property
    def passengers_minor(self) -> int:
        """The amount that all passengers together pay more."""
        return sum(one.all_minor for one in self.pairs)

    @property
    def more(self) -> int:
        """The number of journeys that pay more."""
        return sum(one.journeys for one in self.pairs if one.each_minor > 0)

    @property
    def less(self) -> int:
        """The number of journeys that pay less."""
        return sum(one.journeys for one in self.pairs if one.each_minor < 0)

    @property
    def same(self) -> int:
        """The number of journeys whose price stays."""
        return sum(one.journeys for one in self.pairs if one.each_minor == 0)


def compare(
    flows: Mapping[Pair, int], old: Mapping[Pair, Priced], new: Mapping[Pair, Priced], currency: str
) -> WhatIf:
    """Compare the prices of each pair that has journeys; what passengers pay more is what all parties get more."""
    pairs: list[PairChange] = []
    operators: dict[str, int] = {}
    uncounted: list[Pair] = []
    for pair, journeys in sorted(flows.items()):
        before, after = _counted(old.get(pair), currency), _counted(new.get(pair), currency)
        if before is None or after is None:
            uncounted.append(pair)
            continue
        pairs.append(
            PairChange(
                origin=pair[0],
                destination=pair[1],
                journeys=journeys,
                old_minor=before.minor or 0,
                new_minor=after.minor or 0,
            )
        )
        for party in sorted(before.shares.keys() | after.shares.keys()):
            change = after.shares.get(party, 0) - before.shares.get(party, 0)
            operators[party] = operators.get(party, 0) + journeys * change
    return WhatIf(
        currency=currency,
        pairs=tuple(sorted(pairs, key=lambda one: (-one.all_minor, one.origin, one.destination))),
        operators=operators,
        uncounted=tuple(uncounted),
    )


def _counted(priced: Priced | None, currency: str) -> Priced | None:
    is_counted = priced is not None and priced.minor is not None and priced.currency == currency
    return priced if is_counted else None
