"""Choose the days that a rehearsal visits: working days, a weekend, both changes of clocks, the hours after midnight. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from operators.gtfs.timetable import Timetable

_MARGIN = timedelta(days=10)
_SATURDAY, _SUNDAY = 5, 6
_ALL_DAY, _NIGHT, _EARLY = (4, 23), (22, 29), (0, 9)


@dataclass(frozen=True, slots=True)
class Slot:
    """A day with the hours in which its journeys begin; `label` is how the report calls it."""

    day: date
    label: str
    hours: tuple[int, int] = _ALL_DAY


def days_of(timetables: Iterable[Timetable]) -> tuple[date, date]:
    """The days on which every operator runs: from the last that begins to the first that ends."""
    firsts, lasts = [], []
    for timetable in timetables:
        services = timetable.services.values()
        firsts.append(min(min([one.start, *one.added]) for one in services))
        lasts.append(max(max([one.end, *one.added]) for one in services))
    return max(firsts), min(lasts)


def slots(first: date, last: date, zone: str, rounds: int) -> list[list[Slot]]:
    """The days of each round, in the order of time.

    The first round lies around the first change of clocks within these days, the last around the next one. Where the
    timetable is too short for a change it has the days that there are.
    """
    changes = _changes(first + _MARGIN, last - _MARGIN, ZoneInfo(zone))[:2]
    begin = changes[0] - timedelta(days=5) if changes else first + min(_MARGIN, (last - first) / 4)
    end = changes[-1] + timedelta(days=4) if changes else last - min(_MARGIN, (last - first) / 4)
    inner = [begin + (end - begin) * at // max(1, rounds) for at in range(rounds + 1)]
    times = []
    for at in range(rounds):
        week = [
            inner[at] + timedelta(days=ahead)
            for ahead in range(8)
            if inner[at] + timedelta(days=ahead) <= last
        ]
        if at == rounds - 1 and rounds > 1:
            week = [end - timedelta(days=7 - ahead) for ahead in range(8)]
        times.append([slot for day in week for slot in _slots_of(day, changes)])
    return times


def _slots_of(day: date, changes: Sequence[date]) -> list[Slot]:
    if day in changes:
        return [Slot(day, "clocks change", _EARLY), Slot(day, "clocks change")]
    if day + timedelta(days=1) in changes:
        return [Slot(day, "saturday"), Slot(day, "night of the change", _NIGHT)]
    if day.weekday() == _SATURDAY:
        return [Slot(day, "saturday"), Slot(day, "after midnight", _NIGHT)]
    if day.weekday() == _SUNDAY:
        return [Slot(day, "sunday")]
    return [Slot(day, "working day")]


def _changes(first: date, last: date, zone: ZoneInfo) -> list[date]:
    """The days on which the clock is changed."""
    found, day = [], first
    while day <= last:
        midnights = [datetime.combine(day + timedelta(days=ahead), time(), zone) for ahead in range(2)]
        if midnights[0].utcoffset() != midnights[1].utcoffset():
            found.append(day)
        day += timedelta(days=1)
    return found
