"""Bound the contributions of one ticket to a week: its first ones count, whatever other tickets do. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, order=True)
class Contribution:
    """One ride of a ticket: when, on which local day, and the cell of a place in which it counts."""

    at: datetime
    place: str
    ticket: str
    day: date

    @property
    def week(self) -> str:
        """The week of its day."""
        return week_of(self.day)


def week_of(day: date) -> str:
    """Name the ISO week of a day, as `2026-W41`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def clamp_weekly(contributions: Iterable[Contribution], most: int) -> list[Contribution]:
    """Keep the first so many contributions of each ticket in each week."""
    by_week: dict[tuple[str, str], list[Contribution]] = defaultdict(list)
    for one in contributions:
        by_week[one.ticket, one.week].append(one)
    return [one for key in sorted(by_week) for one in sorted(by_week[key])[:most]]
