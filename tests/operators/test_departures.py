"""The departure of a ride: its service day, also after midnight and on the nights when clocks change."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from operators.departures import departure_of, hold_request
from operators.gtfs.reader import load_timetable
from tariffs.journey import Ride
from ticketing.regions import Region
from ticketing.regions.rides import find_ride
from ticketing.search.network import day_origin

FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\na,A,https://a.example,Europe/Tallinn\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nS,S,59.4,24.7\nE,E,59.5,24.8\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nR,a,1,0\n",
    "trips.txt": "trip_id,route_id,service_id\nnight,R,W\n",
    "stop_times.txt": "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
    "night,S,1,25:10:00,25:10:00\nnight,E,2,25:20:00,25:20:00\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "W,1,1,1,1,1,1,1,20260101,20271231\n",
}


@pytest.mark.parametrize(
    "day", [date(2026, 10, 12), date(2026, 10, 24), date(2026, 3, 28), date(2026, 12, 31)]
)
def test_a_trip_after_midnight_belongs_to_the_day_before(day: date) -> None:
    timetable, _ = load_timetable("a", FEED)
    assert timetable
    leaves = datetime.fromtimestamp(
        day_origin(day, "Europe/Tallinn") + 25 * 3600 + 600, ZoneInfo("Europe/Tallinn")
    )
    ride = Ride(
        operator="a",
        trip_id="night",
        route_id="R",
        from_stop_id="S",
        to_stop_id="E",
        departure=leaves,
        arrival=leaves + timedelta(minutes=10),
        calls=("S", "E"),
        mode="tram",
    )

    assert departure_of(ride, timetable).service_date == day


def test_a_ride_that_the_timetable_does_not_have_is_not_guessed() -> None:
    timetable, _ = load_timetable("a", FEED)
    assert timetable
    leaves = datetime(2026, 10, 13, 1, 10, tzinfo=ZoneInfo("Europe/Tallinn"))
    ride = Ride(
        operator="a",
        trip_id="night",
        route_id="R",
        from_stop_id="S",
        to_stop_id="E",
        departure=leaves,
        arrival=leaves,
        calls=("S", "E"),
        mode="tram",
    )

    for wrong in (replace(ride, trip_id="day"), replace(ride, departure=leaves + timedelta(minutes=1))):
        with pytest.raises(LookupError):
            departure_of(wrong, timetable)


def test_a_ride_of_an_itinerary_is_asked_for_in_the_operators_words(regions: dict[str, Region]) -> None:
    data = regions["helsinki-tallinn"].data
    times = tuple(map(datetime.fromisoformat, ("2026-10-13T07:30", "2026-10-13T09:30")))
    ride = find_ride(data, "tallink", "TLL-D_HEL-LT2", ("TLL-D", "HEL-LT2"), times)
    trip = next(
        trip.trip_id
        for pattern in data.timetables["tallink"].patterns
        for trip in pattern.trips
        if pattern.stops[0] == "TLL-D" and trip.start == 7 * 3600 + 1800
    )

    asked = hold_request(data, replace(ride, trip_id=trip), [("anna", "adult"), ("mari", "child")], "k")

    assert (asked.departure.trip_id, asked.departure.service_date) == (trip, date(2026, 10, 13))
    assert [(one.ref, one.category) for one in asked.travellers] == [("anna", "adult"), ("mari", "child")]
    with pytest.raises(LookupError):
        hold_request(data, replace(ride, trip_id=trip), [("anna", "ghost")], "k")
