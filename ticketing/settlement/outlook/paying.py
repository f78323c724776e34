"""Export a run, unless it pays somebody whose payments the terms hold back: who is paid all the same has a reason.

`[credit] hold_after_days` says how long after its due day a debt may stay open. A run is calculated without it: it is
the payment that waits, until the debt has come in or a person says why it goes out.
"""

from pathlib import Path

from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict
from ticketing.progress import Progress, silent
from ticketing.settlement.day import HOLD, Aged, read_day
from ticketing.settlement.month import paid_positions
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import checked_reason
from ticketing.settlement.statement import export_run


def list_held(office: Office, run: Run) -> list[Aged]:
    """List the debts for which the payments of a run are held back: late ones of whoever it pays. None once it is exported."""
    if run.state != "approved":
        return []
    paid = {party for (party, _), minor in paid_positions(run.dataset).items() if minor > 0}
    debts = read_day(office, run.region).debts
    return [row for row in debts if row.measure == HOLD and row.debt.party in paid]


def export_unless_held(
    office: Office,
    run_id: str,
    actor: str,
    folder: Path,
    *,
    language: str = "en",
    despite: str = "",
    progress: Progress = silent,
) -> Run:
    """Write the files of an approved run, as `export_run` does; `despite` is why held payments go out.

    Raises Conflict for held payments without a reason, and what `export_run` raises.
    """
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
    held = list_held(office, run) if run else []
    reason = checked_reason(despite, "despite") if despite else ""
    if held and not reason:
        owed = "; ".join(
            f"{row.debt.party} owes {row.debt.amount} since {row.days} days ({row.debt.reference})"
            for row in held
        )
        raise Conflict(
            f"the terms hold payments back: {owed}. Wait for the money, or say why they are paid all the same"
        )
    note = f"paid despite late debts ({len(held)}): {reason}" if held else ""
    return export_run(office, run_id, actor, folder, language=language, progress=progress, note=note)
