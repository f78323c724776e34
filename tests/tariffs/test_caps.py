"""Caps: the worked example, every window at its edges, and taps that come twice, late or in any order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tariffs.caps import Cap, Tap, kept_for_others, load, rate, standings
from tariffs.money import Money
from tests.tariffs.island import table

ZONE = ZoneInfo("Europe/Tallinn")
HEADER = "cap_id,networks,rider,medium,window,window_arg,amount,currency,party_scope"


def caps(*rows: str) -> list[Cap]:
    found, findings = load(table(HEADER, *rows))
    assert findings == []
    return found


def tap(at: str, minor: int = 250, **more: Any) -> Tap:
    moment = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    facts = {
        "id": at,
        "at": moment,
        "price": Money(minor, "EUR"),
        "network": "city",
        "rider": "adult",
        "medium": "card",
    }
    return Tap(**{**facts, **more})


def charged(taps: list[Tap], *rows: str) -> list[int]:
    charges = rate(taps, caps(*rows))
    return [charges[item.id].amount.minor for item in taps]


def test_a_card_pays_up_to_the_cap_of_its_service_day_and_a_companion_in_full() -> None:
    day = "day,,,card,service_day,04:00,7.00,EUR,holder"
    taps = [
        tap("2026-03-04T08:00", 600),
        tap("2026-03-04T12:00"),
        tap("2026-03-04T13:00"),
        tap("2026-03-04T13:01", holder=False),
        tap("2026-03-05T03:50"),
        tap("2026-03-05T04:00"),
    ]

    assert charged(taps, day) == [600, 100, 0, 250, 0, 250]


@pytest.mark.parametrize(
    ("row", "inside", "outside"),
    [
        ("c,,,,calendar_day,,2.50,EUR,", "2026-03-04T23:59", "2026-03-05T00:00"),
        ("c,,,,service_day,04:00,2.50,EUR,", "2026-03-05T03:59", "2026-03-05T04:00"),
        ("c,,,,rolling,86400,2.50,EUR,", "2026-03-05T07:59", "2026-03-05T08:00"),
        ("c,,,,iso_week,,2.50,EUR,", "2026-03-08T23:59", "2026-03-09T00:00"),
        ("c,,,,calendar_month,,2.50,EUR,", "2026-03-31T23:59", "2026-04-01T00:00"),
    ],
)
def test_a_window_ends_at_its_edge(row: str, inside: str, outside: str) -> None:
    assert charged([tap("2026-03-04T08:00"), tap(inside), tap(outside)], row) == [250, 0, 250]


def test_a_rolling_window_is_true_hours_over_a_change_of_clocks() -> None:
    row = "c,,,,rolling,86400,2.50,EUR,"

    assert charged([tap("2026-10-24T12:00"), tap("2026-10-25T10:59"), tap("2026-10-25T11:00")], row) == [
        250,
        0,
        250,
    ]


def test_a_cap_holds_only_for_its_networks_riders_and_media() -> None:
    row = "c,city,adult,card,calendar_day,,2.50,EUR,"
    first = tap("2026-03-04T08:00")

    for other in ({"network": "coast"}, {"rider": "child"}, {"medium": "app"}, {"price": Money(250, "SEK")}):
        assert charged([first, tap("2026-03-04T09:00", **other)], row)[1] == 250


def test_of_several_caps_the_smallest_charge_holds_and_is_named() -> None:
    rows = ("day,,,,calendar_day,,4.00,EUR,", "week,,,,iso_week,,5.00,EUR,")
    taps = [tap("2026-03-04T08:00"), tap("2026-03-04T09:00"), tap("2026-03-05T08:00")]

    charges = rate(taps, caps(*rows))

    assert [(charges[item.id].amount.minor, charges[item.id].cap) for item in taps] == [
        (250, None),
        (150, "day"),
        (100, "week"),
    ]


def test_one_tap_with_two_contents_is_refused() -> None:
    with pytest.raises(ValueError, match="two contents"):
        rate([tap("2026-03-04T08:00"), tap("2026-03-04T08:00", 300)], [])


START = datetime(2026, 3, 1, tzinfo=ZONE)
TAPS = st.lists(
    st.tuples(st.integers(0, 60 * 24 * 20), st.integers(0, 900)), max_size=25, unique_by=lambda pair: pair[0]
).map(
    lambda pairs: [
        Tap(
            id=str(minute),
            at=START + timedelta(minutes=minute),
            price=Money(minor, "EUR"),
            network="city",
            rider="adult",
            medium="card",
        )
        for minute, minor in pairs
    ]
)
ROWS = (
    "day,,,,service_day,04:00,7.00,EUR,",
    "roll,,,,rolling,86400,8.00,EUR,",
    "week,,,,iso_week,,20.00,EUR,",
    "month,,,,calendar_month,,40.00,EUR,",
)


@given(TAPS, st.randoms(use_true_random=False))
def test_order_and_repetition_of_arrival_change_nothing(taps: list[Tap], random: Any) -> None:
    shuffled = [*taps, *taps[:5]]
    random.shuffle(shuffled)

    assert rate(shuffled, caps(*ROWS)) == rate(taps, caps(*ROWS))


@given(TAPS)
def test_no_window_is_charged_above_its_cap_and_no_ride_above_its_price(taps: list[Tap]) -> None:
    charges = rate(taps, caps(*ROWS))

    assert all(0 <= charges[item.id].amount.minor <= item.price.minor for item in taps)
    days: dict[object, int] = {}
    weeks: dict[object, int] = {}
    for item in taps:
        day = (item.at - timedelta(hours=4)).date()
        days[day] = days.get(day, 0) + charges[item.id].amount.minor
        week = item.at.isocalendar()[:2]
        weeks[week] = weeks.get(week, 0) + charges[item.id].amount.minor
    assert all(total <= 700 for total in days.values())
    assert all(total <= 2000 for total in weeks.values())


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("c,,,,fortnight,,1.00,EUR,", "window"),
        ("c,,,,calendar_day,,1.0,EUR,", "amount"),
        ("c,,,,calendar_day,5,1.00,EUR,", "window_arg"),
        ("c,,,,rolling,,1.00,EUR,", "window_arg"),
        ("c,,,,rolling,-5,1.00,EUR,", "window_arg"),
        ("c,,,,service_day,25:00,1.00,EUR,", "window_arg"),
        ("c,,,,calendar_day,,1.00,EUR,friends", "party_scope"),
        (",,,,calendar_day,,1.00,EUR,", "cap_id"),
    ],
)
def test_a_fault_of_a_cap_is_named(row: str, field: str) -> None:
    _, findings = load(table(HEADER, row))

    assert field in {fault.field for fault in findings}


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_whatever_is_given_back_the_rides_that_stay_cost_no_less_than_by_themselves(
    prices: list[int], random: Any
) -> None:
    day = caps("day,,,,service_day,04:00,5.00,EUR,holder")
    rides = [tap(f"2026-10-13T{at + 6:02}:00:00", minor, id=f"t{at}") for at, minor in enumerate(prices)]
    random.shuffle(rides)  # bought in any order
    paid: dict[str, int] = {}
    for at, ride in enumerate(rides):
        paid[ride.id] = rate(rides[: at + 1], day)[ride.id].amount.minor
    kept, staying = sum(paid.values()), list(rides)
    random.shuffle(rides)
    for ride in rides:
        staying.remove(ride)
        stays = kept_for_others([ride], staying, day, paid=paid[ride.id])
        kept -= paid[ride.id] - stays

        assert 0 <= stays <= paid[ride.id]
        assert kept >= sum(charge.amount.minor for charge in rate(staying, day).values())


WEEK = "week,city,adult,,iso_week,,6.00,EUR,"


@pytest.mark.parametrize(
    ("rides", "paid", "left"), [(1, "2.50", 2), (2, "5.00", 1), (3, "6.00", 0), (5, "6.00", 0)]
)
def test_the_rides_that_are_left_are_counted_by_the_price_of_the_last_one(
    rides: int, paid: str, left: int
) -> None:
    taps = [tap(f"2026-03-0{2 + day}T08:00") for day in range(rides)]

    (found,) = standings(taps, caps(WEEK), taps[-1].at)

    assert (found.cap.id, found.paid.as_dict()["amount"], found.rides_left) == ("week", paid, left)
    assert found.left.minor == 600 - found.paid.minor


def test_nothing_is_told_of_a_window_that_is_over_or_of_rides_that_no_cap_counts() -> None:
    taps = [tap("2026-03-04T08:00")]

    assert standings(taps, caps(WEEK), taps[0].at + timedelta(days=7)) == []
    assert standings([tap("2026-03-04T08:00", network="coast")], caps(WEEK), taps[0].at) == []
    assert standings([tap("2026-03-04T08:00", 0)], caps(WEEK), taps[0].at) == []
    assert standings([], caps(WEEK), taps[0].at) == []


def test_rides_that_are_bought_for_later_in_the_window_count_with_it() -> None:
    taps = [tap("2026-03-02T08:00"), tap("2026-03-06T08:00"), tap("2026-03-09T08:00", 300)]

    (found,) = standings(taps, caps(WEEK), taps[0].at)

    assert (found.paid.minor, found.rides_left) == (500, 1)


@given(TAPS, st.sampled_from(ROWS))
def test_so_many_more_rides_cost_something_and_the_next_one_is_free(taps: list[Tap], row: str) -> None:
    assume(taps)
    last = max(taps, key=lambda one: one.at)
    told = standings(taps, caps(row), last.at)
    assume(told)
    left = told[0].rides_left
    more = [replace(last, id=f"more {at:04}") for at in range(left + 1)]

    charges = rate([*taps, *more], caps(row))

    amounts = [charges[one.id].amount.minor for one in more]
    assert amounts[-1] == 0
    assert all(amounts[:-1])
    assert sum(amounts) == told[0].left.minor
