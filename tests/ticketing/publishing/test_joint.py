"""The joint feed: readers that others wrote take it, and it says the scheme's prices where Fares V2 can."""

import tomllib
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import gtfs_guru
import pytest

from operators.files import FEED_FILES, read_zip
from operators.gtfs.leaving_out import load_leaving_out
from tariffs.fares import feed as fares
from tariffs.fares.feed import Feed
from tariffs.fares.price import price
from tariffs.journey import Ride
from tariffs.own_price import fare_leg
from tests.ticketing.publishing.counted import TERMS
from ticketing.publishing.gtfs import Joint, joint_feed, zipped
from ticketing.publishing.gtfs.fares import MEDIUM
from ticketing.regions import Region
from ticketing.regions.rides import find_ride

DAY = date(2026, 10, 13)
REGIONS = ("alentejo-extremadura", "helsinki-tallinn", "lille-kortrijk-tournai", "oresund")
GOLDEN = tomllib.loads(Path("tests/golden/helsinki-tallinn.toml").read_text(encoding="utf-8"))["journey"]


@pytest.fixture(scope="module")
def joints(every_region: dict[str, Region]) -> dict[str, Joint]:
    return {name: joint_feed(replace(one.data, open_data=TERMS), DAY) for name, one in every_region.items()}


def feed_of(joint: Joint) -> Feed:
    """The fares of a joint feed as our own reader has them."""
    texts = {name: text for name, text in joint.files.items() if name in FEED_FILES}
    feed, findings = fares.load(fares.files_of(texts))
    assert [fault for fault in findings if fault.severity == "error"] == []
    assert feed is not None
    return feed


def joined(ride: Ride) -> Ride:
    """A ride by the ids of the joint feed."""
    operator = ride.operator
    return replace(
        ride,
        route_id=f"{operator}:{ride.route_id}",
        from_stop_id=f"{operator}:{ride.from_stop_id}",
        to_stop_id=f"{operator}:{ride.to_stop_id}",
        calls=tuple(f"{operator}:{stop}" for stop in ride.calls),
    )


def rides_of(region: Region, journey: dict[str, Any]) -> list[Ride]:
    rides = []
    for operator, route, start, end, *times in journey["rides"]:
        departure, arrival = map(datetime.fromisoformat, times)
        ride = find_ride(region.data, operator, route, (start, end), (departure, arrival))
        assert ride is not None
        rides.append(ride)
    return rides


@pytest.mark.parametrize("journey", GOLDEN, ids=lambda journey: journey["name"])
def test_the_published_price_of_a_golden_journey_is_the_engines(
    journey: dict[str, Any], every_region: dict[str, Region], joints: dict[str, Joint]
) -> None:
    feed = feed_of(joints["helsinki-tallinn"])
    legs = [fare_leg(feed, joined(ride)) for ride in rides_of(every_region["helsinki-tallinn"], journey)]

    published = price(feed, legs, journey["rider"], MEDIUM)

    assert published.total is not None, published.reason
    assert published.total.text == journey["total"]


@pytest.mark.parametrize("name", REGIONS)
def test_a_validator_of_others_finds_no_error(name: str, joints: dict[str, Joint], tmp_path: Path) -> None:
    path = tmp_path / "gtfs.zip"
    path.write_bytes(zipped(joints[name].files))

    result = gtfs_guru.validate(str(path), country_code="FI", date="2026-11-23")

    assert [(fault.code, fault.file, fault.field) for fault in result.errors()] == []


@pytest.mark.parametrize("name", REGIONS)
def test_our_reader_takes_the_whole_feed(
    name: str, joints: dict[str, Joint], every_region: dict[str, Region]
) -> None:
    texts = read_zip(zipped(joints[name].files), FEED_FILES)

    read = load_leaving_out("joint", texts, 0)

    assert read.findings == []
    assert read.timetable is not None
    timetables = every_region[name].data.timetables.values()
    assert len(read.timetable.stops) == sum(len(one.stops) for one in timetables)
    assert len(read.timetable.routes) == sum(len(one.routes) for one in timetables)
    ours = sum(len(pattern.trips) for one in timetables for pattern in one.patterns)
    assert sum(len(pattern.trips) for pattern in read.timetable.patterns) == ours


def test_a_router_of_others_finds_the_way_over_three_operators(
    joints: dict[str, Joint], tmp_path: Path
) -> None:
    pynigiri = pytest.importorskip("pynigiri", reason="the wheel exists for Linux on x86-64 alone")
    for name, text in joints["helsinki-tallinn"].files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    source, options = pynigiri.TimetableSource(), pynigiri.FinalizeOptions()
    source.tag, source.path, source.loader_config = "joint", str(tmp_path), pynigiri.LoaderConfig()
    options.max_footpath_length = 15
    timetable = pynigiri.load_timetable([source], "2026-10-12", "2026-10-20", options)
    query = pynigiri.Query()
    query.start_time = int(datetime.fromisoformat("2026-10-13T06:10:00+03:00").timestamp()) // 60
    query.start = [pynigiri.Offset(timetable.find_location("tlt:09005-1"), 0, 0)]
    query.destination = [pynigiri.Offset(timetable.find_location("hsl:HSL-T-PAS"), 0, 0)]
    query.max_transfers, query.max_travel_time = 5, 24 * 60

    ways = pynigiri.route(timetable, query)

    assert ways
    assert min(way.transfers for way in ways) == 2


def test_the_same_feed_is_the_same_bytes(every_region: dict[str, Region]) -> None:
    data = every_region["oresund"].data

    assert zipped(joint_feed(data, DAY).files) == zipped(joint_feed(data, DAY).files)


def test_the_feed_names_what_it_cannot_say(joints: dict[str, Joint]) -> None:
    notes = joints["helsinki-tallinn"].files["notes.txt"]

    assert "ninety-minutes-eckero (highest_fare_window) is not in this feed" in notes
    assert "gulf-link" not in notes
    assert "city-on-ferry" not in notes
    assert "two-sides" not in notes
    assert "train-and-town-bus (through_fare)" in joints["alentejo-extremadura"].files["notes.txt"]


def test_no_price_is_below_zero(joints: dict[str, Joint]) -> None:
    for joint in joints.values():
        feed = feed_of(joint)
        assert all(row.price.minor >= 0 for rows in feed.products.values() for row in rows)


def test_clocks_of_two_countries_become_one(
    joints: dict[str, Joint], every_region: dict[str, Region]
) -> None:
    """Portugal's clock is an hour behind Spain's: its times are an hour later in the feed."""
    joint = joints["alentejo-extremadura"]
    zones = {one.timezone for one in every_region["alentejo-extremadura"].data.timetables.values()}

    assert zones == {"Europe/Lisbon", "Europe/Madrid"}
    assert set(joint.shifts.values()) == {0, 3600}
    assert "Europe/Lisbon" in joint.files["stops.txt"]
    assert "Europe/Lisbon" not in joint.files["agency.txt"]
