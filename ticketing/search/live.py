"""Live delays and cancellations laid over a network: only the lines that are touched are made anew. Pure.

A cancelled trip is not there. A late one becomes a line of its own with the times that are known; what is
not known stays as planned. `late` remembers the seconds, so that a ride keeps the times it is booked by. A trip
that was added is a line too, with no other times than those it was told with.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from operators.concerns import concerns
from operators.gtfs.timetable import Departure, Pattern, Timetable
from operators.port import AddedTrip, Alert, Disruption, Disruptions
from operators.region import RegionData
from tariffs.journey import Ride
from ticketing.search.lines import Line
from ticketing.search.network import (
    ORDINARY,
    Needs,
    Network,
    day_origin,
    terminal_seconds,
    usable_stops,
)
from ticketing.search.staying import staying_lines


def overlay(
    region: RegionData, network: Network, live: Mapping[str, Disruptions], needs: Needs = ORDINARY
) -> Network:
    """The network as it runs now; one that nothing has happened to is given back as it is."""
    planned = [line for line in network.lines if not line.parts]
    lines = list(planned)
    extra: list[Line] = []
    for operator, disruptions in live.items():
        timetable = region.timetables.get(operator)
        if timetable is None:
            continue
        mine = [at for at, line in enumerate(lines) if line.operator == operator]
        for item in disruptions.items:
            extra += _told_of(lines, mine, item, timetable)
        # An operator without lines here was left out of this network.
        added = disruptions.added if mine else ()
        extra += filter(None, (_added(region, network, operator, trip, needs=needs) for trip in added))
    if not extra and all(line is before for line, before in zip(lines, planned, strict=True)):
        return network
    return _with(network, (line for line in (*lines, *extra) if line.starts))


def _with(network: Network, lines: Iterable[Line]) -> Network:
    """The network with these lines instead, and with those of the vehicles that go on as another trip."""
    trips = tuple(lines)
    return replace(network, lines=(*trips, *staying_lines(trips, network.chains)))


def _told_of(lines: list[Line], mine: Sequence[int], told: Disruption, timetable: Timetable) -> list[Line]:
    """Take a trip out of its line; as it runs now it is a line of its own, unless it is cancelled."""
    found = _line_of(lines, mine, told, timetable)
    if found is None:
        return []
    at, instance = found
    late = [] if told.cancelled else [_late(lines[at], instance, told)]
    lines[at] = _without(lines[at], instance)
    return late


def _line_of(
    lines: Sequence[Line], mine: Sequence[int], told: Disruption, timetable: Timetable
) -> tuple[int, int] | None:
    """The line of an operator on which a trip runs, and which of its starts that is; None where it does not run."""
    origin = day_origin(told.service_date, timetable.timezone)
    found = ((at, _instance(lines[at], told.trip_id, origin)) for at in mine)
    return next(((at, instance) for at, instance in found if instance is not None), None)


def _added(
    region: RegionData, network: Network, operator: str, trip: AddedTrip, *, needs: Needs
) -> Line | None:
    """An added trip as a line of its own; None where the region has another feed than the one it was read by."""
    timetable = region.timetables[operator]
    names = [f"{operator}:{call.stop_id}" for call in trip.calls]
    if trip.route_id not in timetable.routes or any(name not in network.numbers for name in names):
        return None
    pattern = _pattern(trip)
    pre, post = terminal_seconds(region, names)
    usable = usable_stops(timetable, pattern.stops, needs)
    return Line(
        operator=operator,
        pattern=pattern,
        stops=tuple(network.numbers[name] for name in names),
        arrivals=pattern.arrivals,
        departures=pattern.departures,
        boards=tuple(map(all, zip(pattern.boards, usable, strict=True))),
        alights=tuple(map(all, zip(pattern.alights, usable, strict=True))),
        pre=pre,
        post=post,
        starts=(trip.calls[0].leaves_at,),
        trips=(0,),
    )


def _pattern(trip: AddedTrip) -> Pattern:
    """An added trip as a pattern with one departure, its times in seconds from it."""
    start = trip.calls[0].leaves_at
    return Pattern(
        route=trip.route_id,
        stops=tuple(call.stop_id for call in trip.calls),
        arrivals=tuple(call.arrives_at - start for call in trip.calls),
        departures=tuple(call.leaves_at - start for call in trip.calls),
        boards=tuple(call.boards for call in trip.calls),
        alights=tuple(call.alights for call in trip.calls),
        trips=(Departure(start=0, trip_id=trip.trip_id, service="", headsign=trip.headsign),),
    )


def alerts_for(
    told: Disruptions | None,
    ride: Ride,
    timetable: Timetable,
    *,
    direction: int | None = None,
    service_date: date | None = None,
) -> list[Alert]:
    """The messages that concern a ride and hold while it is under way."""
    return [
        alert
        for alert in (told.alerts if told else ())
        if concerns(alert, ride, timetable, direction=direction, service_date=service_date)
    ]


def _instance(line: Line, trip_id: str, origin: int) -> int | None:
    """The place in `starts` of a trip on the service day with this origin."""
    for at, (start, trip) in enumerate(zip(line.starts, line.trips, strict=True)):
        departure = line.pattern.trips[trip]
        if departure.trip_id == trip_id and start == origin + departure.start:
            return at
    return None


def _without(line: Line, at: int) -> Line:
    return replace(
        line, starts=line.starts[:at] + line.starts[at + 1 :], trips=line.trips[:at] + line.trips[at + 1 :]
    )


def _late(line: Line, at: int, word: Disruption) -> Line:
    """One trip as a line of its own; it never runs back in time, whatever was told."""
    calls = {change.place: change for change in word.calls}
    arrivals, departures = list(line.arrivals), list(line.departures)
    boards, alights = list(line.boards), list(line.alights)
    before: int | None = None
    for place in range(len(line.stops)):
        change = calls.get(place)
        at_arrival = (change.arrival_delay if change else None) or word.delay_seconds
        at_departure = (change.departure_delay if change else None) or word.delay_seconds
        arrivals[place] += at_arrival
        if before is not None:
            arrivals[place] = max(arrivals[place], before)
        departures[place] = max(departures[place] + at_departure, arrivals[place])
        before = departures[place]
        if change and change.skipped:
            boards[place] = alights[place] = False
    late = (
        tuple(now - planned for now, planned in zip(arrivals, line.arrivals, strict=True)),
        tuple(now - planned for now, planned in zip(departures, line.departures, strict=True)),
    )
    return replace(
        line,
        arrivals=tuple(arrivals),
        departures=tuple(departures),
        boards=tuple(boards),
        alights=tuple(alights),
        starts=(line.starts[at],),
        trips=(line.trips[at],),
        late=late,
        platforms={at: one.assigned_stop_id for at, one in calls.items() if one.assigned_stop_id},
    )
