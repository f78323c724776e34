"""The way that stands for a corridor: the first one that is sold, on a weekday morning, between the middles of its zones."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tariffs.book import TariffBook
from tariffs.journey import Ride
from tariffs.money import parse
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from ticketing.emissions import JourneyEmissions, rides_emissions
from ticketing.errors import InvalidRequest
from ticketing.impact.comparing import Pair, Priced
from ticketing.impact.places import standing_for
from ticketing.regions import Region
from ticketing.search import service as search
from ticketing.search.wish import Endpoint, Wish

_TUESDAY, _WEEK = 1, 7
_MORNING = time(8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way that stands for a corridor: its rides, its price for one grown-up, what it costs bought apart, its emissions."""

    rides: tuple[Ride, ...]
    priced: Priced
    apart_minor: int | None
    emissions: JourneyEmissions


def ways_of(planner: search.Planner, region: Region, pairs: Iterable[Pair]) -> dict[Pair, Way]:
    """Find a way for each pair of zones; a pair between which none is sold is left out."""
    stops, at = standing_for(region.data), morning(planner.clock.now(), region)
    ways: dict[Pair, Way] = {}
    for origin, destination in pairs:
        if origin not in stops or destination not in stops or stops[origin] == stops[destination]:
            continue
        rides = _rides(planner, region, (stops[origin], stops[destination]), at)
        if rides:
            ways[origin, destination] = _way(region, rides)
    return ways


def morning(now: datetime, region: Region) -> datetime:
    """The next Tuesday morning by the clock of the region's first operator, a day away at least."""
    zone = ZoneInfo(next(iter(region.data.timetables.values())).timezone)
    day = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day + timedelta(days=(_TUESDAY - day.weekday()) % _WEEK), _MORNING, zone)


def price_of(book: TariffBook, region: Region, rides: tuple[Ride, ...]) -> Priced:
    """Price a way for one grown-up, with the gross share of each party."""
    price = price_journey(book, rides, [Passenger("1", _rider(region))])
    shares = price.passengers[0].shares if price.passengers else ()
    total = price.total
    return Priced(
        minor=total.minor if total else None,
        currency=total.currency if total else region.data.currency,
        shares={one.operator: one.gross for one in shares},
    )


def prices(book: TariffBook, region: Region, ways: Mapping[Pair, Way]) -> dict[Pair, Priced]:
    """Price the ways of corridors by another book."""
    return {pair: price_of(book, region, way.rides) for pair, way in ways.items()}


def _rider(region: Region) -> str:
    return next(iter(region.data.riders))


def _rides(
    planner: search.Planner, region: Region, ends: tuple[str, str], at: datetime
) -> tuple[Ride, ...] | None:
    wish = Wish(
        origin=Endpoint(ends[0], None, None),
        destination=Endpoint(ends[1], None, None),
        at=at,
        arrive=False,
        passengers=(Passenger("1", _rider(region)),),
        region=region.data.id,
    )
    try:
        ways = search.find_ways(planner, wish)
    except InvalidRequest:
        return None
    return next((plan.rides for plan, price in ways if price.total is not None and not price.excluded), None)


def _way(region: Region, rides: tuple[Ride, ...]) -> Way:
    price = price_journey(region.book, rides, [Passenger("1", _rider(region))])
    steps = [step for passenger in price.passengers for step in passenger.derivation]
    return Way(
        rides=rides,
        priced=price_of(region.book, region, rides),
        apart_minor=price.total.minor + sum(map(_saved_minor, steps)) if price.total else None,
        emissions=rides_emissions(region.data, rides),
    )


def _saved_minor(step: Mapping[str, object]) -> int:
    """Tell how much less an agreement costs than the tickets it stands for, bought apart."""
    if step["reason"] != "agreement" or step["before"] is None:
        return 0
    before, after = (parse(str(step[name]), str(step["currency"])).minor for name in ("before", "after"))
    return max(0, before - after)
