"""Tell which single rides of a region have a price, with examples of those that have none. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, islice
from zoneinfo import ZoneInfo

from operators.gtfs.added import origin_of
from operators.gtfs.timetable import Departure, Pattern, Timetable
from tariffs.fares.price import price
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.own_price import fare_leg
from ticketing.regions.load import Region

# Of one operator: a region of more pairs than these is told by the first of each line.
MOST_PAIRS = 20_000
_EXAMPLES = 5
_LOOK_AHEAD_DAYS = 400
_Pair = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The single rides of an operator for a rider category: pairs of stops by line, and how many have a price.

    `ranges` are the cheapest and the dearest price in each currency, `without` examples (line, from, to) by the names that passengers see.
    """

    operator: str
    pairs: int
    priced: int
    ranges: tuple[tuple[Money, Money], ...]
    without: tuple[_Pair, ...]


def coverage(region: Region, rider: str, today: date) -> list[Coverage]:
    """Price each ride of each operator that sells to a rider category, on the next day on which it runs, from `today` on."""
    sold = region.book.riders.get(rider, {})
    timetables = region.data.timetables
    return [
        _covered(region, operator, own, today) for operator, own in sold.items() if operator in timetables
    ]


def single_rides(region: Region, operator: str, own: str, today: date) -> Iterator[tuple[Ride, Money | None]]:
    """The single rides of an operator with their prices for a rider category as its tariff calls it; None without one."""
    medium = region.book.media.get(operator)
    for ride in islice(_rides(operator, region.data.timetables[operator], today), MOST_PAIRS):
        feed = region.book.feed_on(operator, ride.departure.date()) if operator in region.book.feeds else None
        yield ride, price(feed, [fare_leg(feed, ride)], own, medium).total if feed else None


def _covered(region: Region, operator: str, own: str, today: date) -> Coverage:
    timetable = region.data.timetables[operator]
    rides = list(single_rides(region, operator, own, today))
    totals = [total for _, total in rides if total is not None]
    without = dict.fromkeys(_named(timetable, ride) for ride, total in rides if total is None)
    return Coverage(
        operator=operator,
        pairs=len(rides),
        priced=len(totals),
        ranges=tuple(_ranges(totals)),
        without=tuple(islice(without, _EXAMPLES)),
    )


def _ranges(totals: Sequence[Money]) -> Iterator[tuple[Money, Money]]:
    for currency in sorted({total.currency for total in totals}):
        minor = [total.minor for total in totals if total.currency == currency]
        yield Money(min(minor), currency), Money(max(minor), currency)


def _rides(operator: str, timetable: Timetable, today: date) -> Iterator[Ride]:
    """A ride for each pair of stops of each line, on the first trip that runs."""
    seen: set[_Pair] = set()
    for pattern in timetable.patterns:
        running = _next(pattern, timetable, today)
        if running is None:
            continue
        for start, end in combinations(range(len(pattern.stops)), 2):
            pair = (pattern.route, pattern.stops[start], pattern.stops[end])
            if pair not in seen and pattern.boards[start] and pattern.alights[end]:
                seen.add(pair)
                yield _ride(operator, timetable, pattern, running, (start, end))


def _next(pattern: Pattern, timetable: Timetable, today: date) -> tuple[Departure, date] | None:
    """The first trip of a pattern on the next day on which one runs."""
    days = {trip.service: _first_day(timetable, trip.service, today) for trip in pattern.trips}
    running = [(day, trip.start, trip) for trip in pattern.trips if (day := days[trip.service])]
    if not running:
        return None
    day, _, trip = min(running, key=lambda one: one[:2])
    return trip, day


def _first_day(timetable: Timetable, service: str, today: date) -> date | None:
    runs = timetable.services[service].runs_on
    ahead = (today + timedelta(days=number) for number in range(_LOOK_AHEAD_DAYS))
    return next((day for day in ahead if runs(day)), None)


def _ride(
    operator: str,
    timetable: Timetable,
    pattern: Pattern,
    running: tuple[Departure, date],
    ends: tuple[int, int],
) -> Ride:
    trip, day = running
    start, end = ends
    origin = origin_of(day, timetable.timezone)
    zones = [ZoneInfo(timetable.timezone_of(pattern.stops[at])) for at in ends]
    leaves = origin + timedelta(seconds=trip.start + pattern.departures[start])
    arrives = origin + timedelta(seconds=trip.start + pattern.arrivals[end])
    return Ride(
        operator=operator,
        trip_id=trip.trip_id,
        route_id=pattern.route,
        from_stop_id=pattern.stops[start],
        to_stop_id=pattern.stops[end],
        departure=leaves.astimezone(zones[0]),
        arrival=arrives.astimezone(zones[1]),
        calls=pattern.stops[start : end + 1],
        mode=timetable.routes[pattern.route].mode,
    )


def _named(timetable: Timetable, ride: Ride) -> _Pair:
    ends = [timetable.stops[stop] for stop in (ride.from_stop_id, ride.to_stop_id)]
    start, end = (stop.name or stop.id for stop in ends)
    return timetable.routes[ride.route_id].line, start, end
