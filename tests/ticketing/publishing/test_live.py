"""The word of staff on a ferry comes out as GTFS-Realtime and SIRI, and readers of both find the same by the joint feed."""

import io
import zipfile
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from operators.files import FEED_FILES, read_zip
from operators.gtfs import realtime
from operators.gtfs.leaving_out import load_leaving_out
from operators.gtfs.runs import Runs
from operators.gtfs.timetable import Timetable
from operators.siri.delivery import parse
from operators.siri.estimated import read_estimated
from operators.siri.situations import read_situations
from tests.api import Api, Bought
from tests.ticketing.claims.coast import REGION, Coast
from ticketing.db.disruption.observations import Observation, Source, put_observations
from ticketing.regions import by_staff


@pytest.fixture
def coast(api: Api) -> Coast:
    return Coast(api)


def page(coast: Coast, name: str) -> bytes:
    answer = coast.api.get(f"/open/{REGION}/{name}")
    assert answer.status_code == 200, answer.json
    return answer.data


@pytest.fixture
def joint(coast: Coast) -> Timetable:
    """The joint feed as our own reader has it: one operator with five agencies."""
    read = load_leaving_out("joint", read_zip(page(coast, "gtfs.zip"), FEED_FILES), 0)
    assert read.findings == []
    assert read.timetable is not None
    return read.timetable


def shift(coast: Coast) -> timedelta:
    """Let what was kept for a few seconds grow old."""
    coast.api.clock.advance(timedelta(seconds=20))
    return timedelta(seconds=20)


def run_of(coast: Coast, bought: Bought) -> tuple[str, date]:
    operator, trip, day = coast.run(bought)
    return f"{operator}:{trip}", day


def told(coast: Coast, joint: Timetable) -> dict[str, Any]:
    """The same run by both protocols."""
    runs = Runs(joint)
    rt = realtime.read(realtime.parse(page(coast, "trip-updates.pb")), joint, runs)
    et = read_estimated(parse(page(coast, "siri-et.xml"), "EstimatedTimetableDelivery"), joint, runs)
    assert rt.matching is not None
    assert et.matching is not None
    assert (rt.matching.unmatched, et.matching.unmatched) == ({}, {})
    return {
        "gtfs": {(one.trip_id, one.service_date): one for one in rt.items},
        "siri": {(one.trip_id, one.service_date): one for one in et.items},
    }


def test_a_cancelled_ferry_is_cancelled_for_every_reader(coast: Coast, joint: Timetable) -> None:
    bought = coast.api.buy()
    coast.cancel(bought)
    shift(coast)

    both = told(coast, joint)

    run = run_of(coast, bought)
    assert both["gtfs"][run].cancelled
    assert both["siri"][run].cancelled


def test_a_late_ferry_is_late_by_the_same_minutes_for_every_reader(coast: Coast, joint: Timetable) -> None:
    bought = coast.api.buy()
    coast.delay(bought, 75)
    shift(coast)

    both = told(coast, joint)

    for items in both.values():
        calls = {call.place: call for call in items[run_of(coast, bought)].calls}
        assert (calls[0].departure_delay, calls[max(calls)].arrival_delay) == (75 * 60, 75 * 60)


def test_a_call_that_is_over_is_recorded(coast: Coast, joint: Timetable) -> None:
    bought = coast.api.buy()
    coast.delay(bought, 10)
    _, ship = coast.ship(bought)
    operator, trip, day = coast.run(bought)
    at = datetime.fromisoformat(ship["departure"]) + timedelta(minutes=9)
    _store_departure(coast, operator, trip, day, at)
    coast.api.clock.set(at + timedelta(minutes=5))

    xml = page(coast, "siri-et.xml").decode()

    recorded = xml.partition("<RecordedCalls>")[2].partition("</RecordedCalls>")[0]
    assert "<ActualDepartureTime>" in recorded
    assert "<Order>1</Order>" in recorded
    assert "<ExpectedArrivalTime>" in xml.partition("<EstimatedCalls>")[2]
    assert (
        xml.index("<RecordedCalls>") < xml.index("<EstimatedCalls>") < xml.index("<IsCompleteStopSequence>")
    )


def _store_departure(
    coast: Coast, operator: str, trip: str, day: date, at: datetime, *, source: Source = "siri_et"
) -> None:
    fact = Observation(
        region=REGION,
        operator=operator,
        trip_id=trip,
        service_date=day,
        call=0,
        stop_id="x",
        kind="departed",
        event="departure",
        at=at,
        source=source,
        told_at=at,
        received_at=at,
    )
    with coast.rooms.till.database.write() as tx:
        put_observations(tx, [fact])


def test_the_time_of_a_passengers_tap_is_in_no_live_data(coast: Coast) -> None:
    bought = coast.api.buy()
    coast.delay(bought, 10)
    _, ship = coast.ship(bought)
    at = datetime.fromisoformat(ship["departure"]) + timedelta(minutes=9, seconds=17)
    _store_departure(coast, *coast.run(bought), at, source="gate")
    coast.api.clock.set(at + timedelta(minutes=5))

    assert "<RecordedCalls>" not in page(coast, "siri-et.xml").decode()


def test_a_departure_that_nobody_has_bought_is_told_like_every_other(coast: Coast) -> None:
    """Situations beside the timetable tell nobody on which ship there is a ticket."""
    bought = coast.api.buy()
    operator, trip, day = coast.run(bought)
    empty = day + timedelta(days=1)
    for run_day in (day, empty):
        by_staff.cancel_departure(coast.rooms.live, REGION, operator, trip, run_day, by="mari")
    coast.work(1, publishing=True)
    shift(coast)

    situations = read_situations(parse(page(coast, "siri-sx.xml"), "SituationExchangeDelivery")).alerts
    alerts = realtime.parse(page(coast, "alerts.pb")).entity

    assert {about.service_date for one in situations for about in one.about} == {day, empty}
    assert len(alerts) == 2


def test_a_cancellation_is_a_situation_and_an_alert_in_four_languages(coast: Coast) -> None:
    bought = coast.api.buy()
    coast.cancel(bought)
    coast.work(1, publishing=True)
    shift(coast)
    run, day = run_of(coast, bought)

    (situation,) = read_situations(parse(page(coast, "siri-sx.xml"), "SituationExchangeDelivery")).alerts
    message = realtime.parse(page(coast, "alerts.pb"))

    assert set(situation.header) == {"en", "et", "fi", "sv"}
    assert situation.header["en"].endswith(": cancelled")
    assert "Tickets are accepted on the next departures of" in situation.description["en"]
    assert [(one.trip_id, one.service_date) for one in situation.about] == [(run, day)]
    (entity,) = message.entity
    assert entity.alert.informed_entity[0].trip.trip_id == run
    texts = {text.language: text.text for text in entity.alert.header_text.translation}
    assert texts == dict(situation.header)


def test_a_ferry_that_sails_after_all_is_no_situation(coast: Coast, joint: Timetable) -> None:
    bought = coast.api.buy()
    coast.cancel(bought)
    coast.work(1, publishing=True)
    by_staff.take_back(coast.rooms.live, REGION, *coast.run(bought), by="mari")
    coast.work(1, publishing=True)
    shift(coast)

    assert read_situations(parse(page(coast, "siri-sx.xml"), "SituationExchangeDelivery")).alerts == ()
    assert not told(coast, joint)["siri"].get(run_of(coast, bought))


def test_live_data_are_kept_for_some_seconds(coast: Coast) -> None:
    first = page(coast, "siri-et.xml")
    coast.cancel(coast.api.buy())

    assert page(coast, "siri-et.xml") == first
    shift(coast)
    assert page(coast, "siri-et.xml") != first


def test_gtfs_ride_has_the_months_of_stops_beside_the_feed(coast: Coast) -> None:
    coast.api.clock.set(datetime.fromisoformat("2026-11-12T00:00:00+00:00"))
    coast.work(1, publishing=True)

    files = zipfile.ZipFile(io.BytesIO(page(coast, "gtfs-ride/2026-10.zip")))

    assert files.read("ridership.txt").decode().splitlines()[0] == (
        "total_boardings,total_alightings,ridership_start_date,ridership_end_date,stop_id"
    )
    rows = files.read("ridership.txt").decode().splitlines()[1:]
    groups = page(coast, "stop_groups.csv").decode().splitlines()[1:]
    stops = {line.split(",")[0] for line in files.read("stops.txt").decode().splitlines()}
    assert [row.split(",")[-1] for row in rows] == [group.split(",")[0] for group in groups]
    assert {row.split(",")[-1] for row in rows} <= stops
    assert all(int(number) % 5 == 0 for row in rows for number in row.split(",")[:2])
    assert files.read("ride_feed_info.txt").decode().splitlines()[1] == "2,20261001,20261031"
    assert coast.api.get(f"/open/{REGION}/gtfs-ride/2026-09.zip").status_code == 404
