"""Copy what gates decide by into a scratch database: for a drill, which never touches the live one."""

from datetime import datetime

import sqlalchemy as sa

from ticketing.db.engine import Database
from ticketing.db.tables.columns import metadata

# Tickets and codes with their uses and revocations, and the gates; no names, no contacts, no money.
_TABLES = ("ticket", "group_code", "group_member", "ticket_use", "use_change", "status_change", "gate_device")
_PAGE = 1000


def copy_gates_part(live: Database, scratch: Database, now: datetime) -> int:
    """Copy the tickets that have not ended, and what belongs to gates; gives how many tickets. Reads the live one alone."""
    tables = [metadata.tables[name] for name in _TABLES]
    # Without foreign keys: orders and people stay where they are.
    plain = sa.create_engine(scratch.url)
    count = 0
    with live.read() as source, plain.begin() as target:
        for table in tables:
            query = sa.select(table)
            if table.name == "ticket":
                query = query.where(table.c.expires_at > now)
            for rows in source.execute(query).mappings().partitions(_PAGE):
                target.execute(sa.insert(table), [dict(row) for row in rows])
                count += len(rows) if table.name == "ticket" else 0
    plain.dispose()
    return count
