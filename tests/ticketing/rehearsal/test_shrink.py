"""A fault is told with the smallest journey that still falls in the same way."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ticketing.rehearsal.journey import Fault, Journey, Record
from ticketing.rehearsal.shrink import grouped, shrink, signature

BIG = Journey(
    number=1,
    aim="a",
    day="sunday",
    origin="bus:1",
    destination="sea:2",
    depart_at=datetime(2026, 3, 29, 8, tzinfo=UTC),
    operators=("bus", "sea"),
    riders=("adult", "child", "senior", "child"),
    ending="exchange_chain",
    brings="pass:x",
    method="demo_timeout_after_capture",
)


def falls(journey: Journey) -> Record:
    """A service that falls whenever a child travels with a pass."""
    record = Record(journey=journey)
    if "child" in journey.riders and journey.brings:
        record.fault("no_server_error", f"order 17-{journey.number} of child fell")
    return record


def test_the_smallest_journey_that_still_falls_is_found() -> None:
    faults = [*falls(BIG).faults, *falls(BIG).faults]

    (fallen,) = shrink(grouped(faults), falls).values()

    found: Any = fallen.fault.journey
    assert (found.riders, found.ending, found.gates, found.brings, found.method) == (
        ("child",),
        "travel",
        False,
        "pass:x",
        "demo_ok",
    )
    assert fallen.told().message.endswith("(seen 2 times)")


def test_faults_are_the_same_when_only_numbers_and_riders_differ() -> None:
    one = Fault("k", "adult: paid 10.00, order 12ab", replace(BIG, riders=("adult",)))
    other = Fault("k", "child: paid 5.00, order 99", replace(BIG, riders=("child",)))

    assert signature(one) == signature(other)
    assert [found.times for found in grouped([one, other]).values()] == [2]


def test_a_fault_of_all_journeys_together_stays_as_it_is() -> None:
    fault = Fault("books_verify", "ended with 1")

    assert [one.told() for one in shrink(grouped([fault]), falls).values()] == [fault]
