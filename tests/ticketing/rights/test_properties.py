"""Properties of every decision: never above the price, never less for a longer delay, changed at boundaries alone, the same again."""

import json
import re
from datetime import date
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from tariffs.money import Money
from tests.ticketing.rights.claims import ENTITLING
from ticketing.rights import (
    Facts,
    decide,
    decision_document,
    facts_document,
    in_words,
    read_facts,
    regimes,
    rules_for,
)
from ticketing.rights.claim import REASONS_THAT_PAY, Reason
from ticketing.rights.facts import Cause, Choice, Contract, DepartsFrom, Trip
from ticketing.rights.telling import LANGUAGES

# c2c pays 3p a minute up to the 29th and half of the price from the 30th: a cheap ticket gets less for more, as it is published.
MONOTONE = [regime for regime in regimes() if regime != "gb-c2c"]
_MINUTES = st.none() | st.integers(-30, 800)


def _amount(currency: str) -> st.SearchStrategy[Money | None]:
    return st.none() | st.integers(0, 20_000).map(lambda minor: Money(minor, currency))


@st.composite
def claims(draw: st.DrawFn, names: list[str] | None = None) -> Facts:
    """Facts of any kind, those that contradict each other among them."""
    price = Money(draw(st.integers(0, 100_000)), draw(st.sampled_from(["EUR", "SEK", "JPY"])))
    drawn: dict[str, Any] = {
        "in_scope": draw(st.integers(0, 9)) > 0,
        "contract": draw(st.sampled_from(get_args(Contract))),
        "trip": draw(st.sampled_from(get_args(Trip))),
        "leg_price": draw(_amount(price.currency)),
        "scheduled_minutes": draw(st.none() | st.integers(0, 3000)),
        "distance_km": draw(st.none() | st.integers(0, 600)),
        "departs_from": draw(st.none() | st.sampled_from(get_args(DepartsFrom))),
        "arrival_delay_minutes": draw(_MINUTES),
        "departure_delay_minutes": draw(_MINUTES),
        "delay_outside_union_minutes": draw(st.integers(0, 60)),
        "choice_offered": draw(st.none() | st.booleans()),
        "choice": draw(st.none() | st.sampled_from(get_args(Choice))),
        "minutes_without_options": draw(st.none() | st.integers(0, 200)),
        "own_alternative": draw(_amount(price.currency)),
        "cause": draw(st.none() | st.sampled_from(get_args(Cause))),
        "minimum_payout": draw(_amount(price.currency)),
        "pass_rides": draw(st.none() | st.integers(1, 60)),
        "pass_rides_lost": draw(st.none() | st.integers(0, 60)),
        "pass_delays_minutes": draw(st.none() | st.lists(st.integers(0, 90), max_size=4).map(tuple)),
    }
    flags = ("cancelled", "overbooked", "missed_connection", "open_ticket", "informed_before_purchase")
    drawn |= {name: draw(st.booleans()) for name in flags}
    regime = draw(st.sampled_from(names or list(regimes())))
    return Facts(regime=regime, on=date(2026, 12, 1), price=price, **drawn)


@given(claims())
def test_nobody_is_compensated_above_the_price_and_nothing_is_negative(facts: Facts) -> None:
    decision = decide(facts, rules_for(facts.regime, facts.on))

    assert decision.compensation is None or 0 <= decision.compensation.minor <= facts.price.minor
    leg = facts.leg_price.minor if facts.leg_price else 0
    assert 0 <= decision.reimbursement.minor <= max(facts.price.minor, leg)
    assert all(other.compensation.minor >= 0 for other in decision.alternatives)


@given(claims(MONOTONE), st.integers(1, 300))
def test_a_longer_delay_never_pays_less(facts: Facts, longer: int) -> None:
    later = {
        name: None if (minutes := getattr(facts, name)) is None else minutes + longer
        for name in ("arrival_delay_minutes", "departure_delay_minutes")
    }
    rules = rules_for(facts.regime, facts.on)
    values = {name: getattr(facts, name) for name in Facts.__slots__}

    # Who takes the price back gives the compensation up, so the two are counted together.
    def worth(claim: Facts) -> int | None:
        decision = decide(claim, rules)
        if decision.compensation is None:
            return None
        return max(decision.compensation.minor, decision.reimbursement.minor)

    before, after = worth(facts), worth(Facts(**{**values, **later}))
    assert before is None or after is None or before <= after


@given(claims())
def test_money_is_due_only_for_a_reason_that_pays_and_with_a_term(facts: Facts) -> None:
    decision = decide(facts, rules_for(facts.regime, facts.on))

    if decision.compensation is not None and decision.compensation.minor > 0:
        assert decision.reason in REASONS_THAT_PAY
        assert "compensation" in dict(decision.deadline_days)
    if decision.reason in ("out_of_scope", "open_ticket"):
        assert not decision.pays
        assert decision.rights == ()


@given(claims())
def test_stored_facts_give_the_same_decision_byte_for_byte(facts: Facts) -> None:
    rules = rules_for(facts.regime, facts.on)
    stored = json.dumps(facts_document(facts))
    first = json.dumps(decision_document(decide(facts, rules)))

    again = read_facts(json.loads(stored))

    assert again == facts
    assert json.dumps(decision_document(decide(again, rules))) == first


@given(claims(), st.sampled_from(LANGUAGES))
def test_every_decision_is_said_in_every_language_with_its_article(facts: Facts, language: str) -> None:
    decision = decide(facts, rules_for(facts.regime, facts.on))

    said = in_words(decision, language)

    assert decision.article in said
    assert "None" not in said
    assert "{" not in said
    assert language == "en" or not re.search(r"\d\.\d\d [A-Z]{3}", said)


def test_every_reason_has_its_sentence_in_every_language() -> None:
    from ticketing.rights import telling  # noqa: PLC0415  its file is what is tested

    sentences = json.loads(telling.FILE.read_text(encoding="utf-8"))["reasons"]

    assert set(sentences) == set(get_args(Reason))
    assert all(set(said) == set(LANGUAGES) for said in sentences.values())
    assert len(ENTITLING) == len(regimes())
