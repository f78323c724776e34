"""Plans: the ways that the scan finds, tightened, varied by operator and departure, as rides and walks. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.regions.planned import KnownRide, ride_on
from ticketing.search.fast import scan
from ticketing.search.network import Network
from ticketing.search.scan import Found, Hop
from ticketing.search.times import local

MAX_RIDES = 6
_FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Access:
    """A stop on foot: seconds and metres from the start, or to the end; `via` is the stop that was named there."""

    seconds: int
    metres: int
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk between two stops, or from the start or to the end where one is None."""

    from_stop: str | None
    to_stop: str | None
    seconds: int
    metres: int


@dataclass(frozen=True, slots=True)
class PlannedRide(KnownRide):
    """A ride of a plan; `live` are the times it is expected to keep, None where nothing is told.

    `platforms` are the stops at which it is boarded and left instead of the planned ones, None for one that stays.
    `in_seat` is true of a ride on the vehicle of the ride before: nobody alights in between.
    """

    live: tuple[datetime, datetime] | None = None
    platforms: tuple[str | None, str | None] = (None, None)
    in_seat: bool = False


# By line, trip and the places of boarding and alighting.
Rides = dict[tuple[int, int, int, int], PlannedRide]


@dataclass(frozen=True, slots=True)
class Plan:
    """Rides and walks in order, from `departure` to `arrival` (instants in POSIX seconds)."""

    parts: tuple[PlannedRide | Walk, ...]
    departure: int
    arrival: int

    @property
    def rides(self) -> tuple[Ride, ...]:
        """The rides alone."""
        return tuple(part.ride for part in self.parts if isinstance(part, PlannedRide))

    @property
    def changes(self) -> int:
        """The rides after the first that begin in another vehicle; a walk alone has none."""
        boarded = [part for part in self.parts if isinstance(part, PlannedRide) and not part.in_seat]
        return max(0, len(boarded) - 1)


@dataclass(frozen=True, slots=True)
class Question:
    """From where to where, by stop name: the walks at both ends."""

    origins: Mapping[str, Access]
    destinations: Mapping[str, Access]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A network with time running both ways."""

    forward: Network
    backward: Network


def widened(network: Network, question: Question, interchange_seconds: int) -> Question:
    """The question with the stops that are a walk away from the named ones: no ride is needed for that."""
    return Question(
        _on_foot(network, question.origins, interchange_seconds),
        _on_foot(network, question.destinations, interchange_seconds),
    )


def plan_departing(
    region: RegionData,
    timelines: Sequence[Timeline],
    question: Question,
    at: int,
    later: int,
    *,
    until: int = _FOREVER,
) -> list[Plan]:
    """The ways that leave at or after an instant and not after `until`, with `later` more departures of each."""
    question = widened(timelines[0].forward, question, region.interchange_seconds)
    plans: dict[tuple[object, ...], Plan] = {}
    rides: Rides = {}
    for timeline in timelines:
        start = at
        for _ in range(later + 1):
            ways = scan(timeline.forward, *_ends(timeline.forward, question), start, MAX_RIDES)
            if not ways:
                break
            tight = [_latest_departure(timeline, question, way, start) for way in ways]
            for way in tight:
                plan = _plan(region, timeline.forward, question, way, rides)
                if plan.departure <= until and len(plan.rides) <= MAX_RIDES:
                    plans.setdefault(_identity(plan), plan)
            start = min(_departure(timeline.forward, question, way) for way in tight) + 1
            if start > until:
                break
    return sorted(plans.values(), key=lambda plan: (plan.arrival, plan.changes, -plan.departure))


def plan_arriving(
    region: RegionData, timelines: Sequence[Timeline], question: Question, by: int, earlier: int
) -> list[Plan]:
    """The ways that arrive at or before an instant, latest departure first."""
    question = widened(timelines[0].forward, question, region.interchange_seconds)
    plans: dict[tuple[object, ...], Plan] = {}
    rides: Rides = {}
    for timeline in timelines:
        end = by
        for _ in range(earlier + 1):
            ends = _ends(timeline.backward, question)
            reversed_ways = scan(timeline.backward, ends[1], ends[0], -end, MAX_RIDES)
            if not reversed_ways:
                break
            ways = [
                _earliest_arrival(timeline, question, _forward(timeline, question, way))
                for way in reversed_ways
            ]
            for way in ways:
                plan = _plan(region, timeline.forward, question, way, rides)
                if len(plan.rides) <= MAX_RIDES:
                    plans.setdefault(_identity(plan), plan)
            end = max(way.arrival for way in ways) - 1
    return sorted(plans.values(), key=lambda plan: (-plan.departure, plan.changes, plan.arrival))


def _on_foot(network: Network, named: Mapping[str, Access], interchange_seconds: int) -> dict[str, Access]:
    """Each stop within a walk of a named one, by the shortest way."""
    stops = dict(named)
    for name, access in named.items():
        # A coordinate's own walks already reach every stop that is near enough.
        if access.seconds:
            continue
        for number, seconds, metres in network.walks[network.numbers[name]]:
            other = network.stops[number]
            walk = Access(max(0, seconds - interchange_seconds), metres, name)
            if other not in stops or walk.seconds < stops[other].seconds:
                stops[other] = walk
    return stops


def _ends(network: Network, question: Question) -> tuple[dict[int, int], dict[int, int]]:
    return (
        {
            network.numbers[stop]: way.seconds
            for stop, way in question.origins.items()
            if stop in network.numbers
        },
        {
            network.numbers[stop]: way.seconds
            for stop, way in question.destinations.items()
            if stop in network.numbers
        },
    )


def _latest_departure(timeline: Timeline, question: Question, way: Found, start: int) -> Found:
    """Leave as late as one can and still arrive then with as few rides: scan backwards from the arrival.

    Nothing before `start` is looked at: the way itself leaves no earlier.
    """
    origins, destinations = _ends(timeline.backward, question)
    found = scan(timeline.backward, destinations, origins, -way.arrival, len(way.hops), before=1 - start)
    tighter = _forward(timeline, question, found[-1]) if found else way
    return Found(way.arrival, tighter.hops, tighter.first_stop, tighter.last_stop)


def _earliest_arrival(timeline: Timeline, question: Question, way: Found) -> Found:
    """Arrive as early as one can after leaving then, with as few rides."""
    start = _departure(timeline.forward, question, way)
    ends = _ends(timeline.forward, question)
    found = scan(timeline.forward, *ends, start, len(way.hops), before=way.arrival + 1)
    return found[-1] if found else way


def _forward(timeline: Timeline, question: Question, backward: Found) -> Found:
    """Turn a way of the backward network round; its arrival is at the destination, the last walk included."""
    lines = timeline.backward.derived("line numbers", _line_numbers)
    hops = []
    for hop in reversed(backward.hops):
        line = timeline.forward.lines[lines[id(hop.line)]]
        end = len(line.stops) - 1
        hops.append(Hop(line, len(line.starts) - 1 - hop.trip, end - hop.alight, end - hop.board))
    final = hops[-1]
    left = final.line.starts[final.trip] + final.line.arrivals[final.alight] + final.line.post[final.alight]
    last = final.line.stops[final.alight]
    walk = question.destinations[timeline.forward.stops[last]].seconds
    return Found(left + walk, tuple(hops), hops[0].line.stops[hops[0].board], last)


def _line_numbers(network: Network) -> dict[int, int]:
    return {id(line): number for number, line in enumerate(network.lines)}


def _departure(network: Network, question: Question, way: Found) -> int:
    """Return the departure of the passenger: the first boarding less check-in and the walk to it."""
    hop = way.hops[0]
    boarding = hop.line.starts[hop.trip] + hop.line.departures[hop.board] - hop.line.pre[hop.board]
    return boarding - question.origins[network.stops[way.first_stop]].seconds


def _identity(plan: Plan) -> tuple[object, ...]:
    return tuple(
        (ride.operator, ride.trip_id, ride.from_stop_id, ride.to_stop_id, ride.departure)
        for ride in plan.rides
    )


def _plan(region: RegionData, network: Network, question: Question, way: Found, rides: Rides) -> Plan:
    """Write a way as rides and walks; `rides` are those that other ways of the search have."""
    parts: list[PlannedRide | Walk] = []
    first, last = network.stops[way.first_stop], network.stops[way.last_stop]
    access, egress = question.origins[first], question.destinations[last]
    if access.metres:
        parts.append(Walk(access.via, first, access.seconds, access.metres))
    before: str | None = None
    for hop in way.hops:
        board = network.stops[hop.line.stops[hop.board]]
        if before is not None and before != board:
            parts.append(_between(network, before, board, region.interchange_seconds))
        parts += _rides(region, hop, rides)
        before = network.stops[hop.line.stops[hop.alight]]
    if egress.metres:
        parts.append(Walk(last, egress.via, egress.seconds, egress.metres))
    final = way.hops[-1]
    arrival = final.line.starts[final.trip] + final.line.arrivals[final.alight]
    leave = final.line.post[final.alight] if egress.metres else 0
    return Plan(tuple(parts), _departure(network, question, way), arrival + leave + egress.seconds)


def _between(network: Network, start: str, end: str, interchange: int) -> Walk:
    seconds, metres = next(
        (seconds, metres)
        for stop, seconds, metres in network.walks[network.numbers[start]]
        if stop == network.numbers[end]
    )
    return Walk(start, end, max(0, seconds - interchange), metres)


def _rides(region: RegionData, hop: Hop, rides: Rides) -> list[PlannedRide]:
    """The rides of a hop: one on each trip that its vehicle goes on as."""
    found = [_shared_ride(region, one, rides) for one in _trips_of(hop)]
    return [found[0], *(replace(ride, in_seat=True) for ride in found[1:])]


def _trips_of(hop: Hop) -> Iterator[Hop]:
    """Yield a hop's part of each trip of its vehicle."""
    begins = 0
    for line in hop.line.parts or (hop.line,):
        board, alight = max(0, hop.board - begins), min(len(line.stops) - 1, hop.alight - begins)
        if board < alight:
            yield Hop(line, hop.trip, board, alight)
        begins += len(line.stops)


def _shared_ride(region: RegionData, hop: Hop, rides: Rides) -> PlannedRide:
    """A ride, made once for all ways that have it; networks of one search share their lines."""
    key = (id(hop.line), hop.trip, hop.board, hop.alight)
    if key not in rides:
        rides[key] = _ride(region, hop)
    return rides[key]


def _ride(region: RegionData, hop: Hop) -> PlannedRide:
    line, start = hop.line, hop.line.starts[hop.trip]
    pattern = line.pattern
    trip = pattern.trips[line.trips[hop.trip]]
    known = ride_on(region, line.operator, (pattern, trip), (hop.board, hop.alight), start)
    if not line.late:
        return PlannedRide(**{name: getattr(known, name) for name in KnownRide.__dataclass_fields__})
    zones = [str(moment.tzinfo) for moment in (known.ride.departure, known.ride.arrival)]
    leaves, arrives = start + line.departures[hop.board], start + line.arrivals[hop.alight]
    pre = line.pre[hop.board]
    return PlannedRide(
        ride=known.ride,
        line=known.line,
        headsign=known.headsign,
        check_in_until=local(leaves - pre, zones[0]) if pre else None,
        wheelchair=known.wheelchair,
        direction=known.direction,
        live=(local(leaves, zones[0]), local(arrives, zones[1])),
        platforms=(line.platforms.get(hop.board), line.platforms.get(hop.alight)),
    )
