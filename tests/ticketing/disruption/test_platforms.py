"""Holders who have not boarded yet hear that their ship leaves from another quay than they know, and of each quay once."""

from datetime import timedelta

import pytest

from operators.port import CallChange, Disruption
from tests.ticketing.disruption.quay import CANCELLED, DAY, OPERATOR, REGION, RUN, SHIP, TRIP, Quay
from ticketing.db.disruption import events
from ticketing.regions import by_staff

OTHER = "TLL-D"


def at_quay(stop: str | None, minutes: int = 0) -> Disruption:
    """The ship at a quay, so many minutes late."""
    late = minutes * 60
    first = CallChange(0, late, late, assigned_stop_id=stop)
    return Disruption(TRIP, DAY, calls=(first, CallChange(1, late, late)))


def owed(quay: Quay) -> list[tuple[str, dict[str, tuple[str, str | None]]]]:
    """List the messages that are owed: the kind, and for each ticket why and the quay."""
    with quay.desk.database.read() as tx:
        return [
            (one.kind, {row.jti: (row.why, row.platform) for row in events.list_affected(tx, one.id)})
            for one in events.list_events(tx, REGION, RUN)
            if one.status == "confirmed"
        ]


def stand(quay: Quay, *said: Disruption) -> None:
    """Let the feed say this for long enough to be believed."""
    for _ in range(70):
        quay.tell(*said, after=30)


def test_another_quay_is_told_once_it_stands_and_the_way_back_too(quay: Quay) -> None:
    quay.hold()
    quay.tell(at_quay(OTHER))
    first = owed(quay)
    quay.tell(at_quay(OTHER), after=5)
    quay.tell(at_quay(OTHER), after=30)
    stand(quay, at_quay(None))

    assert first == []
    assert owed(quay) == [
        ("platform_changed", {"anna": ("platform", OTHER)}),
        ("platform_changed", {"anna": ("platform", "TLL-A")}),
    ]


def test_a_feed_that_flaps_between_quays_is_told_of_rarely(quay: Quay) -> None:
    quay.hold()
    for turn in range(60):
        quay.tell(at_quay(OTHER if turn % 2 else None), after=20)

    assert len(owed(quay)) <= 3


def test_a_delay_says_the_quay_too_and_a_cancelled_ship_has_none(quay: Quay) -> None:
    quay.hold()
    for _ in range(2):
        quay.tell(at_quay(OTHER, minutes=40), after=10)
    stand(quay, CANCELLED)

    assert owed(quay) == [
        ("delayed", {"anna": ("late", OTHER)}),
        ("cancelled", {"anna": ("cancelled", None)}),
    ]


def test_who_is_aboard_hears_of_no_quay(quay: Quay) -> None:
    quay.hold()
    quay.clock.set(SHIP.departs_at + timedelta(minutes=1))
    for _ in range(3):
        quay.tell(at_quay(OTHER), after=30)

    assert owed(quay) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_staff_say_nothing_of_a_quay(quay: Quay) -> None:
    quay.hold()
    for _ in range(2):
        quay.tell(at_quay(OTHER), after=10)

    by_staff.delay_departure(quay.desk, REGION, OPERATOR, TRIP, DAY, seconds=2400, by="mari")

    assert owed(quay)[1:] == [("delayed", {"anna": ("late", None)})]
