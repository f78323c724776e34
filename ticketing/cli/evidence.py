"""Show what is proven of a run: for a person as a table, for a program as JSON."""

from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from throughfare_gate.moments import written
from ticketing.cli.shown import console_of_tables
from ticketing.db.disruption.choices import Choice
from ticketing.disruption import CallProof, Evidence, RunProof

_SHORT = 12
_HEADINGS = ("call", "stop", "event", "planned", "observed", "late", "source", "rank", "fact")


def show(proof: RunProof) -> None:
    """Write a line for each event of each call, then the facts, and what does not fit its hash."""
    table = Table(*_HEADINGS, box=None)
    for call in proof.calls:
        table.add_row(*_cells(call))
    console_of_tables().print(table)
    for fact in proof.facts:
        said = fact.fact
        raw = proof.messages.get(said.raw_ref or "")
        kept = f"kept, {len(raw.content)} bytes" if raw else "hash only"
        message = f"message {said.raw_sha256} ({kept})" if said.raw_sha256 else "no message"
        what = f"{said.kind} {said.cause}" if said.cause else said.kind
        click.echo(f"{fact.id}  {written(said.told_at)} {said.source} {what}; {message}")
    for fault in proof.faults:
        click.echo(f"DOES NOT FIT: {fault}", err=True)
    if not proof.faults:
        click.echo(f"{len(proof.facts)} facts and {len(proof.messages)} messages fit their hashes")


def write_messages(proof: RunProof, folder: Path) -> None:
    """Write each message that is kept into a folder, as it came, under its hash."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in sorted(proof.messages.items()):
        (folder / name).write_bytes(message.content)
        click.echo(f"{folder / name}: from {message.peer}, {written(message.received_at)}", err=True)


def as_json(proof: RunProof) -> dict[str, object]:
    """Write a proof as a document."""
    return {
        "calls": [
            {
                "call": one.evidence.call,
                "stop_id": one.stop_id,
                "event": one.evidence.event,
                "outcome": one.evidence.outcome,
                "planned_at": _moment(one.evidence.planned_at) or None,
                "at": _moment(one.evidence.at) or None,
                "delay_seconds": one.evidence.delay_seconds,
                "source": one.evidence.source,
                "rank": one.evidence.rank,
                "facts": list(one.evidence.ids),
                "against": list(one.evidence.against),
                "choice": _choice(one.choice),
            }
            for one in proof.calls
        ],
        "facts": [
            {
                "id": one.id,
                "kind": one.fact.kind,
                "call": one.fact.call,
                "event": one.fact.event,
                "at": _moment(one.fact.at) or None,
                "planned_at": _moment(one.fact.planned_at) or None,
                "source": one.fact.source,
                "told_at": written(one.fact.told_at),
                "received_at": written(one.fact.received_at),
                "timetable_version": one.fact.timetable_version,
                "cause": one.fact.cause,
                "raw_sha256": one.fact.raw_sha256,
                "is_kept": one.fact.raw_ref in proof.messages,
            }
            for one in proof.facts
        ],
        "faults": list(proof.faults),
    }


def _cells(call: CallProof) -> list[str]:
    proof = call.evidence
    facts = " ".join(name[:_SHORT] for name in proof.ids)
    return [
        str(proof.call),
        call.stop_id,
        proof.event,
        _moment(proof.planned_at),
        _observed(proof),
        _late(proof),
        proof.source or "",
        str(proof.rank),
        facts + _contradiction(call),
    ]


def _contradiction(call: CallProof) -> str:
    if not call.evidence.against:
        return ""
    if call.choice is None:
        return " CONTRADICTED"
    word = "the operator's word" if call.choice.chosen == "own_word" else "what was seen"
    return f" CONTRADICTED, {call.choice.by} holds to {word}: {call.choice.reason}"


def _choice(choice: Choice | None) -> dict[str, str] | None:
    if choice is None:
        return None
    return {
        "chosen": choice.chosen,
        "reason": choice.reason,
        "by": choice.by,
        "at": written(choice.at),
    }


def _observed(found: Evidence) -> str:
    return _moment(found.at) if found.outcome == "at" else found.outcome


def _late(found: Evidence) -> str:
    late = found.delay_seconds
    if late is None:
        return ""
    return f"{late // 60} min" if late >= 0 else f"-{-late // 60} min"


def _moment(at: datetime | None) -> str:
    return "" if at is None else written(at)
