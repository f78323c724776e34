"""Service calendars of the feeds: weekday, Saturday, Sunday, and public holidays that run as Sundays."""

from collections.abc import Mapping
from datetime import date, timedelta

from regions.authoring.tables import FIRST_DAY, LAST_DAY, Files, day_text, facts, table

DAYS = {"weekday": (1, 1, 1, 1, 1, 0, 0), "saturday": (0, 0, 0, 0, 0, 1, 0), "sunday": (0, 0, 0, 0, 0, 0, 1)}
_EASTER = {2026: date(2026, 4, 5), 2027: date(2027, 3, 28), 2028: date(2028, 4, 16)}


def holidays(state: str) -> list[date]:
    """Public holidays of Finland or Estonia from facts/holidays.csv: fixed days, and days from Easter Sunday."""
    found = []
    for row in facts("holidays.csv"):
        if row["member_state"] != state:
            continue
        for year, easter in _EASTER.items():
            if row["days_after_easter"]:
                found.append(easter + timedelta(days=int(row["days_after_easter"])))
            elif row["first_saturday_from"]:
                month, day = map(int, row["first_saturday_from"].split("-"))
                start = date(year, month, day)
                found.append(start + timedelta(days=(5 - start.weekday()) % 7 + int(row["offset"] or 0)))
            else:
                month, day = map(int, row["day"].split("-"))
                found.append(date(year, month, day))
    return sorted(set(found))


def city_calendar(state: str) -> Files:
    """Weekday, Saturday and Sunday services; public holidays run as Sundays."""
    exceptions = []
    for day in holidays(state):
        usual = "weekday" if day.weekday() < 5 else "saturday" if day.weekday() == 5 else "sunday"  # noqa: PLR2004  Monday is 0
        if usual != "sunday":
            exceptions += [(usual, day_text(day), 2), ("sunday", day_text(day), 1)]
    return {
        "calendar.txt": calendar(DAYS),
        "calendar_dates.txt": table("service_id,date,exception_type", exceptions),
    }


def calendar(services: Mapping[str, tuple[int, ...]]) -> str:
    """`calendar.txt` of services by their seven weekdays, Monday first."""
    header = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date"
    return table(
        header, [(name, *days, day_text(FIRST_DAY), day_text(LAST_DAY)) for name, days in services.items()]
    )
