"""A few rows of a feed do not stand for more than the service can hold."""

import pytest

from operators.gtfs import reader, transfers
from operators.gtfs.leaving_out import load_leaving_out
from operators.gtfs.reader import load_timetable
from tariffs.findings import errors
from tests.operators.test_leaving_out import feed
from tests.tariffs.island import table


def test_the_trips_of_all_frequencies_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MAX_TRIPS_OF_FREQUENCIES", 100)
    row = "t0,05:00:00,06:00:00,60"
    often = table("trip_id,start_time,end_time,headway_secs", row, row, row)

    timetable, findings = load_timetable("a", {**feed(), "frequencies.txt": often})

    assert timetable is None
    assert [(one.place, one.code) for one in errors(findings)] == [
        ("frequencies.txt:3:headway_secs", "too_many_trips"),
        ("frequencies.txt:4:headway_secs", "too_many_trips"),
    ]


def test_the_pairs_of_all_rules_of_changes_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfers, "_MOST_PAIRS", 100)
    stops = feed()["stops.txt"].replace("lon\n", "lon,parent_station,location_type\n")
    stops += "A,Station,59.1,24.7,,1\n" + "".join(f"a{at},A {at},59.1,24.7,A,\n" for at in range(8))
    rules = table("from_stop_id,to_stop_id,transfer_type,min_transfer_time", *["A,A,2,60"] * 5)

    read = load_leaving_out("a", {**feed(), "stops.txt": stops, "transfers.txt": rules})

    assert read.timetable is None
    assert [(one.place, one.code) for one in errors(read.findings)] == [
        ("transfers.txt:3:from_stop_id", "too_many_pairs")
    ]
