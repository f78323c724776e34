"""The price of an itinerary under one operator's tariff: its total, what is bought, and why."""

from typing import Any, Literal, NamedTuple

from tariffs.fares.matching import Unknown
from tariffs.money import Money

Reason = Literal["unknown_fare", "mixed_currencies"]

MAX_LEGS = 12


class FareItem(NamedTuple):
    """One thing to buy; `legs` are indices into the itinerary, `because` a sentence."""

    product: str
    name: str
    rider: str | None
    medium: str | None
    price: Money
    legs: tuple[int, ...]
    because: str


class LegView(NamedTuple):
    """The rules of one leg before transfers: its effective leg, group and matching products."""

    leg: int
    effective_leg: int
    group: str | None
    products: tuple[str, ...]


class FarePrice(NamedTuple):
    """The price of an itinerary for one passenger; `total` None comes with `reason`, never a guess.

    `detail` says why a fare is unknown; `split_cheaper` that joined legs were cheaper apart; `partial` that
    a compulsory rule may have kept the passenger from a cheaper way.
    """

    total: Money | None
    reason: Reason | None
    detail: Unknown | None
    items: tuple[FareItem, ...]
    legs: tuple[LegView, ...]
    derivation: tuple[dict[str, Any], ...]
    split_cheaper: bool = False
    partial: bool = False
