"""Reading timetables: midnight, gaps, frequencies, and every fault with its place."""

import io
import zipfile
from pathlib import Path

import pytest

from operators.files import FeedUnreadable, read_feed
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import FILES, Timetable

GOOD = {
    "agency.txt": "agency_name,agency_url,agency_timezone\nA,https://a.example,Europe/Tallinn\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\na,A,59.4,24.7\nb,B,59.5,24.7\nc,C,59.6,24.7\n",
    "routes.txt": "route_id,route_short_name,route_type\nr,1,0\n",
    "trips.txt": "route_id,service_id,trip_id\nr,daily,t\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t,24:50:00,24:50:00,a,0\nt,,,b,1\nt,25:10:00,25:10:00,c,2\n"
    ),
    "calendar_dates.txt": "service_id,date,exception_type\ndaily,20261013,1\n",
}


def load(**changes: str) -> Timetable:
    timetable, findings = load_timetable(
        "x", {**GOOD, **{f"{name}.txt": text for name, text in changes.items()}}
    )
    assert timetable is not None, findings
    return timetable


def test_times_beyond_midnight_and_times_left_out_are_read() -> None:
    (pattern,) = load().patterns

    assert pattern.trips[0].start == 24 * 3600 + 50 * 60
    assert pattern.arrivals == (0, 600, 1200)


def test_a_frequency_becomes_its_trips() -> None:
    frequencies = "trip_id,start_time,end_time,headway_secs\nt,06:00:00,07:00:00,1200\n"

    (pattern,) = load(frequencies=frequencies).patterns

    assert [trip.start // 60 for trip in pattern.trips] == [360, 380, 400]
    assert len({trip.trip_id for trip in pattern.trips}) == 3


def test_a_stop_without_boarding_is_marked() -> None:
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "t,06:00:00,06:00:00,a,0,0,1\nt,06:10:00,06:10:00,b,1,1,0\n"
    )

    (pattern,) = load(stop_times=times).patterns

    assert (pattern.boards, pattern.alights) == ((True, False), (False, True))


@pytest.mark.parametrize(
    ("file", "text", "field", "code"),
    [
        ("agency", "agency_timezone\nMars/Olympus\n", "agency_timezone", "invalid_timezone"),
        (
            "stops",
            "stop_id,stop_name,stop_lat,stop_lon\na,A,99,24\nb,B,1,1\nc,C,1,1\n",
            "stop_lat",
            "invalid_coordinate",
        ),
        ("stops", GOOD["stops.txt"] + "a,A,1,1\n", "stop_id", "duplicate_key"),
        ("routes", "route_id,route_short_name,route_type\nr,1,tram\n", "route_type", "invalid_integer"),
        ("trips", "route_id,service_id,trip_id\nq,daily,t\n", "route_id", "unknown_reference"),
        ("trips", "route_id,service_id,trip_id\nr,never,t\n", "service_id", "unknown_reference"),
        ("stop_times", GOOD["stop_times.txt"] + "t,26:00:00,26:00:00,z,3\n", "stop_id", "unknown_reference"),
        ("stop_times", GOOD["stop_times.txt"] + "t,23:00:00,23:00:00,a,3\n", "arrival_time", "time_travel"),
        (
            "stop_times",
            GOOD["stop_times.txt"] + "t,26:00:00,26:00:00,a,2\n",
            "stop_sequence",
            "duplicate_key",
        ),
        ("stop_times", GOOD["stop_times.txt"].replace("25:10:00", "", 2), "departure_time", "missing_value"),
        ("calendar_dates", "service_id,date,exception_type\ndaily,20261332,1\n", "date", "invalid_date"),
        (
            "frequencies",
            "trip_id,start_time,end_time,headway_secs\nt,06:00:00,07:00:00,0\n",
            "headway_secs",
            "invalid_headway",
        ),
    ],
)
def test_a_fault_names_its_file_row_and_field(file: str, text: str, field: str, code: str) -> None:
    timetable, findings = load_timetable("x", {**GOOD, f"{file}.txt": text})

    assert timetable is None
    assert (f"{file}.txt", field, code) in {(fault.file, fault.field, fault.code) for fault in findings}
    assert all(fault.row > 1 for fault in findings if fault.severity == "error")


def test_a_line_of_an_unknown_kind_is_left_out_with_its_trips() -> None:
    routes = "route_id,route_short_name,route_type\nr,1,0\nq,2,77\n"
    trips = "route_id,service_id,trip_id\nr,daily,t\nq,daily,u\n"
    times = GOOD["stop_times.txt"] + "u,06:00:00,06:00:00,a,0\nu,06:10:00,06:10:00,b,1\n"

    timetable, findings = load_timetable(
        "x", {**GOOD, "routes.txt": routes, "trips.txt": trips, "stop_times.txt": times}
    )

    assert timetable is not None
    assert [pattern.route for pattern in timetable.patterns] == ["r"]
    assert [(one.place, one.severity) for one in findings] == [("routes.txt:3:route_type", "warning")]


@pytest.mark.parametrize(
    ("kind", "mode"), [("6", "tram"), ("7", "tram"), ("1400", "tram"), ("1501", "bus"), ("109", "rail")]
)
def test_cables_and_taxis_are_kinds_of_vehicles(kind: str, mode: str) -> None:
    made = load(routes=f"route_id,route_short_name,route_type\nr,1,{kind}\n")

    assert made.routes["r"].mode == mode


def test_a_line_without_a_name_is_called_by_its_id() -> None:
    assert load(routes="route_id,route_short_name,route_type\nr,,0\n").routes["r"].line == "r"


def test_stops_of_a_station_that_is_not_there_are_places_of_their_own_and_told_once() -> None:
    stops = "stop_id,stop_name,stop_lat,stop_lon,parent_station\na,A,59.4,24.7,S\nb,B,59.5,24.7,S\nc,C,59.6,24.7,\n"

    timetable, findings = load_timetable("x", {**GOOD, "stops.txt": stops})

    assert timetable is not None
    assert [stop.parent for stop in timetable.stops.values()] == [None, None, None]
    assert [(one.place, one.severity) for one in findings] == [("stops.txt:2:parent_station", "warning")]
    assert "(and 1 more like it)" in findings[0].message


def test_trips_on_demand_are_left_out_and_counted() -> None:
    times = (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence,location_id,start_pickup_drop_off_window\n"
        "t,24:50:00,24:50:00,a,0,,\nt,25:10:00,25:10:00,c,2,,\nu,,,,0,area,08:00:00\nu,,,,1,area,08:00:00\n"
    )
    trips = "route_id,service_id,trip_id\nr,daily,t\nr,daily,u\n"

    timetable, findings = load_timetable("x", {**GOOD, "trips.txt": trips, "stop_times.txt": times})

    assert timetable is not None
    assert [trip.trip_id for pattern in timetable.patterns for trip in pattern.trips] == ["t"]
    assert [(one.code, one.message.split(" (")[0]) for one in findings] == [
        ("on_demand", "1 trips on demand")
    ]


def test_a_missing_file_is_named() -> None:
    timetable, findings = load_timetable("x", {})

    assert timetable is None
    assert {fault.file for fault in findings} >= {"stops.txt", "trips.txt", "stop_times.txt"}


def test_folder_and_zip_give_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "feed"
    folder.mkdir()
    for name, text in GOOD.items():
        (folder / name).write_text("\ufeff" + text, encoding="utf-8")
    packed = tmp_path / "feed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in GOOD.items():
            archive.writestr(f"inside/{name}", text)

    assert read_feed(folder, FILES) == read_feed(packed, FILES) == GOOD


@pytest.mark.parametrize(("written", "guess"), [("windows-1252", "windows-1252"), ("utf-16", "utf-16")])
def test_another_encoding_is_guessed_for_a_person_and_read_when_it_is_named(
    tmp_path: Path, written: str, guess: str
) -> None:
    (tmp_path / "agency.txt").write_bytes("agency_name\nKöpenhamns båtar\n".encode(written))

    with pytest.raises(FeedUnreadable, match=f'encoding = "{guess}"'):
        read_feed(tmp_path, FILES)
    assert "Köpenhamns båtar" in read_feed(tmp_path, FILES, written)["agency.txt"]


@pytest.mark.parametrize("content", [b"not a zip", io.BytesIO().getvalue()])
def test_what_is_not_a_feed_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "feed.zip"
    path.write_bytes(content)

    with pytest.raises(FeedUnreadable):
        read_feed(path, FILES)
    with pytest.raises(FeedUnreadable):
        read_feed(tmp_path / "nowhere", FILES)
