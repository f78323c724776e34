"""Write a decision of a gate online: the claim of a use, the use, its mark for bundles and the scan.

Each statement is built once; on PostgreSQL the four of an accepted scan are one, and one round trip.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ticketing.db.engine import Transaction
from ticketing.db.gate.scans import Scan
from ticketing.db.prepared import Prepared
from ticketing.db.rows import columns
from ticketing.db.tables.gates import scan, ticket_use, use_change, use_claim
from ticketing.db.ticket.tickets import UseClaim
from ticketing.db.ticket.uses import TicketUse

Written = Literal["stored", "repeated", "taken"]


def accept(tx: Transaction, claim: UseClaim, use: TicketUse, scanned: Scan) -> Written:
    """Take one use, write it down beside the others, tell its operator's gates with their next bundle, store the scan.

    The unique row of the claim decides: `taken` when somebody else has it, and then nothing is written. `repeated` when
    a scan of this id was stored in the meantime; the caller must roll back or answer as before.
    """
    values = {
        **{f"claim_{name}": value for name, value in columns(claim).items()},
        **{f"use_{name}": value for name, value in columns(use).items()},
        **{f"scan_{name}": value for name, value in columns(scanned).items()},
    }
    claimed, stored = (_accept_at_once if tx.dialect.name == "postgresql" else _accept_in_steps)(tx, values)
    if not claimed:
        return "taken"
    return "stored" if stored else "repeated"


def accept_group(tx: Transaction, taken: Sequence[tuple[UseClaim, TicketUse]], scanned: Scan) -> Written:
    """Take one use of each ticket of a group and store the one scan; what `accept` answers.

    The caller holds the rows of all these tickets, so no use can be taken by somebody else meanwhile.
    """
    claim, use, change, stored = _GROUP_STEPS[tx.dialect.name]
    scan_values = {f"scan_{name}": value for name, value in columns(scanned).items()}
    if tx.execute(claim, [_prefixed("claim", claimed) for claimed, _ in taken]).rowcount != len(taken):
        return "taken"
    tx.execute(use, [_prefixed("use", used) for _, used in taken])
    tx.execute(change, [{**scan_values, "scan_jti": used.jti} for _, used in taken])
    return "stored" if tx.execute(stored, scan_values).rowcount == 1 else "repeated"


def _prefixed(prefix: str, value: UseClaim | TicketUse) -> dict[str, Any]:
    return {f"{prefix}_{name}": held for name, held in columns(value).items()}


def refuse(tx: Transaction, scanned: Scan) -> Written:
    """Store a scan that used nothing."""
    values = {f"scan_{name}": value for name, value in columns(scanned).items()}
    return "stored" if _REFUSE[tx.dialect.name].run(tx, values) == 1 else "repeated"


def _accept_in_steps(tx: Transaction, values: dict[str, Any]) -> tuple[bool, bool]:
    claim, use, change, scan_ = _STEPS_NOW
    if claim.run(tx, values) != 1:
        return False, False
    use.run(tx, values)
    change.run(tx, values)
    return True, scan_.run(tx, values) == 1


def _accept_at_once(tx: Transaction, values: dict[str, Any]) -> tuple[bool, bool]:
    """One round trip: what follows the claim is written only where the claim was."""
    claimed, stored = _AT_ONCE.rows(tx, values)[0]
    return bool(claimed), bool(stored)


def _values(table: sa.Table, prefix: str, names: Iterable[str] | None = None) -> dict[str, Any]:
    wanted = names or [column.name for column in table.c]
    return {name: sa.bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in wanted}


_CHANGED = {
    name: sa.bindparam(f"scan_{source}", type_=use_change.c[name].type)
    for name, source in (("operator", "operator"), ("jti", "jti"), ("changed_at", "received_at"))
}


def _marked(made: Any) -> Any:
    return made.on_conflict_do_update(
        index_elements=["operator", "jti"], set_={"changed_at": made.excluded.changed_at}
    )


def _once(insert: Any, table: sa.Table, prefix: str) -> Any:
    made = insert(table).values(_values(table, prefix)).on_conflict_do_nothing()
    return made.execution_options(preserve_rowcount=True)


_STEPS = (
    _once(sqlite.insert, use_claim, "claim"),
    sa.insert(ticket_use).values(_values(ticket_use, "use")),
    _marked(sqlite.insert(use_change).values(_CHANGED)),
    _once(sqlite.insert, scan, "scan"),
)
_GROUP_STEPS = {
    "sqlite": _STEPS,
    "postgresql": (
        _once(postgresql.insert, use_claim, "claim"),
        _STEPS[1],
        _marked(postgresql.insert(use_change).values(_CHANGED)),
        _once(postgresql.insert, scan, "scan"),
    ),
}
_STEPS_NOW = [Prepared(step) for step in _STEPS]
_REFUSE = {"sqlite": _STEPS_NOW[3], "postgresql": Prepared(_GROUP_STEPS["postgresql"][3])}


def _at_once() -> sa.Select[Any]:
    """PostgreSQL's INSERTs in one statement, each but the first fed by the claim's own row."""
    claims = postgresql.insert(use_claim).values(_values(use_claim, "claim")).on_conflict_do_nothing()
    claimed = claims.returning(use_claim.c.jti).cte("claimed")

    def fed(table: sa.Table, given: dict[str, Any]) -> Any:
        return postgresql.insert(table).from_select(
            list(given), sa.select(*given.values()).select_from(claimed)
        )

    used = fed(ticket_use, _values(ticket_use, "use")).returning(ticket_use.c.jti).cte("used")
    changed = _marked(fed(use_change, _CHANGED)).returning(use_change.c.jti).cte("changed")
    kept = fed(scan, _values(scan, "scan")).on_conflict_do_nothing().returning(scan.c.scan_id).cte("kept")
    counted = [sa.select(sa.func.count()).select_from(part).scalar_subquery() for part in (claimed, kept)]
    return sa.select(*counted).add_cte(used, changed)


_AT_ONCE = Prepared(_at_once())
