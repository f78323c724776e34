"""States by borders: towns on either side of them, a pier, the open sea, and every stop of the regions that are shipped."""

import pytest

from operators import borders, placing
from operators.gtfs.reader import load_timetable
from operators.territory import state_of
from tests.operators.written_feed import feed
from ticketing.regions import Region


@pytest.mark.parametrize(
    ("lat", "lon", "state"),
    [
        (59.437, 24.753, "EE"),
        (60.170, 24.941, "FI"),
        (60.097, 19.934, "FI"),  # Mariehamn, Åland
        (55.605, 13.003, "SE"),
        (55.676, 12.568, "DK"),
        (38.881, -7.163, "PT"),
        (38.878, -6.970, "ES"),
        (48.573, 7.815, "DE"),  # Kehl, across the Rhine from Strasbourg
        (57.777, 26.047, "EE"),  # Valga, and Valka beside it
        (57.775, 26.010, "LV"),
        (60.145, 24.985, "FI"),  # Suomenlinna, an island
        (28.123, -15.436, "ES"),  # Las Palmas
        (68.970, 33.080, "RU"),  # Murmansk: Russia goes on beyond 180 degrees
        (58.500, 20.000, None),  # the middle of the Baltic Sea
        (40.713, -74.006, None),
        (0.0, 0.0, None),
    ],
)
def test_a_place_is_in_its_state(lat: float, lon: float, state: str | None) -> None:
    assert borders.state_at(lat, lon) == state


@pytest.mark.parametrize(
    ("lat", "lon", "doubtful"),
    [(57.777, 26.047, True), (65.848, 24.147, True), (59.437, 24.753, False), (58.5, 20.0, False)],
)
def test_a_place_at_a_border_is_doubtful(lat: float, lon: float, doubtful: bool) -> None:
    assert borders.is_doubtful(lat, lon) == doubtful


def test_a_line_over_a_border_has_its_metres_in_each_state_both_ways() -> None:
    elvas, badajoz = (38.881, -7.163), (38.878, -6.970)

    there, back = borders.metres_by_state(elvas, badajoz), borders.metres_by_state(badajoz, elvas)

    assert [state for state, _ in there] == ["PT", "ES"]
    assert sum(metres for _, metres in there) == pytest.approx(16_710, abs=30)
    # Measured on a map: the Caia is 9.5 km from Elvas.
    assert there[0][1] == pytest.approx(9_500, abs=1_000)
    assert back == [(state, pytest.approx(metres, abs=200)) for state, metres in reversed(there)]


def test_a_line_over_the_open_sea_has_no_metres() -> None:
    assert borders.metres_by_state((59.437, 24.753), (60.170, 24.941)) == []


def test_every_stop_of_the_shipped_regions_is_in_its_state_or_said_to_be_doubtful(
    regions: dict[str, Region],
) -> None:
    for region in regions.values():
        for operator, timetable in region.data.timetables.items():
            for stop in timetable.stops.values():
                known = state_of(region.data, operator, stop.id)
                told = borders.state_at(stop.lat, stop.lon)
                sure = not borders.is_doubtful(stop.lat, stop.lon)
                assert known is None or known == told or not sure, f"{operator}: {stop.name}"


def test_a_ship_between_two_states_is_a_crossing_without_metres() -> None:
    stops = "stop_id,stop_name,stop_lat,stop_lon\ns1,Tallinn,59.444,24.766\ns2,Helsinki,60.150,24.915\n"
    times = "trip_id,stop_id,stop_sequence,arrival_time,departure_time\nt0,s1,1,06:00:00,06:00:00\nt0,s2,2,08:00:00,08:00:00\n"
    trips = "trip_id,route_id,service_id\nt0,R,W\n"
    timetable, findings = load_timetable(
        "a", feed(**{"stops.txt": stops, "stop_times.txt": times, "trips.txt": trips})
    )
    assert timetable is not None, findings

    placed = placing.placed(timetable)

    assert (placed.state, placed.abroad) == ("EE", {"FI": ["s2"]})
    assert placed.crossings == [placing.Crossing(("s1", "s2"), [])]
