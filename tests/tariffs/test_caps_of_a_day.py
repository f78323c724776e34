"""A cap counts certain rides, what those bought earlier leave of it, and what a ride that is given back brings."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tariffs.caps import Cap, Tap, charged, kept_for_others, rate, service_day
from tariffs.money import Money

ZONE = ZoneInfo("Europe/Tallinn")
MORNING = datetime(2026, 3, 4, 8, 0, tzinfo=ZONE)
DAY = Cap(
    id="day",
    networks=frozenset(),
    rider=None,
    medium=None,
    window="calendar_day",
    argument=0,
    limit=Money(500, "EUR"),
    party="holder",
)


def tap(hours: float = 0, minor: int = 300, **more: Any) -> Tap:
    known: dict[str, Any] = {
        "id": f"t{hours}",
        "at": MORNING + timedelta(hours=hours),
        "price": Money(minor, "EUR"),
        "network": "city",
        "rider": "adult",
        "medium": "card",
        "operator": "tlt",
    }
    return Tap(**(known | more))


@pytest.mark.parametrize(
    ("cap", "ride", "counts"),
    [
        ({}, {}, True),
        ({"operators": frozenset({"tlt"})}, {}, True),
        ({"operators": frozenset({"hsl"})}, {}, False),
        ({"networks": frozenset({"city"})}, {}, True),
        ({"networks": frozenset({"coast"})}, {}, False),
        ({"rider": "adult"}, {}, True),
        ({"rider": "child"}, {}, False),
        ({"medium": "card"}, {}, True),
        ({"medium": "app"}, {}, False),
        ({}, {"holder": False}, False),
        ({"party": "everybody"}, {"holder": False}, True),
        ({}, {"price": Money(300, "SEK")}, False),
        ({"valid_from": date(2026, 3, 4)}, {}, True),
        ({"valid_from": date(2026, 3, 5)}, {}, False),
        ({"valid_to": date(2026, 3, 4)}, {}, True),
        ({"valid_to": date(2026, 3, 3)}, {}, False),
    ],
)
def test_a_cap_counts_the_rides_that_it_is_for(
    cap: dict[str, Any], ride: dict[str, Any], counts: bool
) -> None:
    assert replace(DAY, **cap).covers(tap(**ride)) == counts


def test_rides_of_one_moment_are_charged_in_the_order_of_their_names() -> None:
    first, second = tap(id="a"), tap(id="b")

    charges = rate([second, first], [DAY])

    assert [(charges[name].amount.minor, charges[name].cap) for name in "ab"] == [(300, None), (200, "day")]
    assert charges["a"].tap == "a"
    assert charges["a"].amount.currency == "EUR"


def test_of_two_caps_that_leave_the_same_the_first_is_named() -> None:
    other = replace(DAY, id="other")

    assert [rate([tap(), tap(1)], caps)["t1"].cap for caps in ([DAY, other], [other, DAY])] == [
        "day",
        "other",
    ]


def test_a_ride_that_a_cap_leaves_at_its_price_is_not_capped() -> None:
    charges = rate([tap(0, 200), tap(1, 300)], [DAY])

    assert [charges[name].cap for name in ("t0", "t1")] == [None, None]


def test_a_free_ride_begins_no_rolling_window() -> None:
    rolling = replace(DAY, window="rolling", argument=3600)

    charges = rate([tap(0, 0), tap(0.5, 500), tap(1.25, 500), tap(1.5, 500)], [rolling])

    assert [charges[name].amount.minor for name in ("t0.5", "t1.25", "t1.5")] == [500, 0, 500]


def test_each_rolling_window_begins_with_its_own_first_ride() -> None:
    """Rides at 0:00, 0:50 and 1:40 with a window of an hour: the third begins a new one, which lasts until 2:40."""
    rolling = replace(DAY, window="rolling", argument=3600)
    rides = [tap(0, 500, id="a"), tap(5 / 6, 500, id="b"), tap(5 / 3, 500, id="c"), tap(2.5, 500, id="d")]

    charges = rate(rides, [rolling])

    assert [charges[name].amount.minor for name in "abcd"] == [500, 0, 500, 0]


def test_months_and_weeks_of_different_years_are_different() -> None:
    for window in ("calendar_month", "iso_week"):
        cap = replace(DAY, window=window)
        year = tap(0, 500, id="next", at=MORNING.replace(year=2027))
        assert rate([tap(0, 500), year], [cap])["next"].amount.minor == 500


@pytest.mark.parametrize(
    ("clock", "day"),
    [("03:59:59", 12), ("04:00:00", 13), ("00:00:00", 12), ("23:59:59", 13)],
)
def test_a_service_day_begins_to_the_second(clock: str, day: int) -> None:
    assert service_day(datetime.fromisoformat(f"2026-10-13T{clock}"), 4 * 3600) == date(2026, 10, day)


@pytest.mark.parametrize(("clock", "day"), [("04:30:29", 12), ("04:30:30", 13), ("04:29:59", 12)])
def test_minutes_and_seconds_of_its_beginning_count(clock: str, day: int) -> None:
    assert service_day(datetime.fromisoformat(f"2026-10-13T{clock}"), 4 * 3600 + 30 * 60 + 30) == date(
        2026, 10, day
    )


def test_what_rides_cost_is_counted_after_those_that_were_paid_before() -> None:
    assert charged([tap(), tap(1)], [DAY]) == 500
    assert charged([tap(1)], [DAY], [tap()]) == 200
    assert charged([tap(1), tap(2)], [DAY], counted=[tap()]) == 200
    assert charged([], [DAY], [tap()]) == 0


class TestGivenBack:
    """A ride that goes brings what the others cost less without it."""

    def test_a_ride_on_which_nobody_counts_brings_its_price(self) -> None:
        assert kept_for_others([tap()], [], [DAY], paid=300) == 0

    def test_a_ride_that_others_count_on_brings_only_what_the_day_costs_less(self) -> None:
        assert kept_for_others([tap()], [tap(1)], [DAY], paid=300) == 100
        assert kept_for_others([tap()], [tap(1), tap(2)], [DAY], paid=300) == 300

    def test_a_ride_for_which_less_was_paid_than_it_saves_keeps_nothing(self) -> None:
        assert kept_for_others([tap()], [], [DAY], paid=200) == 0

    def test_what_is_ridden_instead_counts(self) -> None:
        rest = [tap(0, 100, id="shorter")]

        assert kept_for_others([tap()], [], [DAY], paid=200, rest=rest) == 0
        assert kept_for_others([tap()], [tap(1)], [DAY], paid=200, rest=rest) == 100

    def test_where_the_rest_alone_costs_more_all_is_kept(self) -> None:
        dearer = [tap(0, 400, id="dearer")]

        assert kept_for_others([tap()], [], [DAY], paid=50, rest=dearer) == 50


def test_a_tap_that_comes_twice_is_named_when_its_contents_differ() -> None:
    with pytest.raises(ValueError, match=r"^the tap t0 came with two contents$"):
        rate([tap(), tap(0, 200)], [DAY])
