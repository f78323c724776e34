"""Guards that were missing: what no service does, somebody with SQL could (docs/decisions/0001).

Each guard is one condition in SQL that both databases understand. On PostgreSQL facts cannot be truncated either, and
an entry waits for a period that is being closed.
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0013_guards"
down_revision = "0012_run_accounts"
branch_labels = None
depends_on = None

_OPEN = "(state = 'open' OR (state = 'closing' AND NEW.kind LIKE 'month_end_%'))"
_STEP = "SELECT 1 FROM run_step WHERE run_id = NEW.id AND state = NEW.state"
# Table, event, name, what is refused, and the words for it.
_GUARDS = (
    ("entry", "INSERT", "hashed", "length(NEW.hash) <> 64", "an entry needs its hash"),
    (
        "entry", "INSERT", "sourced",
        "NOT EXISTS (SELECT 1 FROM entry_source WHERE source_type = NEW.source_type AND source_id = NEW.source_id "
        "AND kind = NEW.kind AND entry_id = NEW.id)",
        "an entry is the one of its source",
    ),
    *(
        (
            table, "INSERT", "open",
            "NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open')",
            "the period is closed",
        )
        for table in ("alloc_share", "alloc_tax")
    ),
    (
        "alloc_share", "INSERT", "adds_up",
        "NEW.gross_minor <> NEW.net_minor + NEW.vat_minor + NEW.fee_minor", "a share adds up",
    ),
    ("account", "UPDATE", "stays", "1 = 1", "account is append-only"),
    ("account", "DELETE", "kept", "1 = 1", "account is append-only"),
    ("period", "INSERT", "begins_open", "NEW.state <> 'open'", "a period begins open"),
    ("period", "DELETE", "kept", "1 = 1", "a period is never removed"),
    (
        "settlement_run", "UPDATE", "stepped", f"NEW.state <> OLD.state AND NOT EXISTS ({_STEP})",
        "a run takes no step that nobody has taken",
    ),
    (
        "approval", "INSERT", "four_eyes",
        "NEW.actor = (SELECT entered_by FROM bank_account WHERE id = NEW.subject_id)",
        "who entered an account does not approve it",
    ),
    ("quote", "INSERT", "not_negative", "NEW.total_minor < 0", "a quote is not negative"),
    ("payment", "INSERT", "positive", "NEW.amount_minor <= 0", "a payment is positive"),
    ("refund", "INSERT", "not_negative", "NEW.amount_minor < 0", "a refund is not negative"),
)  # fmt: skip
# PostgreSQL has it as a constraint of the table.
_OF_SQLITE = (("posting", "INSERT", "not_zero", "NEW.amount_minor = 0", "a posting is not zero"),)
_FACTS = (
    "entry", "posting", "entry_source", "alloc_share", "alloc_tax", "account", "period", "quote", "tariff_version",
    "order_event", "ticket_move", "scan_fact", "audit", "settlement_run", "run_step", "run_file", "run_account",
    "chain_block", "bank_account", "approval", "bank_line", "bank_match", "line_dispute", "dispute_step", "carnet_end",
)  # fmt: skip


def upgrade() -> None:
    """Add every guard."""
    if op.get_bind().dialect.name == "sqlite":
        for table, event, name, condition, message in (*_GUARDS, *_OF_SQLITE):
            op.execute(
                f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        return
    for table, event, name, condition, message in _GUARDS:
        op.execute(
            f"""CREATE FUNCTION guard_{table}_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF {condition} THEN {_refusal(message)} END IF;
                RETURN {"OLD" if event == "DELETE" else "NEW"};
            END $$"""
        )
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION guard_{table}_{name}()"
        )
    op.execute(_seal())
    for name in (*_FACTS, *_partitions()):
        op.execute(_untouched(name))
    made = "CREATE TRIGGER %I BEFORE TRUNCATE ON months.%I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    op.execute(_make_month(f"EXECUTE format('{made}', part || '_no_truncate', part);"))


def _untouched(name: str) -> str:
    return (
        f"CREATE TRIGGER {_trigger_of(name)} BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _trigger_of(name: str) -> str:
    return f"{name.rpartition('.')[2]}_no_truncate"


def _partitions() -> Iterator[str]:
    """The partitions that there are, each named with its schema."""
    rows = op.get_bind().execute(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'months'"))
    yield from (f"months.{name}" for name in sorted(rows.scalars()))


def _seal() -> str:
    """The seal of an entry; it waits for whoever closes the period."""
    return f"""CREATE OR REPLACE FUNCTION seal_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM period WHERE region = NEW.region AND id = NEW.period AND {_OPEN} FOR SHARE;
            IF NOT FOUND THEN {_refusal('the period is closed')} END IF;
            IF (SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2 THEN
                {_refusal('an entry needs two postings')}
            END IF;
            IF EXISTS (SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                       GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
                {_refusal('the entry does not balance')}
            END IF;
            RETURN NEW;
        END $$"""


def _make_month(guard: str) -> str:
    """The function that makes a month's partitions; `guard` protects each of them."""
    return f"""CREATE OR REPLACE FUNCTION make_month(wanted text) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            name text;
            part text;
            used boolean;
        BEGIN
            IF wanted !~ '^[0-9]{{4}}-[0-9]{{2}}$' OR to_regclass('months.entry_' || replace(wanted, '-', '_')) IS NOT NULL THEN
                RETURN false;
            END IF;
            FOREACH name IN ARRAY ARRAY['entry', 'posting', 'alloc_share', 'alloc_tax'] LOOP
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM months.%I WHERE period = %L)', name || '_other', wanted) INTO used;
                IF used THEN RETURN false; END IF;
            END LOOP;
            FOREACH name IN ARRAY ARRAY['entry', 'posting', 'alloc_share', 'alloc_tax'] LOOP
                part := name || '_' || replace(wanted, '-', '_');
                EXECUTE format('CREATE TABLE months.%I PARTITION OF %I FOR VALUES IN (%L)', part, name, wanted);
                {guard}
            END LOOP;
            RETURN true;
        END $$"""


def _refusal(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"
