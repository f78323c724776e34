"""From which minute on a leg counts as not carried, and what then comes back of a ticket. Pure decisions, no database."""

from datetime import UTC, datetime, timedelta

import pytest

from operators.promises import LateRefund, Promises, Service, service_of
from operators.region import RefundStep
from tariffs.journey import Ride
from ticketing.errors import Conflict
from ticketing.purchase.conditions import Conditions
from ticketing.purchase.refund.decision import decide, going
from ticketing.purchase.refund.refundable import NOTHING, RefundableLeg, RefundableTicket, Rest
from ticketing.regions.not_carried import Expected, Failure, failure_of

LEAVES = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)
NONE = LateRefund()
FERRY, TRAM = Failure("cancelled", ends_journey=True), Failure("cancelled", ends_journey=False)


@pytest.mark.parametrize(
    ("service", "departure", "arrival", "counts"),
    [
        ("sea", 90 * 60, 0, False),
        ("sea", 90 * 60 + 1, 0, True),
        ("sea", 0, 500 * 60, False),
        ("rail", 0, 60 * 60 - 1, False),
        ("rail", 0, 60 * 60, True),
        ("rail", 500 * 60, 0, False),
        ("coach", 120 * 60, 0, False),
        ("coach", 120 * 60 + 1, 0, True),
        ("coach", 0, 500 * 60, False),
        ("city", 500 * 60, 500 * 60, False),
    ],
)
def test_each_kind_has_its_limit(service: Service, departure: int, arrival: int, counts: bool) -> None:
    known = Expected(departure_delay_seconds=departure, arrival_delay_seconds=arrival)

    assert (failure_of(service, NONE, known) is not None) == counts


@pytest.mark.parametrize("service", ["sea", "rail", "coach", "city"])
def test_a_cancelled_leg_always_counts_and_ends_the_journey_unless_the_next_tram_takes_over(
    service: Service,
) -> None:
    assert failure_of(service, NONE, Expected(is_served=False)) == Failure(
        "cancelled", service != "city", is_cancelled=True
    )
    assert failure_of(service, NONE, Expected()) is None


@pytest.mark.parametrize(
    ("promise", "departure", "arrival", "counts"),
    [
        (LateRefund(departure_minutes=20), 1199, 0, False),
        (LateRefund(departure_minutes=20), 1200, 0, True),
        (LateRefund(arrival_minutes=30), 1800, 1799, False),
        (LateRefund(arrival_minutes=30), 0, 1800, True),
    ],
)
def test_city_transport_is_as_good_as_its_promise(
    promise: LateRefund,
    departure: int,
    arrival: int,
    counts: bool,
) -> None:
    known = Expected(departure_delay_seconds=departure, arrival_delay_seconds=arrival)

    found = failure_of("city", promise, known)

    assert (found is not None) == counts
    assert found is None or "its operator promises" in found.reason


def test_the_vehicle_says_what_a_service_is_unless_its_operator_does() -> None:
    def ride(mode: str) -> Ride:
        return Ride(
            operator="o",
            trip_id="t",
            route_id="r",
            from_stop_id="a",
            to_stop_id="b",
            departure=LEAVES,
            arrival=LEAVES,
            calls=("a", "b"),
            mode=mode,
        )

    assert [service_of(ride(mode), Promises()) for mode in ("ferry", "rail", "tram", "metro", "bus")] == [
        "sea",
        "rail",
        "city",
        "city",
        "city",
    ]
    assert service_of(ride("bus"), Promises(service="coach")) == "coach"
    assert service_of(ride("ferry"), Promises(service="city")) == "city"


def ticket(*legs: RefundableLeg, **gross: int) -> RefundableTicket:
    return RefundableTicket(
        jti="j",
        passenger_ref="anna",
        status="valid",
        currency="EUR",
        gross=gross or {"tram": 200, "ferry": 2000, "metro": 300},
        legs=legs,
    )


def leg(operator: str, hours: float = 1, **more: object) -> RefundableLeg:
    return RefundableLeg(operator, LEAVES + timedelta(hours=hours), **more)  # type: ignore[arg-type]


STRICT = {
    "tram": Conditions((RefundStep(0, 100),)),
    "ferry": Conditions((RefundStep(24, 100), RefundStep(0, 50)), fee_minor=200),
    "metro": Conditions((RefundStep(0, 100),)),
}


def test_a_cancelled_ship_brings_everything_back_without_a_fee_long_after_it_would_have_left() -> None:
    held = ticket(leg("tram"), leg("ferry", failure=FERRY), leg("metro"))

    line = decide(held, (0, 1, 2), NOTHING, STRICT, LEAVES + timedelta(days=3))

    assert (line.percent, line.amount.minor, dict(line.fees)) == (100, 2500, {})
    assert line.because == "100 % whatever the conditions say and without a fee: leg 1 is cancelled"


def test_one_leg_that_is_not_carried_comes_back_by_itself() -> None:
    held = ticket(leg("tram"), leg("ferry", failure=FERRY), leg("metro"))
    rest = Rest({"tram": 200, "metro": 300})

    line = decide(held, (1,), rest, STRICT, LEAVES + timedelta(days=3))

    assert (line.percent, line.amount.minor, line.legs) == (100, 2000, (1,))
    assert "of 20.00 EUR, what leg 1 costs beyond the rest," in line.because


def test_the_tram_behind_a_cancelled_ship_comes_back_too_also_when_the_ship_has_gone_before() -> None:
    behind = ticket(
        leg("tram"), leg("ferry", failure=FERRY, given_back=True), leg("metro"), tram=200, metro=300
    )

    line = decide(behind, (2,), Rest({"tram": 200}), STRICT, LEAVES + timedelta(days=3))

    assert (line.percent, line.amount.minor) == (100, 300)


def test_who_has_ridden_the_tram_to_the_harbour_gets_back_the_rest() -> None:
    held = ticket(leg("tram", used=True), leg("ferry", failure=FERRY), leg("metro"))

    assert going([held], ["anna"]) == [(held, (1, 2))]


def test_a_used_tram_stays_and_stops_no_other_leg() -> None:
    held = ticket(leg("tram", used=True), leg("ferry"), leg("metro"))

    assert going([held], ["anna"]) == [(held, (1, 2))]


def test_a_ship_that_was_boarded_was_carried() -> None:
    held = ticket(leg("tram"), leg("ferry", used=True, failure=FERRY), leg("metro"))

    assert (held.ended_by, held.not_carried((0, 2))) == (None, ())


def test_a_cancelled_tram_comes_back_in_full_and_the_ship_by_its_conditions() -> None:
    held = ticket(leg("tram", failure=TRAM), leg("ferry"), leg("metro"))
    apart = Rest({"ferry": 2000, "metro": 300})

    line = decide(held, (0, 1, 2), NOTHING, STRICT, LEAVES, apart=apart)

    # The ship and the metro: 50 % of 23.00 less the fee of 2.00; the tram: 2.00.
    assert (line.percent, line.amount.minor, dict(line.fees)) == (50, 1150 - 200 + 200, {"ferry": 200})
    assert line.because.endswith("2.00 EUR in full for leg 0: cancelled")
    assert line.legs == (0, 1, 2)
    assert "tram" not in line.operators


def test_a_cancelled_tram_alone_is_named_where_the_rest_gives_nothing() -> None:
    held = ticket(leg("tram", failure=TRAM), leg("ferry", -1), leg("metro", 2))

    with pytest.raises(Conflict, match=r"leg 0 alone gives back 2\.00 EUR"):
        decide(held, (0, 1, 2), NOTHING, STRICT, LEAVES, apart=Rest({"ferry": 2000, "metro": 300}))
