"""Keep the facts of each word on runs, in the transaction that keeps the word; let them go when nobody can claim anything by them."""

from collections.abc import Container
from dataclasses import replace
from datetime import UTC, date, datetime, time

from ticketing.db import Transaction
from ticketing.db.disruption import observations
from ticketing.db.disruption.observations import Observation, RawMessage
from ticketing.disruption.facts import facts_of
from ticketing.regions import Word


def keep_facts(tx: Transaction, word: Word) -> int:
    """Store what is new in a word, and its messages as they came; answers how many facts were new."""
    facts = facts_of(word)
    if not facts:
        return 0
    wanted = {fact.raw_sha256 for fact in facts}
    kept = {name: message for message in word.messages if (name := message.sha256) in wanted}
    for name, message in kept.items():
        raw = RawMessage(
            sha256=name,
            operator=word.operator,
            peer=message.peer,
            received_at=word.received_at,
            content=message.content,
        )
        observations.put_raw(tx, raw)
    return observations.put_observations(tx, [_with_raw(fact, kept) for fact in facts])


def forget_facts(tx: Transaction, quiet_before: date, all_before: date) -> int:
    """Forget the facts of runs of past days as their rows are forgotten, and messages after 400 days; answers how many facts.

    Thirteen months is the least that a message is kept as evidence.
    """
    raw_before = datetime.combine(all_before, time(0), UTC)
    return observations.forget_observations(tx, quiet_before, all_before, raw_before)


def _with_raw(fact: Observation, kept: Container[str | None]) -> Observation:
    return replace(fact, raw_ref=fact.raw_sha256) if fact.raw_sha256 in kept else fact
