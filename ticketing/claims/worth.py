"""Count what a passenger has paid for one operator's part of one leg, from the price that was frozen. Pure.

The gross share of the operator is what of the price is its own, with VAT and the scheme's fee. Somebody else may bear a part
of the price (a share below zero): then each operator's part is as much smaller as the whole price is, so that nobody is
compensated for what they have not paid. An operator that carries several legs has its part divided among them by the prices
of the things that were bought for them, and a thing for several legs by their length. Rounded down, never above the price.
"""

from collections.abc import Sequence
from fractions import Fraction

from ticketing.frozen import LeftPrice, Leg, PricedPassenger, PriceItem

Price = PricedPassenger | LeftPrice


def paid_for_leg(price: Price, legs: Sequence[Leg], at: int) -> int:
    """Count the minor units that a passenger has paid for the leg at a place of the journey; 0 where a pass has paid for it."""
    operator = legs[at].operator
    positive = sum(share.gross_minor for share in price.shares if share.gross_minor > 0)
    own = sum(share.gross_minor for share in price.shares if share.operator == operator)
    if positive <= 0 or own <= 0 or price.total_minor <= 0:
        return 0
    part = Fraction(own * min(price.total_minor, positive), positive)
    return int(part * _portion(price.items, legs, at))


def _portion(items: Sequence[PriceItem], legs: Sequence[Leg], at: int) -> Fraction:
    """Find which part of its operator's money is a leg's."""
    mine = [place for place, leg in enumerate(legs) if leg.operator == legs[at].operator and leg.is_left]
    if at not in mine:
        mine.append(at)
    prices = {place: _priced(items, legs, place) for place in mine}
    total = sum(prices.values())
    if total:
        return prices[at] / total
    metres = sum(legs[place].distance_m for place in mine)
    return Fraction(legs[at].distance_m, metres) if metres else Fraction(1, len(mine))


def _priced(items: Sequence[PriceItem], legs: Sequence[Leg], at: int) -> Fraction:
    """Sum the parts of a leg in the things that were bought for it."""
    return sum(
        (item.amount_minor * _length(legs, item.legs, at) for item in items if at in item.legs), Fraction(0)
    )


def _length(legs: Sequence[Leg], places: Sequence[int], at: int) -> Fraction:
    metres = sum(legs[place].distance_m for place in places)
    return Fraction(legs[at].distance_m, metres) if metres else Fraction(1, len(places))
