"""Emissions: grams by the closest factor of the day, unknown is never 0, and the rounding adds up."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from operators.emission_factors import EmissionFactor
from ticketing.emissions import emissions_of, in_words, journey_shown, order_of
from ticketing.emissions.everywhere import FACTORS
from ticketing.emissions.journey import RideFacts

DAY = date(2026, 10, 13)
TRAM = RideFacts(
    mode="tram",
    operator="tlt",
    from_stop="tlt:A",
    to_stop="tlt:B",
    start=(59.45, 24.70),
    end=(59.44, 24.76),
    metres=4_000,
    is_crossing=False,
    day=DAY,
)
SHIP = replace(
    TRAM,
    mode="ferry",
    operator="eckero",
    from_stop="eckero:T",
    to_stop="eckero:H",
    start=(59.44, 24.76),
    end=(60.15, 24.92),
    metres=82_000,
    is_crossing=True,
)
BUS = replace(TRAM, mode="bus", start=(60.15, 24.92), end=(60.20, 24.93))


def factor(id: str, mode: str, grams: int, **told: object) -> EmissionFactor:  # noqa: A002  as in the file
    base = EmissionFactor(
        id=id,
        mode=mode,
        operator=None,
        stops=frozenset(),
        milligrams_per_km=1000 * grams,
        scope="ttw",
        method="measured",
        data_class="primary",
        year=2016,
        valid_from=date(2000, 1, 1),
        valid_until=date.max,
        source="a book",
        url="https://example.org",
    )
    return replace(base, **told)  # type: ignore[arg-type]


SHIPS = factor("ships", "ferry", 282)
ZERO = factor("trams", "tram", 0)
CAR = factor("car", "car", 167, year=2011, data_class="default")


def test_a_whole_journey_is_the_sum_of_its_rounded_rides() -> None:
    counted = emissions_of([TRAM, SHIP], [SHIPS, ZERO])

    assert [one.grams for one in counted.rides] == [0, 23_124]
    assert (counted.grams, counted.at_least, counted.scope) == (23_124, False, "ttw")


def test_a_ride_without_a_factor_is_unknown_and_the_total_says_at_least() -> None:
    counted = emissions_of([TRAM, SHIP, BUS], [SHIPS, ZERO])

    assert counted.rides[2].grams is None
    assert (counted.grams, counted.at_least) == (23_124, True)
    assert in_words(counted, "et")[0].startswith("Vähemalt 23,1 kg CO2e")


def test_at_least_nothing_is_unknown() -> None:
    counted = emissions_of([TRAM, BUS], [ZERO])

    assert counted.grams is None
    assert in_words(counted, "fi") == ["CO2e ei tiedossa"]
    assert journey_shown(counted, "en")["grams"] is None


def test_without_a_factor_nothing_is_known() -> None:
    counted = emissions_of([BUS], [])

    assert (counted.grams, counted.scope, counted.car, counted.factors) == (None, None, None, ())


def test_a_crossing_has_its_own_factor_before_the_operators_and_that_before_the_modes() -> None:
    own = factor("own", "ferry", 99, operator="eckero")
    lane = factor("lane", "ferry", 144, stops=frozenset({"eckero:H", "eckero:T"}))

    assert emissions_of([SHIP], [SHIPS, own]).factors == (own,)
    assert emissions_of([SHIP], [SHIPS, own, lane]).factors == (lane,)
    assert emissions_of([replace(SHIP, operator="viking")], [own]).grams is None


def test_a_factor_counts_on_its_days_alone() -> None:
    old = factor("old", "ferry", 400, valid_until=date(2025, 12, 31))
    new = factor("new", "ferry", 282, valid_from=date(2026, 1, 1))

    assert emissions_of([SHIP], [old, new]).factors == (new,)
    assert emissions_of([replace(SHIP, day=date(2025, 12, 31))], [old, new]).factors == (old,)


def test_a_modelled_distance_makes_the_figure_modelled() -> None:
    counted = emissions_of([TRAM, SHIP], [factor("t", "tram", 10), SHIPS])

    assert [(one.distance_source, one.data_class) for one in counted.rides] == [
        ("great_circle", "modelled"),
        ("crossing", "primary"),
    ]
    assert counted.data_class == "modelled"
    assert counted.rides[0].metres == 4_400


def test_a_sum_of_two_scopes_is_at_least_that_of_the_narrower() -> None:
    wide = factor("wide", "tram", 30, scope="wtw")

    counted = emissions_of([TRAM, SHIP], [wide, SHIPS])

    assert (counted.scope, counted.at_least) == ("ttw", True)


def test_the_car_pays_the_land_and_stands_on_the_same_ship() -> None:
    tram, ship, bus = emissions_of([TRAM, SHIP, BUS], [SHIPS, ZERO, CAR]).rides
    car = emissions_of([TRAM, SHIP, BUS], [SHIPS, ZERO, CAR]).car

    assert car is not None
    assert car.at_least
    assert car.grams > 23_124
    assert car.metres < tram.metres + ship.metres + bus.metres


def test_a_car_on_land_is_whole_and_one_of_another_scope_is_not_compared() -> None:
    whole = emissions_of([TRAM], [ZERO, CAR]).car
    other = emissions_of([TRAM], [ZERO, replace(CAR, scope="wtw")]).car

    assert whole is not None
    assert not whole.at_least
    assert other is None


def test_whole_sums_come_first_and_unknown_ones_last() -> None:
    known = emissions_of([SHIP], [SHIPS])
    partly = emissions_of([SHIP, BUS], [factor("less", "ferry", 1)])
    unknown = emissions_of([BUS], [])

    assert sorted([unknown, partly, known], key=order_of) == [known, partly, unknown]


@given(st.integers(0, 400_000), st.integers(0, 2_000))
def test_grams_round_half_up(metres: int, grams: int) -> None:
    counted = emissions_of([replace(SHIP, metres=metres)], [factor("any", "ferry", grams)])

    assert counted.rides[0].grams == (2 * metres * grams + 1000) // 2000


def test_the_factors_of_everywhere_have_a_source_each() -> None:
    assert {one.id for one in FACTORS} == {"tram-electric-ttw", "metro-electric-ttw"}
    assert all(one.source and one.url and one.method for one in FACTORS)
