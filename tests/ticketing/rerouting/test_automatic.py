"""The pure decisions of holds: places are held for holders in the fair order, until a moment, and a silent holder keeps a near one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.ticketing.rerouting.ships import at, coming, ship
from ticketing.purchase.refund.unasked import keeps_place
from ticketing.rerouting.automatic import (
    Place,
    Seeker,
    answer_until,
    fair_order,
    is_short,
    only_way,
)

NOW = at("09:30")


def left(leaves: str, places: int | None, total: int | None = 100, **more: Any) -> Any:
    return replace(coming(leaves), places=places, total=total, **more)


def ways(*departures: Any, together: int = 1) -> list[str]:
    return [f"{one.departs_at:%H:%M}" for one in only_way([Place(ship(), departures, together)], NOW)]


def test_a_departure_is_within_reason_for_three_hours_after_the_first_one_that_arrives() -> None:
    assert ways(left("13:00", 5), left("16:01", 5), left("19:00", 5)) == ["13:00"]
    assert ways(left("13:00", 5), left("16:00", 5)) == ["13:00", "16:00"]


def test_a_full_departure_is_none_and_one_without_a_number_is() -> None:
    assert ways(left("13:00", 0), left("14:00", 5)) == ["14:00"]
    assert ways(left("13:00", None), left("14:00", 5)) == ["13:00", "14:00"]


def test_people_who_travel_together_need_places_for_all() -> None:
    assert ways(left("13:00", 2), left("14:00", 3), together=3) == ["14:00"]


def test_an_earlier_departure_and_one_that_has_left_are_never_within_reason() -> None:
    assert ways(left("09:45", 5), left("09:00", 5), left("13:00", 5)) == ["13:00"]


def test_a_departure_that_arrives_a_day_later_is_of_no_use() -> None:
    tomorrow = at("10:01") + timedelta(hours=24)
    assert ways(left("13:00", 5, departs_at=tomorrow, arrives_at=tomorrow + timedelta(hours=2))) == []


def test_passengers_of_one_order_share_a_way_that_each_of_them_has() -> None:
    both, alone = left("13:00", 1), left("14:00", 1)
    places = [Place(ship(), (both, alone), 1), Place(ship(), (both,), 1)]

    assert only_way(places, NOW) == [both]
    assert only_way([], NOW) == []


@pytest.mark.parametrize(
    ("places", "total", "seeking", "short"),
    [
        (19, 100, 1, True),
        (20, 100, 1, False),
        (20, 100, 500, False),
        (None, 100, 500, False),
        (5, None, 6, True),
        (5, None, 5, False),
    ],
)
def test_a_departure_is_short_below_a_fifth_or_where_more_seek_a_place_than_there_are(
    places: int | None, total: int | None, seeking: int, short: bool
) -> None:
    assert is_short(left("13:00", places, total), seeking) is short


@pytest.mark.parametrize(
    ("leaves_in", "minutes"),
    [(600, 60), (90, 60), (89, 59), (60, 30), (59, None), (-5, None)],
)
def test_an_answer_has_thirty_to_sixty_minutes_and_half_an_hour_to_board(
    leaves_in: int, minutes: int | None
) -> None:
    until = answer_until(NOW + timedelta(minutes=leaves_in), NOW)

    assert until == (None if minutes is None else NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("leaves_in", "keeps"), [(1, True), (359, True), (360, False), (0, False), (-1, False)]
)
def test_a_silent_holder_keeps_a_place_that_leaves_within_six_hours(leaves_in: int, keeps: bool) -> None:
    assert keeps_place(NOW + timedelta(minutes=leaves_in), NOW) is keeps


def test_assistance_and_connections_go_first_and_then_the_order_of_buying() -> None:
    def bought(name: str, minute: int, **more: Any) -> Seeker:
        ordered_at: datetime = at("08:00") + timedelta(minutes=minute)
        return Seeker(order_id=name, ordered_at=ordered_at, **more)

    seekers = [
        bought("late", 9),
        bought("early", 1),
        bought("train behind", 5, connects=True),
        bought("assistance", 8, needs_assistance=True),
    ]

    assert [one.order_id for one in fair_order(seekers)] == ["assistance", "train behind", "early", "late"]
