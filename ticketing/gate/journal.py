"""Read the journal of an operator's gates: what people did there, and whether somebody has tampered with it."""

from throughfare_gate.moments import written
from ticketing.db.gate import devices, gate_journal
from ticketing.gate.house import Gatehouse


def list_journal(
    house: Gatehouse, operator: str, after: str | None = None, limit: int = 200
) -> list[dict[str, object]]:
    """List what was done at an operator's gates, newest first, behind an entry or from the newest; tickets by their first six characters."""
    with house.database.read() as tx:
        names = devices.labels(tx, operator)
        return [
            {
                "id": entry.id,
                "at": written(entry.at),
                "kind": entry.kind,
                "by": names.get(entry.actor, entry.actor),
                "ticket": entry.jti[:6] if entry.jti else None,
                "reason": entry.reason,
                "document": entry.document,
            }
            for entry in gate_journal.list_entries(tx, operator, limit=limit, after=after)
        ]


def journal_break(house: Gatehouse, operator: str) -> int | None:
    """Find where an operator's journal was tampered with: the place of the first wrong or missing entry, None if nowhere."""
    with house.database.read() as tx:
        return gate_journal.first_break(tx, operator)
