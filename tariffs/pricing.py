"""Price a journey over several operators: each by its own tariff, agreements where they are cheaper, taxes, shares.

itinerary -> runs of one operator -> each operator's price -> caps and agreements -> groups -> VAT rows -> shares
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tariffs import groups
from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.conversion import in_one_currency
from tariffs.cover import cheapest_cover
from tariffs.fares.feed import Feed
from tariffs.groups import Group
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.own_price import Journey, own_prices, price_as
from tariffs.parts import OfferedFare, Part, Unpriced
from tariffs.party import Passenger
from tariffs.result import JourneyPrice, PassengerPrice, shares_of
from tariffs.runs import runs_of, stretches
from tariffs.taxes import UnknownTax, split


def price_journey(
    book: TariffBook,
    rides: Sequence[Ride],
    passengers: Sequence[Passenger],
    *,
    channel: str | None = None,
    at: datetime | None = None,
    offers: Sequence[OfferedFare] = (),
) -> JourneyPrice:
    """Price rides for a party by the book's version. Pure: equal arguments give equal prices.

    `at` is the moment of pricing (aware): operators' own `offers` must live then, and currencies convert at
    the last rate published before it; without it nothing is converted.
    """
    journey = Journey(book, rides, runs_of(book, rides), at, offers)
    singles = [in_one_currency(book, at, own_prices(journey, passenger)) for passenger in passengers]
    parts = _pay(journey, passengers, singles, channel)
    priced = tuple(
        _priced(journey, passenger, chosen) for passenger, chosen in zip(passengers, parts, strict=True)
    )
    reason = next((found.reason for found in priced if found.reason), None)
    totals = [found.total for found in priced if found.total]
    if reason or not totals:
        return JourneyPrice(None, reason or "unknown_fare", priced, book.version)
    if len({total.currency for total in totals}) > 1:
        return JourneyPrice(None, "mixed_currencies", priced, book.version)
    total = Money(sum(total.minor for total in totals), totals[0].currency)
    expiries = [
        part.expires_at
        for chosen in parts
        if not isinstance(chosen, Unpriced)
        for part in chosen
        if part.expires_at
    ]
    return JourneyPrice(total, None, priced, book.version, min(expiries, default=None))


def has_rider(feed: Feed, rider: str) -> bool:
    """Whether a tariff sells anything to a rider category, by name or to any rider."""
    return any(row.rider in {None, rider} for rows in feed.products.values() for row in rows)


def _pay(
    journey: Journey,
    party: Sequence[Passenger],
    singles: Sequence[list[Part] | Unpriced],
    channel: str | None,
) -> list[tuple[Part, ...] | Unpriced]:
    """How each passenger pays, groups formed where that is cheaper for the party."""

    def pay(at: int, pinned: Mapping[int, Part]) -> tuple[Part, ...] | Unpriced:
        own = singles[at]
        if isinstance(own, Unpriced):
            return own
        parts = [pinned.get(run, part) for run, part in enumerate(own)]
        return cheapest_cover(
            journey.book, journey.runs, parts, party[at],
            channel=channel, currency=parts[0].currency, pinned=frozenset(pinned),
        )  # fmt: skip

    alone = [pay(at, {}) for at in range(len(party))]
    known = {at: own for at, own in enumerate(singles) if not isinstance(own, Unpriced)}
    currencies = {own[0].currency for own in known.values()}
    if not journey.book.groups or len(known) < len(party) or len(currencies) != 1:
        return alone
    currency = currencies.pop()

    def price_of(run: Run, group: Group) -> Part | Unpriced:
        found = price_as(journey, run, group.rider)
        return (
            Unpriced("mixed_currencies") if isinstance(found, Part) and found.currency != currency else found
        )

    def saving(pinned: Mapping[int, Mapping[int, Part]]) -> int:
        return sum(_cost(alone[at]) - _cost(pay(at, parts)) for at, parts in pinned.items())

    pinned = groups.form(
        journey.book.groups, journey.runs, party, singles=known, price_of=price_of, saving=saving
    )
    return [pay(at, pinned[at]) if at in pinned else own for at, own in enumerate(alone)]


def _cost(parts: tuple[Part, ...] | Unpriced) -> int:
    return 0 if isinstance(parts, Unpriced) else sum(part.cost for part in parts)


def _priced(journey: Journey, passenger: Passenger, parts: tuple[Part, ...] | Unpriced) -> PassengerPrice:
    if isinstance(parts, Unpriced):
        return PassengerPrice(passenger, None, parts.reason, derivation=parts.derivation)
    bought = tuple(item for part in parts for item in part.bought)
    try:
        taxes = split(
            [(item.price.minor, stretches(journey.rides, item.legs)) for item in bought], journey.book.taxes
        )
    except UnknownTax:
        return PassengerPrice(passenger, None, "unknown_tax")
    return PassengerPrice(
        passenger=passenger,
        total=Money(sum(part.cost for part in parts), parts[0].currency),
        reason=None,
        bought=bought,
        shares=shares_of(journey.book, parts, taxes),
        taxes=tuple(taxes),
        derivation=tuple(_numbered(parts)),
    )


def _numbered(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for number, step in enumerate((step for part in parts for step in part.derivation), 1):
        yield {**step, "step": number}
