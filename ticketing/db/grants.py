"""Grant a role of the database the rights to run the service, and no more: facts can be added, never changed.

Triggers keep facts from everybody but the owner of the tables, who can take the triggers off. A service that runs as
another role cannot.
"""

from collections.abc import Iterator

import sqlalchemy as sa

from ticketing.db.engine import Transaction

_REFUSED = sa.text(
    "SELECT DISTINCT event_object_table, event_manipulation FROM information_schema.triggers "
    "WHERE trigger_schema = current_schema() AND action_statement LIKE '%refuse_change%'"
)
_TABLES = sa.text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
# Rows that no service removes, besides facts.
_KEPT = ("period", "settlement_run", "account")
_VERSION = "alembic_version"


def grants(tx: Transaction, role: str) -> Iterator[str]:
    """The statements that let a role run the service on PostgreSQL; whoever owns the tables carries them out.

    Partitions are reached through their tables, so they get nothing of their own.
    """
    quoted = tx.dialect.identifier_preparer.quote(role)
    refused = {(row[0], row[1]) for row in tx.execute(_REFUSED)}
    schema = tx.dialect.identifier_preparer.quote(tx.execute(sa.text("SELECT current_schema()")).scalar_one())
    yield f"GRANT USAGE ON SCHEMA {schema} TO {quoted};"
    for table in tx.execute(_TABLES).scalars():
        verbs = ["SELECT"]
        if table != _VERSION:
            verbs.append("INSERT")
            verbs += [verb for verb in ("UPDATE", "DELETE") if (table, verb) not in refused]
        if table in _KEPT and "DELETE" in verbs:
            verbs.remove("DELETE")
        yield f"GRANT {', '.join(verbs)} ON {schema}.{table} TO {quoted};"
