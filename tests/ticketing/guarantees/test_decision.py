"""A guarantee pays its sum once, less what a law pays, and an operator bears what it has agreed to bear."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.frozen import (
    CoveredConnection,
    MissedConnection,
    SoldGuarantee,
    SoldRecourse,
    Unreadable,
    read_guarantee,
    read_missed,
    write_guarantee,
    write_missed,
)
from ticketing.guarantees import REASONS, decide

SOLD = SoldGuarantee(
    guarantor="The scheme",
    fee_minor=50,
    each_minor=50,
    currency="EUR",
    wait_minutes=60,
    pays_minor=1000,
    connections=(CoveredConnection(after_leg=0, planned_seconds=2700, needed_seconds=2400),),
    recourse=(SoldRecourse(operator="tram", percent=50, cap_minor=2000),),
)
MISSED = MissedConnection(
    operator="tram",
    cause="operator",
    late_minutes=60,
    was_given_back=False,
    by_law_minor=0,
    recovered_minor=0,
)


@pytest.mark.parametrize(
    ("facts", "decided"),
    [
        ({}, ("late", 1000, 0, 500)),
        ({"late_minutes": 59}, ("in_time", 0, 0, 0)),
        ({"late_minutes": None}, ("not_travelled", 0, 0, 0)),
        ({"was_given_back": True}, ("given_back", 0, 0, 0)),
        ({"by_law_minor": 400}, ("late", 600, 400, 300)),
        ({"by_law_minor": 1000}, ("paid_by_law", 0, 1000, 0)),
        ({"by_law_minor": 9999}, ("paid_by_law", 0, 1000, 0)),
        ({"recovered_minor": 1999}, ("late", 1000, 0, 1)),
        ({"recovered_minor": 2001}, ("late", 1000, 0, 0)),
        ({"cause": "weather"}, ("late", 1000, 0, 0)),
        ({"cause": "unknown"}, ("late", 1000, 0, 0)),
        ({"operator": "ferry"}, ("late", 1000, 0, 0)),
    ],
)
def test_each_fact_has_its_decision(facts: dict[str, Any], decided: tuple[Any, ...]) -> None:
    decision = decide(SOLD, replace(MISSED, **facts))

    assert (
        decision.reason,
        decision.amount_minor,
        decision.deducted_minor,
        decision.recourse_minor,
    ) == decided


@given(
    late=st.none() | st.integers(-100, 2000),
    by_law=st.integers(0, 3000),
    recovered=st.integers(0, 3000),
    cause=st.sampled_from(["operator", "own_staff", "weather", "unknown"]),
)
def test_payout_and_law_are_never_more_than_was_promised_and_recourse_no_more_than_the_payout(
    late: int | None, by_law: int, recovered: int, cause: str
) -> None:
    missed = replace(MISSED, late_minutes=late, by_law_minor=by_law, recovered_minor=recovered, cause=cause)

    decision = decide(SOLD, missed)

    assert decision.reason in REASONS
    assert 0 <= decision.amount_minor + decision.deducted_minor <= SOLD.pays_minor
    assert 0 <= decision.recourse_minor <= decision.amount_minor
    assert decision.recourse_minor + min(recovered, 2000) <= 2000
    assert decide(SOLD, read_missed(write_missed(missed))) == decision


def test_what_was_sold_is_read_as_it_is_written() -> None:
    assert read_guarantee(write_guarantee(SOLD)) == SOLD
    with pytest.raises(Unreadable, match="fee_minor"):
        read_guarantee({**write_guarantee(SOLD), "fee_minor": "50"})
