"""Price a journey over several operators: each by its own tariff, agreements where they are cheaper, taxes, shares.

itinerary -> runs of one operator -> each operator's price -> agreements (if cheaper) -> VAT rows -> shares
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tariffs.agreements import FILE, Agreement, Run, Terms
from tariffs.agreements.shares import Claim, share
from tariffs.book import TariffBook
from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import FarePrice, price
from tariffs.journey import Ride
from tariffs.money import Money, half_up
from tariffs.taxes import Stretch, TaxRow, UnknownTax, split

_BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Passenger:
    """One traveller: `ref` is the buyer's word for them, `rider` the scheme's rider category."""

    ref: str
    rider: str


@dataclass(frozen=True, slots=True)
class Bought:
    """One thing that is bought: a product of an operator, or an agreement over several."""

    seller: str
    fare_product_id: str
    rider_category_id: str | None
    fare_media_id: str | None
    price: Money
    legs: tuple[int, ...]
    because: str


@dataclass(frozen=True, slots=True)
class OperatorShare:
    """What one operator gets of the price: gross = vat + fee + net, in minor units."""

    operator: str
    gross: int
    vat: int
    fee: int
    rule: str

    @property
    def net(self) -> int:
        """What the scheme owes the operator."""
        return self.gross - self.vat - self.fee


@dataclass(frozen=True, slots=True)
class PassengerPrice:
    """The price of the whole way for one passenger; None comes with its reason."""

    passenger: Passenger
    total: Money | None
    reason: str | None
    bought: tuple[Bought, ...] = ()
    shares: tuple[OperatorShare, ...] = ()
    taxes: tuple[TaxRow, ...] = ()
    derivation: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class JourneyPrice:
    """The price for a party: the sum of its passengers, None as soon as one cannot be told."""

    total: Money | None
    reason: str | None
    passengers: tuple[PassengerPrice, ...]
    tariff_version: str


@dataclass(frozen=True, slots=True)
class _Part:
    """A way to pay for some runs: by one operator's tariff, or by an agreement."""

    cost: int
    bought: tuple[Bought, ...]
    gross: tuple[tuple[str, int], ...]
    rule: str
    derivation: tuple[dict[str, Any], ...]


def price_journey(
    book: TariffBook, rides: Sequence[Ride], passengers: Sequence[Passenger], *, channel: str | None = None
) -> JourneyPrice:
    """Price rides for a party by the book's version. Pure: equal arguments give equal prices."""
    priced = tuple(_price_passenger(book, rides, passenger, channel) for passenger in passengers)
    reason = next((found.reason for found in priced if found.reason), None)
    totals = [found.total for found in priced if found.total]
    if reason or not totals:
        return JourneyPrice(None, reason or "unknown_fare", priced, book.version)
    if len({total.currency for total in totals}) > 1:
        return JourneyPrice(None, "mixed_currencies", priced, book.version)
    total = Money(sum(total.minor for total in totals), totals[0].currency)
    return JourneyPrice(total, None, priced, book.version)


def fare_leg(feed: Feed, ride: Ride) -> FareLeg:
    """A ride as its operator's tariff sees it."""
    return FareLeg(
        network=feed.route_networks.get(ride.route_id),
        from_areas=feed.areas_of(ride.from_stop_id),
        to_areas=feed.areas_of(ride.to_stop_id),
        areas=frozenset().union(*(feed.areas_of(stop) for stop in ride.calls)),
        departure=ride.departure,
        arrival=ride.arrival,
        from_stop=ride.from_stop_id,
        to_stop=ride.to_stop_id,
    )


def _price_passenger(
    book: TariffBook, rides: Sequence[Ride], passenger: Passenger, channel: str | None
) -> PassengerPrice:
    runs = _runs(book, rides)
    singles: list[_Part] = []
    currencies: set[str] = set()
    for run in runs:
        found = _price_run(book, rides, run, passenger.rider)
        if found is None or found.total is None:
            reason = found.reason if found else "unknown_fare"
            steps = found.derivation if found else ()
            return PassengerPrice(passenger, None, reason, derivation=steps)
        currencies.add(found.total.currency)
        singles.append(_single(run, found))
    if len(currencies) != 1:
        return PassengerPrice(passenger, None, "mixed_currencies")
    currency = currencies.pop()
    parts = _cheapest_cover(book, runs, singles, passenger.rider, channel=channel, currency=currency)
    bought = tuple(item for part in parts for item in part.bought)
    try:
        taxes = split([(item.price.minor, _stretches(rides, item.legs)) for item in bought], book.taxes)
    except UnknownTax:
        return PassengerPrice(passenger, None, "unknown_tax")
    return PassengerPrice(
        passenger=passenger,
        total=Money(sum(part.cost for part in parts), currency),
        reason=None,
        bought=bought,
        shares=_shares(book, parts, taxes),
        taxes=tuple(taxes),
        derivation=_numbered(parts),
    )


def _runs(book: TariffBook, rides: Sequence[Ride]) -> list[Run]:
    """Group consecutive rides of one operator: its own joins and transfers apply inside."""
    groups: list[list[int]] = []
    for index, ride in enumerate(rides):
        if groups and rides[groups[-1][-1]].operator == ride.operator:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [_run(book, rides, group) for group in groups]


def _run(book: TariffBook, rides: Sequence[Ride], group: list[int]) -> Run:
    first, last = rides[group[0]], rides[group[-1]]
    feed = book.feeds[first.operator]
    return Run(
        operator=first.operator,
        legs=tuple(group),
        networks=frozenset(feed.route_networks.get(rides[index].route_id) for index in group),
        from_areas=feed.areas_of(first.from_stop_id),
        to_areas=feed.areas_of(last.to_stop_id),
        modes=frozenset(rides[index].mode for index in group),
        ends=(first.from_stop_id, last.to_stop_id),
        metres=sum(metres for index in group for _, metres in rides[index].distance_m),
        departure_seconds=int(first.departure.timestamp()),
        arrival_seconds=int(last.arrival.timestamp()),
        first_day=first.departure.date(),
        last_day=last.arrival.date(),
    )


def _price_run(book: TariffBook, rides: Sequence[Ride], run: Run, rider: str) -> FarePrice | None:
    own_rider = book.riders.get(rider, {}).get(run.operator)
    if own_rider is None:
        return None  # the operator does not know this rider: no other category stands in
    feed = book.feeds[run.operator]
    legs = [fare_leg(feed, rides[index]) for index in run.legs]
    return price(feed, legs, own_rider, book.media.get(run.operator))


def _single(run: Run, found: FarePrice) -> _Part:
    """An operator's own price, with its legs numbered in the whole journey."""
    cost = found.total.minor if found.total else 0
    bought = tuple(
        Bought(
            run.operator, item.product, item.rider, item.medium, item.price,
            tuple(run.legs[leg] for leg in item.legs), item.because,
        )
        for item in found.items
    )  # fmt: skip
    clamp = cost - sum(item.price.minor for item in bought)
    if clamp and found.total:
        because = "a chain of transfers below zero counts as zero"
        bought += (
            Bought(run.operator, "clamp", None, None, Money(clamp, found.total.currency), run.legs, because),
        )
    steps = tuple({**step, "legs": [run.legs[leg] for leg in step["legs"]]} for step in found.derivation)
    return _Part(cost, bought, ((run.operator, cost),), "own fare", steps)


def _cheapest_cover(
    book: TariffBook,
    runs: Sequence[Run],
    singles: Sequence[_Part],
    rider: str,
    *,
    channel: str | None,
    currency: str,
) -> list[_Part]:
    """Choose between singles and agreements over disjoint stretches of runs: the exact minimum.

    A dearer agreement is never applied unless it is compulsory. Ties: fewer tickets, then agreement ids.
    """
    best: list[list[_Part]] = [[]]
    for end in range(1, len(runs) + 1):
        alone: list[list[_Part]] = [[*best[end - 1], singles[end - 1]]]
        choices: list[list[_Part]] = []
        for start in range(end):
            covered, apart = runs[start:end], singles[start:end]
            costs = [part.cost for part in apart]
            for agreement in book.agreements:
                if not agreement.covers(covered):
                    continue
                terms = agreement.terms(covered, costs, rider, channel, currency)
                if terms is None:
                    continue
                if agreement.compulsory:
                    alone = []  # its last run cannot be bought alone
                if agreement.compulsory or terms.cost < sum(costs):
                    choices.append([*best[start], _agreed(agreement, terms, covered, apart, currency)])
        best.append(min([*choices, *alone], key=_rank))
    return best[-1]


def _rank(parts: Sequence[_Part]) -> tuple[int, int, tuple[str, ...]]:
    items = [item for part in parts for item in part.bought]
    return (sum(part.cost for part in parts), len(items), tuple(item.fare_product_id for item in items))


def _agreed(
    agreement: Agreement, terms: Terms, runs: Sequence[Run], apart: Sequence[_Part], currency: str
) -> _Part:
    """An agreement's price: what is an operator's own stays with it, the rest follows the agreed steps."""
    agreed, before = Money(terms.cost, currency), Money(sum(part.cost for part in apart), currency)
    claims = [Claim(run.operator, part.cost, run.metres) for run, part in zip(runs, apart, strict=True)]
    claims += [
        Claim(party, 0, 0) for party in agreement.parties if party not in {run.operator for run in runs}
    ]
    gross = dict(terms.own)
    rest = terms.cost - sum(terms.own.values())
    if rest:
        for operator, amount in share(rest, _sharing(agreement, claims), agreement.steps).items():
            gross[operator] = gross.get(operator, 0) + amount
    legs = tuple(leg for run in runs for leg in run.legs)
    step = {
        "step": 0,
        "legs": list(legs),
        "rule": {"file": FILE, "row": agreement.row, "id": agreement.name},
        "product": agreement.id,
        "amount": agreed.text,
        "currency": currency,
        "before": before.text,
        "after": agreed.text,
        "reason": "agreement",
        "alternatives": [{"product": "singles", "amount": before.text, "why_not": _why_not(agreement)}],
    }
    because = f"agreement {agreement.name}: {agreed} instead of {before} bought apart"
    one = (Bought(agreement.id, agreement.id, None, None, agreed, legs, because),)
    unchanged = agreement.kind == "revenue_share"
    return _Part(
        cost=terms.cost,
        bought=tuple(item for part in apart for item in part.bought) if unchanged else one,
        gross=tuple(
            sorted(
                (operator, amount) for operator, amount in gross.items() if amount or operator in terms.own
            )
        ),
        rule=f"agreement {agreement.name}, {', '.join(step.method for step in agreement.steps)}",
        derivation=(*(step for part in apart for step in part.derivation), step),
    )


def _sharing(agreement: Agreement, claims: Sequence[Claim]) -> list[Claim]:
    """Who takes part in the split: the added operators of an add-on, everybody otherwise."""
    added = {element.operator for element in agreement.pattern if element.add_on}
    return [claim for claim in claims if not added or claim.operator in added]


def _why_not(agreement: Agreement) -> str:
    return "the agreement is compulsory" if agreement.compulsory else "dearer"


def _shares(book: TariffBook, parts: Sequence[_Part], taxes: Sequence[TaxRow]) -> tuple[OperatorShare, ...]:
    """Each operator's gross by the rules above, less the VAT of its stretches and the scheme's fee."""
    gross: dict[str, int] = {}
    rules: dict[str, list[str]] = {}
    for part in parts:
        for operator, amount in part.gross:
            gross[operator] = gross.get(operator, 0) + amount
            if part.rule not in rules.setdefault(operator, []):
                rules[operator].append(part.rule)
    vat: dict[str, int] = {}
    for row in taxes:
        for operator, amount in row.vat_by_operator:
            vat[operator] = vat.get(operator, 0) + amount
    return tuple(
        OperatorShare(
            operator,
            amount,
            vat.get(operator, 0),
            half_up(Fraction(amount * book.fee_basis_points, _BASIS)),
            "; ".join(rules[operator]),
        )
        for operator, amount in sorted(gross.items())
    )


def _stretches(rides: Sequence[Ride], legs: Sequence[int]) -> tuple[Stretch, ...]:
    """The parts of rides by Member State; a ride that touches more than one is international."""
    return tuple(
        Stretch(
            ride.operator,
            state,
            ride.mode,
            "international" if len(ride.distance_m) > 1 else "domestic",
            metres,
            ride.departure.date(),
        )
        for ride in (rides[leg] for leg in legs)
        for state, metres in ride.distance_m
    )


def _numbered(parts: Sequence[_Part]) -> tuple[dict[str, Any], ...]:
    steps = [step for part in parts for step in part.derivation]
    return tuple({**step, "step": number} for number, step in enumerate(steps, 1))


def has_rider(feed: Feed, rider: str) -> bool:
    """Whether a tariff sells anything to a rider category, by name or to any rider."""
    return any(row.rider in {None, rider} for rows in feed.products.values() for row in rows)
