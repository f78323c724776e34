"""Compare two states of a region: stops, lines, departures of chosen days, prices of single rides, VAT, agreements. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from operators.distance import great_circle_m
from operators.gtfs.timetable import Timetable
from ticketing.regions.coverage import single_rides
from ticketing.regions.load import Region

# A stop that lies nearer to its old place has not moved.
_MOVED_M = 50
_SUBJECTS = ("operator", "stop", "line", "departure", "price", "tax", "agreement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one thing: `subject` says of what kind it is, `change` is `new`, `gone` or `changed`.

    `operator` is empty for what belongs to the region. `old` and `new` are as people read them, empty where there is none.
    """

    subject: str
    change: str
    operator: str
    name: str
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, in the order of their subjects."""

    changes: tuple[Change, ...]

    def counts(self) -> Mapping[tuple[str, str], int]:
        """The number of changes by subject and kind of change."""
        return Counter((change.subject, change.change) for change in self.changes)


def compare(old: Region, new: Region, days: Sequence[date]) -> Difference:
    """Compare two states. Departures are those of `days`, prices those of each line's next day from the first of them on."""
    changes: list[Change] = [*_named("operator", "", _operators(old), _operators(new))]
    for operator in sorted(old.data.timetables.keys() & new.data.timetables.keys()):
        before, after = old.data.timetables[operator], new.data.timetables[operator]
        changes += _named("stop", operator, _stops(before), _stops(after))
        changes += _moved(operator, before, after)
        changes += _named("line", operator, _lines(before), _lines(after))
        for day in days:
            changes += _named("departure", operator, _departures(before, day), _departures(after, day))
        changes += _named("price", operator, _prices(old, operator, days[0]), _prices(new, operator, days[0]))
    changes += _named("tax", "", _taxes(old), _taxes(new))
    changes += _named("agreement", "", _agreements(old), _agreements(new))
    return Difference(tuple(sorted(changes, key=_order)))


def _order(change: Change) -> tuple[int, str, str, str]:
    return _SUBJECTS.index(change.subject), change.operator, change.change, change.name


def _named(subject: str, operator: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    """The changes between two things by name: what they say."""
    for name in old.keys() | new.keys():
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        yield Change(
            subject=subject,
            change=_word(before, after),
            operator=operator,
            name=name,
            old=before or "",
            new=after or "",
        )


def _word(before: str | None, after: str | None) -> str:
    if before is None:
        return "new"
    return "gone" if after is None else "changed"


def _operators(region: Region) -> dict[str, str]:
    return {operator.id: operator.name for operator in region.data.operators.values()}


def _stops(timetable: Timetable) -> dict[str, str]:
    return {stop.id: stop.name for stop in timetable.stops.values()}


def _moved(operator: str, old: Timetable, new: Timetable) -> Iterator[Change]:
    for stop_id in old.stops.keys() & new.stops.keys():
        before, after = old.stops[stop_id], new.stops[stop_id]
        metres = great_circle_m((before.lat, before.lon), (after.lat, after.lon))
        if metres > _MOVED_M:
            yield Change(
                subject="stop",
                change="changed",
                operator=operator,
                name=stop_id,
                old=after.name,
                new=f"{after.name}, {metres:.0f} m from its old place",
            )


def _lines(timetable: Timetable) -> dict[str, str]:
    return {route.id: f"{route.line} ({route.mode})" for route in timetable.routes.values()}


def _departures(timetable: Timetable, day: date) -> dict[str, str]:
    """The departures of a day by line, ends and time; the same ones twice are told as their number."""
    seen: Counter[str] = Counter()
    for pattern in timetable.patterns:
        line = timetable.routes[pattern.route].line
        ends = f"{_name(timetable, pattern.stops[0])} to {_name(timetable, pattern.stops[-1])}"
        for trip in pattern.trips:
            if timetable.services[trip.service].runs_on(day):
                seen[
                    f"{day} {_time(trip.start)} line {line}, {ends}, {pattern.arrivals[-1] // 60} minutes"
                ] += 1
    return {departure: str(number) for departure, number in seen.items()}


def _name(timetable: Timetable, stop_id: str) -> str:
    return timetable.stops[stop_id].name or stop_id


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _prices(region: Region, operator: str, day: date) -> dict[str, str]:
    """The prices of single rides by line, ends and rider category."""
    prices: dict[str, str] = {}
    timetable = region.data.timetables[operator]
    for rider, mapped in region.book.riders.items():
        if operator not in mapped:
            continue
        for ride, total in single_rides(region, operator, mapped[operator], day):
            ends = f"{_name(timetable, ride.from_stop_id)} to {_name(timetable, ride.to_stop_id)}"
            name = f"line {timetable.routes[ride.route_id].line}, {ends}, {rider}"
            prices[name] = str(total) if total else "no price"
    return prices


def _taxes(region: Region) -> dict[str, str]:
    return {row: row for row in region.data.tax_text.splitlines()[1:] if row.strip()}


def _agreements(region: Region) -> dict[str, str]:
    return {agreement.id: f"version {agreement.version}" for agreement in region.book.agreements}
