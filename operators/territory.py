"""Place a ride on the map: the Member State of each stop, and the metres in each state from call to call. Pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from operators.distance import great_circle_m
from operators.region import RegionData
from tariffs.findings import Finding


def state_of(region: RegionData, operator: str, stop_id: str) -> str | None:
    """The Member State of a stop: its terminal's, the operator's word on it, else the operator's own."""
    terminal = region.terminals.get(f"{operator}:{stop_id}")
    carrier = region.operators[operator]
    return terminal.member_state if terminal else carrier.states.get(stop_id, carrier.member_state)


def metres_by_state(region: RegionData, operator: str, calls: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The metres of a ride in each state, in order of travel.

    A crossing that the region lists from end to end counts as it is; else every link from call to call does:
    a listed crossing by its own metres, another link by the straight line, in the state of its stops.
    """
    whole = region.crossings.get((f"{operator}:{calls[0]}", f"{operator}:{calls[-1]}"))
    if whole:
        return whole
    parts: list[tuple[str, float]] = []
    for link in _links(region, operator, calls):
        for state, metres in link:
            if parts and parts[-1][0] == state:
                parts[-1] = (state, parts[-1][1] + metres)
            else:
                parts.append((state, metres))
    return tuple((state, max(1, round(metres))) for state, metres in parts)


def check(region: RegionData) -> list[Finding]:
    """A link between two states, or from a stop in none, whose metres nobody has told: its tax would be a guess."""
    gaps: dict[tuple[str, str, str], None] = {}
    homeless = [operator for operator in region.timetables if _is_homeless(region, operator)]
    for operator, timetable in region.timetables.items():
        if operator in homeless:
            continue
        for pattern in timetable.patterns:
            ends = (f"{operator}:{pattern.stops[0]}", f"{operator}:{pattern.stops[-1]}")
            if ends in region.crossings and len(pattern.stops) == 2:  # noqa: PLR2004  nothing but a crossing
                continue
            for start, end in pairwise(pattern.stops):
                states = {state_of(region, operator, stop) for stop in (start, end)}
                is_told = (f"{operator}:{start}", f"{operator}:{end}") in region.crossings
                if not is_told and (None in states or len(states) > 1):
                    gaps[operator, *sorted((start, end))] = None  # type: ignore[index]  # three texts
    nowhere = [
        Finding(
            "region.toml",
            0,
            f"operators.{operator}.member_state",
            "missing_value",
            f"nothing tells in which state {operator} runs: its member_state, its states or terminals",
        )
        for operator in homeless
    ]
    return (
        _strangers(region)
        + nowhere
        + [
            Finding(
                "region.toml",
                0,
                "crossings",
                "missing_value",
                f"{operator} runs between {start} and {end}, which are not in one Member State: "
                "a crossing must tell its metres in each, or the operator its states",
            )
            for operator, start, end in gaps
        ]
    )


def _is_homeless(region: RegionData, operator: str) -> bool:
    """Tell whether not one stop of an operator has a state: one fault, and not one for each of its links."""
    return all(state_of(region, operator, stop) is None for stop in region.timetables[operator].stops)


def _strangers(region: RegionData) -> list[Finding]:
    """Find the stops that have a Member State and are in no timetable."""
    findings: list[Finding] = []
    for operator, timetable in region.timetables.items():
        field = f"operators.{operator}.states"
        findings += [
            Finding("region.toml", 0, field, "unknown_reference", f"{stop!r} is not a stop of its feed")
            for stop in region.operators[operator].states
            if stop not in timetable.stops
        ]
    return findings


def _links(region: RegionData, operator: str, calls: Sequence[str]) -> Iterator[Sequence[tuple[str, float]]]:
    stops = region.timetables[operator].stops
    for start, end in pairwise(calls):
        metres = region.crossings.get((f"{operator}:{start}", f"{operator}:{end}"))
        if metres:
            yield metres
            continue
        places = [(stops[stop].lat, stops[stop].lon) for stop in (start, end)]
        state = state_of(region, operator, start) or region.member_states[0]
        yield ((state, great_circle_m(*places)),)
