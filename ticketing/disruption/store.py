"""Keep the facts of each word on runs, in the transaction that keeps the word, for as long as anybody can claim anything by them."""

from collections.abc import Collection, Container
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from ticketing.db import Transaction
from ticketing.db.disruption import observations
from ticketing.db.disruption.observations import Observation, RawMessage
from ticketing.db.operators.run_states import RunKey
from ticketing.db.ticket import legs, tickets
from ticketing.disruption.facts import facts_of
from ticketing.regions import Word

# So long two releases may run side by side.
_SOLD_BESIDE = timedelta(days=3)


def keep_facts(tx: Transaction, word: Word, held: Collection[RunKey]) -> int:
    """Store what is new in a word; answers how many facts were new.

    A message is stored as it came where it changes a run of those that are `held` by tickets, else it is known by its hash.
    """
    facts = facts_of(word, held)
    if not facts:
        return 0
    wanted = {fact.raw_sha256 for fact in facts if fact.run in held}
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


def note_missing_legs(tx: Transaction, now: datetime) -> int:
    """Note the legs of tickets that a release from before `leg_of_ticket` has sold beside this one; answers of how many."""
    regions = legs.list_unnoted(tx, now, now - _SOLD_BESIDE)
    made = [one for one in tickets.find_tickets(tx, regions).values() if one.document.season is None]
    for one in made:
        legs.put_legs(tx, regions[one.jti], [one])
    return len(made)


def forget_facts(tx: Transaction, quiet_before: date, all_before: date) -> int:
    """Forget the facts of runs of past days as their rows are forgotten, and messages after 400 days; answers how many facts.

    Thirteen months is the least that a message is kept as evidence.
    """
    raw_before = datetime.combine(all_before, time(0), UTC)
    return observations.forget_observations(tx, quiet_before, all_before, raw_before)


def _with_raw(fact: Observation, kept: Container[str | None]) -> Observation:
    return replace(fact, raw_ref=fact.raw_sha256) if fact.raw_sha256 in kept else fact
