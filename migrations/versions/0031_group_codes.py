"""A group code stands for tickets of an order, and one scan may be a double use, or a refunded ride, of several tickets."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0031_group_codes"
down_revision = "0030_passes_and_places"
branch_labels = None
depends_on = None

_KEY = ["gate_key_id", "scan_id", "jti"]


def upgrade() -> None:
    """Add two tables and a column that the previous release leaves empty, and widen two keys that it fills as before."""
    op.add_column("ticket_order", sa.Column("code", sa.Text(), nullable=True))
    op.create_table(
        "group_code",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("status_list", sa.Text(), nullable=False),
        sa.Column("status_index", Int64, autoincrement=False, nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("not_before", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("control_code", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('valid', 'revoked', 'suspended')", name=op.f("ck_group_code_status")),
        sa.CheckConstraint(
            "ended_by IN ('change', 'buyer', 'move')", name=op.f("ck_group_code_ended_by")
        ),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_group_code")),
        sa.UniqueConstraint(
            "status_list", "status_index", name=op.f("uq_group_code_status_list_status_index")
        ),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_group_code_order_id"), "group_code", ["order_id"])
    op.create_index(op.f("ix_group_code_control_code"), "group_code", ["control_code"])
    op.create_index(op.f("ix_group_code_expires_at"), "group_code", ["expires_at"])
    op.create_table(
        "group_member",
        sa.Column("code_jti", sa.Text(), nullable=False),
        sa.Column("ticket_jti", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["code_jti"], ["group_code.jti"], name=op.f("fk_group_member_code_jti_group_code")
        ),
        sa.ForeignKeyConstraint(["ticket_jti"], ["ticket.jti"], name=op.f("fk_group_member_ticket_jti_ticket")),
        sa.PrimaryKeyConstraint("code_jti", "ticket_jti", name=op.f("pk_group_member")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_group_member_ticket_jti"), "group_member", ["ticket_jti"])
    for table in ("double_use", "refunded_ride"):
        if op.get_bind().dialect.name == "postgresql":
            op.drop_constraint(op.f(f"pk_{table}"), table, type_="primary")
            op.create_primary_key(op.f(f"pk_{table}"), table, _KEY)
        else:
            _widen_on_sqlite(table)


def _widen_on_sqlite(table: str) -> None:
    """SQLite cannot change a key: the table is made anew."""
    columns, indexes = _DOUBLE_USE if table == "double_use" else _REFUNDED_RIDE
    op.execute(f"CREATE TABLE aside_{table} AS SELECT * FROM {table}")
    op.drop_table(table)
    op.create_table(table, *columns(), sa.PrimaryKeyConstraint(*_KEY, name=op.f(f"pk_{table}")), sqlite_strict=True)
    for names in indexes:
        op.create_index(op.f(f"ix_{table}_{'_'.join(names)}"), table, list(names))
    listed = ", ".join(column.name for column in columns() if isinstance(column, sa.Column))
    op.execute(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM aside_{table}")
    op.drop_table(f"aside_{table}")


def _double_use() -> list[sa.schema.SchemaItem]:
    return [
        *_scan(),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("first_operator", "first_gate", "second_gate")),
        sa.Column("gap_seconds", Int64, autoincrement=False, nullable=False),
        *_moments("at", "found_at"),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_double_use_jti_ticket")),
    ]


def _refunded_ride() -> list[sa.schema.SchemaItem]:
    return [
        *_scan(),
        sa.Column("refund_id", sa.Text(), nullable=False),
        *_moments("at", "refunded_at", "found_at"),
        sa.ForeignKeyConstraint(["jti"], ["ticket.jti"], name=op.f("fk_refunded_ride_jti_ticket")),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_refunded_ride_refund_id_refund")),
    ]


def _scan() -> list[sa.schema.SchemaItem]:
    return [
        *(sa.Column(name, sa.Text(), nullable=False) for name in _KEY),
        sa.Column("leg", Int64, autoincrement=False, nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
    ]


def _moments(*names: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column(name, Instant(), nullable=False) for name in names]


_Indexes = Sequence[Sequence[str]]
_DOUBLE_USE: tuple[Callable[[], list[sa.schema.SchemaItem]], _Indexes] = (_double_use, (("operator", "at"), ("jti",)))
_REFUNDED_RIDE: tuple[Callable[[], list[sa.schema.SchemaItem]], _Indexes] = (_refunded_ride, (("operator", "found_at"), ("jti",)))
