"""The console: staff with their sessions, checks of the books; what became of expired carnets."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0009_console"
down_revision = "0008_gate_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _console()
    op.create_table(
        "carnet_end",
        sa.Column("ticket_jti", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("uses", Int64, autoincrement=False, nullable=False),
        sa.Column("used", Int64, autoincrement=False, nullable=False),
        sa.Column("amount_minor", Int64, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_jti"], ["ticket.jti"], name=op.f("fk_carnet_end_ticket_jti_ticket")),
        sa.PrimaryKeyConstraint("ticket_jti", name=op.f("pk_carnet_end")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_carnet_end_region"), "carnet_end", ["region"])
    op.create_index(op.f("ix_ticket_product_expires_at"), "ticket", ["product", "expires_at"])
    for statement in _facts(op.get_bind().dialect.name):
        op.execute(statement)


def _facts(dialect: str) -> list[str]:
    """What became of a carnet is written once."""
    if dialect == "postgresql":
        return ["CREATE TRIGGER carnet_end_append_only BEFORE UPDATE OR DELETE ON carnet_end "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"]
    return [
        f"CREATE TRIGGER carnet_end_no_{verb.lower()} BEFORE {verb} ON carnet_end "
        "BEGIN SELECT RAISE(ABORT, 'carnet_end is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _console() -> None:
    op.create_table(
        "staff_member",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change", Int64, autoincrement=False, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "role IN ('finance', 'operator_finance', 'admin')", name=op.f("ck_staff_member_role")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_member")),
        sa.UniqueConstraint("email", name=op.f("uq_staff_member_email")),
        sa.UniqueConstraint("name_key", name=op.f("uq_staff_member_name_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "staff_session",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("used_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_member.id"], name=op.f("fk_staff_session_staff_id_staff_member")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_staff_session")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"])
    op.create_table(
        "book_check",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_check")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_book_check_region_id"), "book_check", ["region", "id"])
