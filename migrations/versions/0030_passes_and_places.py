"""A carnet pays for several people of a party on one ride, a pass knows when it is on the road, and bicycles and dogs have places."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0030_passes_and_places"
down_revision = "0029_exchange_by_passenger"
branch_labels = None
depends_on = None

_COLUMNS = "ticket_jti, order_id, leg, passenger_ref, at"
_KEY = ["ticket_jti", "order_id", "leg", "passenger_ref"]


def upgrade() -> None:
    """Widen the key and add the times of the ride; the previous release leaves them empty, and its uses bar nobody.

    It counts no places of the new kinds, and sells none.
    """
    for kind in ("bicycle", "dog"):
        op.add_column("reservation", sa.Column(kind, Int64, nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("pass_use", sa.Column("departs_at", Instant(), nullable=True))
        op.add_column("pass_use", sa.Column("arrives_at", Instant(), nullable=True))
        op.drop_constraint(op.f("pk_pass_use"), "pass_use", type_="primary")
        op.create_primary_key(op.f("pk_pass_use"), "pass_use", _KEY)
        return
    op.execute("CREATE TABLE aside_pass_use AS SELECT * FROM pass_use")
    op.drop_table("pass_use")
    op.create_table(
        "pass_use",
        sa.Column("ticket_jti", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("leg", Int64, autoincrement=False, nullable=False),
        sa.Column("passenger_ref", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("departs_at", Instant(), nullable=True),
        sa.Column("arrives_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_jti"], ["ticket.jti"], name=op.f("fk_pass_use_ticket_jti_ticket")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["ticket_order.id"], name=op.f("fk_pass_use_order_id_ticket_order")
        ),
        sa.PrimaryKeyConstraint(*_KEY, name=op.f("pk_pass_use")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO pass_use ({_COLUMNS}) SELECT {_COLUMNS} FROM aside_pass_use")
    op.drop_table("aside_pass_use")
