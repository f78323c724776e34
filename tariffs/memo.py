"""A memo for prices of one search: what its ways share (rides, stretches, agreements) is priced once.

Every key holds the version of the tariff book and all else that the answer follows from, so a memo cannot go stale;
whoever searches makes one and drops it with the answer.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from tariffs.agreements import Agreement
from tariffs.parts import Part, Unpriced
from tariffs.taxes import Stretch, TaxRow

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Memo:
    """Answers by their keys: `runs` are the ways to pay a run, `stretches` those of a ride by Member State.

    `agreements` are those between some operators in order, `taxes` the tax rows of what is bought.
    """

    runs: dict[Hashable, list[Part] | Unpriced] = field(default_factory=dict)
    stretches: dict[Hashable, tuple[Stretch, ...]] = field(default_factory=dict)
    agreements: dict[Hashable, tuple[Agreement, ...]] = field(default_factory=dict)
    taxes: dict[Hashable, tuple[TaxRow, ...]] = field(default_factory=dict)


def remembered(known: dict[K, V], key: K, make: Callable[[], V]) -> V:
    """Find an answer, or make it and keep it."""
    found = known.get(key)
    if found is None:
        found = known[key] = make()
    return found
