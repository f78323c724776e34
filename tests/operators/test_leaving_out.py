"""A feed with few faults is read without them; no departure is ever another one than the feed's own."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.gtfs import reader, transfers
from operators.gtfs.leaving_out import Read, load_leaving_out
from operators.gtfs.reader import load_timetable
from operators.gtfs.timetable import Timetable
from tariffs.calendars import Service
from tariffs.findings import Finding, errors
from tests.tariffs.island import table

_TRIPS = 120
_DAYS = [date(2026, 10, 12) + timedelta(days=days) for days in range(8)]


@cache
def feed() -> Mapping[str, str]:
    """Two lines of four stops, a trip every five minutes, one of them by a frequency, on two services."""
    stops = [f"s{at},Stop {at},59.{at:03},24.7" for at in range(110)]
    trips = [f"r{at % 2},{'week' if at % 3 else 'all'},t{at}" for at in range(_TRIPS)]
    calls = [
        f"t{at},{_clock(at * 5 + 3 * call)},{_clock(at * 5 + 3 * call)},s{at % 50 + call},{call}"
        for at in range(_TRIPS)
        for call in range(4)
    ]
    return {
        "agency.txt": table("agency_name,agency_url,agency_timezone", "A,https://a.example,Europe/Tallinn"),
        "stops.txt": table("stop_id,stop_name,stop_lat,stop_lon", *stops),
        "routes.txt": table("route_id,route_short_name,route_type", "r0,1,3", "r1,2,0"),
        "trips.txt": table("route_id,service_id,trip_id", *trips),
        "stop_times.txt": table("trip_id,arrival_time,departure_time,stop_id,stop_sequence", *calls),
        "calendar.txt": table(
            "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
            "week,1,1,1,1,1,0,0,20260101,20271231",
            "all,1,1,1,1,1,1,1,20260101,20271231",
        ),
        "calendar_dates.txt": table("service_id,date,exception_type", "week,20261013,2", "all,20261014,2"),
        "frequencies.txt": table("trip_id,start_time,end_time,headway_secs", "t0,05:00:00,06:00:00,1200"),
        "transfers.txt": table("from_stop_id,to_stop_id,transfer_type,min_transfer_time", "s1,s2,3,"),
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}:00"


def changed(file: str, old: str, new: str) -> dict[str, str]:
    assert old in feed()[file]
    return {**feed(), file: feed()[file].replace(old, new, 1)}


def departures(timetable: Timetable) -> set[tuple[object, ...]]:
    """Every departure from a stop, with its line, its times after midnight and each day on which it goes."""
    found: set[tuple[object, ...]] = set()
    for pattern in timetable.patterns:
        for trip in pattern.trips:
            days = _days(timetable.services[trip.service])
            for stop, arrival, departure in zip(
                pattern.stops, pattern.arrivals, pattern.departures, strict=True
            ):
                times = (trip.start + arrival, trip.start + departure)
                found.update((trip.trip_id, pattern.route, stop, *times, day) for day in days)
    return found


@cache
def _days(service: Service) -> list[date]:
    return [day for day in _DAYS if service.runs_on(day)]


@cache
def whole() -> set[tuple[object, ...]]:
    """The departures of the feed without fault."""
    read = load_leaving_out("a", feed())
    assert read.timetable is not None
    return departures(read.timetable)


def told(read: Read) -> list[tuple[str, str, str]]:
    return [(one.place, one.code, one.severity) for one in read.findings]


def missing(read: Read) -> set[object]:
    """The trips that a feed has and a reading of a faulty copy has not, or not whole."""
    assert read.timetable is not None, errors(read.findings)
    return {departure[0] for departure in whole() - departures(read.timetable)}


class TestWhatIsLeftOut:
    def test_a_feed_without_fault_is_read_as_it_is(self) -> None:
        read = load_leaving_out("a", feed())

        assert (read.findings, read.files) == ([], feed())

    def test_a_call_with_a_wrong_time_takes_its_trip_with_it(self) -> None:
        read = load_leaving_out("a", changed("stop_times.txt", "t7,00:38:00,00:38:00", "t7,00:38:00,0:38 h"))

        assert missing(read) == {"t7"}
        assert told(read) == [
            ("stop_times.txt:31:departure_time", "invalid_time", "warning"),
            ("stop_times.txt:30", "left_out", "warning"),
        ]

    def test_a_trip_that_runs_back_in_time_goes_as_a_whole(self) -> None:
        read = load_leaving_out(
            "a", changed("stop_times.txt", "t7,00:38:00,00:38:00", "t7,23:38:00,23:38:00")
        )

        assert missing(read) == {"t7"}

    def test_a_call_at_a_stop_that_is_not_there_goes_alone(self) -> None:
        read = load_leaving_out("a", changed("stop_times.txt", "00:38:00,s8,1", "00:38:00,nowhere,1"))

        assert missing(read) == {"t7"}
        assert read.timetable is not None
        kept = {departure[2] for departure in departures(read.timetable) if departure[0] == "t7"}
        assert kept == {"s7", "s9", "s10"}

    def test_a_stop_without_a_place_takes_its_calls_along_and_says_how_many(self) -> None:
        read = load_leaving_out("a", changed("stops.txt", "59.109,24.7", "north,24.7"))
        used = load_leaving_out("a", changed("stops.txt", "s8,Stop 8,59.008", "s8,Stop 8,north"))

        assert missing(read) == set()
        assert used.timetable is not None
        assert "s8" not in {departure[2] for departure in departures(used.timetable)}
        assert "rows refer to something that was left out" in used.findings[1].message

    def test_faults_of_a_kind_are_told_once(self) -> None:
        text = feed()["stop_times.txt"]
        for minutes in ("00:38", "00:43"):
            text = text.replace(f"{minutes}:00,{minutes}:00", f"{minutes}:00,late")

        read = load_leaving_out("a", {**feed(), "stop_times.txt": text}, 5)

        assert missing(read) <= {f"t{at}" for at in range(12)}
        assert len(read.findings) == 2
        assert "more like it)" in read.findings[0].message

    def test_the_rows_that_stay_keep_their_numbers(self) -> None:
        files = changed("trips.txt", "r1,week,t7", "r9,week,t7")

        read = load_leaving_out("a", files)

        assert read.files["trips.txt"].count("\n") == files["trips.txt"].count("\n")
        assert read.files["trips.txt"].splitlines()[8:10] == ["", "r0,week,t8"]

    def test_a_frequency_that_cannot_be_read_does_not_become_a_single_trip(self) -> None:
        read = load_leaving_out("a", changed("frequencies.txt", "1200", "often"), 100)

        assert read.timetable is None or not [
            one for one in departures(read.timetable) if "t0" in str(one[0])
        ]


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("agency.txt", "Europe/Tallinn", "Europe/Talinn"),
            ("transfers.txt", "s1,s2,3,", "s1,s2,9,"),
            ("trips.txt", "service_id", "service"),
            ("trips.txt", "r1,week,t7", '"r1,week,t7'),
            ("calendar_dates.txt", "week,20261013", "week,soon"),
            ("calendar_dates.txt", "week,20261013", "wek,soon"),
            ("stop_times.txt", "t7,00:38:00", ",00:38:00"),
        ],
    )
    def test_a_fault_that_may_stand_for_more_refuses_the_feed(self, file: str, old: str, new: str) -> None:
        read = load_leaving_out("a", changed(file, old, new))

        assert read.timetable is None
        assert errors(read.findings)

    def test_more_faults_than_are_tolerated_are_all_named(self) -> None:
        text = feed()["trips.txt"]
        for trip in (7, 8, 10):
            text = text.replace(f",week,t{trip}\n", f",never,t{trip}\n")

        refused = load_leaving_out("a", {**feed(), "trips.txt": text})
        taken = load_leaving_out("a", {**feed(), "trips.txt": text}, 3)

        assert refused.timetable is None
        assert [one.code for one in refused.findings] == ["unknown_reference"] * 3 + ["too_many_faults"]
        assert "3 of 120 rows would be left out, more than 1 %" in refused.findings[-1].message
        assert missing(taken) == {"t7", "t8", "t10"}


def _more(file: str, *rows: str) -> dict[str, str]:
    """The feed with more rows in a table."""
    return {file: feed()[file] + "".join(f"{row}\n" for row in rows)}


class TestWhatMayBeAnotherOne:
    """A fault that leaves two readings of a row is no reason to take the first of them."""

    def test_neither_of_two_trips_with_one_id_is_sold(self) -> None:
        read = load_leaving_out("a", {**feed(), **_more("trips.txt", "r1,all,t8")}, 2)

        assert missing(read) == {"t8"}
        assert read.timetable is not None
        assert "t8" not in {departure[0] for departure in departures(read.timetable)}

    @pytest.mark.parametrize(
        ("file", "row"), [("stops.txt", "s8,Elsewhere,10.0,10.0"), ("routes.txt", "r1,2,4")]
    )
    def test_neither_of_two_stops_or_lines_with_one_id_is_used(self, file: str, row: str) -> None:
        read = load_leaving_out("a", {**feed(), **_more(file, row)}, 100)

        if read.timetable is not None:
            assert "s8" not in read.timetable.stops or "r1" not in read.timetable.routes

    def test_a_day_that_one_service_tells_twice_is_still_off_for_another(self) -> None:
        sound = {**feed(), **_more("calendar.txt", "odd,1,1,1,1,1,1,1,20260101,20271231")}
        sound["trips.txt"] = sound["trips.txt"].replace("week,t7\n", "odd,t7\n")
        twice = _more("calendar_dates.txt", "odd,20261013,2", "odd,20261013,1")

        read = load_leaving_out("a", {**sound, **twice}, 100)

        assert read.timetable is not None
        assert departures(read.timetable) <= whole()
        assert missing(read) == {"t7"}

    def test_a_ban_between_stations_is_not_lost_with_a_station(self) -> None:
        ban = {
            "stops.txt": feed()["stops.txt"].replace("lon\n", "lon,parent_station,location_type\n")
            + "A,Station,{},24.7,,1\nB,Station,59.2,24.7,,1\na1,A 1,59.1,24.7,A,\nb1,B 1,59.2,24.7,B,\n",
            "transfers.txt": table(
                "from_stop_id,to_stop_id,transfer_type,min_transfer_time", *["s1,s2,3,"] * 19, "A,B,3,"
            ),
        }
        good = {**feed(), **ban, "stops.txt": ban["stops.txt"].format("59.1")}
        bad = {**feed(), **ban, "stops.txt": ban["stops.txt"].format("north")}

        sound = load_leaving_out("a", good)
        read = load_leaving_out("a", bad)

        assert sound.timetable is not None
        assert sound.timetable.transfers[("a1", "b1")] is None
        assert read.timetable is None

    def test_a_frequency_does_not_start_at_its_second_stop(self) -> None:
        """Its times count from the first call: without that one all others would go too early."""
        often = _more("frequencies.txt", *(f"t{at},07:00:00,08:00:00,1800" for at in range(1, 12)))
        sound = load_leaving_out("a", {**feed(), **often})
        faulty = changed("stop_times.txt", "00:00:00,s0,0", "00:00:00,nowhere,0")

        read = load_leaving_out("a", {**faulty, **often})

        assert sound.timetable is not None
        assert read.timetable is not None
        assert departures(read.timetable) <= departures(sound.timetable)

    def test_a_call_without_a_time_keeps_those_that_give_it_one(self) -> None:
        text = feed()["stop_times.txt"].replace("t7,00:38:00,00:38:00", "t7,,")
        text = text.replace("00:41:00,s9,2", "00:41:00,nowhere,2")
        assert "t7,,,s8" in text
        assert "00:41:00,nowhere" in text

        read = load_leaving_out("a", {**feed(), "stop_times.txt": text})

        assert read.timetable is not None
        assert departures(read.timetable) <= whole()

    @pytest.mark.parametrize(
        "fares",
        [
            {"fare_rules.txt": "fare_id,contains_id\nf,1\n"},
            {"area_sets.txt": "area_set_id\nzones\n"},
        ],
    )
    def test_a_trip_whose_price_asks_for_the_stops_passed_loses_none_of_them(
        self, fares: Mapping[str, str]
    ) -> None:
        read = load_leaving_out(
            "a", {**changed("stop_times.txt", "00:38:00,s8,1", "00:38:00,nowhere,1"), **fares}
        )

        assert read.timetable is not None
        assert "t7" not in {departure[0] for departure in departures(read.timetable)}


class TestSmallRows:
    """A few rows do not stand for more than the service can hold."""

    def test_the_trips_of_all_frequencies_together_have_a_limit(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(reader, "_MAX_TRIPS_OF_FREQUENCIES", 100)
        row = "t0,05:00:00,06:00:00,60"
        often = table("trip_id,start_time,end_time,headway_secs", row, row, row)

        timetable, findings = load_timetable("a", {**feed(), "frequencies.txt": often})

        assert timetable is None
        assert [(one.place, one.code) for one in errors(findings)] == [
            ("frequencies.txt:3:headway_secs", "too_many_trips"),
            ("frequencies.txt:4:headway_secs", "too_many_trips"),
        ]

    def test_the_pairs_of_all_rules_of_changes_together_have_a_limit(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfers, "_MOST_PAIRS", 100)
        stops = feed()["stops.txt"].replace("lon\n", "lon,parent_station,location_type\n")
        stops += "A,Station,59.1,24.7,,1\n" + "".join(f"a{at},A {at},59.1,24.7,A,\n" for at in range(8))
        rules = table("from_stop_id,to_stop_id,transfer_type,min_transfer_time", *["A,A,2,60"] * 5)

        read = load_leaving_out("a", {**feed(), "stops.txt": stops, "transfers.txt": rules})

        assert read.timetable is None
        assert [(one.place, one.code) for one in errors(read.findings)] == [
            ("transfers.txt:3:from_stop_id", "too_many_pairs")
        ]


_GARBAGE = st.sampled_from(
    ["", "?", "99:99:99", "-1", "t1", "s1", "r9", "never", "20269999", '"', "Ä,Ö", "1e9"]
)
_PLACES = st.sampled_from(
    ["stops.txt", "routes.txt", "trips.txt", "stop_times.txt", "calendar.txt", "calendar_dates.txt"]
)


@given(_PLACES, st.integers(1, 2000), st.integers(0, 9), _GARBAGE)
def test_a_faulty_feed_never_has_a_departure_that_the_feed_has_not(
    file: str, line: int, column: int, garbage: str
) -> None:
    """A cell is spoiled: what is read has the feed's own departures, or fewer, or names no fault because it is none."""
    lines = feed()[file].splitlines()
    at = 1 + line % (len(lines) - 1)
    cells = lines[at].split(",")
    cells[column % len(cells)] = garbage
    lines[at] = ",".join(cells)

    read = load_leaving_out("a", {**feed(), file: "\n".join(lines) + "\n"}, 100)

    if read.timetable is None:
        assert errors(read.findings)
    elif _has_fault(read.findings):
        assert departures(read.timetable) <= whole()


def _has_fault(findings: list[Finding]) -> bool:
    return any("left out" in one.message for one in findings)
