"""Alerts concern the rides that they name, at the time of the ride, and are read in their reader's language."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as gtfs

from operators.concerns import concerns, in_language
from operators.gtfs import realtime
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import Timetable
from operators.port import Alert
from tariffs.journey import Ride
from tests.operators.written_feed import DAY, feed
from ticketing.db.documents import canonical
from ticketing.regions.run_news import alerts_in, document_of

LEAVES = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)
TEXTS = {"": "works", "en-gb": "works (GB)", "fi": "työ"}


def timetable(**files: str) -> Timetable:
    found, findings = load_timetable("a", feed(**files))
    assert found is not None, findings
    return found


def ride(stop_ids: tuple[str, ...] = ("s1", "s2"), **changes: Any) -> Ride:
    values = {
        "operator": "a",
        "trip_id": "t0",
        "route_id": "R",
        "from_stop_id": stop_ids[0],
        "to_stop_id": stop_ids[-1],
        "departure": LEAVES,
        "arrival": LEAVES + timedelta(hours=1),
        "calls": stop_ids,
        "mode": "tram",
    }
    return Ride(**{**values, **changes})


def read(*selectors: dict[str, Any], **more: Any) -> Alert:
    """An alert through a message and the document that is kept of it."""
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(LEAVES.timestamp())
    alert = message.entity.add(id="1").alert
    alert.header_text.translation.add(text="works")
    for one in selectors:
        trip = one.pop("trip", {})
        about = alert.informed_entity.add(**one)
        for name, value in trip.items():
            setattr(about.trip, name, value)
    for start, end in more.get("periods", ()):
        alert.active_period.add(**{k: v for k, v in (("start", start), ("end", end)) if v is not None})
    told = realtime.read(realtime.parse(message.SerializeToString()), timetable())
    document = document_of(told)
    assert canonical(document)
    (found,) = alerts_in(document) or (Alert(header={}, periods=((0, 1),)),)
    return found


@pytest.mark.parametrize(
    ("selectors", "concerned"),
    [
        ([], True),
        ([{"agency_id": "a"}], True),
        ([{"agency_id": "b"}], False),
        ([{"route_type": 0}], True),
        ([{"route_type": 900}], True),
        ([{"route_type": 4}], False),
        ([{"route_type": 99}], False),
        ([{"route_id": "R"}], True),
        ([{"route_id": "R", "stop_id": "s2"}], True),
        ([{"route_id": "R", "stop_id": "s4"}], False),
        ([{"route_id": "X"}, {"stop_id": "s1"}], True),
        ([{"route_id": "R", "direction_id": 1}], True),
        ([{"route_id": "R", "direction_id": 0}], False),
        ([{"trip": {"route_id": "R", "direction_id": 1}}], True),
        ([{"trip": {"route_id": "R", "direction_id": 0}}], False),
        ([{"trip": {"trip_id": "t0"}}], True),
        ([{"trip": {"trip_id": "t0", "start_date": "20261013"}}], True),
        ([{"trip": {"trip_id": "t0", "start_date": "20261014"}}], False),
        ([{"trip": {"trip_id": "t0", "start_date": "someday"}}], False),
        ([{"trip": {"trip_id": "t1"}}], False),
        ([{"stop_id": "ST"}], True),
    ],
)
def test_all_of_a_selector_must_hold_and_any_selector_is_enough(
    selectors: list[dict[str, Any]], concerned: bool
) -> None:
    known = timetable()

    assert concerns(read(*selectors), ride(), known, direction=1, service_date=DAY) is concerned


@pytest.mark.parametrize(
    ("start", "end", "concerned"),
    [
        (None, None, True),
        (-100, 100, True),
        (3600, None, True),
        (3601, None, False),
        (24 * 3600, 48 * 3600, False),
    ],
)
def test_an_alert_holds_by_the_time_of_the_ride(start: int | None, end: int | None, concerned: bool) -> None:
    at = int(LEAVES.timestamp())
    alert = read(periods=[(None if start is None else at + start, None if end is None else at + end)])

    assert concerns(alert, ride(), timetable()) is concerned
    tomorrow = ride(departure=LEAVES + timedelta(days=1), arrival=LEAVES + timedelta(days=1, hours=1))
    assert concerns(alert, tomorrow, timetable()) is (end is None or end > 24 * 3600)


def test_an_alert_that_has_ended_is_not_kept() -> None:
    at = int(LEAVES.timestamp())

    assert read(periods=[(at - 7200, at - 3600)]).header == {}


@pytest.mark.parametrize(
    ("languages", "text"),
    [
        (("fi",), "työ"),
        (("en-gb",), "works (GB)"),
        (("en-us",), "works (GB)"),
        (("sv", "fi"), "työ"),
        (("sv",), "works (GB)"),
        ((), "works (GB)"),
    ],
)
def test_a_text_is_told_in_the_readers_language_else_in_the_feeds(
    languages: tuple[str, ...], text: str
) -> None:
    assert in_language(TEXTS, languages, "en") == text


def test_a_text_without_any_of_them_is_the_one_without_a_language_else_the_first() -> None:
    assert in_language(TEXTS, ("sv",), "et") == "works"
    assert in_language({"ru": "а", "pl": "b"}, ("sv",), "et") == "а"
    assert in_language({}, ("sv",), "et") == ""


def test_everything_that_is_said_is_kept() -> None:
    message = gtfs.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(LEAVES.timestamp())
    alert = message.entity.add(id="1").alert
    alert.header_text.translation.add(text="Storm", language="EN")
    alert.description_text.translation.add(text="No ships", language="en")
    alert.url.translation.add(text="https://sea.example", language="en")
    alert.cause, alert.effect = gtfs.Alert.WEATHER, gtfs.Alert.NO_SERVICE
    alert.severity_level = gtfs.Alert.SEVERE

    (found,) = alerts_in(document_of(realtime.read(message, timetable())))

    assert (found.header, found.description, found.url) == (
        {"en": "Storm"},
        {"en": "No ships"},
        {"en": "https://sea.example"},
    )
    assert (found.cause, found.effect, found.severity) == ("weather", "no_service", "severe")


def test_alerts_that_an_earlier_release_has_kept_are_read() -> None:
    row = {"text": "works", "route_ids": ["R"], "stop_ids": [], "trip_ids": ["t9"]}

    (found,) = alerts_in({"alerts": [row]})

    assert (found.text, concerns(found, ride(), timetable())) == ("works", True)
    assert not concerns(found, ride(route_id="X"), timetable())


def test_the_language_of_a_feed_is_that_of_its_agency() -> None:
    agency = "agency_id,agency_name,agency_url,agency_timezone,agency_lang\nA,A,https://a.example,Europe/Tallinn,ET\n"

    assert (timetable(**{"agency.txt": agency}).language, date(2026, 10, 13) == DAY) == ("et", True)
