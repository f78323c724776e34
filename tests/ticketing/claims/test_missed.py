"""A leg that was missed belongs to the contract of the ride that broke the connection, if one operator carries on both."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from operators.rights_terms import RightsTerms
from tariffs.money import Money
from ticketing.claims.judging import Ridden, judge
from ticketing.claims.missed import Missed, contract_of, is_one_contract
from ticketing.disruption import Evidence
from ticketing.rights import rules_for

PLANNED = datetime(2026, 10, 13, 9, tzinfo=UTC)
TRAIN_BY_TRAIN, TRAM_BEFORE = Missed(0, "rail", is_through=True), Missed(0, "tram", is_through=False)


def seen(minutes: int) -> Evidence:
    at = PLANNED + timedelta(minutes=minutes)
    return Evidence(call=1, event="arrival", outcome="at", rank=1, planned_at=PLANNED, at=at, ids=("a",))


def ridden(minutes: int, missed: Missed | None) -> Ridden:
    return Ridden(
        on=date(2026, 10, 13),
        price=Money(4000, "EUR"),
        scheduled_minutes=60,
        planned_arrival=PLANNED,
        told_arrival=None,
        used=True,
        refunded=False,
        arrival=seen(minutes),
        departure=seen(0),
        missed=missed,
    )


@pytest.mark.parametrize(
    ("minutes", "missed", "decided"),
    [
        (61, TRAIN_BY_TRAIN, ("delayed", 1000)),
        (59, TRAIN_BY_TRAIN, ("below_threshold", 0)),
        (59, TRAM_BEFORE, ("separate_contracts", 0)),
        (61, TRAM_BEFORE, ("delayed", 1000)),
        (59, None, ("below_threshold", 0)),
    ],
)
def test_only_the_own_contracts_delay_is_paid(minutes: int, missed: Missed | None, decided: Any) -> None:
    terms = RightsTerms(regime="rail", auto_limit_minor=2000)

    judgment = judge(ridden(minutes, missed), terms, rules_for("rail", date(2026, 10, 13)))

    assert (judgment.decision.reason, judgment.amount_minor) == decided


def test_the_price_of_a_through_contract_is_that_of_all_its_rides() -> None:
    assert contract_of(Missed(1, "rail", is_through=True), 3) == (1, 2, 3)
    assert contract_of(TRAM_BEFORE, 1) == contract_of(None, 1) == (1,)


def test_a_tram_between_two_trains_parts_their_contract() -> None:
    legs: Any = [type("Ride", (), {"operator": name}) for name in ("rail", "rail", "tram", "rail")]

    assert is_one_contract(legs, 0, 1)
    assert not is_one_contract(legs, 1, 3)
    assert replace(TRAM_BEFORE, by="rail") != TRAM_BEFORE
