"""Places: found by any name that people have for them, however they type it."""

from dataclasses import replace
from pathlib import Path

import pytest

from operators.region import RegionData
from tests.api import Api
from tests.ticketing.search.small_region import SmallTrip, small_region
from ticketing.clock import FixedClock
from ticketing.errors import InvalidRequest
from ticketing.offers import OfferTokens
from ticketing.regions import Region
from ticketing.search.network import nearby
from ticketing.search.places import Place, find, index, is_same_place, near_ones
from ticketing.search.service import Planner, find_journeys
from ticketing.search.wish import Wish
from ticketing.tickets.keys import KeyStore


@pytest.fixture(scope="module")
def places(regions: dict[str, Region]) -> tuple[Place, ...]:
    return index(regions["helsinki-tallinn"].data)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Kopli", "Kopli"),
        ("kopli", "Kopli"),
        ("Pasila", "Pasila"),
        ("Böle", "Pasila"),
        ("bole", "Pasila"),
        ("  BALTI   JAAM ", "Balti jaam"),
        ("Lansiterminaali T2", "Länsiterminaali T2"),
        ("Västra terminalen T2", "Länsiterminaali T2"),
        ("Baltic Station", "Balti jaam"),
        ("Järnvägstorget", "Rautatieasema"),
        ("Grankulla", "Kauniainen"),
        ("Kamppi", "Kamppi"),
        ("Lentoasema", "Lentoasema"),
        ("senate square", "Senaatintori"),
    ],
)
def test_a_place_answers_to_every_language_without_accents(
    places: tuple[Place, ...], typed: str, name: str
) -> None:
    assert find(places, typed, 1)[0].name == name


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("malmi", ["Malmi", "Malminkartano"]),
        ("linna", ["Linnahall", "Ülemiste linnak", "Tallinna Ülikool"]),
    ],
)
def test_whole_names_come_first_then_beginnings_of_names_and_of_words_then_middles(
    places: tuple[Place, ...], typed: str, names: list[str]
) -> None:
    assert [place.name for place in find(places, typed, 5)] == names


def test_a_station_is_one_place_with_all_its_stops(places: tuple[Place, ...]) -> None:
    (pasila,) = find(places, "Pasila", 5)

    assert pasila.id == "hsl:HSL-ST-PASILA"
    assert set(pasila.stops) == {"hsl:HSL-R-PSL", "hsl:HSL-T-PAS"}
    assert pasila.member_state == "FI"


def test_both_directions_of_a_tram_stop_are_one_place(places: tuple[Place, ...]) -> None:
    assert len(find(places, "Kopli", 1)[0].stops) == 2


@pytest.fixture
def two_towns() -> RegionData:
    """A stop of one name twice in a town, 200 m apart, and once in a town ten kilometres away."""
    made = small_region((0.0, 0.0018, 0.1), {"bus": [SmallTrip((0, 2), (360, 390))]})
    timetable = made.timetables["bus"]
    stops = {
        stop.id: replace(stop, name="Church Street", names={"": "Church Street"})
        for stop in timetable.stops.values()
    }
    return replace(made, timetables={"bus": replace(timetable, stops=stops)})


def test_stops_of_one_name_are_one_place_only_where_they_are_near(two_towns: RegionData) -> None:
    towns = index(two_towns)

    assert sorted(place.stops for place in towns) == [("bus:s0", "bus:s1"), ("bus:s2",)]
    assert near_ones(two_towns, towns) == ([towns[0]], [towns[1]])
    assert is_same_place(two_towns, "bus:s0", "bus:s1")
    assert not is_same_place(two_towns, "bus:s0", "bus:s2")


def test_two_operators_stops_of_one_name_are_one_place_where_they_are_near(
    regions: dict[str, Region],
) -> None:
    region = regions["helsinki-tallinn"].data

    assert is_same_place(region, "tallink:HEL-LT2", "eckero:HEL-LT2")
    assert is_same_place(region, "hsl:HSL-R-PSL", "hsl:HSL-T-PAS")
    assert not is_same_place(region, "tallink:HEL-LT2", "hsl:HSL-T-PAS")


def test_a_name_of_several_places_is_refused_with_the_ids_to_choose_from(
    two_towns: RegionData, clock: FixedClock, regions: dict[str, Region], tmp_path: Path
) -> None:
    shop = Region(two_towns, regions["helsinki-tallinn"].book, {})
    planner = Planner(clock=clock, regions={"small": shop}, offers=OfferTokens(KeyStore(tmp_path, "")))
    wish = Wish.from_request(
        {
            "origin": {"place": "church street"},
            "destination": {"stop_id": "bus:s2"},
            "depart_at": clock.now(),
            "passengers": [{"ref": "p1", "rider_category": "adult"}],
        }
    )

    with pytest.raises(InvalidRequest, match=r"'church street' is several places.*: bus:s0, bus:s2"):
        find_journeys(planner, wish)


@pytest.mark.parametrize("typed", ["", "   ", "Atlantis"])
def test_what_nobody_calls_a_place_finds_nothing(places: tuple[Place, ...], typed: str) -> None:
    assert find(places, typed, 5) == []


def test_no_more_places_than_asked_for(places: tuple[Place, ...]) -> None:
    assert len(find(places, "a", 7)) == 7


def test_a_coordinate_knows_the_stops_around_it(regions: dict[str, Region]) -> None:
    region = regions["helsinki-tallinn"].data
    stop = region.timetables["hsl"].stops["HSL-T-SEN"]

    found = nearby(region, stop.lat, stop.lon)

    assert found["hsl:HSL-T-SEN"] == (0, 0)
    assert max(metres for _, metres in found.values()) <= region.walking.max_m
    assert all(seconds >= metres / region.walking.speed_m_per_s for seconds, metres in found.values())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("town", "named"), [("Helsinki", "hsl:"), ("Tallinn", "tlt:"), ("Länsiterminaali", "hsl:")]
)
def test_a_town_or_a_part_of_several_names_is_no_stop_to_be_guessed(api: Api, town: str, named: str) -> None:
    wish = {
        "from": {"place": "Kopli"},
        "to": {"place": town},
        "passengers": [{"ref": "anna", "rider_category": "adult"}],
    }

    refused = api.post("/v1/journeys", {**wish, "depart_at": "2026-10-13T06:10:00+03:00"}, once=None)

    assert refused.status_code == 422
    (fault,) = (refused.json or {})["errors"]
    assert fault["path"] == "to.place"
    assert "part of the names of several stops" in fault["message"]
    assert named in fault["message"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stop_is_found_by_the_id_that_legs_and_tickets_tell(api: Api) -> None:
    leg = api.search()["itineraries"][0]["legs"][0]
    bare = leg["from"]["stop_id"]

    again = api.search(**{"from": {"stop_id": bare}})["itineraries"]

    assert ":" not in bare
    assert again[0]["legs"][0]["from"]["stop_id"] == bare
