"""What one operator asks for its part of a journey: its tariff, its own offer, an entitlement, or a pass that is held."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby, islice, product

from tariffs import eligibility, passes
from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.companions import FILE, Rule, told
from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import FarePrice, price
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.parts import Bought, OfferedFare, Part, Unpriced, step
from tariffs.party import Passenger
from tariffs.passes import CoverableRide, HeldPass, Use

# A passenger with carnets for everything may use them in very many ways; the first so many are compared.
_MOST_WAYS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What is to be priced: rides in order, as runs of one operator each, at a moment, with operators' own offers.

    `currency` is the one in which the price is wanted, None where it follows from the rides. Before each ride of `gaps`
    one goes that is not sold.
    """

    book: TariffBook
    rides: Sequence[Ride]
    runs: Sequence[Run]
    at: datetime | None
    offers: Sequence[OfferedFare]
    currency: str | None = None
    gaps: frozenset[int] = frozenset()

    @property
    def breaks(self) -> frozenset[int]:
        """The runs before which a ride goes that is not sold."""
        return frozenset(at for at, run in enumerate(self.runs) if run.legs[0] in self.gaps)


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


def own_prices(journey: Journey, passenger: Passenger) -> list[tuple[Part, ...]] | Unpriced:
    """The ways to pay each run by itself, one for each use of what the passenger holds; each is the cheapest of its kind.

    Without carnets and return tickets there is one. Unpriced as soon as a run cannot be told.
    """
    by_run: list[list[Part]] = []
    for run in journey.runs:
        ways = _ways_to_use(journey, run, passenger)
        if isinstance(ways, Unpriced):
            return replace(ways, operator=run.operator)
        by_run.append(
            [replace(part, tap=_tap(journey, run, passenger, part)) if part.cost else part for part in ways]
        )
    chosen = islice(product(*by_run), _MOST_WAYS)
    return [
        parts
        for parts in chosen
        if passes.has_left([use for part in parts for use in part.uses], passenger.passes)
    ]


def price_as(journey: Journey, run: Run, own_rider: str) -> Part | Unpriced:
    """The price of a run for one of the operator's own rider categories."""
    feed = journey.book.feed_on(run.operator, run.first_day)
    legs = [fare_leg(feed, journey.rides[index]) for index in run.legs]
    found = price(feed, legs, own_rider, journey.book.media.get(run.operator))
    if found.total is None:
        return Unpriced(found.reason or "unknown_fare", found.derivation)
    return _by_tariff(run, found, found.total)


def _ways_to_use(journey: Journey, run: Run, passenger: Passenger) -> list[Part] | Unpriced:
    """The cheapest way for each choice of uses, the one that uses nothing first; a use must lower the price."""
    lonely = _lonely(journey, run, passenger)
    if lonely is not None:
        return lonely
    unused = _cheapest(journey, run, passenger)
    brought = [held for held in passenger.passes if held.serves(passenger.rider)]
    if not brought:
        return unused if isinstance(unused, Unpriced) else [unused]
    rides = [_coverable(journey, journey.rides[index]) for index in run.legs]
    found: dict[tuple[Use, ...], Part] = {} if isinstance(unused, Unpriced) else {(): unused}
    for covered in islice(product(*(passes.options(ride, brought) for ride in rides)), _MOST_WAYS):
        uses = passes.uses_of(rides, covered)
        if not any(covered) or not passes.has_left(uses, brought):
            continue
        part = _with_passes(journey, run, passenger, covered)
        key = tuple(sorted(uses, key=str))
        if isinstance(part, Part) and (key not in found or part.cost < found[key].cost):
            found[key] = replace(part, uses=uses)
    if not found:
        return unused if isinstance(unused, Unpriced) else [unused]
    return list(found.values())


def _lonely(journey: Journey, run: Run, passenger: Passenger) -> Unpriced | None:
    """The refusal of an operator that takes this passenger only in company, however the ride is paid; None where it takes them."""
    for rule in journey.book.companions:
        if not rule.required or not rule.holds(run.operator, run.first_day):
            continue
        if rule.rider == passenger.rider and rule.id not in passenger.company:
            return Unpriced("needs_company", rule=told(rule))
    return None


def _cheapest(journey: Journey, run: Run, passenger: Passenger) -> Part | Unpriced:
    """The cheapest of all ways without a pass; of equal ones the first."""
    ways = list(_ways(journey, run, passenger))
    priced = [way for way in ways if isinstance(way, Part)]
    if not priced:
        return next((way for way in ways if isinstance(way, Unpriced)), Unpriced("unknown_fare"))
    return min(priced, key=lambda part: part.cost)


def _ways(journey: Journey, run: Run, passenger: Passenger) -> Iterator[Part | Unpriced]:
    """By the operator's own offers, where it makes any; else by its tariff, as each rider they may travel as."""
    offered = [
        offer
        for offer in journey.offers
        if (offer.operator, offer.legs, offer.rider) == (run.operator, run.legs, passenger.rider)
    ]
    if offered:
        live = [offer for offer in offered if journey.at is not None and journey.at < offer.valid_until]
        yield from map(_by_offer, live)
        if not live:
            yield Unpriced("offer_expired")
        return
    # An operator that does not know a rider category: no other one stands in.
    own_rider = journey.book.riders.get(passenger.rider, {}).get(run.operator)
    ordinary = price_as(journey, run, own_rider) if own_rider is not None else Unpriced("unknown_fare")
    rules = [rule for rule in journey.book.companions if rule.holds(run.operator, run.first_day)]
    yield ordinary
    for rule in rules:
        if rule.priced_as is not None and rule.id in passenger.company:
            found = price_as(journey, run, rule.priced_as)
            if isinstance(found, Part):
                yield _by_company(found, ordinary, rule)
    rows = eligibility.entitled(journey.book.eligibility, run.operator, passenger.claims, run.first_day)
    for row, claim in rows:
        found = price_as(journey, run, row.rider)
        if isinstance(found, Part):
            yield _by_claim(found, ordinary, row, claim.proof)


def _by_tariff(run: Run, found: FarePrice, total: Money) -> Part:
    """A tariff's price, with its legs numbered in the whole journey."""
    bought = tuple(
        Bought(
            seller=run.operator,
            fare_product_id=item.product,
            rider_category_id=item.rider,
            fare_media_id=item.medium,
            price=item.price,
            legs=tuple(run.legs[leg] for leg in item.legs),
            because=item.because,
        )
        for item in found.items
    )
    clamp = total.minor - sum(item.price.minor for item in bought)
    if clamp:
        because = "a chain of transfers below zero counts as zero"
        bought += (
            Bought(
                seller=run.operator,
                fare_product_id="clamp",
                rider_category_id=None,
                fare_media_id=None,
                price=Money(clamp, total.currency),
                legs=run.legs,
                because=because,
            ),
        )
    steps = tuple({**step, "legs": [run.legs[leg] for leg in step["legs"]]} for step in found.derivation)
    gross = ((run.operator, total.minor),)
    return Part(
        cost=total.minor,
        currency=total.currency,
        bought=bought,
        gross=gross,
        rule="own fare",
        derivation=steps,
    )


def _by_offer(offer: OfferedFare) -> Part:
    because = f"the operator's own offer {offer.fare_class}, until {offer.valid_until:%Y-%m-%dT%H:%M:%S%z}"
    bought = Bought(
        seller=offer.operator,
        fare_product_id=offer.fare_class,
        rider_category_id=None,
        fare_media_id=None,
        price=offer.price,
        legs=offer.legs,
        because=because,
    )
    made = step(
        "offer",
        legs=offer.legs,
        rule=(None, 0, offer.id),
        product=offer.fare_class,
        amount=offer.price,
        before=None,
    )
    return Part(
        cost=offer.price.minor,
        currency=offer.price.currency,
        bought=(bought,),
        gross=((offer.operator, offer.price.minor),),
        rule="own offer",
        derivation=(made,),
        expires_at=offer.valid_until,
    )


def _by_claim(found: Part, ordinary: Part | Unpriced, row: eligibility.Eligibility, proof: str) -> Part:
    """An entitled price; where an authority pays for it, the operator gets its ordinary price."""
    because = f"entitled as {row.claim}, proven by {row.issuer}"
    bought = tuple(replace(item, because=f"{because}; {item.because}") for item in found.bought)
    legs = tuple(leg for item in found.bought for leg in item.legs)
    before = ordinary.cost if isinstance(ordinary, Part) and ordinary.currency == found.currency else None
    amount = Money(found.cost, found.currency)
    made = step(
        "eligibility",
        legs=legs,
        rule=(eligibility.FILE, row.line, row.claim),
        product=row.rider,
        amount=amount,
        before=None if before is None else Money(before, found.currency).text,
    )
    gross = found.gross
    if row.bearer and before is not None and before > found.cost:
        gross = ((row.operator, before), (row.bearer, found.cost - before))
    rule_text = f"own fare, {row.claim}"
    return replace(
        found,
        bought=bought,
        gross=gross,
        rule=rule_text,
        derivation=(*found.derivation, {**made, "proof": proof}),
    )


def _by_company(found: Part, ordinary: Part | Unpriced, rule: Rule) -> Part:
    """The price of somebody who travels beside another; the operator itself forgoes the difference."""
    because = f"travels beside {' or '.join(rule.beside)}, {rule.id}"
    legs = tuple(leg for item in found.bought for leg in item.legs)
    before = ordinary.cost if isinstance(ordinary, Part) and ordinary.currency == found.currency else None
    made = step(
        "company",
        legs=legs,
        rule=(FILE, rule.line, rule.id),
        product=rule.priced_as,
        amount=Money(found.cost, found.currency),
        before=None if before is None else Money(before, found.currency).text,
    )
    return replace(
        found,
        bought=tuple(replace(item, because=f"{because}; {item.because}") for item in found.bought),
        rule=f"own fare, {rule.id}",
        derivation=(*found.derivation, made),
    )


def _coverable(journey: Journey, ride: Ride) -> CoverableRide:
    leg = fare_leg(journey.book.feed_on(ride.operator, ride.departure.date()), ride)
    return CoverableRide(
        operator=ride.operator,
        network=leg.network,
        from_areas=leg.from_areas,
        to_areas=leg.to_areas,
        areas=leg.areas,
        departure=ride.departure,
    )


def _with_passes(
    journey: Journey, run: Run, passenger: Passenger, covered: Sequence[HeldPass | None]
) -> Part | Unpriced:
    """Rides of a run that a pass covers cost nothing; the others are priced without them."""
    made: list[Part] = []
    for held, group in groupby(zip(run.legs, covered, strict=True), key=lambda pair: pair[1]):
        legs = tuple(index for index, _ in group)
        if held is not None:
            made.append(_by_pass(journey, run, held, legs))
            continue
        found = _cheapest(journey, _narrowed(journey, run, legs), passenger)
        if isinstance(found, Unpriced):
            return found
        made.append(found)
    currencies = {part.currency for part in made if part.cost}
    if len(currencies) > 1:
        return Unpriced("mixed_currencies")
    currency = currencies.pop() if currencies else made[0].currency
    return Part(
        cost=sum(part.cost for part in made),
        currency=currency,
        bought=tuple(item for part in made for item in part.bought),
        gross=tuple(pair for part in made for pair in part.gross),
        rule="; ".join(dict.fromkeys(part.rule for part in made)),
        derivation=tuple(step for part in made for step in part.derivation),
    )


def _by_pass(journey: Journey, run: Run, held: HeldPass, legs: tuple[int, ...]) -> Part:
    nothing = Money(0, journey.book.currency)
    because = f"covered by {held.product}, valid until {held.valid_until:%Y-%m-%dT%H:%M:%SZ}"
    bought = Bought(
        seller=run.operator,
        fare_product_id=held.product,
        rider_category_id=None,
        fare_media_id=None,
        price=nothing,
        legs=legs,
        because=because,
        held_ticket=held.ticket,
    )
    made = step(
        "pass",
        legs=legs,
        rule=(passes.FILE, 0, held.ticket),
        product=held.product,
        amount=nothing,
        before=None,
    )
    return Part(
        cost=0,
        currency=nothing.currency,
        bought=(bought,),
        gross=((run.operator, 0),),
        rule=f"pass {held.product}",
        derivation=(made,),
    )


def _narrowed(journey: Journey, run: Run, legs: tuple[int, ...]) -> Run:
    return replace(run, legs=legs, first_day=journey.rides[legs[0]].departure.date())


def _tap(journey: Journey, run: Run, passenger: Passenger, part: Part) -> Tap:
    """The run as one ride that caps count; a run over several networks belongs to none of them."""
    network = next(iter(run.networks)) if len(run.networks) == 1 else None
    return Tap(
        id=f"leg {run.legs[0]}",
        at=journey.rides[run.legs[0]].departure,
        price=Money(part.cost, part.currency),
        network=network or "",
        rider=passenger.rider,
        medium=journey.book.media.get(run.operator) or "",
        operator=run.operator,
    )
