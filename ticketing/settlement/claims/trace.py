"""Follow a ticket's money: the price and its reasons, the shares and their rule, the entries, the taps at the gates."""

import json
from dataclasses import asdict, replace
from typing import Any

from tariffs.money import Money
from ticketing.clock import written
from ticketing.db.books import audit
from ticketing.db.books.audit import AllocationRow, Story
from ticketing.db.books.books import Share, Tax
from ticketing.db.settlement import disputes, runs
from ticketing.db.settlement.runs import Run
from ticketing.db.ticket import group_codes
from ticketing.errors import NotFound
from ticketing.settlement import statement
from ticketing.settlement.claims import show
from ticketing.settlement.claims.disputes import get_case
from ticketing.settlement.office import Office
from ticketing.settlement.statement import journey_of

_AMOUNTS = ("gross_minor", "vat_minor", "fee_minor", "net_minor")


def trace(office: Office, jti: str, operator: str | None = None) -> dict[str, Any]:
    """Everything that a ticket's money is made of; raises NotFound.

    With an operator, what belongs to others is left out: their shares, postings and taps, and the tax offices'.
    """
    with office.database.read() as tx:
        story = audit.find_story(tx, jti)
        members = group_codes.members_of(tx, jti) if story is None and operator is None else []
    if members:
        raise NotFound(
            f"{jti} is the code of a group, which has no money of its own: trace {', '.join(members)}"
        )
    if story is None:
        raise NotFound(f"no ticket {jti}")
    if operator is not None:
        story = _own(story, operator)
    promise = story.promise
    return {
        "ticket": jti,
        "journey": journey_of(story.legs),
        "issued_at": written(story.issued_at),
        "order": story.order,
        "quote": story.quote,
        "tariff_version": story.tariff_version,
        "price": [item.because for item in promise.items] if promise else [],
        "derivation": list(promise.derivation or promise.told) if promise else [],
        "shares": [_plain(row) for row in story.shares],
        "taxes": [_plain(row) for row in story.taxes],
        "entries": [
            {
                "entry": entry["id"],
                "period": entry["period"],
                "kind": entry["kind"],
                "hash": entry["hash"],
                "postings": [
                    f"{line['account_id']} {Money(line['amount_minor'], line['currency']).text}"
                    for line in entry["postings"]
                ],
            }
            for entry in story.entries
        ],
        "taps": [
            {
                "at": written(use["at"]),
                "operator": use["operator"],
                "leg": use["leg"],
                "stop": use["stop_id"],
                "kind": use["kind"],
                "gate": use["gate"] or use["gate_key_id"],
                "scan": use["scan_id"],
            }
            for use in story.uses
        ],
    }


def follow(office: Office, wanted: str) -> dict[str, Any]:
    """Trace what a ticket, a line of a statement (the last eight characters of its id are enough) or a dispute is made of.

    A line of a ticket answers the ticket's story with the line's id; another line its entry. A dispute answers its
    trail, its correction's entry and the line that it is about. Raises NotFound.
    """
    with office.database.read() as tx:
        if audit.find_story(tx, wanted) is not None:
            return trace(office, wanted)
        dispute = disputes.find_dispute(tx, wanted)
        if dispute is not None:
            run = runs.find_run(tx, dispute.run_id)
            booked = audit.list_entries_of(tx, "dispute", dispute.id)
            found = [(run.period if run else "", dispute.operator, dispute.line_id)]
        else:
            booked, found = [], statement.lines_like(tx, wanted)
        if not found:
            raise NotFound(f"no ticket {wanted}, and no line or dispute of this id")
        month, _, line_id = found[0]
        share = audit.find_ticket_of_share(tx, month, line_id)
        entry = None if share else audit.find_entry(tx, month, line_id)
    told: dict[str, Any] = {"line": line_id}
    if dispute is not None:
        told["dispute"] = show.case(get_case(office, dispute.id))
        told["correction"] = [_of_entry(one, one["lines"]) for one in booked]
    if share is not None:
        return {**told, **trace(office, share[0])}
    postings = [(line["account_id"], line["amount_minor"]) for line in entry["postings"]] if entry else []
    return {**told, "entry": _of_entry(entry, postings) if entry else None}


def _of_entry(entry: dict[str, Any], postings: list[tuple[str, int]]) -> dict[str, Any]:
    note = json.loads(entry["note"]) if isinstance(entry["note"], str) else entry["note"]
    return {
        "entry": entry["id"],
        "period": entry["period"],
        "kind": entry["kind"],
        "hash": entry["hash"],
        "original_period": entry["original_period"],
        "note": note,
        "postings": [
            f"{account} {Money(amount, account.rpartition(':')[2]).text}" for account, amount in postings
        ],
    }


def explain(
    office: Office, run: Run, party: str, line_id: str, operator: str | None = None
) -> dict[str, Any]:
    """Why a line of a statement has its amount: the ticket's story, or the entry with its note and postings.

    Raises NotFound for a line that is not in the party's statement of this run. `operator` as in `trace`.
    """
    with office.database.read() as tx:
        share = audit.find_ticket_of_share(tx, run.period, line_id)
        entry = audit.find_entry(tx, run.period, line_id) if share is None else None
    if share is not None and share[1] == party:
        return {"line": line_id, "entry": None, "story": trace(office, share[0], operator)}
    found = next(
        (one for one in statement.other_lines(office, run, party, limit=100_000) if one.id == line_id), None
    )
    if entry is None or found is None:
        raise NotFound(f"the statement of {party} has no line {line_id}")
    told = {**entry, "why": found.rule, "net": Money(found.net_minor, found.currency).text}
    told["postings"] = [
        f"{line['account_id']} {Money(line['amount_minor'], line['currency']).text}"
        for line in entry["postings"]
        if operator is None or _is_of(line["account_id"], operator)
    ]
    return {"line": line_id, "entry": told, "story": None}


def find_lines(
    office: Office, region: str, wanted: str, operator: str | None = None
) -> list[tuple[str, str, str]]:
    """The lines of a ticket, the one whose id begins so, or the one of a dispute: (month, operator, line).

    With an operator, its own only. Raises NotFound, naming how many, where several lines begin so.
    """
    with office.database.read() as tx:
        found = audit.find_shares(tx, region, wanted)
        dispute = None if found else disputes.find_dispute(tx, wanted)
        run = runs.find_run(tx, dispute.run_id) if dispute else None
        if dispute and run and run.region == region:
            found = [(run.period, dispute.operator, dispute.line_id)]
        if not found:
            found = statement.lines_like(tx, wanted, region=region, operator=operator)
    return [one for one in found if operator in {None, one[1]}]


def _own(story: Story, operator: str) -> Story:
    entries = [
        {**entry, "postings": [line for line in entry["postings"] if _is_of(line["account_id"], operator)]}
        for entry in story.entries
    ]
    return replace(
        story,
        shares=tuple(row for row in story.shares if row.row.operator == operator),
        uses=tuple(use for use in story.uses if use["operator"] == operator),
        taxes=(),
        entries=tuple(entry for entry in entries if entry["postings"]),
    )


def _is_of(account_id: str, operator: str) -> bool:
    return account_id.split(":")[1:2] == [operator]


def _plain(kept: AllocationRow[Share] | AllocationRow[Tax]) -> dict[str, object]:
    """A row as it lies in the books, with its amounts as decimal strings."""
    row = kept.row
    told: dict[str, object] = {
        "period": kept.period,
        "id": kept.id,
        "original_period": kept.original_period,
        "booked_at": written(kept.booked_at),
    }
    for name, value in asdict(row).items():
        if name in _AMOUNTS:
            told[name.removesuffix("_minor")] = Money(value, row.currency).text
        else:
            told[name] = value
    return told
