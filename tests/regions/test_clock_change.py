"""The nights on which clocks change: every departure keeps the local time that it has on an ordinary night.

GTFS counts a service day from twelve hours before its noon. The feeds are read here by that rule alone, so that the reader
of the service is not its own judge.
"""

import csv
import functools
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.api import Api
from ticketing.clock import FixedClock

FEEDS = sorted(path.parent for path in Path("regions").glob("*/feeds/*/stop_times.txt"))
# Spring and autumn, Sundays; each is compared with the Sunday a week later.
NIGHTS = [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
_NOON = timedelta(hours=12)


def rows(feed: Path, name: str) -> list[dict[str, str]]:
    path = feed / name
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    return list(csv.DictReader(text.splitlines()))


def seconds(clock: str) -> int:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


@functools.lru_cache(maxsize=1)
def starts(feed: Path) -> list[tuple[str, str, int]]:
    """Every departure of a feed: its trip, the trip's service, and the seconds that the feed writes."""
    services = {row["trip_id"]: row["service_id"] for row in rows(feed, "trips.txt")}
    first: dict[str, tuple[int, str]] = {}
    for row in rows(feed, "stop_times.txt"):
        call = (int(row["stop_sequence"]), row["departure_time"])
        first[row["trip_id"]] = min(first.get(row["trip_id"], call), call)
    repeated = rows(feed, "frequencies.txt")
    often = [
        (row["trip_id"], start)
        for row in repeated
        for start in range(seconds(row["start_time"]), seconds(row["end_time"]), int(row["headway_secs"]))
    ]
    once = [(trip, seconds(first[trip][1])) for trip in first.keys() - {row["trip_id"] for row in repeated}]
    return [(trip, services[trip], start) for trip, start in (*often, *once)]


def running(feed: Path, day: date) -> set[str]:
    """The services of a day; an exception of calendar_dates.txt overrules the week."""
    text = f"{day:%Y%m%d}"
    found = {
        row["service_id"]
        for row in rows(feed, "calendar.txt")
        if row["start_date"] <= text <= row["end_date"] and row[f"{day:%A}".lower()] == "1"
    }
    for row in rows(feed, "calendar_dates.txt"):
        if row["date"] == text:
            (found.add if row["exception_type"] == "1" else found.discard)(row["service_id"])
    return found


def departures(feed: Path, day: date, zone: ZoneInfo) -> set[tuple[str, int, time]]:
    """List the departures of a calendar day: trip, the seconds that the feed writes, and the local time."""
    found = set()
    for service_day in (day - timedelta(days=1), day):
        services = running(feed, service_day)
        noon = datetime.combine(service_day, time(12), zone).astimezone(UTC)
        for trip, service, start in starts(feed):
            leaves = (noon - _NOON + timedelta(seconds=start)).astimezone(zone)
            if service in services and leaves.date() == day:
                found.add((trip, start, leaves.time()))
    return found


def is_no_time(day: date, clock: time, zone: ZoneInfo) -> bool:
    """Tell whether clocks skip this time of that day."""
    local = datetime.combine(day, clock, zone)
    return local.astimezone(UTC).astimezone(zone).time() != clock


@pytest.mark.parametrize("night", NIGHTS, ids=str)
@pytest.mark.parametrize("feed", FEEDS, ids=str)
def test_nothing_departs_at_another_local_time_than_on_an_ordinary_night(feed: Path, night: date) -> None:
    zone = ZoneInfo(rows(feed, "agency.txt")[0]["agency_timezone"])
    usual = {(trip, start): clock for trip, start, clock in departures(feed, night + timedelta(7), zone)}

    moved = [
        (trip, str(clock), str(usual[trip, start]))
        for trip, start, clock in departures(feed, night, zone)
        if (trip, start) in usual
        and clock != usual[trip, start]
        and not is_no_time(night, usual[trip, start], zone)
    ]

    assert usual
    assert moved == []


def test_the_night_ship_of_the_clock_change_is_sold_for_its_own_hour(api: Api, clock: FixedClock) -> None:
    clock.set(datetime(2026, 10, 20, 9, tzinfo=UTC))

    found = api.search(
        **{
            "from": {"stop_id": "viking:TLL-A"},
            "to": {"stop_id": "viking:HEL-KAT"},
            "depart_at": "2026-10-24T23:30:00+03:00",
        }
    )

    ride = next(leg for leg in found["itineraries"][0]["legs"] if leg["kind"] == "ride")
    assert (ride["trip_id"], ride["departure"]) == ("VIK-TH-0015", "2026-10-25T00:15:00+03:00")
