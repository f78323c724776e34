"""Price one operator's part of a journey: its tariff, its own offer, an entitlement, or a pass that is held."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby, islice, product

from tariffs import eligibility, passes
from tariffs.agreements import Run
from tariffs.book import TariffBook
from tariffs.caps import Tap
from tariffs.companions import told
from tariffs.fares.feed import Feed
from tariffs.fares.legs import FareLeg
from tariffs.fares.price import price
from tariffs.journey import Ride
from tariffs.memo import Memo, remembered
from tariffs.money import Money
from tariffs.own_parts import by_claim, by_company, by_offer, by_pass, by_tariff, one_after_the_other
from tariffs.parts import OfferedFare, Part, Unpriced
from tariffs.party import Passenger
from tariffs.passes import CoverableRide, HeldPass, Use

# A passenger with carnets for everything may use them in very many ways; the first so many are compared.
_MOST_WAYS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The journey to price: rides in order, as runs of one operator each, at a moment, with operators' own offers.

    `currency` is the one in which the price is wanted, None where it follows from the rides. Before each ride of `gaps`
    one goes that is not sold. `memo` keeps what other journeys of the same search may share.
    """

    book: TariffBook
    rides: Sequence[Ride]
    runs: Sequence[Run]
    at: datetime | None
    offers: Sequence[OfferedFare]
    currency: str | None = None
    gaps: frozenset[int] = frozenset()
    memo: Memo = field(default_factory=Memo)

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
        route=ride.route_id,
        calls=ride.calls,
    )


def own_prices(journey: Journey, passenger: Passenger) -> list[tuple[Part, ...]] | Unpriced:
    """The ways to pay each run by itself, one for each use of what the passenger holds; each is the cheapest of its kind.

    Without carnets and return tickets there is one. Unpriced as soon as a run cannot be told.
    """
    by_run: list[list[Part]] = []
    for run in journey.runs:
        ways = _ways_of(journey, run, passenger)
        if isinstance(ways, Unpriced):
            return ways
        by_run.append(ways)
    chosen = islice(product(*by_run), _MOST_WAYS)
    return [parts for parts in chosen if passes.has_left(_uses_of(parts), passenger.passes)]


def _uses_of(parts: Iterable[Part]) -> list[Use]:
    return [use for part in parts for use in part.uses]


def _ways_of(journey: Journey, run: Run, passenger: Passenger) -> list[Part] | Unpriced:
    """The ways to pay one run; found once for runs that are alike, but for those with an operator's own offers."""
    if journey.offers:
        return _tapped(journey, run, passenger)
    return remembered(
        journey.memo.runs, _alike(journey, run, passenger), lambda: _tapped(journey, run, passenger)
    )


def _alike(journey: Journey, run: Run, passenger: Passenger) -> Hashable:
    """Compose the key of a run's price, so that equal keys mean equal prices; without offers.

    The hour is left out of a single ride where nothing asks for it.
    """
    book = journey.book
    rides = [journey.rides[leg] for leg in run.legs]
    timed = bool(
        len(rides) > 1
        or book.caps
        or passenger.passes
        or book.feed_on(run.operator, run.first_day).timeframes
    )
    return (
        book.version,
        run.operator,
        run.legs,
        run.first_day,
        passenger,
        *((ride.route_id, ride.from_stop_id, ride.to_stop_id, ride.calls) for ride in rides),
        *(moment for ride in (rides if timed else ()) for moment in _moments(ride)),
    )


def _moments(ride: Ride) -> Iterator[object]:
    """The times of a ride as a tariff reads them: one instant has another hour in another time zone."""
    for moment in (ride.departure, ride.arrival):
        yield moment
        yield moment.utcoffset()


def _tapped(journey: Journey, run: Run, passenger: Passenger) -> list[Part] | Unpriced:
    """The ways to pay one run, with what caps count of each."""
    ways = _ways_to_use(journey, run, passenger)
    if isinstance(ways, Unpriced):
        return replace(ways, operator=run.operator)
    if not journey.book.caps:
        return ways
    return [replace(part, tap=_tap(journey, run, passenger, part)) if part.cost else part for part in ways]


def price_as(journey: Journey, run: Run, own_rider: str) -> Part | Unpriced:
    """The price of a run for one of the operator's own rider categories."""
    feed = journey.book.feed_on(run.operator, run.first_day)
    legs = [fare_leg(feed, journey.rides[index]) for index in run.legs]
    found = price(feed, legs, own_rider, journey.book.media.get(run.operator))
    if found.total is None:
        return Unpriced(found.reason or "unknown_fare", found.derivation)
    return by_tariff(run, found, found.total)


def _ways_to_use(journey: Journey, run: Run, passenger: Passenger) -> list[Part] | Unpriced:
    """The cheapest way for each choice of uses, the one that uses nothing first; a use must lower the price."""
    lonely = _lonely(journey, run, passenger)
    if lonely is not None:
        return lonely
    unused = _cheapest(journey, run, passenger)
    brought = [held for held in passenger.passes if held.serves(passenger.rider)]
    ways: dict[tuple[Use, ...], Part] = {} if isinstance(unused, Unpriced) else {(): unused}
    if brought:
        _use(journey, run, passenger, brought, ways)
    if ways:
        return list(ways.values())
    return unused if isinstance(unused, Unpriced) else [unused]


def _use(
    journey: Journey,
    run: Run,
    passenger: Passenger,
    brought: Sequence[HeldPass],
    ways: dict[tuple[Use, ...], Part],
) -> None:
    """Add the cheapest way for each choice of uses of what is brought; a pass that counts none may lower the one without."""
    rides = [_coverable(journey, journey.rides[index]) for index in run.legs]
    for covered in islice(product(*(passes.options(ride, brought) for ride in rides)), _MOST_WAYS):
        uses = passes.uses_of(rides, covered)
        if not any(covered) or not passes.has_left(uses, brought):
            continue
        part = _with_passes(journey, run, passenger, covered)
        key = tuple(sorted(uses, key=str))
        if isinstance(part, Part) and (key not in ways or part.cost < ways[key].cost):
            ways[key] = replace(part, uses=uses)


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
        yield from map(by_offer, live)
        if not live:
            yield Unpriced("offer_expired")
        return
    # An operator that does not know a rider category: no other one stands in.
    own_rider = journey.book.riders.get(passenger.rider, {}).get(run.operator)
    ordinary = price_as(journey, run, own_rider) if own_rider is not None else Unpriced("unknown_fare")
    yield ordinary
    yield from _in_company(journey, run, passenger, ordinary)
    yield from _entitled(journey, run, passenger, ordinary)


def _in_company(
    journey: Journey, run: Run, passenger: Passenger, ordinary: Part | Unpriced
) -> Iterator[Part]:
    """List the categories of somebody who travels beside another, by each rule that allows it."""
    for rule in journey.book.companions:
        if rule.priced_as is None or rule.id not in passenger.company:
            continue
        if rule.holds(run.operator, run.first_day):
            found = price_as(journey, run, rule.priced_as)
            if isinstance(found, Part):
                yield by_company(found, ordinary, rule)


def _entitled(journey: Journey, run: Run, passenger: Passenger, ordinary: Part | Unpriced) -> Iterator[Part]:
    """List the categories that each proven claim entitles somebody to."""
    rows = eligibility.entitled(journey.book.eligibility, run.operator, passenger.claims, run.first_day)
    for row, claim in rows:
        found = price_as(journey, run, row.rider)
        if isinstance(found, Part):
            yield by_claim(found, ordinary, row, claim.proof)


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
    parts: list[Part] = []
    for held, group in groupby(zip(run.legs, covered, strict=True), key=lambda pair: pair[1]):
        legs = tuple(index for index, _ in group)
        if held is not None:
            parts.append(by_pass(run, held, legs, journey.book.currency))
            continue
        part = _cheapest(journey, _narrowed(journey, run, legs), passenger)
        if isinstance(part, Unpriced):
            return part
        parts.append(part)
    return one_after_the_other(parts)


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
