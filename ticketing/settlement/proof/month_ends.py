"""Prove what was decided at an end: a month's pools, subsidies, commissions and guarantees, and expired carnets' breakage.

Each is computed anew from the facts that it was made from, and held against the entry in the books. Rides that gates
told later count in a later month, so a pool's rides are those that its run has kept, a subsidy's those of its note.
"""

from collections.abc import Iterator
from dataclasses import replace

from ticketing.books.settling import MONTH_END
from ticketing.db import Transaction
from ticketing.db.books import entries, month_books
from ticketing.db.books.books import Entry
from ticketing.db.settlement import carnets
from ticketing.db.settlement.runs import Run
from ticketing.settlement import month
from ticketing.settlement.month import what_ends
from ticketing.settlement.terms import terms_of

Told = dict[tuple[str, str], tuple[tuple[str, int], ...]]


def month_end_faults(tx: Transaction, run: Run) -> Iterator[str]:
    """List the differences between a month's end and its first run's terms and facts."""
    terms = terms_of(run.dataset.terms)
    stored = entries.list_month_end(tx, run.region, run.period, MONTH_END)
    sums = [
        line
        for line in month_books.balances_by_kind(tx, run.region, run.period)
        if not line.kind.startswith(MONTH_END)
    ]
    counted = month.facts(tx, run.region, run.period, terms, sums=sums)
    pools = run.dataset.pools
    noted = {
        entry.source_id.rpartition("/")[2]: int(entry.note["rides"])
        for entry in stored
        if entry.kind == f"{MONTH_END}subsidy"
    }
    facts = replace(
        counted,
        taps={name: pools[name].taps for name in counted.taps if name in pools},
        rides={**counted.rides, **noted},
    )
    wanted = _told(what_ends(facts, terms))
    lines: Told = {(entry.kind, entry.source_id): entry.lines for entry in stored}
    for key in sorted({*wanted, *lines}):
        if wanted.get(key) != lines.get(key):
            yield f"{key[0]} of {key[1]} is not what its facts give"


def carnet_faults(tx: Transaction, region: str) -> Iterator[str]:
    """List the differences between expired carnets' breakage and their shares and uses; their number comes first."""
    for end in carnets.stream_ends(tx, region):
        entry = month.entry_of(tx, end)
        wanted = _told([entry] if entry else [])
        stored = entries.list_entries_of(tx, "carnet", end.ticket_jti)
        found: Told = {(one.kind, one.source_id): one.lines for one in stored}
        if wanted != found:
            yield f"carnet {end.ticket_jti}: its breakage is not what its shares and uses give"


def _told(entries: list[Entry]) -> Told:
    return {(entry.kind, entry.source_id): _lines(entry) for entry in entries}


def _lines(entry: Entry) -> tuple[tuple[str, int], ...]:
    return tuple(sorted((posting.account.id, posting.amount_minor) for posting in entry.postings))
