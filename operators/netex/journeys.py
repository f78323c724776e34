"""Read the journeys of NeTEx deliveries into parts: patterns, passing times and calls, run times, connections. Pure."""

from collections.abc import Callable, Iterator, Mapping

from operators.elements import Element, child, children, leaves_of, text_at
from operators.netex.calendars import NOT_RUNNING, read_condition
from operators.netex.delivery import Object, reference, reference_in, references
from operators.netex.parts import Demand, Halt, Headway, Journey, Parts, Passing, Pattern
from operators.netex.values import Unread, clock, duration
from operators.plain_text import plain

DIRECTIONS = {"outbound": 0, "inbound": 1, "clockwise": 0, "anticlockwise": 1}
_POINT = "ScheduledStopPointRef"


def _pattern(parts: Parts, held: Object) -> None:
    points = child(held.element, "pointsInSequence")
    inside = [] if points is None else [halt for halt in points if halt.get("id") is not None]
    first = reference(inside[0], "DestinationDisplayRef") if inside else ""
    parts.patterns[held.id] = Pattern(
        id=held.id,
        line=reference(held.element, "LineRef") or reference_in(held.element, "RouteView", "LineRef"),
        route=reference(held.element, "RouteRef"),
        display=reference(held.element, "DestinationDisplayRef") or first,
        direction=_direction(held.element),
        halts=tuple(_halt(halt) for halt in inside if reference(halt, _POINT)),
    )


def _halt(element: Element) -> Halt:
    leaves = leaves_of(element)
    return Halt(
        element.get("id", ""),
        reference(element, _POINT),
        leaves.get("ForBoarding") not in {"false", "0"},
        leaves.get("ForAlighting") not in {"false", "0"},
    )


def _direction(element: Element) -> int | None:
    named = DIRECTIONS.get(text_at(element, "DirectionType"))
    ref = reference(element, "DirectionRef") or reference_in(element, "JourneyPatternView", "DirectionRef")
    # The standard's own way to write GTFS names its two values so.
    return named if named is not None else {"gtfs:0": 0, "gtfs:1": 1}.get(ref)


def _journey(parts: Parts, held: Object) -> None:
    element, leaves = held.element, leaves_of(held.element)
    passings: tuple[Passing, ...] = ()
    headways: tuple[Headway, ...] = ()
    start, unread = None, ""
    try:
        passings = tuple(_passings(element))
        headways = tuple(_headways(element))
        start = clock(leaves.get("DepartureTime", ""), leaves.get("DepartureDayOffset", ""))
    except Unread as error:
        # A journey without a time that can be read is not sold; the rest of the delivery is.
        unread = str(error)
    display = child(element, "JourneyPatternView", "DestinationDisplayView")
    parts.journeys[held.id] = Journey(
        id=held.id,
        line=reference(element, "LineRef") or reference_in(element, "LineView", "LineRef"),
        mode=leaves.get("TransportMode", ""),
        pattern=reference(element, "JourneyPatternRef", "ServiceJourneyPatternRef", "ServicePatternRef"),
        day_types=references(element, "dayTypes", "DayTypeRef"),
        conditions=tuple(_condition_refs(parts, held)),
        frames=held.frames,
        passings=passings,
        start=start,
        demand=reference(element, "TimeDemandTypeRef"),
        display=plain(text_at(display, "FrontText") or text_at(display, "Name"))
        if display is not None
        else "",
        direction=_direction(element),
        block=reference(element, "BlockRef"),
        runs=leaves.get("ServiceAlteration") not in NOT_RUNNING,
        on_demand=child(element, "FlexibleServiceProperties") is not None,
        headways=headways,
        unread=unread,
    )


def _condition_refs(parts: Parts, held: Object) -> Iterator[str]:
    """The conditions of an object: those it names, and its own ones, which are read under their ids."""
    for kind in ("AvailabilityConditionRef", "ValidBetweenRef"):
        yield from references(held.element, "validityConditions", kind)
    for number, own in enumerate(_own_conditions(held.element)):
        name = own.get("id") or f"{held.id}#{number}"
        parts.conditions[name] = read_condition(own)
        yield name


def _own_conditions(element: Element) -> Iterator[Element]:
    yield from children(element, "validityConditions", "AvailabilityCondition")
    yield from children(element, "validityConditions", "ValidBetween")
    yield from children(element, "ValidBetween")


def _passings(element: Element) -> Iterator[Passing]:
    """Read passing times in their order, or calls. Raises Unread."""
    for time in children(element, "passingTimes", "TimetabledPassingTime"):
        leaves = leaves_of(time)
        halt = reference(
            time, "StopPointInJourneyPatternRef", "PointInJourneyPatternRef", "TimingPointInJourneyPatternRef"
        )
        arrival = clock(
            leaves.get("ArrivalTime", ""), leaves.get("ArrivalDayOffset", leaves.get("DayOffset", ""))
        )
        departure = clock(
            leaves.get("DepartureTime", ""), leaves.get("DepartureDayOffset", leaves.get("DayOffset", ""))
        )
        yield Passing(halt, "", arrival, departure, boards=True, alights=True)
    for call in children(element, "calls", "Call"):
        arrival_leaves, departure_leaves = _leaves_at(call, "Arrival"), _leaves_at(call, "Departure")
        yield Passing(
            "",
            reference(call, _POINT) or reference_in(call, "ScheduledStopPointView", _POINT),
            clock(arrival_leaves.get("Time", ""), arrival_leaves.get("DayOffset", "")),
            clock(departure_leaves.get("Time", ""), departure_leaves.get("DayOffset", "")),
            boards=departure_leaves.get("ForBoarding") not in {"false", "0"},
            alights=arrival_leaves.get("ForAlighting") not in {"false", "0"},
        )


def _leaves_at(element: Element, name: str) -> dict[str, str]:
    there = child(element, name)
    return leaves_of(there) if there is not None else {}


def _headways(element: Element) -> Iterator[Headway]:
    for group in children(element, "frequencyGroups", "HeadwayJourneyGroup"):
        leaves = leaves_of(group)
        first = clock(leaves.get("FirstDepartureTime", ""), leaves.get("FirstDayOffset", ""))
        last = clock(leaves.get("LastDepartureTime", ""), leaves.get("LastDayOffset", ""))
        every = duration(leaves.get("ScheduledHeadwayInterval", ""))
        if first is None or last is None or not every:
            raise Unread("a headway needs its first and last departure and its interval")
        yield Headway(first, last, every)


def _demand(parts: Parts, held: Object) -> None:
    runs = {
        reference(run, "TimingLinkRef", "ServiceLinkRef"): duration(text_at(run, "RunTime"))
        for run in children(held.element, "runTimes", "JourneyRunTime")
    }
    waits = {
        reference(wait, _POINT, "TimingPointRef"): duration(text_at(wait, "WaitTime"))
        for wait in children(held.element, "waitTimes", "JourneyWaitTime")
    }
    parts.demands[held.id] = Demand(runs, waits)


def _link(parts: Parts, held: Object) -> None:
    parts.links[held.id] = reference(held.element, "FromPointRef"), reference(held.element, "ToPointRef")


def _connection(parts: Parts, held: Object) -> None:
    ends = [reference_in(held.element, end, _POINT) for end in ("From", "To")]
    time = text_at(held.element, "TransferDuration", "DefaultDuration")
    if all(ends) and time:
        parts.connections[ends[0], ends[1]] = duration(time)


JOURNEY_READERS: Mapping[str, Callable[[Parts, Object], None]] = {
    "Connection": _connection,
    "JourneyPattern": _pattern,
    "ServiceJourney": _journey,
    "ServiceJourneyPattern": _pattern,
    "ServiceLink": _link,
    "ServicePattern": _pattern,
    "TemplateServiceJourney": _journey,
    "TimeDemandType": _demand,
    "TimingLink": _link,
}
