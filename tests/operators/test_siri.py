"""SIRI by address or file: journeys become delays of trips, actual times are marked, hostile documents are refused."""

import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.causes import class_of
from operators.connectors.gtfs import GtfsSettings, OpenTransport
from operators.errors import BadReply, Unavailable
from operators.gtfs.reader import load_timetable
from operators.port import AddedTrip, CallChange, Disruption, Disruptions, ObservedCall, Selector
from operators.simulators.gtfs import GtfsSimulator
from operators.siri import estimated as et
from operators.siri import situations as sx
from operators.siri.delivery import MAX_DEPTH, MAX_ELEMENTS, parse
from operators.siri.journeys import Names
from tests.operators.sample import clock
from tests.operators.siri_words import NOON, call, calls, estimated, named, siri, situation
from tests.operators.written_feed import DAY, feed

TIMETABLE = load_timetable("a", feed())[0]
START = "<LineRef>R</LineRef>"


def read(*journeys: str, names: Names | None = None, prefix: str = "") -> Disruptions:
    content = siri(estimated(*journeys), prefix=prefix).encode()
    return et.read_estimated(parse(content, et.SERVICE), TIMETABLE, None, names)


def items(*journeys: str) -> tuple[Disruption, ...]:
    return read(*journeys).items


@pytest.mark.parametrize("prefix", ["", "siri"])
def test_expected_times_are_delays_and_actual_ones_have_happened(prefix: str) -> None:
    left = call("s1", AimedDepartureTime="05:05:30", ActualDepartureTime="05:07:30")
    told = read(
        named()
        + calls(
            call("s2", ExpectedArrivalTime="05:13:00", ExpectedDepartureTime="05:13:30"), recorded=(left,)
        ),
        prefix=prefix,
    )

    assert told.items == (
        Disruption(
            "t0",
            DAY,
            calls=(ObservedCall(0, None, 120, happened=("departure",)), CallChange(1, 180, 180)),
        ),
    )
    assert (told.source, told.as_of, told.matching.matched) == ("siri_et", NOON, 1)


def test_an_actual_time_that_is_still_to_come_has_not_happened() -> None:
    """It would prove an arrival, and pay for a delay, before the train is there."""
    soon = call("s1", AimedDepartureTime="05:05:30", ActualDepartureTime="06:00:59")
    later = call("s2", ActualArrivalTime="06:01:01", ActualDepartureTime="09:10:00")

    assert items(named() + calls(recorded=(soon, later))) == (
        Disruption(
            "t0",
            DAY,
            calls=(ObservedCall(0, None, 3329, happened=("departure",)), CallChange(1, 3061, 14370)),
        ),
    )


def test_prefixes_are_taken_off_where_they_are_configured() -> None:
    names = Names(stop="X:Quay:", line="X:Line:", journey="X:Journey:")
    journey = named("X:Journey:t0") + calls(call("X:Quay:s2", ExpectedArrivalTime="05:11:00"))

    assert read(journey, names=names).items[0].calls == (CallChange(1, 60),)
    assert read(journey).matching.unmatched == {"unknown_trip": 1}


def test_without_a_reference_line_and_aimed_start_name_the_trip() -> None:
    journey = START + calls(
        call("s1", AimedDepartureTime="06:05:30", ExpectedDepartureTime="06:06:30"),
        call("s4", AimedArrivalTime="06:20:00", ExpectedArrivalTime="06:21:00"),
    )

    assert items(journey) == (Disruption("t1", DAY, calls=(CallChange(0, None, 60), CallChange(3, 60))),)
    assert items("<DatedVehicleJourneyRef>theirs:9</DatedVehicleJourneyRef>" + journey)[0].trip_id == "t1"


@pytest.mark.parametrize(
    ("journey", "reason"),
    [
        (named("stranger"), "unknown_trip"),
        (named("t0", "2031-01-01"), "not_that_day"),
        ("", "no_trip_named"),
        (START + calls(call("s2", AimedDepartureTime="06:05:30")), "unknown_trip"),
        (named() + calls(call("elsewhere", ExpectedArrivalTime="05:11:00")), "unknown_stops"),
        ("<ExtraJourney>true</ExtraJourney>" + START, "not_understood"),
    ],
)
def test_a_journey_that_cannot_be_placed_is_counted_by_its_reason(journey: str, reason: str) -> None:
    told = read(journey)

    assert (told.items, told.matching.unmatched) == ((), {reason: 1})


def test_two_trips_of_one_line_and_start_are_none() -> None:
    files = feed()
    files["trips.txt"] += "twin,R,W,\n"
    files["stop_times.txt"] += "".join(
        f"twin,s{at},{10 * at},05:{5 * at:02}:00,05:{5 * at:02}:30\n" for at in range(1, 5)
    )
    timetable, _ = load_timetable("a", files)
    journey = START + calls(call("s1", AimedDepartureTime="05:05:30"))
    delivery = parse(siri(estimated(journey)).encode(), et.SERVICE)

    assert et.read_estimated(delivery, timetable).matching.unmatched == {"several_runs": 1}


def test_a_journey_is_cancelled_by_its_word_or_by_that_of_every_call() -> None:
    gone = (Disruption("t0", DAY, cancelled=True),)
    each = calls(*(call(f"s{at}", Cancellation="true") for at in range(1, 5)))

    assert items(named() + "<Cancellation>true</Cancellation>") == gone
    assert items(named() + each) == gone


def test_a_cancelled_call_is_skipped_and_half_a_call_is_not() -> None:
    told = named() + calls(
        call("s2", ArrivalStatus="cancelled", DepartureStatus="cancelled"),
        call("s3", ArrivalStatus="cancelled", ExpectedDepartureTime="05:16:30", DepartureStatus="delayed"),
    )

    assert items(told)[0].calls == (CallChange(1, skipped=True), CallChange(2, None, 60))


@pytest.mark.parametrize(
    "word", ["<PredictionInaccurate>true</PredictionInaccurate>", "<Monitored>false</Monitored>"]
)
def test_an_inaccurate_prediction_is_not_known(word: str) -> None:
    assert items(named() + word + calls(call("s2", ExpectedArrivalTime="05:11:00")))[0].calls == (
        CallChange(1),
    )


def test_on_time_is_known_without_a_time_and_no_report_is_not() -> None:
    told = calls(
        call("s2", AimedArrivalTime="05:10:00", ArrivalStatus="onTime"),
        call("s3", ExpectedArrivalTime="05:16:00", ArrivalStatus="noReport"),
    )

    assert items(named() + told)[0].calls == (CallChange(1, 0), CallChange(2))


def test_of_two_journeys_about_one_run_the_one_recorded_last_counts() -> None:
    late, later = (
        named()
        + f"<RecordedAtTime>2026-10-13T05:0{minute}:00+03:00</RecordedAtTime>"
        + calls(call("s2", ExpectedArrivalTime=f"05:1{minute}:00"))
        for minute in (1, 2)
    )

    assert items(later, late)[0].calls == (CallChange(1, 120),)


def test_an_extra_journey_is_an_added_trip() -> None:
    told = read(
        "<LineRef>R</LineRef><DatedVehicleJourneyRef>extra</DatedVehicleJourneyRef>"
        "<ExtraJourney>true</ExtraJourney>"
        + calls(call("s1", ExpectedDepartureTime="07:01:00"), call("s4", AimedArrivalTime="07:20:00"))
    )

    (added,) = told.added
    assert isinstance(added, AddedTrip)
    assert (added.trip_id, added.service_date, [one.stop_id for one in added.calls]) == (
        "extra",
        DAY,
        ["s1", "s4"],
    )


def alert(inside: str, names: Names | None = None) -> Disruptions:
    return sx.read_situations(parse(siri(situation(inside)).encode(), sx.SERVICE), names)


def test_a_situation_is_an_alert_with_its_texts_cause_and_lines() -> None:
    told = alert(
        "<SituationNumber>1</SituationNumber><Progress>open</Progress>"
        "<ValidityPeriod><StartTime>2026-10-13T03:00:00Z</StartTime></ValidityPeriod>"
        "<EnvironmentReason>roughSea</EnvironmentReason><Severity>severe</Severity>"
        '<Summary xml:lang="FI">Myrsky</Summary><Summary>Storm</Summary>'
        '<Description xml:lang="fi">Kova  tuuli</Description>'
        "<InfoLinks><InfoLink><Uri>https://a.example/1</Uri></InfoLink></InfoLinks>"
        "<Consequences><Consequence><Condition>cancelled</Condition></Consequence></Consequences>"
        "<Affects><Networks><AffectedNetwork><AffectedLine><LineRef>X:Line:R</LineRef>"
        "<Direction><DirectionRef>inbound</DirectionRef></Direction></AffectedLine></AffectedNetwork></Networks>"
        "<StopPoints><AffectedStopPoint><StopPointRef>s2</StopPointRef></AffectedStopPoint></StopPoints>"
        f"<VehicleJourneys><AffectedVehicleJourney>{named()}</AffectedVehicleJourney></VehicleJourneys></Affects>",
        Names(line="X:Line:", directions={"inbound": 1}),
    )

    (found,) = told.alerts
    assert found.header == {"fi": "Myrsky", "": "Storm"}
    assert (found.description, found.url) == ({"fi": "Kova tuuli"}, {"": "https://a.example/1"})
    assert (found.cause, found.effect, found.severity) == ("roughSea", "no_service", "severe")
    assert class_of(found.cause) == "weather"
    assert found.periods == ((int(NOON.timestamp()), None),)
    assert found.about == (
        Selector(route_id="R", direction=1),
        Selector(stop_id="s2"),
        Selector(trip_id="t0", service_date=DAY),
    )
    assert (told.alerts_source, told.tells_trips) == ("siri_sx", False)


@pytest.mark.parametrize(
    "inside",
    [
        "<Progress>closed</Progress><Summary>x</Summary>",
        "<Progress>draft</Progress><Summary>x</Summary>",
        "<ValidityPeriod><EndTime>2026-10-13T02:00:00Z</EndTime></ValidityPeriod><Summary>x</Summary>",
        "<Severity>severe</Severity>",
    ],
)
def test_a_situation_that_is_over_or_says_nothing_is_no_alert(inside: str) -> None:
    assert alert(inside).alerts == ()


def test_a_situation_about_what_we_cannot_read_is_about_nothing_and_not_about_everybody() -> None:
    elsewhere = "<Affects><Places><AffectedPlace><PlaceRef>x</PlaceRef></AffectedPlace></Places></Affects>"

    assert alert("<Summary>x</Summary>").alerts[0].about == ()
    assert alert("<Summary>x</Summary>" + elsewhere).alerts[0].about == (Selector(mode="?"),)


@pytest.mark.parametrize(("cause", "named_class"), [("staffSickness", "own_staff"), ("meteor", "unknown")])
def test_a_cause_has_a_class_and_an_unknown_one_says_so(cause: str, named_class: str) -> None:
    assert class_of(cause) == named_class


_BOMB = (
    '<!DOCTYPE Siri [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{at} "{f"&a{at - 1 if at else str()};" * 10}">' for at in range(10))
    + "]><Siri>&a9;</Siri>"
)
_WHOLE = siri(estimated(named()))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (_BOMB, "document type"),
        ('<!DOCTYPE Siri SYSTEM "file:///etc/passwd"><Siri/>', "document type"),
        ('<!DOCTYPE Siri [<!ENTITY x SYSTEM "file:///etc/passwd">]><Siri>&x;</Siri>', "document type"),
        ("<Siri>&x;</Siri>", "cannot be read"),
        ("<a>" * 200_000, "cannot be read"),
        (siri(estimated("<a>" * MAX_DEPTH + "</a>" * MAX_DEPTH)), "deeper"),
        (f'<Siri version="{"2" * 11_000_000}"/>', "cannot be read"),
        (f'<Siri version="{"2" * 1_000}"/>', "version"),
        ("<Siri>" + "<a/>" * (MAX_ELEMENTS + 1) + "</Siri>", "elements"),
        ("", "cannot be read"),
        ("{}", "cannot be read"),
        ("<html/>", "not Siri"),
        ('<Siri xmlns="http://elsewhere.example"/>', "not Siri"),
        ('<Siri xmlns="http://www.siri.org.uk}siri"/>', "cannot be read|not Siri"),
        ("<Siri/>", "ServiceDelivery"),
        (siri(""), "EstimatedTimetableDelivery"),
        (siri(situation("")), "EstimatedTimetableDelivery"),
        (siri(estimated(), version="1.4"), "version"),
        (siri(estimated(more="<Status>false</Status>")), "Status"),
        (siri("<MoreData>true</MoreData>" + estimated()), "MoreData"),
        (_WHOLE.replace("+00:00", ""), "ResponseTimestamp"),
        (_WHOLE.encode("utf-16"), "UTF-8"),
        (_WHOLE.replace("t0", "ö").encode("latin-1"), "cannot be read"),
    ],
)
def test_a_hostile_or_foreign_document_is_refused_at_once(content: str | bytes, says: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadReply, match=says):
        parse(content.encode() if isinstance(content, str) else content, et.SERVICE)

    assert time.monotonic() - began < 5


def test_more_than_anybody_runs_is_refused() -> None:
    frame = "<EstimatedJourneyVersionFrame>" + "<EstimatedVehicleJourney/>" * (et.MAX_JOURNEYS + 1)
    body = f"<EstimatedTimetableDelivery>{frame}</EstimatedJourneyVersionFrame></EstimatedTimetableDelivery>"
    told = parse(siri(body).encode(), et.SERVICE)
    one = "<PtSituationElement/>" * (sx.MAX_SITUATIONS + 1)
    about = parse(
        siri(situation("").replace("<PtSituationElement></PtSituationElement>", one)).encode(), sx.SERVICE
    )

    with pytest.raises(BadReply, match="journeys"):
        et.read_estimated(told, TIMETABLE)
    with pytest.raises(BadReply, match="situations"):
        sx.read_situations(about)


def test_trips_times_stops_are_no_more_than_are_kept() -> None:
    many = "".join(f"<VehicleJourneyRef>t{at}</VehicleJourneyRef>" for at in range(5_000))
    stops = "<AffectedStopPoint><StopPointRef>s1</StopPointRef></AffectedStopPoint>" * 5_000
    inside = (
        "<Summary>x</Summary><Affects><VehicleJourneys><AffectedVehicleJourney>"
        f"{many}<StopPoints>{stops}</StopPoints></AffectedVehicleJourney></VehicleJourneys></Affects>"
    )

    assert len(alert(inside).alerts[0].about) == 500


_TAGS = (
    "EstimatedVehicleJourney", "LineRef", "DirectionRef", "FramedVehicleJourneyRef", "DataFrameRef", "RecordedCalls", "Order",
    "DatedVehicleJourneyRef", "RecordedCall", "EstimatedCalls", "EstimatedCall", "StopPointRef", "AimedArrivalTime",
    "ExpectedArrivalTime", "ActualDepartureTime", "Cancellation", "ExtraJourney", "ArrivalStatus", "RecordedAtTime",
    "PtSituationElement", "Affects", "Networks", "AffectedNetwork", "AffectedLine", "Summary", "ValidityPeriod", "StartTime",
    "EndTime", "Version", "PublishingActions", "PublishingAction", "Consequences", "Consequence", "Condition", "Severity",
)  # fmt: skip
_TEXTS = st.sampled_from(
    [
        "t0",
        "R",
        "s1",
        "s2",
        "true",
        "2026-10-13",
        "9999-12-31T23:59:59-14:00",
        "2026-10-13T05:05:30+03:00",
        "-1",
        "",
        "1" * 5000,
    ]
)
_TREES = st.recursive(
    _TEXTS,
    lambda inner: st.lists(st.tuples(st.sampled_from(_TAGS), inner), max_size=6).map(
        lambda parts: "".join(f"<{tag}>{inside}</{tag}>" for tag, inside in parts)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(_TREES, _TREES)
def test_whatever_is_in_a_delivery_is_read_without_an_error(journey: str, about: str) -> None:
    assert read(journey, named() + journey, START + journey).matching.messages == 3
    assert len(alert("<Summary>x</Summary>" + about).alerts) <= 1


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(_WHOLE)), st.integers(0, 40))
def test_whatever_bytes_come_are_read_or_refused(noise: bytes, at: int, lost: int) -> None:
    content = _WHOLE.encode()
    for written in (noise, content[:at] + noise + content[at + lost :]):
        try:
            delivery = parse(written, et.SERVICE)
        except BadReply:
            continue
        et.read_estimated(delivery, TIMETABLE)


def connector(**told: object) -> OpenTransport:
    told_settings = GtfsSettings(allow_private=True, **told)
    return OpenTransport("a", TIMETABLE, clock().now, told_settings)


def test_both_services_are_fetched_and_joined() -> None:
    now = clock().now()
    with GtfsSimulator(clock().now, feed()) as simulator:
        url = simulator.start()
        simulator.siri_et = siri(estimated(named() + "<Cancellation>true</Cancellation>"), at=now)
        simulator.siri_sx = siri(situation("<Summary>x</Summary>"), at=now - timedelta(minutes=5))
        told = connector(siri_et=f"{url}/siri_et.xml?key=secret", siri_sx=f"{url}/siri_sx.xml").disruptions()

    assert told.items == (Disruption("t0", DAY, cancelled=True),)
    assert [one.text for one in told.alerts] == ["x"]
    assert (told.source, told.alerts_source, told.tells_trips) == ("siri_et", "siri_sx", True)
    assert told.trips_told_at == now
    assert [(one.kind, one.peer) for one in told.messages] == [
        ("trip_updates", f"{url}/siri_et.xml"),
        ("alerts", f"{url}/siri_sx.xml"),
    ]


def test_a_file_is_read_and_an_old_one_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "et.xml"
    tram = connector(siri_et=str(path))
    with pytest.raises(Unavailable, match="no file"):
        tram.disruptions()
    journey = estimated(named() + "<Cancellation>true</Cancellation>")
    path.write_text(siri(journey, at=clock().now() - timedelta(seconds=91)), encoding="utf-8")
    old = tram.disruptions()
    path.write_text(siri(journey, at=clock().now()), encoding="utf-8")

    assert (old.items, old.tells_trips) == ((), False)
    assert tram.disruptions().items == (Disruption("t0", DAY, cancelled=True),)
    path.write_text("<Siri>", encoding="utf-8")
    with pytest.raises(BadReply):
        tram.disruptions()
