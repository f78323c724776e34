"""The days that a rehearsal visits, and the ways that it finds through the timetables."""

import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from operators.region import RegionData, load_region
from tests.rehearsal import islands
from ticketing.regions.meetings import Meetings, Part, unusable_agreements
from ticketing.rehearsal.days import days_of, slots
from ticketing.rehearsal.plan import aims, possible
from ticketing.rehearsal.ways import Search, Trips


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> RegionData:
    found, findings = load_region(islands.write(tmp_path_factory.mktemp("region")))
    assert not findings
    return found


def test_the_rounds_visit_both_changes_of_clocks_a_weekend_and_the_hours_after_midnight(
    region: RegionData,
) -> None:
    first, last = days_of(region.timetables.values())

    rounds = slots(first, last, "Europe/Stockholm", 3)

    seen = {(slot.day, slot.label) for one in rounds for slot in one}
    assert (first, last) == (date(2026, 1, 1), date(2028, 12, 31))
    assert {(date(2026, 3, 29), "clocks change"), (date(2026, 10, 25), "clocks change")} <= seen
    assert {label for _, label in seen} == {
        "working day",
        "saturday",
        "sunday",
        "after midnight",
        "night of the change",
        "clocks change",
    }
    days = [slot.day for one in rounds for slot in one]
    assert days == sorted(days)


def test_a_timetable_of_a_few_weeks_has_the_days_that_there_are() -> None:
    rounds = slots(date(2026, 5, 4), date(2026, 5, 31), "Europe/Stockholm", 3)

    days = [slot.day for one in rounds for slot in one]
    assert min(days) >= date(2026, 5, 4)
    assert max(days) <= date(2026, 5, 31)


def test_a_way_goes_over_the_wanted_operators_in_time_for_each_change(region: RegionData) -> None:
    search = Search(Trips(Meetings(region)), date(2026, 3, 24), random.Random(1), (5, 20))

    way = search.find([Part(operator="bus"), Part(operator="sea"), Part(operator="rail", to_area="coast")])

    assert way is not None
    assert (way.origin[:4], way.destination, way.operators) == ("bus:", "rail:R2", ("bus", "sea", "rail"))
    assert way.depart_at.date() == date(2026, 3, 24)


def test_a_way_may_wait_before_its_hardest_ride(region: RegionData) -> None:
    search = Search(Trips(Meetings(region)), date(2026, 3, 24), random.Random(1), (8, 20), stay_minutes=60)

    way = search.find([Part(operator="bus"), Part(operator="skiff")])

    assert way is not None
    assert way.stays == (f"skiff:{'K1' if way.origin.startswith('bus') else 'K2'}", 60)


def test_there_is_no_way_between_operators_that_do_not_meet(region: RegionData) -> None:
    search = Search(Trips(Meetings(region)), date(2026, 3, 24), random.Random(1))

    assert search.find([Part(operator="bus"), Part(operator="tram")]) is None


def test_what_can_be_reached_is_read_from_the_data(region: RegionData) -> None:
    wanted = possible(region, ["working day"], ["kiosk", "web"]).by_dimension

    assert wanted["connectors"] == ("exchange", "gtfs", "maritime", "none", "osdm", "own")
    assert wanted["currencies"] == ("EUR", "SEK")
    assert wanted["products"] == ("single", "carnet", "pass")
    assert {aim.name for aim in aims(region)} >= {document["id"] for document in region.agreements}


def changed(region: RegionData, document: dict[str, object]) -> list[str]:
    return [found.message for found in unusable_agreements(replace(region, agreements=[document]))]


def test_region_check_names_an_agreement_that_nobody_can_use(region: RegionData) -> None:
    parties = {"id": "x", "kind": "through_fare", "parties": ["bus", "tram"]}

    assert list(unusable_agreements(region)) == []
    assert changed(region, {**parties, "pattern": [{"operator": "bus"}, {"operator": "tram"}]}) == [
        "nobody can use it: no stop of bus is within a walk of one where tram goes on"
    ]
    assert changed(
        region, {**parties, "pattern": [{"operator": "tram", "from_area": "park", "to_area": "park"}]}
    ) == ["nobody can use it: tram has no ride that fits its part of the pattern"]
    assert changed(region, {**parties, "kind": "highest_fare_window"}) == [
        "nobody can use it: no two of its parties meet"
    ]


@pytest.mark.parametrize("name", ["helsinki-tallinn", "oresund", "lille-kortrijk-tournai"])
def test_every_agreement_that_is_shipped_can_be_used(name: str) -> None:
    found, _ = load_region(Path("regions") / name)

    assert list(unusable_agreements(found)) == []
