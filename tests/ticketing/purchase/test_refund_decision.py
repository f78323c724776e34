"""A ticket or some of its legs give back an amount, by conditions and less fees, and the reason says how. No database."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.region import RefundStep
from tariffs.money import Money
from ticketing.errors import Conflict, Fault, InvalidRequest
from ticketing.purchase.conditions import Conditions
from ticketing.purchase.refund.decision import (
    because_part,
    decide,
    going,
    parts_of,
    percent_at,
    require_known,
)
from ticketing.purchase.refund.refundable import (
    NOTHING,
    Kept,
    RefundableLeg,
    RefundableTicket,
    RefundLine,
    Rest,
)
from ticketing.regions.not_carried import Failure

NOW = datetime(2026, 10, 13, 6, 0, tzinfo=UTC)
HALF = Conditions((RefundStep(0, 50),))
WHOLE = Conditions((RefundStep(0, 100),))
NEVER = Conditions(())


def leg(operator: str, hours: float = 10, **more: Any) -> RefundableLeg:
    return RefundableLeg(operator, NOW + timedelta(hours=hours), **more)


def ticket(*legs: RefundableLeg, ref: str = "anna", **changes: Any) -> RefundableTicket:
    known: dict[str, Any] = {
        "jti": f"jti-{ref}",
        "status": "valid",
        "currency": "EUR",
        "gross": {"tram": 200, "ferry": 2000},
    }
    return RefundableTicket(passenger_ref=ref, legs=legs, **(known | changes))


BOTH = ticket(leg("tram"), leg("ferry", 12))


def refusal(*given: Any, **more: Any) -> str:
    with pytest.raises(Conflict) as refused:
        decide(*given, **more)
    return refused.value.detail


class TestGoing:
    """The legs and the passengers that go."""

    def test_strangers_are_named_each_by_their_place(self) -> None:
        with pytest.raises(InvalidRequest) as refused:
            require_known([BOTH], ["eve", "anna", "bert"])

        assert list(refused.value.faults) == [
            Fault("passengers[0]", "'eve' is not a passenger of this order"),
            Fault("passengers[2]", "'bert' is not a passenger of this order"),
        ]
        assert refused.value.detail == "'eve' is not a passenger of this order"

    def test_passengers_go_in_the_order_of_their_names(self) -> None:
        mari = ticket(leg("tram"), ref="mari")

        assert going([mari, BOTH], ["mari", "anna"]) == [(BOTH, (0, 1)), (mari, (0,))]
        assert going([mari, BOTH], ["mari"]) == [(mari, (0,))]

    def test_a_stranger_is_refused_before_anything_is_decided(self) -> None:
        with pytest.raises(InvalidRequest, match="eve"):
            going([BOTH], ["eve"])

    @pytest.mark.parametrize("status", ["revoked", "expired"])
    def test_a_ticket_that_is_gone_goes_no_second_time(self, status: str) -> None:
        with pytest.raises(Conflict, match=r"^the ticket of anna was refunded or cancelled before$"):
            going([ticket(leg("tram"), status=status)], ["anna"])

    def test_legs_that_are_named_go_once_each_in_their_order(self) -> None:
        assert going([BOTH], ["anna"], [1, 0, 1]) == [(BOTH, (0, 1))]
        assert going([BOTH], ["anna"], [1]) == [(BOTH, (1,))]

    @pytest.mark.parametrize("number", [-1, 2])
    def test_a_leg_that_the_journey_does_not_have_is_named_by_its_place(self, number: int) -> None:
        with pytest.raises(InvalidRequest) as refused:
            going([BOTH], ["anna"], [0, number])

        assert list(refused.value.faults) == [Fault("legs[1]", "the journey has legs 0 to 1")]

    def test_a_leg_that_is_used_or_gone_says_so(self) -> None:
        held = ticket(leg("tram", used=True), leg("ferry", given_back=True), leg("metro"))

        with pytest.raises(Conflict, match=r"^leg 0 of anna has been used and cannot be refunded$"):
            going([held], ["anna"], [0])
        with pytest.raises(Conflict, match=r"^leg 1 of anna was given back before$"):
            going([held], ["anna"], [1])
        assert going([held], ["anna"], [2]) == [(held, (2,))]

    def test_a_ticket_of_which_all_is_used_goes_no_more(self) -> None:
        with pytest.raises(Conflict, match=r"^the ticket of anna has been used and cannot be refunded$"):
            going([ticket(leg("tram", used=True), leg("ferry", given_back=True))], ["anna"])

    def test_a_pass_goes_whole_and_unused_or_not_at_all(self) -> None:
        held = ticket(leg("tram"), leg("metro"), divisible=False)
        begun = ticket(leg("tram", used=True), leg("metro"), divisible=False)

        assert going([held], ["anna"]) == [(held, (0, 1))]
        with pytest.raises(InvalidRequest) as refused:
            going([held], ["anna"], [0])
        assert list(refused.value.faults) == [Fault("legs", "a pass is given back whole")]
        with pytest.raises(Conflict, match="has been used"):
            going([begun], ["anna"])


@pytest.mark.parametrize(
    ("hours", "percent"),
    [(25, 100), (24, 100), (Fraction(86399, 3600), 50), (2, 50), (1, 0), (0, 0), (-1, 0)],
)
def test_the_best_step_that_is_still_open_holds(hours: Fraction, percent: int) -> None:
    assert percent_at((RefundStep(2, 50), RefundStep(24, 100)), Fraction(hours)) == percent


def test_nothing_is_promised_where_there_is_no_step() -> None:
    assert percent_at((), Fraction(1000)) == 0


class TestConditions:
    """By the strictest conditions, less the fees."""

    def test_a_ticket_comes_back_by_the_strictest_operator_and_says_so(self) -> None:
        line = decide(BOTH, (0, 1), NOTHING, {"tram": HALF, "ferry": WHOLE}, NOW)

        assert line == RefundLine(
            jti="jti-anna",
            passenger_ref="anna",
            percent=50,
            amount=Money(1100, "EUR"),
            because="50 % by the conditions of tram, the strictest of this ticket, 10 hours before departure",
            legs=(0, 1),
            operators=("ferry", "tram"),
            fees={},
        )

    def test_hours_are_counted_from_the_first_departure_that_goes(self) -> None:
        day = Conditions((RefundStep(11, 100), RefundStep(0, 50)))
        conditions = {"tram": WHOLE, "ferry": day}

        whole = decide(BOTH, (0, 1), NOTHING, conditions, NOW)
        ferry = decide(BOTH, (1,), Rest({"tram": 200}), conditions, NOW)

        assert (whole.percent, ferry.percent) == (50, 100)
        assert ferry.because == (
            "100 % of 20.00 EUR, what leg 1 costs beyond the rest, by the conditions of ferry, the strictest of these legs, "
            "12 hours before departure"
        )

    def test_of_equal_conditions_the_one_that_binds_its_own_leg_is_named(self) -> None:
        falling = Conditions((RefundStep(11, 100), RefundStep(0, 50)))

        both_half = decide(BOTH, (0, 1), NOTHING, {"tram": HALF, "ferry": falling}, NOW)
        by_time = decide(
            ticket(leg("metro", 12), leg("ferry", 10)), (0, 1), NOTHING, {"metro": HALF, "ferry": HALF}, NOW
        )
        by_name = decide(
            ticket(leg("tram"), leg("ferry")), (0, 1), NOTHING, {"tram": HALF, "ferry": HALF}, NOW
        )

        assert "conditions of tram" in both_half.because
        assert "conditions of ferry" in by_time.because
        assert "conditions of ferry" in by_name.because

    def test_of_later_legs_with_equal_conditions_the_one_that_gives_its_own_least_is_named(self) -> None:
        """Ten hours before both give half; but the ferry, which leaves first of them, would give all of its own."""
        falling = Conditions((RefundStep(11, 100), RefundStep(0, 50)))
        held = ticket(leg("tram", 10), leg("ferry", 11), leg("metro", 12))

        line = decide(held, (0, 1, 2), NOTHING, {"tram": WHOLE, "ferry": falling, "metro": HALF}, NOW)

        assert (line.percent, "conditions of metro" in line.because) == (50, True)

    @pytest.mark.parametrize("percent", [1, 99])
    def test_any_percentage_above_nothing_is_given(self, percent: int) -> None:
        little = Conditions((RefundStep(0, percent),))

        assert (
            decide(BOTH, (0, 1), NOTHING, {"tram": little, "ferry": little}, NOW).amount.minor == 22 * percent
        )

    @pytest.mark.parametrize(
        ("late", "said"),
        [
            (timedelta(hours=10, seconds=0), "0 hours before departure"),
            (timedelta(hours=10, seconds=1), "after the first departure"),
            (timedelta(hours=8, seconds=1), "1 hours before departure"),
        ],
    )
    def test_whole_hours_are_told_until_the_first_departure(self, late: timedelta, said: str) -> None:
        after = Conditions((RefundStep(-100, 50),))

        line = decide(BOTH, (0, 1), NOTHING, {"tram": after, "ferry": after}, NOW + late)

        assert line.because.endswith(said)

    def test_who_has_no_conditions_gives_nothing_back(self) -> None:
        said = refusal(BOTH, (0, 1), NOTHING, {"tram": WHOLE}, NOW)

        assert said == (
            "the ticket of anna gives nothing back: 0 % by the conditions of ferry, the strictest of this ticket, "
            "10 hours before departure"
        )

    def test_fees_stay_with_their_operators_and_are_told(self) -> None:
        conditions = {
            "tram": Conditions((RefundStep(0, 100),), fee_minor=50),
            "ferry": Conditions((RefundStep(0, 100),), fee_minor=300),
        }

        line = decide(BOTH, (0, 1), NOTHING, conditions, NOW)

        assert (line.amount.minor, dict(line.fees)) == (2200 - 350, {"ferry": 300, "tram": 50})
        assert line.because.endswith(
            "departure, less the fee of ferry: 3.00 EUR, less the fee of tram: 0.50 EUR"
        )

    def test_a_fee_is_at_most_what_its_operator_gives_back(self) -> None:
        conditions = {"tram": Conditions((RefundStep(0, 100),), fee_minor=500), "ferry": WHOLE}

        assert dict(decide(BOTH, (0, 1), NOTHING, conditions, NOW).fees) == {"tram": 200}
        part = decide(BOTH, (0, 1), Rest({"tram": 120}), conditions, NOW)
        assert dict(part.fees) == {"tram": 80}

    def test_an_operator_that_gains_by_the_change_keeps_no_fee(self) -> None:
        conditions = {"tram": Conditions((RefundStep(0, 100),), fee_minor=500), "ferry": WHOLE}
        rest = Rest({"tram": 250})

        line = decide(BOTH, (0, 1), rest, conditions, NOW)

        assert (line.amount.minor, dict(line.fees)) == (2200 - 250, {})

    def test_an_operator_without_a_share_loses_nothing(self) -> None:
        held = ticket(leg("metro"), leg("ferry"), gross={"ferry": 2000})
        conditions = {"metro": Conditions((RefundStep(0, 100),), fee_minor=500), "ferry": WHOLE}

        assert decide(held, (0, 1), NOTHING, conditions, NOW).amount.minor == 2000

    def test_half_a_cent_is_rounded_up(self) -> None:
        held = ticket(leg("tram"), gross={"tram": 201})

        assert decide(held, (0,), NOTHING, {"tram": HALF}, NOW).amount.minor == 101

    def test_those_who_bear_a_discount_share_in_a_ticket_that_goes_whole(self) -> None:
        held = ticket(leg("tram"), leg("ferry"), gross={"tram": 200, "ferry": 2000, "funder:city": -200})
        conditions = {"tram": WHOLE, "ferry": WHOLE}

        assert decide(held, (0, 1), NOTHING, conditions, NOW).operators == ("ferry", "funder:city", "tram")
        rest = Rest({"tram": 200, "funder:city": -200})
        assert decide(held, (1,), rest, conditions, NOW).operators == ("ferry",)

    def test_a_fee_that_takes_all_gives_nothing_back(self) -> None:
        all_of_it = {"tram": Conditions((RefundStep(0, 100),), fee_minor=200)}
        held = ticket(leg("tram"), gross={"tram": 200})

        assert refusal(held, (0,), NOTHING, all_of_it, NOW).startswith(
            "the ticket of anna gives nothing back: 100 %"
        )

    def test_a_ticket_that_was_free_goes_for_nothing(self) -> None:
        """Its places are wanted back, though no money is."""
        held = ticket(leg("tram"), gross={"tram": 0})
        no_loss = ticket(leg("tram"), leg("ferry"), gross={"tram": 200, "ferry": 0})

        assert decide(held, (0,), NOTHING, {"tram": WHOLE}, NOW).amount.minor == 0
        assert decide(no_loss, (1,), Rest({"tram": 200}), {"ferry": WHOLE}, NOW).amount.minor == 0

    def test_a_ticket_that_others_have_paid_goes_for_nothing(self) -> None:
        held = ticket(leg("tram"), gross={"tram": 200, "funder:city": -200})

        assert decide(held, (0,), NOTHING, {"tram": WHOLE}, NOW).amount.minor == 0

    def test_where_nothing_is_given_a_free_ticket_stays_too(self) -> None:
        held = ticket(leg("tram"), gross={"tram": 0})
        never = Conditions((RefundStep(11, 100),), fee_minor=50)

        assert refusal(held, (0,), NOTHING, {"tram": never}, NOW) == (
            "the ticket of anna gives nothing back: 0 % by the conditions of tram, the strictest of this ticket, "
            "10 hours before departure"
        )

    def test_what_is_left_must_have_a_price_that_is_not_above_what_was_paid(self) -> None:
        unpriced = refusal(BOTH, (1,), Rest(unpriced="unknown_fare"), {"ferry": WHOLE}, NOW)
        dearer = refusal(BOTH, (1,), Rest({"tram": 2201}), {"ferry": WHOLE}, NOW)

        assert unpriced == "what would be left of the ticket of anna has no price: unknown_fare"
        assert dearer == "what would be left costs 0.01 EUR more than was paid"

    def test_a_leg_that_costs_nothing_beyond_the_rest_but_moves_shares_gives_nothing_back(self) -> None:
        said = refusal(BOTH, (1,), Rest({"tram": 2200}), {"ferry": WHOLE}, NOW)

        assert said.startswith("the ticket of anna gives nothing back: 100 % of 0.00 EUR, what leg 1 costs")


BACK = {"tram": WHOLE, "ferry": WHOLE}


class TestWhatStays:
    """Caps and groups keep a part of it."""

    def test_what_rides_bought_later_count_on_stays(self) -> None:
        line = decide(BOTH, (0, 1), NOTHING, BACK, NOW, counted_on=150)

        assert line.amount.minor == 2050
        assert line.because.endswith(
            "before departure; 1.50 EUR stay, because rides bought later count on it (cap)"
        )

    def test_what_those_who_stay_need_stays_too(self) -> None:
        together = Kept(300, "because bo stays")

        line = decide(BOTH, (0, 1), NOTHING, BACK, NOW, counted_on=150, together=together)

        assert (line.amount.minor, line.together_minor) == (1750, 300)
        assert line.because.endswith(
            "; 1.50 EUR stay, because rides bought later count on it (cap); 3.00 EUR stay, because bo stays"
        )

    def test_no_more_stays_than_there_is(self) -> None:
        held = ticket(leg("tram"), gross={"tram": 200})
        together = Kept(900, "because bo stays")

        said = refusal(held, (0,), NOTHING, BACK, NOW, counted_on=700, together=together)

        assert said.endswith(
            "; 2.00 EUR stay, because rides bought later count on it (cap); 2.00 EUR stay, because bo stays"
        )

    def test_a_line_keeps_at_most_what_its_legs_cost(self) -> None:
        free = ticket(leg("tram"), gross={"tram": 0})

        line = decide(free, (0,), NOTHING, BACK, NOW, together=Kept(900, "because bo stays"))

        assert (line.amount.minor, line.together_minor) == (0, 0)

    def test_the_percentage_is_of_what_does_not_stay(self) -> None:
        half = {"tram": HALF, "ferry": HALF}

        assert decide(BOTH, (0, 1), NOTHING, half, NOW, counted_on=200).amount.minor == 1000


TRAM_FAILED = Failure("cancelled", ends_journey=False)
LATE = Failure("90 min late", ends_journey=False)
SHIP_FAILED = Failure("cancelled", ends_journey=True)


PART = ticket(
    leg("tram", failure=TRAM_FAILED),
    leg("ferry", 12),
    leg("metro", 13),
    gross={"tram": 200, "ferry": 2000, "metro": 300},
)
BY_SEA = {
    "ferry": Conditions((RefundStep(12, 100), RefundStep(0, 50)), fee_minor=100),
    "metro": WHOLE,
}


class TestNotCarried:
    """A leg that is not carried comes back whole."""

    def test_all_of_it_comes_back_whatever_counts_on_it(self) -> None:
        held = ticket(leg("tram", failure=TRAM_FAILED), leg("ferry", failure=LATE))

        line = decide(held, (0, 1), NOTHING, {}, NOW, counted_on=500, together=Kept(500, "because bo stays"))

        assert line == RefundLine(
            jti="jti-anna",
            passenger_ref="anna",
            percent=100,
            amount=Money(2200, "EUR"),
            because="100 % whatever the conditions say and without a fee: leg 0, 1 is cancelled, 90 min late",
            legs=(0, 1),
            operators=("ferry", "tram"),
            fees={},
        )

    def test_two_legs_that_fail_for_one_reason_name_it_once(self) -> None:
        held = ticket(leg("tram", failure=TRAM_FAILED), leg("ferry", failure=TRAM_FAILED))

        assert decide(held, (0, 1), NOTHING, {}, NOW).because.endswith("leg 0, 1 is cancelled")

    def test_the_leg_that_ended_the_journey_is_the_reason_for_all(self) -> None:
        held = ticket(leg("tram"), leg("ferry", failure=SHIP_FAILED), leg("metro", failure=LATE))

        line = decide(held, (0, 2), Rest({"ferry": 2000}), {}, NOW)

        assert line.because == (
            "100 % of 2.00 EUR, what leg 0, 2 costs beyond the rest, whatever the conditions say and without a fee: "
            "leg 1 is cancelled"
        )
        assert (line.percent, line.amount.minor, line.operators) == (100, 200, ("metro", "tram"))

    def test_a_part_comes_back_whole_and_the_rest_by_its_own_first_departure(self) -> None:
        line = decide(
            PART,
            (0, 1),
            Rest({"metro": 300}),
            BY_SEA,
            NOW,
            apart=Rest({"ferry": 2000, "metro": 300}),
            counted_on=40,
            together=Kept(60, "because bo stays"),
        )

        assert (line.percent, line.amount.minor, dict(line.fees)) == (
            100,
            2000 - 100 - 100 + 200,
            {"ferry": 100},
        )
        assert (line.legs, line.operators, line.together_minor) == ((0, 1), ("ferry",), 60)
        assert line.because == (
            "100 % of 20.00 EUR, what leg 1 costs beyond the rest, by the conditions of ferry, the strictest of these legs, "
            "12 hours before departure, less the fee of ferry: 1.00 EUR; 0.40 EUR stay, because rides bought later count on "
            "it (cap); 0.60 EUR stay, because bo stays; 2.00 EUR in full for leg 0: cancelled"
        )

    def test_where_nobody_can_tell_what_it_costs_alone_all_go_by_conditions(self) -> None:
        whole = {"tram": WHOLE, "ferry": WHOLE, "metro": WHOLE}
        for apart in (None, Rest(unpriced="unknown_fare"), Rest({"ferry": 2501})):
            line = decide(PART, (0, 1, 2), NOTHING, whole, NOW, apart=apart)
            assert "in full" not in line.because
        at_most = decide(PART, (0, 1, 2), NOTHING, whole, NOW, apart=Rest({"ferry": 2500}))
        assert "0.00 EUR in full for leg 0" in at_most.because

    def test_where_the_rest_gives_nothing_the_failed_leg_alone_is_named(self) -> None:
        said = refusal(
            PART,
            (0, 1),
            Rest({"metro": 300}),
            {"ferry": NEVER},
            NOW,
            apart=Rest({"ferry": 2000, "metro": 300}),
        )

        assert said == (
            "the ticket of anna gives nothing back: 0 % of 20.00 EUR, what leg 1 costs beyond the rest, by the conditions of "
            "ferry, the strictest of these legs, 12 hours before departure; leg 0 alone gives back 2.00 EUR, because it is "
            "cancelled"
        )

    def test_a_leg_that_went_before_stays_gone(self) -> None:
        gone = ticket(
            leg("tram", failure=TRAM_FAILED),
            leg("ferry", 12),
            leg("bus", given_back=True),
            gross={"tram": 200, "ferry": 2000},
        )

        line = decide(gone, (0, 1), NOTHING, BY_SEA, NOW, apart=Rest({"ferry": 2000}))

        assert "the strictest of this ticket, 12 hours" in line.because


class TestParts:
    """Parts that may bring more than the whole."""

    def test_a_part_leaves_out_what_departs_first_or_gives_less(self) -> None:
        held = ticket(leg("tram", -1), leg("ferry", 12), leg("metro", 13))
        conditions = {"tram": HALF, "ferry": WHOLE, "metro": HALF}

        assert parts_of(held, (0, 1, 2), conditions, NOW) == [(1, 2), (1,), (2,)]

    def test_what_gives_nothing_by_then_is_no_part(self) -> None:
        held = ticket(leg("tram", 1), leg("ferry", 2))

        assert parts_of(held, (0, 1), {"tram": NEVER, "ferry": WHOLE}, NOW) == [(1,)]
        assert parts_of(held, (0, 1), {}, NOW) == []

    def test_all_of_it_together_is_no_part_and_each_part_comes_once(self) -> None:
        held = ticket(leg("tram", 1), leg("ferry", 1))

        assert parts_of(held, (0, 1), {"tram": WHOLE, "ferry": WHOLE}, NOW) == []
        assert parts_of(held, (0, 1), {"tram": HALF, "ferry": WHOLE}, NOW) == [(1,)]

    def test_legs_that_depart_together_stay_together(self) -> None:
        held = ticket(leg("tram", 1), leg("ferry", 2), leg("metro", 2))

        assert parts_of(held, (0, 1, 2), {"ferry": WHOLE, "metro": WHOLE}, NOW) == [(1, 2)]

    def test_what_is_not_carried_goes_with_each(self) -> None:
        held = ticket(leg("tram", 1, failure=TRAM_FAILED), leg("ferry", 2), leg("metro", 3))

        found = parts_of(held, (0, 1, 2), {"tram": HALF, "ferry": WHOLE, "metro": HALF}, NOW)

        assert found == [(0,), (0, 1), (0, 2)]

    def test_each_departure_counts_by_its_own_hour(self) -> None:
        """A day before its own departure the ferry gives all, by the tram's it gives half."""
        held = ticket(leg("tram", 10), leg("ferry", 24), leg("metro", 25))
        day = Conditions((RefundStep(24, 100), RefundStep(0, 50)))

        found = parts_of(held, (0, 1, 2), {"tram": WHOLE, "ferry": day, "metro": HALF}, NOW)

        assert found == [(0,), (1, 2), (1,), (2,)]

    def test_a_part_says_why_the_others_stay(self) -> None:
        line = decide(BOTH, (1,), Rest({"tram": 200}), {"ferry": WHOLE}, NOW)

        said = because_part(line, (0, 1, 2), "3.00 EUR, by half").because

        assert (
            said
            == f"{line.because}; leg 0, 2 stays, because together they would bring less: 3.00 EUR, by half"
        )


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 5000), st.integers(0, 60)), min_size=1, max_size=5
    ),
    st.sampled_from([1, 30, 50, 99, 100]),
    st.integers(0, 3000),
    st.integers(0, 3000),
)
def test_nothing_comes_back_that_was_not_paid(
    rows: list[tuple[str, int, int]], percent: int, fee: int, kept: int
) -> None:
    gross: dict[str, int] = {}
    for operator, amount, _ in rows:
        gross[operator] = gross.get(operator, 0) + amount
    held = ticket(*(leg(operator, hours) for operator, _, hours in rows), gross=gross)
    conditions = dict.fromkeys("abc", Conditions((RefundStep(0, percent),), fee_minor=fee))

    try:
        line = decide(held, held.left, NOTHING, conditions, NOW, counted_on=kept)
    except Conflict:
        return

    assert 0 <= line.amount.minor <= max(0, sum(gross.values()) - kept)
    assert all(0 < part <= gross[name] for name, part in line.fees.items())
