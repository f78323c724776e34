"""Lines of a network: the trips of one operator that differ only in their start, on their days."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from operators.gtfs.timetable import Pattern

# A run by its operator, its trip and the instant of its start; runs that a vehicle goes on as with its passengers.
Run = tuple[str, str, int]
Chain = tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A pattern on its days. `starts` are instants (POSIX seconds), sorted; `trips` their indices in the pattern.

    `pre` is the time to be at a stop before boarding, `post` the time to leave it after alighting. `late` are
    the seconds in `arrivals` and `departures` that are not planned, None where everything is. `platforms` are the stops at
    which it calls instead, by place. `parts` are the lines of a vehicle that goes on as another trip with its passengers, one after
    the other, with the same vehicles in the same order; other lines have none.
    """

    operator: str
    pattern: Pattern
    stops: tuple[int, ...]
    arrivals: tuple[int, ...]
    departures: tuple[int, ...]
    boards: tuple[bool, ...]
    alights: tuple[bool, ...]
    pre: tuple[int, ...]
    post: tuple[int, ...]
    starts: tuple[int, ...]
    trips: tuple[int, ...]
    late: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    platforms: Mapping[int, str] = field(default_factory=dict)
    parts: "tuple[Line, ...]" = ()
