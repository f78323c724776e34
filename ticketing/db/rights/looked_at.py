"""The runs that have to be looked at for claims: those of which something was confirmed, again and again for some days."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import insert_once
from ticketing.db.tables.disruption import disruption_event
from ticketing.db.tables.rights import claim_run

# What becomes of a run for which a law may grant something.
_KINDS = ("cancelled", "delayed", "call_skipped", "connection_broken")


@dataclass(frozen=True, slots=True)
class Looked:
    """A run of a region that is to be looked at."""

    region: str
    run: RunKey


def list_runs(
    tx: Transaction, regions: Collection[str], since: date, now: datetime, limit: int
) -> list[Looked]:
    """List the runs of service days from `since` on that are to be looked at by now: with a confirmed event, or with holders who were moved to them."""
    event, looked = disruption_event.c, claim_run.c
    same = (
        looked.region == event.region,
        looked.operator == event.operator,
        looked.trip_id == event.trip_id,
        looked.service_date == event.service_date,
    )
    rests = sa.exists().where(*same, sa.or_(looked.next_at.is_(None), looked.next_at > now))
    changed = (
        sa.select(event.region, event.operator, event.trip_id, event.service_date)
        .where(event.status == "confirmed", event.kind.in_(_KINDS), event.region.in_(list(regions)))
        .where(event.service_date >= since.isoformat(), ~rests)
    )
    # A run that was looked at before, or to which holders were moved, though it goes as planned.
    again = (
        sa.select(looked.region, looked.operator, looked.trip_id, looked.service_date)
        .where(looked.next_at <= now, looked.region.in_(list(regions)))
        .where(looked.service_date >= since.isoformat())
    )
    due = changed.union(again).subquery().c
    run = (due.region, due.operator, due.trip_id, due.service_date)
    query = sa.select(*run).order_by(due.service_date, due.region, due.operator, due.trip_id).limit(limit)
    return [
        Looked(row.region, (row.operator, row.trip_id, date.fromisoformat(row.service_date)))
        for row in tx.execute(query)
    ]


def put_look(tx: Transaction, region: str, run: RunKey, now: datetime, next_at: datetime | None) -> None:
    """Note that a run was looked at, and when it is again; None where it is not any more."""
    key = {"region": region, "operator": run[0], "trip_id": run[1], "service_date": run[2].isoformat()}
    row = {**key, "looked_at": now, "next_at": next_at}
    if tx.execute(insert_once(tx, claim_run, row)).rowcount != 1:
        same = [claim_run.c[name] == value for name, value in key.items()]
        tx.execute(sa.update(claim_run).where(*same).values(looked_at=now, next_at=next_at))


def forget_looks(tx: Transaction, before: date) -> int:
    """Forget when runs of service days before one were looked at; answers how many."""
    gone = sa.delete(claim_run).where(claim_run.c.service_date < before.isoformat())
    return int(tx.execute(gone).rowcount)
