"""`throughfare region check` doubts what is well written in a feed and cannot be true."""

from dataclasses import replace
from datetime import date

import pytest

from operators import skeleton
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import Timetable
from ticketing.cli.region.plausible import implausible

TODAY = date(2026, 11, 30)


def bus(file: str = "stops.txt", old: str = "", new: str = "") -> Timetable:
    """The bus of the skeleton, with a change in one of its tables."""
    files = {
        path.rpartition("/")[2]: text
        for path, text in skeleton.files("x").items()
        if path.startswith("feeds/bus/")
    }
    assert old in files[file]
    timetable, findings = load_timetable("bus", {**files, file: files[file].replace(old, new)})
    assert timetable is not None, findings
    return timetable


def doubts(timetable: Timetable, today: date = TODAY) -> list[tuple[str, str, str]]:
    return [(one.file, one.code, one.severity) for one in implausible({"bus": timetable}, today)]


def test_a_sound_feed_is_not_doubted() -> None:
    assert doubts(bus()) == []


@pytest.mark.parametrize(
    ("days", "code", "severity"),
    [
        ("20250101,20251231", "expired", "error"),
        ("20250101,20261203", "expires_soon", "warning"),
        ("20270101,20271231", "not_begun", "warning"),
    ],
)
def test_a_calendar_that_is_over_is_an_error_and_one_of_another_time_a_warning(
    days: str, code: str, severity: str
) -> None:
    found = bus("calendar.txt", "20260101,20351231", days)

    assert doubts(found) == [("bus/calendar.txt", code, severity)]


def test_days_that_are_added_by_hand_keep_a_calendar_alive() -> None:
    found = bus("calendar.txt", "20260101,20351231", "20250101,20251231")
    (name,) = found.services
    service = replace(found.services[name], added=frozenset({date(2026, 12, 24)}))

    assert doubts(replace(found, services={name: service})) == []


@pytest.mark.parametrize(
    ("position", "code"),
    [("0,0", "null_island"), ("16.948,48.141", "swapped_position"), ("-33.9,18.4", "far_away")],
)
def test_a_stop_that_cannot_lie_there_is_named(position: str, code: str) -> None:
    found = bus(old="48.141,16.948", new=position)

    told = list(implausible({"bus": found}, TODAY))
    assert (told[0].file, told[0].code) == ("bus/stops.txt", code)
    assert told[0].message.startswith("MARKET (Market) ")


def test_stops_on_both_sides_of_the_line_of_dates_are_neighbours() -> None:
    stops = bus().stops
    moved = {
        name: replace(stop, lat=-17.0, lon=179.99 * (-1) ** at)
        for at, (name, stop) in enumerate(stops.items())
    }

    assert doubts(replace(bus(), stops=moved)) == []


def test_a_bus_that_flies_is_named_once_with_its_way() -> None:
    found = bus(old="48.141,16.948", new="48.541,16.948")

    (told,) = implausible({"bus": found}, TODAY)

    assert (told.file, told.code) == ("bus/stop_times.txt", "too_fast")
    assert "from NORTH to MARKET (44 km in 6 min) is faster" in told.message
    assert "(and 3 more like it)" in told.message
