"""NeTEx deliveries: the same journeys as the GTFS of the same lines, and everything else told, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.netex.convert import convert
from tests.operators.netex_read import departures, messages, tables, timetable, written
from tests.operators.written_feed import DAY
from tests.operators.written_netex import DIALECTS, delivery, document

_CALENDAR = "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"


class TestTimetable:
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_delivery_has_the_journeys_of_the_gtfs_of_its_lines(self, dialect: str) -> None:
        expected = departures(timetable(written()))

        read = timetable(tables(convert(delivery(written(), dialect))))

        assert len(expected) == 4
        assert departures(read) == expected
        assert (read.timezone, read.language) == ("Europe/Tallinn", "en")

    @given(
        dialect=st.sampled_from(DIALECTS),
        days=st.lists(st.booleans(), min_size=7, max_size=7).filter(any),
        exceptions=st.dictionaries(st.integers(1, 28), st.booleans(), max_size=5),
        first=st.integers(0, 30),
        gaps=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 90)), min_size=3, max_size=3),
        flags=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=4),
        headway=st.one_of(
            st.none(), st.tuples(st.integers(5, 10), st.integers(11, 20), st.sampled_from([600, 1800, 7200]))
        ),
    )
    def test_days_times_and_headways_are_those_of_the_gtfs(  # noqa: PLR0917  one for each dimension
        self,
        dialect: str,
        days: list[bool],
        exceptions: dict[int, bool],
        first: int,
        gaps: list[tuple[int, int]],
        flags: list[tuple[bool, bool]],
        headway: tuple[int, int, int] | None,
    ) -> None:
        weekdays = ",".join(str(int(day)) for day in days)
        files = written(
            **{
                "calendar.txt": f"{_CALENDAR}W,{weekdays},20260901,20261130\n",
                "calendar_dates.txt": "service_id,date,exception_type\n"
                + "".join(f"W,202610{day:02},{1 if added else 2}\n" for day, added in exceptions.items()),
                "trips.txt": "trip_id,route_id,service_id,trip_headsign,direction_id\nt0,R,W,Home,1\n",
                "stop_times.txt": "trip_id,stop_id,stop_sequence,arrival_time,departure_time,pickup_type,drop_off_type\n"
                + _calls(first * 3600, gaps, flags),
                "frequencies.txt": "trip_id,start_time,end_time,headway_secs\n"
                + (f"t0,{headway[0]:02}:00:00,{headway[1]:02}:00:00,{headway[2]}\n" if headway else ""),
            }
        )

        expected = timetable(files)
        converted = convert(delivery(files, dialect))

        if not any(
            service.runs_on(DAY.replace(day=day))
            for service in expected.services.values()
            for day in range(1, 32)
        ):
            return
        read = timetable(tables(converted))
        for day in range(1, 32):
            assert departures(read, DAY.replace(day=day)) == departures(expected, DAY.replace(day=day))

    def test_a_journey_by_run_and_wait_times_leaves_and_arrives(self) -> None:
        files = {
            "a.xml": document(
                [
                    _line("rail"),
                    _points(("s1", "59.4", "24.7"), ("s2", "59.5", "24.7"), ("s3", "59.6", "24.7")),
                    "<ServiceFrame id='x:3' version='1'><timingLinks>"
                    + _link("l1", "s1", "s2")
                    + _link("l2", "s2", "s3")
                    + "</timingLinks><journeyPatterns>"
                    + _pattern("p", "s1", "s2", "s3")
                    + "</journeyPatterns><timeDemandTypes><TimeDemandType id='x:d' version='1'><runTimes>"
                    "<JourneyRunTime id='r1'><TimingLinkRef ref='x:l1'/><RunTime>PT10M</RunTime></JourneyRunTime>"
                    "<JourneyRunTime id='r2'><TimingLinkRef ref='x:l2'/><RunTime>PT1H6M30S</RunTime></JourneyRunTime>"
                    "</runTimes><waitTimes><JourneyWaitTime id='w'><ScheduledStopPointRef ref='x:s2'/>"
                    "<WaitTime>PT3M</WaitTime></JourneyWaitTime></waitTimes></TimeDemandType></timeDemandTypes></ServiceFrame>",
                    _days("2026-10-13", "2026-10-13", "1"),
                    (
                        "<TimetableFrame id='x:5' version='1'><vehicleJourneys><ServiceJourney id='x:j' version='1'>"
                        "<validityConditions><AvailabilityConditionRef ref='x:c'/></validityConditions>"
                        "<DepartureTime>23:35:00</DepartureTime><JourneyPatternRef ref='x:p'/><TimeDemandTypeRef ref='x:d'/>"
                        "</ServiceJourney></vehicleJourneys></TimetableFrame>"
                    ),
                ]
            )
        }

        read = timetable(tables(convert(files, "Europe/Tallinn")))

        (departure,) = departures(read)
        assert [call[1:3] for call in departure[-1]] == [
            (23 * 3600 + 35 * 60, 23 * 3600 + 35 * 60),
            (23 * 3600 + 45 * 60, 23 * 3600 + 48 * 60),
            (24 * 3600 + 54 * 60 + 30, 24 * 3600 + 54 * 60 + 30),
        ]

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_journeys_of_one_block_are_one_vehicle(self, dialect: str) -> None:
        trips = "trip_id,route_id,service_id,block_id\nt0,R,W,B\nt1,R,W,B\nt2,R,W,\nt3,R,W,C\n"

        read = timetable(tables(convert(delivery(written(**{"trips.txt": trips}), dialect))))

        blocks = [trip.block for pattern in read.patterns for trip in pattern.trips]
        assert [block.rpartition(":")[2] for block in blocks] == ["B", "B", "", "C"]

    def test_a_common_object_of_two_files_counts_once_and_the_newer_one_stands(self) -> None:
        files = delivery(written())
        newer = (
            files["_common.xml"]
            .replace(b"<Name>Stop 2", b"<Name>Harbour")
            .replace(b"version='1'", b"version='2'")
        )

        read = timetable(tables(convert({**files, "_later.xml": newer, "_older.xml": files["_common.xml"]})))

        assert "Harbour" in {stop.name for stop in read.stops.values()}
        assert len(departures(read)) == 4

    @pytest.mark.parametrize("alteration", ["cancellation", "replaced"])
    def test_a_cancelled_journey_is_no_departure_and_is_told(self, alteration: str) -> None:
        files = delivery(written())
        journey = b"<ServiceJourney id=\"x:ServiceJourney:t1\" version='1'>"
        assert journey in files["lines.xml"]
        files["lines.xml"] = files["lines.xml"].replace(
            journey, journey + f"<ServiceAlteration>{alteration}</ServiceAlteration>".encode()
        )

        converted = convert(files)

        assert len(departures(timetable(tables(converted)))) == 3
        assert "1 journeys are left out: they are cancelled or replaced" in messages(converted)

    def test_a_dated_journey_runs_on_its_own_days(self) -> None:
        files = delivery(written())
        dated = (
            "<ServiceCalendarFrame id='x:8' version='1'><operatingDays><OperatingDay id='x:D1' version='1'>"
            f"<CalendarDate>{DAY}</CalendarDate></OperatingDay></operatingDays></ServiceCalendarFrame>"
            "<TimetableFrame id='x:9' version='1'><vehicleJourneys><DatedServiceJourney id='x:dsj' version='1'>"
            "<ServiceJourneyRef ref='x:ServiceJourney:t0'/><OperatingDayRef ref='x:D1'/></DatedServiceJourney>"
            "</vehicleJourneys></TimetableFrame>"
        )

        read = timetable(tables(convert({**files, "dated.xml": document([dated])})))

        assert len(departures(read, DAY)) == 4
        assert len(departures(read, DAY.replace(day=14))) == 3

    def test_a_stop_abroad_has_its_own_time_zone(self) -> None:
        files = delivery(written())
        files["_common.xml"] = files["_common.xml"].replace(
            b"<Name>Station</Name>", b"<Name>Station</Name><Locale><TimeZone>Europe/Riga</TimeZone></Locale>"
        )

        read = timetable(tables(convert(files)))

        zones = {read.stops[stop].name: read.timezone_of(stop) for stop in read.patterns[0].stops}
        assert zones["Station"] == "Europe/Riga"
        assert {zone for name, zone in zones.items() if name != "Station"} == {"Europe/Tallinn"}

    def test_a_train_replaced_by_a_bus_is_sold_as_a_bus(self) -> None:
        files = delivery(written())
        journey = b"<ServiceJourney id=\"x:ServiceJourney:t1\" version='1'>"
        files["lines.xml"] = files["lines.xml"].replace(
            journey, journey + b"<TransportMode>bus</TransportMode>"
        )

        seen = departures(timetable(tables(convert(files))))

        assert sorted(str(one[2]) for one in seen) == ["bus", "ferry", "ferry", "ferry"]

    def test_stop_points_without_a_place_are_named_with_the_remedy(self) -> None:
        files = delivery(written())
        files["_common.xml"] = (
            files["_common.xml"].replace(b"<Location>", b"<Nowhere>").replace(b"</Location>", b"</Nowhere>")
        )

        converted = convert(files)

        assert "4 stop points have no place" in messages(converted)
        assert "Put the file with the stop places beside the others" in messages(converted)
        assert [found.code for found in converted.findings if found.severity == "error"] == ["no_place"]


def _line(mode: str) -> str:
    return (
        "<ServiceFrame id='x:1' version='1'><lines><Line id='x:L' version='1'><Name>Line</Name>"
        f"<TransportMode>{mode}</TransportMode></Line></lines></ServiceFrame>"
    )


def _points(*points: tuple[str, str, str]) -> str:
    rows = "".join(
        f"<ScheduledStopPoint id='x:{name}' version='1'><Name>{name}</Name><Location><Longitude>{lon}</Longitude>"
        f"<Latitude>{lat}</Latitude></Location></ScheduledStopPoint>"
        for name, lat, lon in points
    )
    return (
        f"<ServiceFrame id='x:2' version='1'><scheduledStopPoints>{rows}</scheduledStopPoints></ServiceFrame>"
    )


def _link(name: str, start: str, end: str) -> str:
    return f"<TimingLink id='x:{name}' version='1'><FromPointRef ref='x:{start}'/><ToPointRef ref='x:{end}'/></TimingLink>"


def _pattern(name: str, *points: str) -> str:
    halts = "".join(
        f"<StopPointInJourneyPattern id='x:{name}-{at}' version='1'><ScheduledStopPointRef ref='x:{point}'/></StopPointInJourneyPattern>"
        for at, point in enumerate(points)
    )
    return (
        f"<JourneyPattern id='x:{name}' version='1'><RouteView><LineRef ref='x:L'/></RouteView>"
        f"<pointsInSequence>{halts}</pointsInSequence></JourneyPattern>"
    )


def _days(start: str, end: str, bits: str) -> str:
    return (
        "<ServiceCalendarFrame id='x:4' version='1'><validityConditions><AvailabilityCondition id='x:c' version='1'>"
        f"<FromDate>{start}T00:00:00</FromDate><ToDate>{end}T23:59:59</ToDate><ValidDayBits>{bits}</ValidDayBits>"
        "</AvailabilityCondition></validityConditions></ServiceCalendarFrame>"
    )


def _calls(start: int, gaps: list[tuple[int, int]], flags: list[tuple[bool, bool]]) -> str:
    """The rows of a trip: seconds between stops and at them, and who may get on and off."""
    rows, now = [], start
    for at, (boards, alights) in enumerate(flags, 1):
        ride, wait = gaps[at - 2] if at > 1 else (0, 0)
        now += ride
        arrival = now
        now += wait if at < len(flags) else 0
        rows.append(f"t0,s{at},{at},{_time(arrival)},{_time(now)},{int(not boards)},{int(not alights)}\n")
    return "".join(rows)


def _time(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
