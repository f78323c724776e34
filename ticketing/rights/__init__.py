"""Passenger rights: what the law of a regime grants for a delay or a cancellation, decided from facts by dated rules.

The engine is pure: `decide(facts, rules_for(facts.regime, facts.on))` gives the same decision for the same facts and the same version of the
rules, byte for byte. Thresholds, shares and terms stand in `tables/`, none in the code.
"""

from ticketing.rights.claim import REASONS_THAT_PAY
from ticketing.rights.decision import Alternative, Decision, MoneyBack, decide, money_back
from ticketing.rights.documents import decision_document, facts_document, read_facts
from ticketing.rights.facts import Cause, Facts, Trip
from ticketing.rights.rules import Rules
from ticketing.rights.tables import BadTable, kept_rules, regimes, rules_for, table_text
from ticketing.rights.telling import in_words

__all__ = [
    "REASONS_THAT_PAY",
    "Alternative",
    "BadTable",
    "Cause",
    "Decision",
    "Facts",
    "MoneyBack",
    "Rules",
    "Trip",
    "decide",
    "decision_document",
    "facts_document",
    "in_words",
    "kept_rules",
    "money_back",
    "read_facts",
    "regimes",
    "rules_for",
    "table_text",
]
