"""The pure judgment of a leg: which evidence counts, what waits for a person, and what is never paid."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.rights_terms import RightsTerms
from tariffs.money import Money
from ticketing.claims.judging import Judgment, Ridden, judge
from ticketing.db.disruption.observations import Observation, StoredObservation
from ticketing.disruption import Evidence
from ticketing.disruption.evidence import evidence_of
from ticketing.rights import rules_for

DAY, LEAVES = date(2026, 10, 13), datetime(2026, 10, 13, 3, 0, tzinfo=UTC)
ARRIVES = LEAVES + timedelta(minutes=120)
SEA = RightsTerms(regime="sea", auto_limit_minor=2000)


def arrived(minutes: float, **more: Any) -> Evidence:
    at = ARRIVES + timedelta(minutes=minutes)
    known = {"rank": 1, "at": at, "planned_at": ARRIVES, "ids": ("a",), "outcome": "at", **more}
    return Evidence(call=1, event="arrival", **known)


def ridden(arrival: Evidence, **more: Any) -> Ridden:
    unknown = Evidence(call=0, event="departure", outcome="unknown", rank=5)
    known: dict[str, Any] = {
        "on": DAY,
        "price": Money(4360, "EUR"),
        "scheduled_minutes": 120,
        "planned_arrival": ARRIVES,
        "told_arrival": None,
        "used": True,
        "refunded": False,
        "arrival": arrival,
        "departure": unknown,
        **more,
    }
    return Ridden(**known)


def judged(leg: Ridden, terms: RightsTerms = SEA) -> Judgment:
    return judge(leg, terms, rules_for(terms.regime, DAY))


@pytest.mark.parametrize(
    ("minutes", "amount"), [(59 + 59 / 60, 0), (60, 1090), (120, 1090), (121, 2180), (-5, 0)]
)
def test_minutes_are_whole_and_floored(minutes: float, amount: int) -> None:
    assert judged(ridden(arrived(minutes))).amount_minor == amount


@pytest.mark.parametrize(
    ("leg", "waits_for"),
    [
        (ridden(Evidence(call=1, event="arrival", outcome="unknown", rank=5)), "no_evidence"),
        (ridden(arrived(75, against=("b",))), "contradiction"),
        (ridden(arrived(75, against=("b",)), is_chosen=True), None),
        (ridden(arrived(0, outcome="cancelled", at=None), used=False), "choice"),
        (ridden(arrived(0, outcome="cancelled", at=None)), "choice"),
        (ridden(arrived(0, outcome="skipped", at=None), used=False), "choice"),
        (ridden(arrived(0, outcome="cancelled", at=None), used=False, refunded=True), None),
    ],
)
def test_nothing_is_guessed(leg: Ridden, waits_for: str | None) -> None:
    judgment = judged(leg)

    assert judgment.waits_for == waits_for
    assert judgment.amount_minor == 0 or waits_for is None


def test_a_leg_that_was_given_back_is_not_compensated_as_well() -> None:
    cancelled = judged(ridden(arrived(0, outcome="cancelled", at=None), refunded=True))
    late = judged(ridden(arrived(75), refunded=True))

    assert (cancelled.amount_minor, cancelled.decision.reason) == (0, "reimbursed")
    assert late.amount_minor == 0


@pytest.mark.parametrize("cause", ["roughSea", "weather", "vandalism", "somethingElse"])
def test_no_word_of_a_feed_excuses_an_operator(cause: str) -> None:
    judgment = judged(ridden(arrived(75), cause=cause))

    assert (judgment.facts.cause, judgment.amount_minor) == (None, 1090)


def test_a_cause_that_excuses_nobody_is_kept() -> None:
    assert judged(ridden(arrived(75), cause="engineFailure")).facts.cause == "technical_fault"


@pytest.mark.parametrize(("told", "amount"), [(75, 0), (90, 0), (74, 1090), (0, 1090)])
def test_who_was_told_of_the_whole_delay_with_the_offer_gets_nothing(told: int, amount: int) -> None:
    judgment = judged(ridden(arrived(75), told_arrival=ARRIVES + timedelta(minutes=told)))

    assert judgment.amount_minor == amount


def test_the_operators_own_least_sum_counts_up_to_the_statutes() -> None:
    cheap = ridden(arrived(75), price=Money(1600, "EUR"))

    assert judged(cheap, replace(SEA, minimum_minor=500)).decision.reason == "under_min_payout"
    assert judged(cheap, replace(SEA, minimum_minor=400)).amount_minor == 400


@given(
    st.integers(0, 100_000),
    st.integers(-100, 2_000),
    st.integers(1, 2_000),
    st.sampled_from(["sea", "rail", "bus", "se-2015-953"]),
)
def test_no_payout_is_above_the_price(price: int, late: int, scheduled: int, regime: str) -> None:
    terms = RightsTerms(regime=regime, auto_limit_minor=0, line_km=140 if regime != "bus" else 300)
    leg = ridden(arrived(late), price=Money(price, "EUR"), scheduled_minutes=scheduled)

    assert 0 <= judged(leg, terms).amount_minor <= price


_KINDS = st.sampled_from(["expected", "arrived", "cancelled", "skipped", "withdrawn"])
_SOURCES = st.sampled_from(["gtfs_rt", "siri_et", "operator_report", "exchange_events"])


@given(
    st.lists(st.tuples(_KINDS, _SOURCES, st.integers(-10, 200), st.integers(0, 300)), max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_observations_changes_no_claim(
    told: list[tuple[Any, Any, int, int]], order: random.Random
) -> None:
    facts = [_stored(*one) for one in told]
    shuffled = list(facts)
    order.shuffle(shuffled)

    first, second = (judged(ridden(evidence_of(one, 1, "arrival", ARRIVES))) for one in (facts, shuffled))

    assert first == second


def _stored(kind: Any, source: Any, late: int, told: int) -> StoredObservation:
    is_timed = kind in {"expected", "arrived"}
    whole = kind in {"cancelled", "withdrawn"}
    fact = Observation(
        region="r",
        operator="o",
        trip_id="t",
        service_date=DAY,
        call=None if whole else 1,
        stop_id=None if whole else "b",
        kind=kind,
        event="arrival" if is_timed else None,
        planned_at=ARRIVES if is_timed else None,
        at=ARRIVES + timedelta(minutes=late) if is_timed else None,
        source=source,
        told_at=LEAVES + timedelta(minutes=told),
        received_at=LEAVES,
    )
    return StoredObservation(id=fact.id, fact=fact)
