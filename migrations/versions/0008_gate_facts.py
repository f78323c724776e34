"""Changes of tickets' status with when gates came to know them, what is left of gate facts when they go, and the way for it.

Facts of gates are append-only, and location data may not be kept for ever. From here on the database lets them go below a
mark that only the retention job moves, and never above it.
"""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0008_gate_facts"
down_revision = "0006_people_and_payments"
branch_labels = None
depends_on = None

# Each fact that may go, with its column that says when it came.
_MAY_GO = {"scan": "received_at", "scan_fact": "received_at", "use_claim": "at", "gate_journal": "at", "ticket_move": "at"}


def upgrade() -> None:
    """Add the tables and indexes, and replace the triggers that refuse to remove."""
    op.create_table(
        "status_change",
        sa.Column("status_list", sa.Text(), nullable=False),
        sa.Column("status_index", Int64, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("fetched_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("status_list", "status_index", "at", name=op.f("pk_status_change")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_status_change_status_list_at"), "status_change", ["status_list", "at"])
    op.create_index(op.f("ix_status_change_published_at"), "status_change", ["published_at"])
    op.create_table(
        "gate_fetch",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("lags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device_id", "at", name=op.f("pk_gate_fetch")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_gate_fetch_operator_at"), "gate_fetch", ["operator", "at"])
    op.create_table(
        "ride_count",
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("count", Int64, nullable=False),
        sa.PrimaryKeyConstraint("region", "operator", "product", "month", "kind", name=op.f("pk_ride_count")),
        sqlite_strict=True,
    )
    op.create_table(
        "gate_retention",
        sa.Column("id", Int64, nullable=False),
        sa.Column("kept_since", Instant(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_gate_retention_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_retention")),
        sqlite_strict=True,
    )
    op.create_table(
        "journal_start",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("place", Int64, nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("operator", name=op.f("pk_journal_start")),
        sqlite_strict=True,
    )
    op.create_table(
        "used_ticket",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_used_ticket_jti_ticket")),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_used_ticket")),
        sqlite_strict=True,
    )
    op.create_table(
        "holder_salt",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_holder_salt_jti_ticket")),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_holder_salt")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ticket_status_list_expires_at"), "ticket", ["status_list", "expires_at"])
    op.create_index(op.f("ix_scan_received_at"), "scan", ["received_at"])
    op.create_index(op.f("ix_scan_fact_received_at"), "scan_fact", ["received_at"])
    _let_old_facts_go()
    _add_role()


def _add_role() -> None:
    """An operator has administrators of its own gates. SQLite cannot change a CHECK: the table is made again."""
    roles = "'gate', 'operator_staff', 'operator_finance', 'operator_admin', 'finance', 'admin'"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("ck_api_key_role"), "api_key", type_="check")
        op.create_check_constraint(op.f("ck_api_key_role"), "api_key", f"role IN ({roles})")
        return
    columns = "id, role, operator, label, secret_hash, created_at, expires_at, revoked_at"
    op.execute("CREATE TABLE aside_api_key AS SELECT * FROM api_key")
    op.drop_table("api_key")
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.CheckConstraint(f"role IN ({roles})", name=op.f("ck_api_key_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO api_key ({columns}) SELECT {columns} FROM aside_api_key")
    op.drop_table("aside_api_key")


def _let_old_facts_go() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
        return
    for table, moment in _MAY_GO.items():
        op.execute(f"DROP TRIGGER {table}_no_delete")
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"WHEN NOT EXISTS (SELECT 1 FROM gate_retention WHERE OLD.{moment} < kept_since) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        "CREATE TRIGGER gate_retention_forward BEFORE UPDATE ON gate_retention WHEN NEW.kept_since < OLD.kept_since "
        "BEGIN SELECT RAISE(ABORT, 'what was let go is gone'); END"
    )


def _on_postgresql() -> None:
    op.execute(
        """CREATE FUNCTION refuse_young() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND EXISTS (
                SELECT 1 FROM gate_retention WHERE (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < kept_since) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
        END $$"""
    )
    op.execute(
        """CREATE FUNCTION only_forward() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'what was let go is gone' USING ERRCODE = 'integrity_constraint_violation'; END $$"""
    )
    for table, moment in _MAY_GO.items():
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_young('{moment}')"
        )
    op.execute(
        "CREATE TRIGGER gate_retention_forward BEFORE UPDATE ON gate_retention FOR EACH ROW "
        "WHEN (NEW.kept_since < OLD.kept_since) EXECUTE FUNCTION only_forward()"
    )
