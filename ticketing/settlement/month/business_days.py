"""The days on which banks settle in euro: TARGET's calendar (Guideline ECB/2022/8, annex III). Pure."""

from datetime import date, timedelta

_SATURDAY = 5


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    golden, (century, rest) = year % 19, divmod(year, 100)
    leaps, correction = divmod(century, 4)
    moon = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - moon + 15) % 30
    quarter, remainder = divmod(rest, 4)
    weekday = (32 + 2 * correction + 2 * quarter - epact - remainder) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_business_day(day: date) -> bool:
    """Not a weekend, New Year, Good Friday, Easter Monday, 1 May, 25 or 26 December."""
    sunday = easter(day.year)
    closed = {
        date(day.year, 1, 1),
        sunday - timedelta(2),
        sunday + timedelta(1),
        date(day.year, 5, 1),
        date(day.year, 12, 25),
        date(day.year, 12, 26),
    }
    return day.weekday() < _SATURDAY and day not in closed


def next_business_day(day: date) -> date:
    """The day itself, or the first business day after it."""
    while not is_business_day(day):
        day += timedelta(1)
    return day
