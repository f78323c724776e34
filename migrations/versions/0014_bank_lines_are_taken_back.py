"""What a line of the bank was booked as may be taken back, and its suspense cleared: each a further row of its trail."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0014_bank_lines_are_taken_back"
down_revision = "0013_guards"
branch_labels = None
depends_on = None

_WAYS = "'payment', 'receipt', 'payout', 'suspense', 'bank_fee', 'fx'"
_KINDS = f"kind IN ({_WAYS}, 'cleared', 'unbooked', 'uncleared')"
_COLUMNS = "line_id, kind, run_id, party, amount_minor, reason, actor, at"
_BOOKER = (
    f"SELECT actor FROM bank_match WHERE line_id = NEW.line_id AND kind IN ({_WAYS}) ORDER BY seq DESC LIMIT 1"
)
_REFUSED = "who booked a line does not clear its suspense"


def upgrade() -> None:
    """Number the rows of a line; the previous release goes on writing the first one."""
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("bank_match", sa.Column("seq", Int64, nullable=False, server_default="1"))
        op.drop_constraint(op.f("pk_bank_match"), "bank_match", type_="primary")
        op.create_primary_key(op.f("pk_bank_match"), "bank_match", ["line_id", "seq"])
        op.drop_constraint(op.f("ck_bank_match_kind"), "bank_match", type_="check")
        op.create_check_constraint(op.f("ck_bank_match_kind"), "bank_match", _KINDS)
        op.execute(
            f"""CREATE FUNCTION four_eyes_at_the_bank() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.kind = 'cleared' AND NEW.actor = ({_BOOKER}) THEN
                    RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$"""
        )
        op.execute(
            "CREATE TRIGGER bank_match_four_eyes BEFORE INSERT ON bank_match "
            "FOR EACH ROW EXECUTE FUNCTION four_eyes_at_the_bank()"
        )
        return
    _rebuilt()
    op.execute(
        f"""CREATE TRIGGER bank_match_four_eyes BEFORE INSERT ON bank_match
        WHEN NEW.kind = 'cleared' AND NEW.actor = ({_BOOKER})
        BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"""
    )


def _rebuilt() -> None:
    """SQLite changes a key by a new table."""
    op.execute("CREATE TABLE aside_bank_match AS SELECT * FROM bank_match")
    op.drop_table("bank_match")
    op.create_table(
        "bank_match",
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("seq", Int64, autoincrement=False, nullable=False, server_default="1"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("amount_minor", Int64, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint(_KINDS, name=op.f("ck_bank_match_kind")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_match_line_id_bank_line")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["settlement_run.id"], name=op.f("fk_bank_match_run_id_settlement_run")
        ),
        sa.PrimaryKeyConstraint("line_id", "seq", name=op.f("pk_bank_match")),
        sqlite_strict=True,
    )
    op.execute(f"INSERT INTO bank_match ({_COLUMNS}) SELECT {_COLUMNS} FROM aside_bank_match")
    op.drop_table("aside_bank_match")
    op.create_index(op.f("ix_bank_match_run_id"), "bank_match", ["run_id"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER bank_match_no_{verb.lower()} BEFORE {verb} ON bank_match "
            "BEGIN SELECT RAISE(ABORT, 'bank_match is append-only'); END"
        )
