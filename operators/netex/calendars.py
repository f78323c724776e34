"""Read the calendars of NeTEx deliveries into parts: types of days, periods, assignments, conditions. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from operators.elements import Element, is_true, leaves_of, local_name, text_at
from operators.netex.delivery import Object, reference, references
from operators.netex.parts import EVERY_DAY, Assignment, Condition, Dated, DayType, Parts
from operators.netex.values import Unread, day, days

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {
    "everyday": EVERY_DAY,
    "weekdays": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
    "none": frozenset[int](),
}
# What has this ServiceAlteration does not run.
NOT_RUNNING = {"cancellation", "replaced"}


def _day_type(parts: Parts, held: Object) -> None:
    words = text_at(held.element, "properties", "PropertyOfDay", "DaysOfWeek").lower().split()
    weekdays: set[int] = set()
    for word in words:
        if word in _WEEKDAYS:
            weekdays.add(_WEEKDAYS.index(word))
        elif word in _GROUPS:
            weekdays |= _GROUPS[word]
        else:
            raise Unread(f"{word[:40]!r} is no day of the week")
    frame = held.frames[-1] if held.frames else ""
    parts.day_types[held.id] = DayType(held.id, frozenset(weekdays) if words else EVERY_DAY, frame)


def _period(parts: Parts, held: Object) -> None:
    parts.periods[held.id] = days(held.element)


def _operating_day(parts: Parts, held: Object) -> None:
    parts.operating_days[held.id] = day(text_at(held.element, "CalendarDate"))


def _assignment(parts: Parts, held: Object) -> None:
    leaves = leaves_of(held.element)
    available = leaves.get("isAvailable", leaves.get("IsAvailable", "true"))
    named = day(leaves["Date"]) if "Date" in leaves else None
    period = reference(held.element, "OperatingPeriodRef", "UicOperatingPeriodRef", "OperatingDayRef")
    if named is None and not period:
        raise Unread("it names neither a date nor a period")
    parts.assignments[
        Assignment(reference(held.element, "DayTypeRef"), named, period, is_true(available))
    ] = None


def _calendar(parts: Parts, held: Object) -> None:
    """A ServiceCalendar: its own range of days, and what it holds."""
    frame = held.frames[-1] if held.frames else ""
    leaves = leaves_of(held.element)
    if "FromDate" in leaves and "ToDate" in leaves:
        parts.calendars[frame] = days(held.element)
    for inside in held.element.iterchildren():
        for element in inside:
            kind = local_name(element)
            if kind in _OF_CALENDARS:
                _OF_CALENDARS[kind](
                    parts, replace(held, kind=kind, id=element.get("id", ""), element=element)
                )


def _condition(parts: Parts, held: Object) -> None:
    """A condition that stands in a frame: of all that the frame holds, of its calendar, or to be named by others."""
    condition = read_condition(held.element)
    if held.id:
        parts.conditions[held.id] = condition
    frame = held.frames[-1] if held.frames else ""
    if held.place == "contentValidityConditions":
        parts.of_calendar.setdefault(frame, []).append(condition)
    elif held.place == "validityConditions" or held.place.endswith("Frame"):
        parts.of_frame.setdefault(frame, []).append(condition)


def read_condition(element: Element) -> Condition:
    """A condition from its element. Raises Unread."""
    available = leaves_of(element).get("IsAvailable", "true")
    return Condition(days(element), references(element, "dayTypes", "DayTypeRef"), is_true(available))


def _dated(parts: Parts, held: Object) -> None:
    on = reference(held.element, "OperatingDayRef")
    runs = text_at(held.element, "ServiceAlteration") not in NOT_RUNNING
    parts.dated[Dated(reference(held.element, "ServiceJourneyRef", "JourneyRef"), on, runs)] = None


_OF_CALENDARS: Mapping[str, Callable[[Parts, Object], None]] = {
    "DayType": _day_type,
    "OperatingPeriod": _period,
    "UicOperatingPeriod": _period,
    "OperatingDay": _operating_day,
    "DayTypeAssignment": _assignment,
}
CALENDAR_READERS: Mapping[str, Callable[[Parts, Object], None]] = {
    **_OF_CALENDARS,
    "AvailabilityCondition": _condition,
    "DatedServiceJourney": _dated,
    "ServiceCalendar": _calendar,
    "ValidBetween": _condition,
}
