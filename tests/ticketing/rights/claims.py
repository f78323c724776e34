"""Claims of tests: facts that entitle, to be changed in one place each."""

from datetime import date
from typing import Any

from tariffs.money import Money
from ticketing.rights import Decision, Facts, decide, rules_for

ON = date(2026, 12, 1)
# Facts of each regime by which it pays.
ENTITLING: dict[str, dict[str, Any]] = {
    "rail": {"arrival_delay_minutes": 60},
    "sea": {"arrival_delay_minutes": 60, "scheduled_minutes": 120},
    "bus": {
        "departure_delay_minutes": 121,
        "distance_km": 250,
        "departs_from": "terminal",
        "choice_offered": False,
    },
    "se-2015-953": {"arrival_delay_minutes": 21, "distance_km": 40},
    "gb-delay-repay": {"arrival_delay_minutes": 15},
    "gb-c2c": {"arrival_delay_minutes": 2},
    "proposal": {"missed_connection": True, "contract": "combined_undisclosed"},
}


def facts_of(regime: str, minor: int = 10_000, currency: str = "EUR", **changed: Any) -> Facts:
    """Facts by which a regime pays, with some of them changed."""
    values: dict[str, Any] = {"regime": regime, "on": ON, "price": Money(minor, currency)}
    return Facts(**{**values, **ENTITLING[regime], **changed})


def decided(regime: str, minor: int = 10_000, currency: str = "EUR", **changed: Any) -> Decision:
    """The decision about such facts."""
    facts = facts_of(regime, minor, currency, **changed)
    return decide(facts, rules_for(facts.regime, facts.on))


def euros(minor: int) -> Money:
    """An amount in cents."""
    return Money(minor, "EUR")
