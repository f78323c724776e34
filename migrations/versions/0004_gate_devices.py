"""Gate devices, judged uses beside the facts, double uses, moved tickets, control codes, and the gates' journal."""

import hashlib
from base64 import b32encode

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0004_gate_devices"
down_revision = "0003"
branch_labels = None
depends_on = None

_FACTS = ("scan_fact", "gate_journal", "ticket_move")


def upgrade() -> None:
    """Add the tables, carry what is known into them, and let facts only be added."""
    op.add_column("scan", sa.Column("nonce", sa.Text(), nullable=True))
    op.add_column("scan", sa.Column("direction", sa.Text(), nullable=True))
    op.add_column("scan_fact", sa.Column("direction", sa.Text(), nullable=True))
    op.add_column("scan_fact", sa.Column("is_flagged", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_scan_fact_operator_received_at"), "scan_fact", ["operator", "received_at"])
    op.create_index(op.f("ix_ticket_status_list_status"), "ticket", ["status_list", "status"])
    _create_uses()
    _create_devices()
    _carry_over()
    _protect_facts()


def _create_uses() -> None:
    op.create_table(
        "scan_echo",
        sa.Column("gate_key_id", sa.Text(), nullable=False),
        sa.Column("scan_id", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.Text(), nullable=False),
        sa.Column("first_scan_id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("gate_key_id", "scan_id", name=op.f("pk_scan_echo")),
        sqlite_strict=True,
    )
    op.create_table(
        "ticket_use",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("gate_key_id", sa.Text(), nullable=False),
        sa.Column("scan_id", sa.Text(), nullable=False),
        sa.Column("leg", Int64, nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('ride', 'transfer', 'in', 'out')", name=op.f("ck_ticket_use_kind")),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_ticket_use_jti_ticket")),
        sa.PrimaryKeyConstraint("jti", "gate_key_id", "scan_id", name=op.f("pk_ticket_use")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ticket_use_operator_at"), "ticket_use", ["operator", "at"])
    op.create_table(
        "use_change",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_use_change_jti_ticket")),
        sa.PrimaryKeyConstraint("operator", "jti", name=op.f("pk_use_change")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_use_change_operator_changed_at"), "use_change", ["operator", "changed_at"])
    op.create_table(
        "double_use",
        sa.Column("gate_key_id", sa.Text(), nullable=False),
        sa.Column("scan_id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("leg", Int64, nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("first_operator", sa.Text(), nullable=False),
        sa.Column("first_gate", sa.Text(), nullable=False),
        sa.Column("second_gate", sa.Text(), nullable=False),
        sa.Column("gap_seconds", Int64, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_double_use_jti_ticket")),
        sa.PrimaryKeyConstraint("gate_key_id", "scan_id", name=op.f("pk_double_use")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_double_use_operator_at"), "double_use", ["operator", "at"])
    op.create_index(op.f("ix_double_use_jti"), "double_use", ["jti"])
    op.create_table(
        "ticket_move",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("old_list", sa.Text(), nullable=False),
        sa.Column("old_index", Int64, nullable=False),
        sa.Column("key_thumbprint", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_ticket_move_jti_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_move")),
        sa.UniqueConstraint("old_list", "old_index", name=op.f("uq_ticket_move_old_list_old_index")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ticket_move_jti"), "ticket_move", ["jti"])
    op.create_table(
        "control_code",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_control_code_jti_ticket")),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_control_code")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_control_code_code"), "control_code", ["code"])


def _create_devices() -> None:
    op.create_table(
        "enrolment_code",
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stop_id", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "gate_device",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stop_id", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("enrolled_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_because", sa.Text(), nullable=True),
        sa.Column("last_bundle_at", Instant(), nullable=True),
        sa.Column("last_upload_at", Instant(), nullable=True),
        sa.Column("queue_length", Int64, nullable=True),
        sa.Column("clock_offset", Int64, nullable=True),
        sa.Column("software", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_device")),
        sa.UniqueConstraint("kid", name=op.f("uq_gate_device_kid")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_gate_device_operator"), "gate_device", ["operator"])
    kinds = "'inspection', 'by_hand', 'look_up', 'incident', 'enrolment', 'revocation'"
    op.create_table(
        "gate_journal",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("place", Int64, nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_gate_journal_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_journal")),
        sa.UniqueConstraint("operator", "place", name=op.f("uq_gate_journal_operator_place")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_gate_journal_operator_at"), "gate_journal", ["operator", "at"])
    op.create_index(op.f("ix_gate_journal_jti"), "gate_journal", ["jti"])


def _carry_over() -> None:
    """What gates accepted so far are uses; every ticket gets its control code."""
    op.execute(
        "INSERT INTO ticket_use (jti, gate_key_id, scan_id, leg, operator, gate, kind, at) "
        "SELECT jti, gate_key_id, scan_id, leg, operator, stop_id, 'ride', at FROM use_claim"
    )
    op.execute(
        "INSERT INTO use_change (operator, jti, changed_at) "
        "SELECT operator, jti, max(at) FROM use_claim GROUP BY operator, jti"
    )
    connection = op.get_bind()
    table = sa.table("control_code", sa.column("jti", sa.Text()), sa.column("code", sa.Text()))
    for (jti,) in connection.execute(sa.text("SELECT jti FROM ticket")).all():
        code = b32encode(hashlib.sha256(jti.encode()).digest())[:10].decode()
        connection.execute(table.insert().values(jti=jti, code=code))


def _protect_facts() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _FACTS:
        if is_postgresql:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
