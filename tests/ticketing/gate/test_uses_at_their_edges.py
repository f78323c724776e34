"""Uses at the second where one rule ends and the next begins, and in the order in which the rules ask."""

from typing import Any

import pytest

from throughfare_gate.gate.usage import (
    Allowance,
    Step,
    Use,
    Wanted,
    goes_out,
    is_spent,
    next_use,
    told_together,
    use_values,
    uses_left,
)
from throughfare_gate.tickets.products import ProductRule

JTI = "A" * 22
SWIPED = ProductRule(check="in_out")
HOUR = ProductRule(transfer_seconds=3600)
PASS = Allowance(uses_per_leg=0)


def use(at: int, kind: Any = "ride", gate: str | None = "g0", leg: int = 0) -> Use:
    return Use(JTI, leg, at, gate, kind)


def step(
    earlier: list[Use],
    at: int,
    allowance: Allowance,
    direction: Any = None,
    *,
    gate: str | None = "g1",
    leg: int = 0,
) -> Step:
    return next_use(earlier, Wanted(leg, at, (gate,), direction), allowance)


class TestTogether:
    """Joining what several sources tell."""

    def test_what_two_sources_know_is_one_use_and_what_one_tells_twice_was_two(self) -> None:
        ride, other = use(10), use(20)

        assert told_together([ride], [ride]) == [ride]
        assert told_together([ride, ride], [ride]) == [ride, ride]
        assert told_together([ride], [ride, ride]) == [ride, ride]
        assert told_together([ride, other], [other, ride]) == [ride, other]
        assert told_together() == []

    @pytest.mark.parametrize(
        "other", [Use("B" * 22, 0, 10, "g0"), use(10, leg=1), use(11), use(10, gate="g1"), use(10, gate=None)]
    )
    def test_uses_differ_by_ticket_leg_second_and_gate(self, other: Use) -> None:
        assert told_together([use(10)], [other]) == [use(10), other]

    def test_of_two_tellings_of_one_use_the_later_sources_holds(self) -> None:
        assert told_together([use(10, "ride")], [use(10, "transfer")]) == [use(10, "transfer")]


class TestFigures:
    """The figures about uses for staff."""

    def test_a_use_that_stands_in_the_way_is_told_by_its_age_and_its_gate(self) -> None:
        assert use_values(use(100), 160) == {"seconds": 60, "gate": "g0"}
        assert use_values(use(100, gate=None), 160) == {"seconds": 60}
        assert use_values(use(100, gate=""), 160) == {"seconds": 60}

    @pytest.mark.parametrize(
        ("gate", "is_id"),
        [
            ("01a224ee-7e1c-789b-a1a2-e02c8eea5c3c", True),
            ("01a224ee-7e1c-789b-a1a2-e02c8eea5c3c ", False),
            ("01a224ee7e1c789ba1a2e02c8eea5c3c", False),
        ],
    )
    def test_a_gate_is_told_by_a_name_and_not_by_its_id(self, gate: str, is_id: bool) -> None:
        assert use_values(use(0, gate=gate), 5) == {"seconds": 5} | ({} if is_id else {"gate": gate})

    @pytest.mark.parametrize(
        ("refused", "told"),
        [
            (Step(refusal="already_used", collides=use(0)), {"seconds": 60, "gate": "g0"}),
            (Step(refusal="passback", collides=use(0)), {"gate": "g0"}),
            (Step(refusal="uses_exhausted", collides=use(0)), {"count": 3}),
            (Step(refusal="uses_exhausted"), {}),
            (Step(), {}),
        ],
    )
    def test_a_refusal_tells_what_explains_it(self, refused: Step, told: dict[str, Any]) -> None:
        assert refused.values(60, 3) == told

    def test_what_is_left_counts_rides_and_check_ins_the_next_one_and_what_orders_took(self) -> None:
        ten = Allowance(uses=10, ordered=2)
        ridden = [use(0), use(1, "transfer"), use(2, "in"), use(3, "out"), use(4)]

        assert uses_left(ridden, "ride", ten) == {"left": 4, "count": 10}
        assert uses_left(ridden, "in", ten) == {"left": 4, "count": 10}
        assert uses_left(ridden, "transfer", ten) == {"left": 5, "count": 10}
        assert uses_left([], "out", Allowance(uses=10)) == {"left": 10, "count": 10}
        assert uses_left([], "ride", Allowance(uses=1, ordered=1)) == {"left": 0, "count": 1}
        assert uses_left([], "out", Allowance()) == {"left": 0, "count": 0}


@pytest.mark.parametrize(
    ("earlier", "direction", "rule", "leaves"),
    [
        ([use(0, "in")], "out", SWIPED, True),
        ([use(0, "in")], None, SWIPED, True),
        ([use(0, "in")], "in", SWIPED, False),
        ([use(0, "in"), use(9, "out")], "out", SWIPED, False),
        ([use(0, "out"), use(9, "in")], "out", SWIPED, True),
        ([], "out", SWIPED, False),
        ([use(0, "in")], "out", ProductRule(), False),
    ],
)
def test_who_was_checked_in_last_may_go_out(
    earlier: list[Use], direction: Any, rule: ProductRule, leaves: bool
) -> None:
    assert goes_out(earlier, direction, rule) == leaves


@pytest.mark.parametrize(
    ("used", "most", "spent"),
    [
        ([], 1, False),
        ([use(0)], 1, True),
        ([use(0)], 2, False),
        ([use(0), use(9, "in")], 2, True),
        ([use(0), use(9), use(10)], 2, True),
        ([use(0, leg=1)], 1, False),
        ([use(0, "out"), use(1, "transfer")], 1, False),
        ([use(0), use(9)], 0, False),
    ],
)
def test_a_leg_is_spent_when_its_rides_and_check_ins_are_all_it_allows(
    used: list[Use], most: int, spent: bool
) -> None:
    assert is_spent(used, 0, most) == spent


class TestInAndOut:
    """Products that are checked in and out."""

    def test_only_they_are(self) -> None:
        assert step([use(0, "in")], 900, PASS, "out").kind == "ride"

    def test_a_gate_without_a_direction_lets_in_who_is_not_inside(self) -> None:
        both = Allowance(0, None, SWIPED)

        assert step([use(0, "in"), use(100, "out")], 900, both) == Step("in")
        assert step([use(0, "out")], 900, both) == Step("in")

    @pytest.mark.parametrize(("at", "refusal"), [(59, "passback"), (60, None)])
    def test_such_a_gate_takes_nobody_out_within_a_minute(self, at: int, refusal: str | None) -> None:
        inside = [use(-900, "in"), use(0, "in")]

        found = step(inside, at, Allowance(0, None, SWIPED))

        assert (found.refusal, found.collides) == (refusal, inside[-1] if refusal else None)
        assert found.kind == ("ride" if refusal else "out")

    def test_the_same_gate_takes_them_out_at_once_and_a_gate_for_the_way_out_always(self) -> None:
        both = Allowance(0, None, SWIPED)

        assert step([use(0, "in")], 1, both, gate="g0") == Step("out")
        assert step([use(0, "in")], 1, both, "out") == Step("out")

    def test_an_exit_holds_nobody_whose_ticket_is_used_up(self) -> None:
        assert step([use(0, "in")], 9000, Allowance(1, 1, SWIPED), "out") == Step("out")
        assert step([use(0, "in"), use(9, "out")], 9000, Allowance(1, 1, SWIPED), "out") == Step(
            "out", note="no_check_in"
        )

    def test_who_checks_in_twice_is_told_of_and_counted(self) -> None:
        assert step([use(0, "in")], 60, Allowance(2, None, SWIPED), "in") == Step("in", note="no_check_out")
        assert step([use(0, "in")], 59, Allowance(2, None, SWIPED), "in").refusal == "passback"
        assert step([use(0, "in"), use(9, "out")], 60, Allowance(2, None, SWIPED), "in") == Step("in")


class TestWindow:
    """A product that ends so long after its first use."""

    DAY = Allowance(0, None, ProductRule(window_seconds=86_400))

    def test_it_is_counted_from_the_first_ride_that_counts(self) -> None:
        ridden = [use(0, "out"), use(100), use(50_000)]

        assert step(ridden, 86_499, self.DAY) == Step()
        late = step(ridden, 86_500, self.DAY)
        assert (late.refusal, late.collides) == ("expired", ridden[1])

    def test_before_a_first_use_it_has_not_begun(self) -> None:
        assert step([], 10**9, self.DAY) == Step()
        assert step([use(0, "out")], 10**9, self.DAY) == Step()

    def test_it_ends_also_within_a_transfer(self) -> None:
        rule = ProductRule(window_seconds=600, transfer_seconds=3600)

        assert step([use(0)], 599, Allowance(0, None, rule)).kind == "transfer"
        assert step([use(0)], 600, Allowance(0, None, rule)).refusal == "expired"


class TestTransfer:
    """Changing within the time of a ride."""

    def test_it_is_counted_from_the_last_ride_that_counts(self) -> None:
        ridden = [use(0), use(5000), use(6000, "transfer")]

        assert step(ridden, 8599, Allowance(0, None, HOUR)) == Step("transfer")
        assert step(ridden, 8600, Allowance(0, None, HOUR)) == Step("ride")

    def test_a_transfer_begins_no_ride(self) -> None:
        assert step([use(0, "transfer")], 100, Allowance(0, None, HOUR)) == Step("ride")

    def test_as_many_as_allowed_are_counted_since_the_last_ride(self) -> None:
        twice = Allowance(0, None, ProductRule(transfer_seconds=3600, transfers=2))
        earlier = [use(0), use(10, "transfer"), use(20, "transfer"), use(4000), use(4100, "transfer")]

        assert step(earlier, 4200, twice) == Step("transfer")
        assert step([*earlier, use(4200, "transfer")], 4300, twice) == Step("ride")
        never = Allowance(0, None, ProductRule(transfer_seconds=3600, transfers=0))
        assert step([use(0)], 600, never) == Step("ride")

    def test_a_copy_is_known_by_the_last_use_whatever_it_was(self) -> None:
        earlier = [use(0, gate="g1"), use(1000, "transfer")]

        found = step(earlier, 1059, Allowance(0, None, HOUR))

        assert (found.refusal, found.collides) == ("passback", earlier[-1])
        assert step(earlier, 1060, Allowance(0, None, HOUR)) == Step("transfer")
        assert step(earlier, 1059, Allowance(0, None, HOUR), gate="g0") == Step("transfer")


class TestCounts:
    """Uses a leg and uses in all."""

    def test_a_leg_has_as_many_as_it_allows_and_the_last_one_is_told(self) -> None:
        earlier = [use(0), use(100), use(200, leg=1), use(300, "transfer")]

        assert step(earlier, 1000, Allowance(3)) == Step()
        spent = step(earlier, 1000, Allowance(2))
        assert (spent.refusal, spent.collides) == ("already_used", earlier[1])
        assert step([*earlier, use(400)], 1000, Allowance(2)).refusal == "already_used"

    def test_another_leg_is_another_ride_also_within_a_minute(self) -> None:
        assert step([use(0)], 1, Allowance(), leg=1) == Step()

    def test_a_second_use_of_a_leg_within_a_minute_names_the_last_one_of_that_leg(self) -> None:
        earlier = [use(0), use(100), use(110, leg=1)]

        found = step(earlier, 159, Allowance(3))

        assert (found.refusal, found.collides) == ("passback", earlier[1])
        assert step(earlier, 160, Allowance(3)) == Step()

    def test_a_gate_that_is_not_known_is_no_gate_of_ones_own(self) -> None:
        assert step([use(0, gate=None)], 59, Allowance(2), gate=None).refusal == "passback"
        assert step([use(0, gate="g1")], 59, Allowance(2)) == Step()

    def test_a_carnet_has_as_many_as_it_has_over_all_legs_less_what_orders_took(self) -> None:
        earlier = [use(0), use(100, leg=1), use(200, "transfer")]

        assert step(earlier, 1000, Allowance(0, 3)) == Step()
        spent = step(earlier, 1000, Allowance(0, 2))
        assert (spent.refusal, spent.collides) == ("uses_exhausted", earlier[1])
        assert step(earlier, 1000, Allowance(0, 3, ordered=1)).refusal == "uses_exhausted"
        assert step([], 1000, Allowance(0, 2, ordered=1)) == Step()
        assert step([], 1000, Allowance(0, 2, ordered=2)) == Step(refusal="uses_exhausted")

    def test_of_several_reasons_the_window_comes_first_and_the_carnet_last(self) -> None:
        rule = ProductRule(window_seconds=600)

        assert step([use(0)], 600, Allowance(1, 1, rule)).refusal == "expired"
        assert step([use(0)], 599, Allowance(1, 1, rule)).refusal == "already_used"
        assert step([use(0)], 599, Allowance(2, 1, rule)).refusal == "uses_exhausted"
        assert step([use(0)], 59, Allowance(2, 1, rule)).refusal == "passback"
