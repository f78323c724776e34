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
        ("routes", "route_id,route_short_name,route_type\nr,1,77\n", "route_type", "invalid_enum"),
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


@pytest.mark.parametrize("content", [b"not a zip", io.BytesIO().getvalue()])
def test_what_is_not_a_feed_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "feed.zip"
    path.write_bytes(content)

    with pytest.raises(FeedUnreadable):
        read_feed(path, FILES)
    with pytest.raises(FeedUnreadable):
        read_feed(tmp_path / "nowhere", FILES)
