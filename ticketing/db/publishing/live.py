"""The actual times of calls as observations have them, for live data that go out."""

from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.tables.disruption import observation

# The call of a run (its place), and which end of it.
End = tuple[int, str]
_DONE = ("arrived", "departed")


def list_actual(tx: Transaction, region: str, since: date) -> dict[RunKey, dict[End, datetime]]:
    """List the ends of calls that are over, of service days from one on: for each the time that was told last."""
    table = observation.c
    wanted = [table.operator, table.trip_id, table.service_date, table.call, table.event, table.at]
    query = (
        sa.select(*wanted)
        .where(
            table.region == region,
            table.service_date >= since.isoformat(),
            table.kind.in_(_DONE),
            table.at.is_not(None),
            # The tap of a gate is that of a person.
            table.source != "gate",
        )
        .order_by(table.told_at, table.received_at, table.id)
    )
    ends: dict[RunKey, dict[End, datetime]] = {}
    for row in tx.execute(query):
        run = row.operator, row.trip_id, date.fromisoformat(row.service_date)
        ends.setdefault(run, {})[row.call, row.event] = row.at
    return ends
