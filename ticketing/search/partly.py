"""Price a way, without the rides for which their operator has no price: those who have one sell theirs all the same."""

from collections.abc import Sequence
from datetime import datetime

from tariffs.excluded import rides_without_price
from tariffs.memo import Memo
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tariffs.result import JourneyPrice
from ticketing.regions import Region
from ticketing.regions.planned import excluded_ride
from ticketing.search.planner import Plan

_NO_PRICE = "unknown_fare"


def price_of(
    region: Region,
    plan: Plan,
    passengers: Sequence[Passenger],
    *,
    channel: str | None,
    at: datetime,
    memo: Memo | None = None,
) -> JourneyPrice:
    """The price of a way: of all of it, else of what has a price; `excluded` names the rides that it is without.

    Without any price, or where a passenger's category is sold nothing by an operator that sells to others, there is none.
    `memo` is shared by the ways of one search.
    """
    rides = plan.rides
    whole = price_journey(region.book, rides, passengers, channel=channel, at=at, memo=memo)
    if whole.reason != _NO_PRICE:
        return whole
    without = rides_without_price(region.book, rides)
    if not 0 < len(without) < len(rides):
        return whole
    sold = [ride for leg, ride in enumerate(rides) if leg not in without]
    excluded = tuple(excluded_ride(region.data, leg, rides[leg], without) for leg in sorted(without))
    part = price_journey(region.book, sold, passengers, channel=channel, at=at, excluded=excluded, memo=memo)
    return whole if part.total is None else part


def whole_price(price: JourneyPrice) -> int | None:
    """Sum what a way costs, in minor units, to compare it by; None where some of it has to be bought elsewhere too."""
    return None if price.total is None or price.excluded else price.total.minor
