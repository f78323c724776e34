"""Tell the days on which the journeys of a NeTEx delivery run. Pure.

A type of day is on the days that assignments give it, of a period those of its weekdays; a day that one takes away is not one of them,
whatever others give. Without assignments it is on its weekdays in the range of its calendar. Conditions of the journey and of the
frames around it narrow the days; a condition that is not available takes its days away.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from operators.netex.parts import Condition, Days, DayType, Journey, Parts

_Set = frozenset[date]
_NONE: _Set = frozenset()


class Calendar:
    """The days of all journeys of a delivery; asks for the days of a type of day once."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._of_types: dict[str, _Set] = {}
        self._assigned: dict[str, list[tuple[bool, _Set]]] = {}
        self._dated: dict[str, list[tuple[bool, date]]] = {}
        for assignment in parts.assignments:
            days = frozenset({assignment.day}) if assignment.day else self._of_period(assignment.period)
            chosen = days if assignment.day else self._on_weekdays(assignment.day_type, days)
            self._assigned.setdefault(assignment.day_type, []).append((assignment.available, chosen))
        for dated in parts.dated:
            day = parts.operating_days.get(dated.operating_day)
            if day:
                self._dated.setdefault(dated.journey, []).append((dated.runs, day))

    def days_of(self, journey: Journey) -> _Set:
        """The days on which a journey runs."""
        if journey.id in self._dated:
            dated = self._dated[journey.id]
            return frozenset(day for runs, day in dated if runs) - {day for runs, day in dated if not runs}
        conditions = [
            self._parts.conditions[name] for name in journey.conditions if name in self._parts.conditions
        ]
        around = [condition for frame in journey.frames for condition in self._parts.of_frame.get(frame, ())]
        if journey.day_types:
            days = frozenset().union(*(self._of_type(day_type) for day_type in journey.day_types))
        else:
            days = frozenset().union(*(self._of_condition(one) for one in conditions if one.available))
        return _narrowed(days, [*conditions, *around])

    def _of_condition(self, condition: Condition) -> _Set:
        types = condition.day_types
        days = _days(condition.days)
        return days & frozenset().union(*(self._of_type(one) for one in types)) if types else days

    def _of_type(self, day_type: str) -> _Set:
        if day_type not in self._of_types:
            self._of_types[day_type] = self._read_type(day_type)
        return self._of_types[day_type]

    def _read_type(self, day_type: str) -> _Set:
        known = self._parts.day_types.get(day_type)
        assigned = self._assigned.get(day_type)
        if assigned is not None:
            given = frozenset().union(*(days for available, days in assigned if available))
            return given.difference(*(days for available, days in assigned if not available))
        if known is None:
            # Some producers name a period where a type of day belongs.
            return self._of_period(day_type)
        return self._of_calendar(known)

    def _of_calendar(self, day_type: DayType) -> _Set:
        """Its weekdays in the range of its calendar's frame, and that frame's own exceptions."""
        range_of = self._parts.calendars.get(day_type.frame)
        if range_of is None:
            return _NONE
        days = _on(_days(range_of), day_type.weekdays)
        for condition in self._parts.of_calendar.get(day_type.frame, ()):
            days = days | _days(condition.days) if condition.available else days - _days(condition.days)
        return days

    def _of_period(self, period: str) -> _Set:
        if period in self._parts.operating_days:
            return frozenset({self._parts.operating_days[period]})
        return _days(self._parts.periods[period]) if period in self._parts.periods else _NONE

    def _on_weekdays(self, day_type: str, days: _Set) -> _Set:
        known = self._parts.day_types.get(day_type)
        return _on(days, known.weekdays) if known else days


def _narrowed(days: _Set, conditions: Iterable[Condition]) -> _Set:
    """The days that every condition leaves."""
    for condition in conditions:
        if not condition.available:
            days -= _days(condition.days)
        elif condition.days.bits:
            days &= _days(condition.days)
        else:
            days = frozenset(day for day in days if condition.days.start <= day <= condition.days.end)
    return days


def _on(days: _Set, weekdays: frozenset[int]) -> _Set:
    return frozenset(day for day in days if day.weekday() in weekdays)


def _days(days: Days) -> _Set:
    return frozenset(_each(days))


def _each(days: Days) -> Iterator[date]:
    for number in range((days.end - days.start).days + 1):
        if not days.bits or days.bits[number : number + 1] == "1":
            yield days.start + timedelta(days=number)
