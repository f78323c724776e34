"""Products that are used more than once: passes, carnets, transfers, check-in and check-out, by one pure function."""

from typing import Any

import pytest

from tests.ticketing.gate.deciding import bundle, judge
from tests.ticketing.tickets.mint import NOW, ticket
from throughfare_gate.gate.decision import Gate, Seen, Use
from throughfare_gate.gate.usage import Allowance, Step, Wanted, next_use
from throughfare_gate.tickets.products import BadProduct, ProductRule, read_products, read_rule, rule_document

JTI = "A" * 22
CARNET = ProductRule(transfer_seconds=3600, transfers=2)
SWIPED = ProductRule(check="in_out")


def use(at: int, kind: Any = "ride", gate: str = "g0", leg: int = 0) -> Use:
    return Use(JTI, leg, at, gate, kind)


def step(earlier: list[Use], at: int, allowance: Allowance, direction: Any = None, gate: str = "g1") -> Step:
    return next_use(earlier, Wanted(0, at, (gate,), direction), allowance)


def test_a_pass_is_used_all_day_but_not_at_two_gates_within_a_minute() -> None:
    day = Allowance(uses_per_leg=0)

    assert step([use(0), use(1000)], 1060, day) == Step()
    assert step([use(0), use(1000)], 1059, day).refusal == "passback"
    assert step([use(0), use(1000)], 1001, day, gate="g0") == Step()


def test_a_pass_that_runs_from_its_first_use_ends_with_its_window() -> None:
    pass_24h = Allowance(0, None, ProductRule(window_seconds=86_400))

    assert step([use(0)], 86_399, pass_24h) == Step()
    assert step([use(0)], 86_400, pass_24h).refusal == "expired"


def test_a_carnet_counts_rides_and_not_the_transfers_within_its_hour() -> None:
    ten = Allowance(0, 2, CARNET)
    ride, transfer = use(0), use(600, "transfer")

    assert step([ride], 600, ten).kind == "transfer"
    assert step([ride, transfer], 3599, ten).kind == "transfer"
    assert step([ride, transfer], 3600, ten) == Step("ride")
    assert step([ride, use(4000)], 9000, ten).refusal == "uses_exhausted"


def test_no_more_transfers_than_the_product_allows() -> None:
    ridden = [use(0), use(600, "transfer"), use(1200, "transfer")]

    assert step(ridden, 1800, Allowance(0, 5, CARNET)) == Step("ride")
    assert step(ridden, 1800, Allowance(1, None, CARNET)).refusal == "already_used"


@pytest.mark.parametrize("gate", ["g0", "g1"])
def test_without_transfers_a_second_use_is_none_also_where_the_first_gates_clock_goes_ahead(
    gate: str,
) -> None:
    assert step([use(1000)], 999, Allowance(), gate=gate).refusal == "already_used"


def test_a_transfer_at_another_gate_within_a_minute_is_a_copy() -> None:
    assert step([use(0)], 59, Allowance(0, 5, CARNET)).refusal == "passback"
    assert step([use(0)], 59, Allowance(0, 5, CARNET), gate="g0").kind == "transfer"


def test_check_in_counts_and_check_out_does_not() -> None:
    two = Allowance(0, 2, SWIPED)
    first = [use(0, "in"), use(900, "out")]

    assert step([], 0, two, "in") == Step("in")
    assert step(first[:1], 900, two, "out") == Step("out")
    assert step(first, 1800, two, "in") == Step("in")
    assert step([*first, use(1800, "in"), use(2700, "out")], 3600, two, "in").refusal == "uses_exhausted"


def test_an_exit_holds_nobody_and_says_that_no_check_in_is_known() -> None:
    assert step([], 900, Allowance(0, 2, SWIPED), "out") == Step("out", note="no_check_in")


def test_who_forgot_to_check_out_checks_in_again_and_staff_are_told() -> None:
    assert step([use(0, "in")], 7200, Allowance(0, None, SWIPED), "in") == Step("in", note="no_check_out")


def test_a_gate_without_direction_takes_turns() -> None:
    both = Allowance(0, None, SWIPED)

    assert [step([], 0, both).kind, step([use(0, "in")], 900, both).kind] == ["in", "out"]
    assert step([use(0, "in")], 30, both).refusal == "passback"


@pytest.mark.parametrize(
    ("uses", "gate", "expected"),
    [
        ([], Gate(operator="tlt"), "ok"),
        ([use(NOW - 600)], Gate(operator="tlt"), "ok_attention"),  # a transfer
        ([use(NOW - 4000), use(NOW - 3700)], Gate(operator="tlt"), "uses_exhausted"),
        ([use(NOW - 4000), use(NOW - 3700)], Gate(operator="tlt", inspects=True), "ok"),
        ([], Gate(operator="tlt", inspects=True), "ok_attention"),  # never validated
    ],
)
def test_decide_behaves_by_the_products_rule(uses: list[Use], gate: Gate, expected: str) -> None:
    held = bundle(rules={"through": CARNET})

    assert judge(ticket(u=0, c=2), held, gate=gate, seen=Seen(uses)).reason == expected


NIGHT = ProductRule(check="in_out", hours=((0, 1),), passback_seconds=60)


@pytest.mark.parametrize(
    ("uses", "direction", "expected"),
    [
        ([], "in", "outside_time_rule"),
        ([], None, "outside_time_rule"),
        ([use(NOW - 7200, "in")], "in", "outside_time_rule"),
        ([use(NOW - 7200, "in"), use(NOW - 3600, "out")], None, "outside_time_rule"),
        ([use(NOW - 7200, "in")], "out", "ok"),
        ([use(NOW - 7200, "in")], None, "ok"),
        ([], "out", "ok_attention"),  # the check-in is not told yet
    ],
)
def test_who_was_let_in_within_the_hours_gets_out_after_them(
    uses: list[Use], direction: Any, expected: str
) -> None:
    held = bundle(rules={"through": NIGHT}, offsets=((0, 0),))
    gate = Gate(operator="tlt", direction=direction)

    assert judge(ticket(u=0), held, gate=gate, seen=Seen(uses)).reason == expected


def test_a_product_without_check_out_has_no_way_out_after_its_hours() -> None:
    held = bundle(rules={"through": ProductRule(hours=((0, 1),))}, offsets=((0, 0),))

    decision = judge(
        ticket(u=0), held, gate=Gate(operator="tlt", direction="out"), seen=Seen([use(NOW - 99, "in")])
    )

    assert decision.reason == "outside_time_rule"


def test_an_inspection_says_so_and_uses_nothing_up() -> None:
    decision = judge(ticket(), gate=Gate(operator="tlt", inspects=True), seen=Seen([use(NOW - 600)]))

    assert (decision.admit, decision.kind) == (True, "inspection")


def test_a_rule_reads_as_it_was_written() -> None:
    rule = ProductRule(
        binding="required",
        passback_seconds=0,
        stops="board",
        classes=("1",),
        hours=((0, 60),),
        days=(1,),
        transfer_seconds=3600,
        transfers=2,
        window_seconds=86_400,
        check="in_out",
    )

    assert read_rule(rule_document(rule), "x") == rule
    assert set(rule_document(ProductRule())) == {
        "binding",
        "passback_seconds",
        "stops",
        "classes",
        "hours",
        "days",
    }


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "products"),
        ({"x" * 13: {}}, "products.xxx"),
        ({"day": {"price": 5}}, "products.day.price"),
        ({"day": {"uses_per_leg": -1}}, "products.day.uses_per_leg"),
        ({"day": {"uses": 0}}, "products.day.uses"),
        ({"day": {"rule": {"check": "out"}}}, "products.day.rule.check"),
        ({"day": {"rule": {"transfers": 1.5}}}, "products.day.rule.transfers"),
        ({"day": {"life_seconds": True}}, "products.day.life_seconds"),
    ],
)
def test_a_product_with_a_fault_names_it(document: Any, named: str) -> None:
    with pytest.raises(BadProduct, match=named):
        read_products(document)


def test_products_of_a_region_are_read() -> None:
    found = read_products({"day": {"uses_per_leg": 0, "rule": {"window_seconds": 86_400}}})["day"]

    assert (found.uses_per_leg, found.rule.window_seconds, found.uses) == (0, 86_400, None)


@pytest.mark.parametrize(
    ("gate", "told"),
    [("Kopli, door 1", {"gate": "Kopli, door 1"}), ("01a224ee-7e1c-789b-a1a2-e02c8eea5c3c", {})],
)
def test_a_gate_without_a_name_is_not_told_by_its_id(gate: str, told: dict[str, str]) -> None:
    values = step([use(0, gate=gate)], 600, Allowance()).values(600, None)

    assert values == {"seconds": 600, **told}
