"""The scan against exhaustion: on small random timetables it finds exactly what trying every ride finds."""

import itertools
from collections.abc import Mapping
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from operators.region import RegionData, Terminal
from tariffs.journey import Ride
from tests.ticketing.search.small_region import INTERCHANGE_SECONDS, SmallTrip, small_region
from ticketing.search.network import Network, build, day_origin
from ticketing.search.planner import (
    Access,
    PlannedRide,
    Question,
    Timeline,
    plan_arriving,
    plan_departing,
    widened,
)
from ticketing.search.scan import WINDOW_SECONDS, scan

DAY = date(2026, 10, 13)
DAYS = (date(2026, 10, 12), DAY, date(2026, 10, 14))
ORIGIN = day_origin(DAY, "Europe/Tallinn")
NEVER = 1 << 62
MAX_RIDES = 4
# Degrees of latitude: 0.0018 is 200 m, so some neighbours are within the 400 m that people walk, others are not.
PLACES = (0.0, 0.0018, 0.0054, 0.0072, 0.0150, 0.0165)
STOPS = range(len(PLACES))


@st.composite
def trips(draw: st.DrawFn) -> SmallTrip:
    stops = draw(st.lists(st.sampled_from(STOPS), min_size=2, max_size=4, unique=True))
    minutes = [draw(st.integers(5 * 60, 25 * 60))]
    minutes += [draw(st.integers(0, 20)) for _ in stops[1:]]
    flags = st.lists(st.sampled_from([True, True, True, False]), min_size=len(stops), max_size=len(stops))
    return SmallTrip(
        tuple(stops),
        tuple(sum(minutes[: at + 1]) for at in range(len(stops))),
        tuple(draw(flags)),
        tuple(draw(flags)),
        draw(st.sampled_from(["", "", "one vehicle", "another"])),
    )


@st.composite
def regions(draw: st.DrawFn) -> RegionData:
    operators = {name: draw(st.lists(trips(), min_size=1, max_size=12)) for name in ("bus", "boat")}
    terminals = {
        f"boat:s{stop}": Terminal("FI", 60 * draw(st.integers(0, 30)), 60 * draw(st.integers(0, 20)))
        for stop in draw(st.sets(st.sampled_from(STOPS), max_size=2))
    }
    return small_region(PLACES, operators, terminals)


@st.composite
def endpoints(draw: st.DrawFn) -> tuple[dict[int, int], dict[int, int]]:
    """Walks from the start to one or two stops and from one or two others to the destination."""
    stops = draw(st.permutations(STOPS))
    first, last = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    walks = draw(st.lists(st.integers(0, 600), min_size=4, max_size=4))
    return dict(zip(stops[:first], walks, strict=False)), dict(
        zip(stops[2 : 2 + last], walks[2:], strict=False)
    )


starts = st.integers(4 * 60, 24 * 60).map(lambda minute: ORIGIN + 60 * minute)


def exhaust(
    network: Network, origins: Mapping[int, int], destinations: Mapping[int, int], start: int
) -> list[tuple[int, int]]:
    """Try every ride of every trip from everywhere, one ride more at a time; no label is ever pruned."""
    ready = {stop: start + walk for stop, walk in origins.items()}
    best, found = start + WINDOW_SECONDS, []
    for count in range(1, MAX_RIDES + 1):
        arrived = ride_everything(network, ready)
        arrival = min((arrived.get(stop, NEVER) + walk for stop, walk in destinations.items()), default=NEVER)
        if arrival < best:
            best = arrival
            found.append((count, arrival))
        ready = {}
        for stop, moment in arrived.items():
            for other, seconds, _ in network.walks[stop]:
                ready[other] = min(moment + seconds, ready.get(other, NEVER))
    return found


def ride_everything(network: Network, ready: Mapping[int, int]) -> dict[int, int]:
    """The earliest arrival at each stop with one ride from where one is ready."""
    arrived: dict[int, int] = {}
    for line in network.lines:
        for trip, board in itertools.product(line.starts, range(len(line.stops))):
            leave = trip + line.departures[board]
            if not line.boards[board] or ready.get(line.stops[board], NEVER) + line.pre[board] > leave:
                continue
            for alight in range(board + 1, len(line.stops)):
                if line.alights[alight]:
                    moment = trip + line.arrivals[alight] + line.post[alight]
                    arrived[line.stops[alight]] = min(moment, arrived.get(line.stops[alight], NEVER))
    return arrived


@given(regions(), endpoints(), starts)
def test_the_scan_finds_what_trying_every_ride_finds(
    region: RegionData, ends: tuple[dict[int, int], dict[int, int]], start: int
) -> None:
    origins, destinations = ends
    network = build(region, DAYS)

    found = scan(network, origins, destinations, start, MAX_RIDES)

    assert [(len(way.hops), way.arrival) for way in found] == exhaust(network, origins, destinations, start)


@given(regions(), endpoints(), starts)
def test_the_scan_backwards_finds_the_latest_departures(
    region: RegionData, ends: tuple[dict[int, int], dict[int, int]], end: int
) -> None:
    origins, destinations = ends
    network = build(region, DAYS).reversed()

    found = scan(network, destinations, origins, -end, MAX_RIDES)

    assert [(len(way.hops), way.arrival) for way in found] == exhaust(network, destinations, origins, -end)


def question(region: RegionData, origins: Mapping[int, int], destinations: Mapping[int, int]) -> Question:
    network = build(region, DAYS)
    return Question(
        *(
            {network.stops[stop]: Access(walk, walk) for stop, walk in side.items()}
            for side in (origins, destinations)
        )
    )


@given(regions(), endpoints(), starts, st.booleans())
def test_every_plan_can_be_travelled(
    region: RegionData, ends: tuple[dict[int, int], dict[int, int]], moment: int, arrive: bool
) -> None:
    network = build(region, DAYS)
    search = plan_arriving if arrive else plan_departing
    asked = question(region, *ends)

    plans = search(region, [Timeline(network, network.reversed())], asked, moment, 1)
    near = widened(network, asked, INTERCHANGE_SECONDS)

    for plan in plans:
        boarded = [f"{ride.operator}:{ride.from_stop_id}" for ride in plan.rides]
        alighted = [f"{ride.operator}:{ride.to_stop_id}" for ride in plan.rides]
        at = plan.departure + near.origins[boarded[0]].seconds
        seated = [part.in_seat for part in plan.parts if isinstance(part, PlannedRide)]
        changes = [0, *(change_seconds(network, *ends) for ends in zip(alighted, boarded[1:], strict=False))]
        before: Ride | None = None
        for ride, board, alight, change, stays in zip(
            plan.rides, boarded, alighted, changes, seated, strict=True
        ):
            if stays and before is not None:
                assert is_one_vehicle(region, before, ride)
            else:
                assert at + change + terminal(region, board).check_in_seconds <= ride.departure.timestamp()
            before = ride
            at = int(ride.arrival.timestamp()) + terminal(region, alight).exit_seconds
        there = at + near.destinations[alighted[-1]].seconds
        assert plan.arrival <= there
        assert (there <= moment) if arrive else (plan.departure >= moment)


def is_one_vehicle(region: RegionData, first: Ride, then: Ride) -> bool:
    """Tell whether two rides are on trips of one block, end to end, the second within half an hour after the first."""
    named = {
        trip.trip_id: (pattern, trip)
        for pattern in region.timetables[first.operator].patterns
        for trip in pattern.trips
    }
    (before, one), (after, other) = named[first.trip_id], named[then.trip_id]
    wait = (then.departure - first.arrival).total_seconds()
    ends = PLACES[int(before.stops[-1][1:])], PLACES[int(after.stops[0][1:])]
    return (
        bool(one.block)
        and (first.operator, one.block) == (then.operator, other.block)
        and (first.to_stop_id, then.from_stop_id) == (before.stops[-1], after.stops[0])
        and 0 <= wait <= 1800
        # Neighbours of 0.0018 degrees are 200 m and a bit apart: too far to be one place.
        and ends[0] == ends[1]
    )


def change_seconds(network: Network, start: str, end: str) -> int:
    return next(
        (seconds for stop, seconds, _ in network.walks[network.numbers[start]] if network.stops[stop] == end),
        NEVER,
    )


def terminal(region: RegionData, stop: str) -> Terminal:
    return region.terminals.get(stop, Terminal("EE", 0, 0))
