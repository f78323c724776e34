"""Price a journey over several operators: each by its own tariff, agreements where they are cheaper, taxes, shares.

itinerary -> runs of one operator -> each operator's price -> caps and agreements -> groups -> VAT rows -> shares
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from tariffs import grouping, strokes
from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.companions import with_company
from tariffs.conversion import in_one_currency
from tariffs.cover import Covering, cheapest_cover, covering
from tariffs.excluded import Excluded, steps_of
from tariffs.fares.feed import Feed
from tariffs.groups import Group
from tariffs.journey import Ride
from tariffs.memo import Memo, remembered
from tariffs.money import Money
from tariffs.own_price import Journey, own_prices, price_as
from tariffs.parts import Bought, OfferedFare, Part, Unpriced
from tariffs.party import Passenger
from tariffs.passes import HeldPass
from tariffs.result import JourneyPrice, PassengerPrice, shares_of
from tariffs.runs import runs_of, stretches
from tariffs.taxes import TaxRow, UnknownTax, split

Singles = tuple[Part, ...]


def price_journey(
    book: TariffBook,
    rides: Sequence[Ride],
    passengers: Sequence[Passenger],
    *,
    channel: str | None = None,
    at: datetime | None = None,
    offers: Sequence[OfferedFare] = (),
    currency: str | None = None,
    excluded: Sequence[Excluded] = (),
    memo: Memo | None = None,
) -> JourneyPrice:
    """Price rides for a party by the book's version. Pure: equal arguments give equal prices.

    `at` is the moment of pricing (aware): operators' own `offers` must live then, and currencies convert at
    the last rate published before it; without it nothing is converted. `currency` states the price in that
    currency, as the rest of a ticket that was sold in it; otherwise it is the one that all rides are sold in, or
    the region's. `excluded` are rides of the way that are not sold, and not among `rides`. A currency for which the region publishes no rates at all is not sold: nobody could settle it.
    A search that prices many ways of the same rides gives the same `memo` to each; no price depends on it.
    """
    gaps = frozenset(one.before for one in excluded)
    journey = Journey(
        book=book,
        rides=rides,
        runs=runs_of(book, rides, gaps),
        at=at,
        offers=offers,
        currency=currency,
        gaps=gaps,
        memo=Memo() if memo is None else memo,
    )
    payer = _Payer(journey, channel, covering(book, journey.runs, journey.breaks, journey.memo))
    passengers = _share_carnets(payer, passengers)
    party = with_company(book.companions, passengers)
    ways = {passenger: _singles(journey, passenger) for passenger in set(map(_nobody, party))}
    parts = _pay(payer, party, [ways[_nobody(passenger)] for passenger in party])
    priced = _named_first(_priced_party(journey, passengers, parts), excluded)
    total, reason = _total(book, priced)
    return JourneyPrice(
        total=total,
        reason=reason,
        passengers=priced,
        tariff_version=book.version,
        expires_at=None if total is None else _first_expiry(parts),
        excluded=() if total is None else tuple(excluded),
    )


def _nobody(passenger: Passenger) -> Passenger:
    """A passenger without a name: those who are alike pay alike."""
    return replace(passenger, ref="")


def _total(book: TariffBook, priced: Sequence[PassengerPrice]) -> tuple[Money | None, str | None]:
    """The sum of a party's prices, or why there is none."""
    reason = next((found.reason for found in priced if found.reason), None)
    totals = [found.total for found in priced if found.total]
    if reason or not totals:
        return None, reason or "unknown_fare"
    currency = totals[0].currency
    if any(total.currency != currency for total in totals):
        return None, "mixed_currencies"
    if not book.settles(currency):
        return None, "currency_without_rates"
    return Money(sum(total.minor for total in totals), currency), None


def _first_expiry(parts: Sequence[Singles | Unpriced]) -> datetime | None:
    """Return the first end of the operators' own offers in a price."""
    priced = [one for one in parts if not isinstance(one, Unpriced)]
    chosen = [part for one in priced for part in one]
    return min((part.expires_at for part in chosen if part.expires_at), default=None)


def _share_carnets(payer: "_Payer", party: Sequence[Passenger]) -> Sequence[Passenger]:
    """Say whose rides the carnets of a party pay for; without such carnets the party as it is."""
    carnets = strokes.shared_carnets(party)
    if not carnets:
        return party
    known: dict[Passenger, Mapping[strokes.Strokes, int]] = {}

    def costs_of(passenger: Passenger) -> Mapping[strokes.Strokes, int]:
        nobody = _nobody(passenger)
        if nobody not in known:
            known[nobody] = payer.costs_by_strokes(nobody, carnets)
        return known[nobody]

    return strokes.give_out(party, carnets, costs_of)


def _singles(journey: Journey, passenger: Passenger) -> list[Singles] | Unpriced:
    """The ways to pay each run by itself, each way in one currency."""
    ways = own_prices(journey, passenger)
    if isinstance(ways, Unpriced):
        return ways
    converted = [in_one_currency(journey.book, journey.at, way, journey.currency) for way in ways]
    known = [way for way in converted if not isinstance(way, Unpriced)]
    return known or next(way for way in converted if isinstance(way, Unpriced))


def has_rider(feed: Feed, rider: str) -> bool:
    """Tell whether a tariff sells anything to a rider category, by name or to any rider."""
    return any(row.rider in {None, rider} for row in feed.prices())


def _pay(
    payer: "_Payer", party: Sequence[Passenger], singles: Sequence[list[Singles] | Unpriced]
) -> list[Singles | Unpriced]:
    """Choose the payment of each passenger, groups formed where that is cheaper for the party."""
    journey = payer.journey
    by_themselves: dict[Passenger, Singles | Unpriced] = {}
    for passenger, own in zip(party, singles, strict=True):
        nobody = _nobody(passenger)
        if nobody not in by_themselves:
            by_themselves[nobody] = own if isinstance(own, Unpriced) else payer.pay(nobody, own)
    alone = [by_themselves[_nobody(passenger)] for passenger in party]
    known = [own for own in singles if not isinstance(own, Unpriced)]
    currencies = {ways[0][0].currency for ways in known}
    if not journey.book.groups or len(known) < len(party) or len(currencies) != 1:
        return alone
    offered = grouping.tickets(journey.book.groups, journey.runs, payer.price_in(currencies.pop()))
    ways = {_nobody(passenger): own for passenger, own in zip(party, known, strict=True)}

    def rest(passenger: Passenger, paid: grouping.Runs) -> int:
        nothing = {run: replace(ways[passenger][0][run], cost=0, tap=None) for run in paid}
        return sum(part.cost for part in payer.pay(passenger, ways[passenger], nothing))

    chosen = grouping.form(offered, party, rest)
    pinned = grouping.shared(chosen, {at: ways[0] for at, ways in enumerate(known)})
    return [
        payer.pay(party[at], known[at], pinned[at]) if at in pinned else own for at, own in enumerate(alone)
    ]


@dataclass(frozen=True, slots=True)
class _Payer:
    """Finds how one passenger pays for a journey."""

    journey: Journey
    channel: str | None
    agreed: Covering

    def pay(
        self, passenger: Passenger, ways: Sequence[Singles], pinned: Mapping[int, Part] | None = None
    ) -> Singles:
        """The cheapest cover over all uses of what is held; of equal ones that with the fewest uses."""
        pinned = pinned or {}
        fixed = [_with_pinned(way, pinned) for way in ways]
        covers = [
            cheapest_cover(
                self.journey.book,
                self.journey.runs,
                parts,
                passenger,
                agreed=self.agreed,
                channel=self.channel,
                currency=parts[0].currency,
                pinned=frozenset(pinned),
            )
            for parts in fixed
        ]
        return covers[0] if len(covers) == 1 else min(covers, key=_cost_and_uses)

    def costs_by_strokes(
        self, passenger: Passenger, carnets: Sequence[HeldPass]
    ) -> dict[strokes.Strokes, int]:
        """Price a passenger for each number of uses of some carnets; empty where there is no price."""
        ways = _singles(self.journey, passenger)
        found: dict[strokes.Strokes, int] = {}
        for way in () if isinstance(ways, Unpriced) else ways:
            parts = self.pay(passenger, [way])
            taken, cost = strokes.strokes_of(parts, carnets), sum(part.cost for part in parts)
            found[taken] = min(cost, found.get(taken, cost))
        return found

    def price_in(self, currency: str) -> Callable[[Run, Group], Part | None]:
        """Price a group product on a run, where it is sold in the party's currency."""

        def price_of(run: Run, group: Group) -> Part | None:
            found = price_as(self.journey, run, group.rider)
            return found if isinstance(found, Part) and found.currency == currency else None

        return price_of


def _with_pinned(way: Singles, pinned: Mapping[int, Part]) -> Singles:
    return tuple(pinned.get(run, part) for run, part in enumerate(way))


def _cost_and_uses(parts: Singles) -> tuple[int, int]:
    return sum(part.cost for part in parts), sum(len(part.uses) for part in parts)


def _priced_party(
    journey: Journey, party: Sequence[Passenger], parts: Sequence[Singles | Unpriced]
) -> tuple[PassengerPrice, ...]:
    """Price each passenger; those who are alike but for their name, and pay alike, once."""
    known: dict[tuple[Passenger, int], PassengerPrice] = {}
    priced = []
    for passenger, chosen in zip(party, parts, strict=True):
        alike = _nobody(passenger), id(chosen)
        if alike not in known:
            known[alike] = _priced(journey, passenger, chosen)
        priced.append(replace(known[alike], passenger=passenger))
    return tuple(priced)


def _priced(journey: Journey, passenger: Passenger, parts: Singles | Unpriced) -> PassengerPrice:
    if isinstance(parts, Unpriced):
        return PassengerPrice(
            passenger=passenger,
            total=None,
            reason=parts.reason,
            derivation=parts.derivation,
            unpriced_operator=parts.operator,
            unpriced_rule=parts.rule,
        )
    bought = tuple(item for part in parts for item in part.bought)
    try:
        taxes = _taxes(journey, bought)
    except UnknownTax:
        return PassengerPrice(passenger=passenger, total=None, reason="unknown_tax")
    return PassengerPrice(
        passenger=passenger,
        total=Money(sum(part.cost for part in parts), parts[0].currency),
        reason=None,
        bought=bought,
        shares=shares_of(journey.book, parts, taxes),
        taxes=taxes,
        derivation=tuple(_numbered(parts)),
        taps=tuple(part.tap for part in parts if part.tap and _is_capped(part.tap, journey.book)),
    )


def _is_capped(tap: Tap, book: TariffBook) -> bool:
    return any(cap.covers(tap) for cap in book.caps)


def _taxes(journey: Journey, bought: Sequence[Bought]) -> tuple[TaxRow, ...]:
    """The tax rows of what is bought; raises UnknownTax."""
    book, memo = journey.book, journey.memo
    by_leg = [
        remembered(
            memo.stretches,
            (ride.operator, ride.mode, ride.departure.date(), ride.distance_m),
            partial(stretches, ride),
        )
        for ride in journey.rides
    ]
    items = tuple(
        (item.price.minor, tuple(chain.from_iterable(map(by_leg.__getitem__, item.legs)))) for item in bought
    )
    return remembered(memo.taxes, (book.version, items), lambda: tuple(split(items, book.taxes)))


def _named_first(
    priced: tuple[PassengerPrice, ...], excluded: Sequence[Excluded]
) -> tuple[PassengerPrice, ...]:
    """Say first which rides a price is without."""
    if not excluded:
        return priced
    return tuple(_excluded_first(one, excluded) for one in priced)


def _excluded_first(price: PassengerPrice, excluded: Sequence[Excluded]) -> PassengerPrice:
    if not price.total:
        return price
    steps = (*steps_of(excluded, price.total.currency), *price.derivation)
    return replace(price, derivation=tuple({**step, "step": number} for number, step in enumerate(steps, 1)))


def _numbered(parts: Sequence[Part]) -> Iterator[dict[str, Any]]:
    for number, step in enumerate((step for part in parts for step in part.derivation), 1):
        yield {**step, "step": number}
