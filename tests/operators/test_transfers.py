"""transfers.txt: minimum times and impossible changes, by stop and by station."""

import pytest

from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import Stop
from operators.gtfs.transfers import read_transfers
from tariffs.findings import Finding
from tariffs.table import Table
from tests.operators import written_feed

HEADER = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_route_id\n"


def stop(name: str, parent: str | None = None, *, station: bool = False) -> Stop:
    return Stop(
        id=name,
        name=name,
        names={"": name},
        lat=60.0,
        lon=25.0,
        parent=parent,
        is_station=station,
        timezone=None,
    )


STOPS = {row.id: row for row in (stop("S", station=True), stop("a", "S"), stop("b", "S"), stop("c"))}


def read(*rows: str) -> tuple[dict[tuple[str, str], int | None], list[Finding]]:
    findings: list[Finding] = []
    table = Table("transfers.txt", HEADER + "".join(f"{row}\n" for row in rows), findings)
    return read_transfers(table, STOPS, {"r"}, set())[0], findings


def test_a_rule_of_a_station_holds_for_each_of_its_stops() -> None:
    assert read("S,c,2,300,") == ({("a", "c"): 300, ("b", "c"): 300}, [])


@pytest.mark.parametrize("rows", [("S,c,2,300,", "a,c,3,,"), ("a,c,3,,", "S,c,2,300,")])
def test_a_rule_of_two_stops_stands_before_their_stations(rows: tuple[str, str]) -> None:
    assert read(*rows) == ({("a", "c"): None, ("b", "c"): 300}, [])


def test_timed_changes_and_rules_of_one_line_ask_for_no_time() -> None:
    assert read("a,c,0,,", "a,c,1,,", "a,c,2,300,r") == ({}, [])


def test_rules_of_two_trips_tell_who_may_stay_seated() -> None:
    findings: list[Finding] = []
    rows = "a,c,4,,t1,t2\na,c,5,,t2,t3\na,c,2,60,t3,t4\n,,4,,t1,\n"
    header = "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id,to_trip_id\n"
    trips = {"t1", "t2", "t3", "t4"}

    _, rules = read_transfers(Table("transfers.txt", header + rows, findings), STOPS, set(), trips)

    assert rules == {("t1", "t2"): True, ("t2", "t3"): False}
    assert [(found.row, found.field, found.severity) for found in findings] == [
        (5, "from_trip_id", "warning")
    ]


def test_a_rule_by_which_nobody_can_stay_seated_is_warned_of() -> None:
    feed = written_feed.feed(**{"transfers.txt": "transfer_type,from_trip_id,to_trip_id\n4,t2,t1\n4,t0,t1\n"})

    timetable, findings = load_timetable("a", feed)

    assert timetable is not None
    assert timetable.staying == {("t2", "t1"): True, ("t0", "t1"): True}
    assert [(found.field, found.code) for found in findings] == [("to_trip_id", "runs_back")]
    assert "t1 leaves before t2 arrives" in findings[0].message


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("a,c,9,,", "transfer_type", "invalid_enum"),
        ("a,z,2,60,", "to_stop_id", "unknown_reference"),
        ("a,,2,60,", "to_stop_id", "missing_value"),
        ("a,c,2,,", "min_transfer_time", "missing_value"),
        ("a,c,2,soon,", "min_transfer_time", "invalid_integer"),
        ("a,c,2,-1,", "min_transfer_time", "negative_time"),
        ("a,c,2,60,q", "from_route_id", "unknown_reference"),
    ],
)
def test_a_wrong_rule_is_named_with_its_row(row: str, field: str, code: str) -> None:
    _, findings = read(row)

    assert [(fault.row, fault.field, fault.code) for fault in findings] == [(2, field, code)]
