"""Settlement: run states, hashes and anchors of the books, bank accounts and statements, disputes; months apart.

On PostgreSQL the tables of the books become partitioned by month: the partitions live in a schema of their own,
`months`, and `make_month('2026-10')` makes those of a month. Rows of a month without partitions lie in the default.
"""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0003"
down_revision = "0002_scan_facts"
branch_labels = None
depends_on = None

_KINDS = "kind IN ('sale', 'refund', 'exchange', 'chargeback', 'correction')"
_FACTS = (
    "run_step", "run_file", "chain_block", "bank_account", "approval", "bank_line", "bank_match",
    "line_dispute", "dispute_step",
)
_STATES = ("draft", "calculated", "approved", "exported", "sent", "reconciled", "rejected", "voided")
_FORWARD = (
    "draft>calculated", "calculated>approved", "calculated>rejected", "calculated>voided", "approved>exported",
    "approved>voided", "exported>sent", "exported>voided", "sent>reconciled",
)
_RARE = ("kind NOT IN ('capture', 'gateway_fee', 'allocation', 'refund_decided', 'refund_confirmed', 'exchanged', "
         "'chargeback')")
_BOOKS = ("entry", "posting", "alloc_share", "alloc_tax")


def upgrade() -> None:
    """Rebuild what gets other checks or partitions, add the new tables, then protect all of it."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.add_column("period", sa.Column("fence_at", Instant(), nullable=True))
    if postgresql:
        _set_aside(*_BOOKS, "settlement_run")
        _entry()
        _posting()
        _copy("aside.entry", "entry", _ENTRY)
        _copy("aside.posting", "posting", _POSTING)
    else:
        op.execute("DROP TRIGGER entry_seal")
        op.add_column("entry", sa.Column("note", sa.Text(), nullable=False, server_default="{}"))
        op.add_column("entry", sa.Column("reverses_id", sa.Text(), nullable=True))
        op.add_column("entry", sa.Column("hash", sa.Text(), nullable=False, server_default=""))
        for table in ("alloc_share", "alloc_tax", "settlement_run"):
            op.execute(f"CREATE TABLE aside_{table} AS SELECT * FROM {table}")
            op.execute(f"DROP TABLE {table}")
    before = "aside." if postgresql else "aside_"
    _share()
    _tax()
    _run()
    for table, columns in (("alloc_share", _SHARE), ("alloc_tax", _TAX), ("settlement_run", _RUN)):
        _copy(f"{before}{table}", table, columns)
        if not postgresql:
            op.execute(f"DROP TABLE aside_{table}")
    if postgresql:
        op.execute("DROP SCHEMA aside CASCADE")
    op.create_index("ix_entry_rare", "entry", ["period", "region"], postgresql_where=sa.text(_RARE),
                    sqlite_where=sa.text(_RARE))
    _new_tables()
    for statement in _postgresql() if postgresql else _sqlite():
        op.execute(statement)


_ENTRY = "period, id, kind, source_type, source_id, region, original_period, occurred_at, booked_at"
_POSTING = "period, entry_id, line, account_id, currency, amount_minor"
_SHARE = ("period, id, ticket_jti, region, operator, currency, kind, seq, gross_minor, vat_minor, fee_minor, "
          "net_minor, rule, original_period, booked_at")
_TAX = ("period, id, ticket_jti, region, member_state, mode, scope, treatment, rate_bp, verified, distance_m, "
        "currency, kind, seq, gross_minor, vat_minor, original_period, booked_at")
_RUN = "id, region, period, version, state, digest, prepared_by, created_at, document"


def _set_aside(*tables: str) -> None:
    """Move tables out of the way, with their indexes and triggers."""
    op.execute("CREATE SCHEMA aside")
    for table in tables:
        op.execute(f"ALTER TABLE {table} SET SCHEMA aside")


def _copy(source: str, target: str, columns: str) -> None:
    op.execute(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {source}")


_BY_MONTH = {"sqlite_strict": True, "postgresql_partition_by": "LIST (period)"}


def _text(name: str, null: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str) -> "sa.Column[int]":
    return sa.Column(name, Int64, autoincrement=False, nullable=False)


def _moment(name: str) -> "sa.Column[object]":
    return sa.Column(name, Instant(), nullable=False)


def _entry() -> None:
    op.create_table(
        "entry", _text("period"), _text("id"), _text("kind"), _text("source_type"), _text("source_id"),
        _text("region"), _text("original_period"), _moment("occurred_at"), _moment("booked_at"),
        sa.Column("note", sa.Text(), nullable=False, server_default="{}"), _text("reverses_id", null=True),
        sa.Column("hash", sa.Text(), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["region", "period"], ["period.region", "period.id"],
                                name=op.f("fk_entry_region_period_period")),
        sa.PrimaryKeyConstraint("period", "id", name=op.f("pk_entry")), **_BY_MONTH,
    )
    op.create_index(op.f("ix_entry_source_type_source_id"), "entry", ["source_type", "source_id"])
    _default("entry")


def _posting() -> None:
    op.create_table(
        "posting", _text("period"), _text("entry_id"), _number("line"), _text("account_id"), _text("currency"),
        sa.Column("amount_minor", Int64, sa.CheckConstraint(
            "amount_minor <> 0", name=op.f("ck_posting_amount_not_zero")), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_posting_account_id_account")),
        sa.ForeignKeyConstraint(["period", "entry_id"], ["entry.period", "entry.id"],
                                name=op.f("fk_posting_period_entry_id_entry"), initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("period", "entry_id", "line", name=op.f("pk_posting")), **_BY_MONTH,
    )
    op.create_index(op.f("ix_posting_period_account_id"), "posting", ["period", "account_id"])
    _default("posting")


def _share() -> None:
    op.create_table(
        "alloc_share", _text("period"), _text("id"), _text("ticket_jti"), _text("region"), _text("operator"),
        _text("currency"), _text("kind"), _number("seq"), _number("gross_minor"), _number("vat_minor"),
        _number("fee_minor"), _number("net_minor"), _text("rule"), _text("original_period"), _moment("booked_at"),
        sa.CheckConstraint(_KINDS, name=op.f("ck_alloc_share_kind")),
        sa.CheckConstraint("gross_minor = vat_minor + fee_minor + net_minor",
                           name=op.f("ck_alloc_share_parts_make_gross")),
        sa.ForeignKeyConstraint(["ticket_jti"], ["ticket.jti"], name=op.f("fk_alloc_share_ticket_jti_ticket")),
        sa.PrimaryKeyConstraint("period", "id", name=op.f("pk_alloc_share")),
        sa.UniqueConstraint("ticket_jti", "operator", "kind", "seq", "period",
                            name=op.f("uq_alloc_share_ticket_jti_operator_kind_seq_period")), **_BY_MONTH,
    )
    _default("alloc_share")


def _tax() -> None:
    op.create_table(
        "alloc_tax", _text("period"), _text("id"), _text("ticket_jti"), _text("region"), _text("member_state"),
        _text("mode"), _text("scope"), _text("treatment"), _number("rate_bp"), _number("verified"),
        _number("distance_m"), _text("currency"), _text("kind"), _number("seq"), _number("gross_minor"),
        _number("vat_minor"), _text("original_period"), _moment("booked_at"),
        sa.CheckConstraint(_KINDS, name=op.f("ck_alloc_tax_kind")),
        sa.ForeignKeyConstraint(["ticket_jti"], ["ticket.jti"], name=op.f("fk_alloc_tax_ticket_jti_ticket")),
        sa.PrimaryKeyConstraint("period", "id", name=op.f("pk_alloc_tax")), **_BY_MONTH,
    )
    op.create_index(op.f("ix_alloc_tax_ticket_jti"), "alloc_tax", ["ticket_jti"])
    _default("alloc_tax")


def _default(table: str) -> None:
    """Give a partitioned table the partition of the months that have none."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SCHEMA IF NOT EXISTS months")
        op.execute(f"CREATE TABLE months.{table}_other PARTITION OF {table} DEFAULT")


def _run() -> None:
    states = ", ".join(f"'{state}'" for state in _STATES)
    op.create_table(
        "settlement_run", _text("id"), _text("region"), _text("period"), _number("version"), _text("state"),
        _text("digest"), _text("prepared_by"), _moment("created_at"), _text("document"),
        sa.CheckConstraint(f"state IN ({states})", name=op.f("ck_settlement_run_state")),
        sa.ForeignKeyConstraint(["region", "period"], ["period.region", "period.id"],
                                name=op.f("fk_settlement_run_region_period_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_run")),
        sa.UniqueConstraint("region", "period", "version", name=op.f("uq_settlement_run_region_period_version")),
        sqlite_strict=True,
    )


def _new_tables() -> None:
    op.create_table(
        "run_step", _text("run_id"), _number("seq"), _text("state"), _text("actor"), _moment("at"), _text("digest"),
        _text("note"), _to_run("run_step"), _key("run_step", "run_id", "seq"), sqlite_strict=True,
    )
    op.create_table(
        "run_file", _text("run_id"), _text("name"), _text("sha256"), _number("bytes"), _moment("at"),
        _to_run("run_file"), _key("run_file", "run_id", "name"), sqlite_strict=True,
    )
    op.create_table(
        "chain_block", _text("region"), _text("period"), _number("seq"), _text("last_entry"), _number("entries"),
        _number("final"), _text("previous"), _text("hash"), _text("signed"), _text("jwk"), _moment("made_at"),
        _key("chain_block", "region", "period", "seq"), sqlite_strict=True,
    )
    op.create_table(
        "bank_account", _text("id"), _text("party"), _text("name"), _text("iban"), _text("bic"), _text("town"),
        _text("country"), _text("entered_by"), _moment("entered_at"), _key("bank_account", "id"), sqlite_strict=True,
    )
    op.create_index(op.f("ix_bank_account_party"), "bank_account", ["party"])
    op.create_table(
        "approval", _text("id"), _text("subject_type"), _text("subject_id"), _text("digest"), _text("decision"),
        _text("actor"), _moment("decided_at"),
        sa.CheckConstraint("decision IN ('approved', 'rejected')", name=op.f("ck_approval_decision")),
        _key("approval", "id"),
        sa.UniqueConstraint("subject_type", "subject_id", name=op.f("uq_approval_subject_type_subject_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "bank_line", _text("id"), _text("region"), _text("iban"), _text("statement_id"), _number("seq"),
        _text("booking_date"), _text("value_date"), _text("currency"), _number("amount_minor"),
        _text("end_to_end_id"), _text("bank_reference"), _text("counterparty"), _text("remittance"),
        _moment("imported_at"), _key("bank_line", "id"), sqlite_strict=True,
    )
    op.create_index(op.f("ix_bank_line_region_iban"), "bank_line", ["region", "iban"])
    op.create_table(
        "bank_match", _text("line_id"), _text("kind"), _text("run_id", null=True), _text("party", null=True),
        _number("amount_minor"), _text("reason"), _text("actor"), _moment("at"),
        sa.CheckConstraint("kind IN ('payment', 'receipt', 'payout', 'suspense', 'bank_fee')",
                           name=op.f("ck_bank_match_kind")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_match_line_id_bank_line")),
        _to_run("bank_match"), _key("bank_match", "line_id"), sqlite_strict=True,
    )
    op.create_index(op.f("ix_bank_match_run_id"), "bank_match", ["run_id"])
    op.create_table(
        "line_dispute", _text("id"), _text("run_id"), _text("operator"), _text("line_id"), _text("reason"),
        _text("opened_by"), _moment("opened_at"), _to_run("line_dispute"), _key("line_dispute", "id"),
        sa.UniqueConstraint("operator", "line_id", name=op.f("uq_line_dispute_operator_line_id")), sqlite_strict=True,
    )
    op.create_table(
        "dispute_step", _text("dispute_id"), _number("seq"), _text("state"), _text("actor"), _moment("at"),
        _text("text"), _text("entry_id", null=True),
        sa.CheckConstraint("state IN ('open', 'answered', 'corrected', 'rejected', 'withdrawn')",
                           name=op.f("ck_dispute_step_state")),
        sa.ForeignKeyConstraint(["dispute_id"], ["line_dispute.id"],
                                name=op.f("fk_dispute_step_dispute_id_line_dispute")),
        _key("dispute_step", "dispute_id", "seq"), sqlite_strict=True,
    )


def _to_run(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["run_id"], ["settlement_run.id"], name=op.f(f"fk_{table}_run_id_settlement_run"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


_OPEN = "(state = 'open' OR (state = 'closing' AND NEW.kind LIKE 'month_end_%'))"
_CHANGED = " OR ".join(
    f"NEW.{name} <> OLD.{name}" for name in ("id", "region", "period", "version", "prepared_by", "created_at")
)
_FROZEN = "OLD.state <> 'draft' AND (NEW.document <> OLD.document OR NEW.digest <> OLD.digest)"
_MOVES = ", ".join(f"'{step}'" for step in _FORWARD)


def _sqlite() -> list[str]:
    facts = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in (*_FACTS, "alloc_share", "alloc_tax")
        for verb in ("UPDATE", "DELETE")
    ]
    return [
        *facts,
        f"""CREATE TRIGGER entry_seal BEFORE INSERT ON entry BEGIN
            SELECT RAISE(ABORT, 'the period is closed') WHERE NOT EXISTS (
                SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND {_OPEN});
            SELECT RAISE(ABORT, 'an entry needs two postings') WHERE (
                SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2;
            SELECT RAISE(ABORT, 'the entry does not balance') WHERE EXISTS (
                SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                GROUP BY currency HAVING sum(amount_minor) <> 0);
        END""",
        """CREATE TRIGGER period_no_reopening BEFORE UPDATE ON period WHEN OLD.state = 'closing' AND NEW.state = 'open'
        BEGIN SELECT RAISE(ABORT, 'a closing period does not open again'); END""",
        f"""CREATE TRIGGER run_frozen BEFORE UPDATE ON settlement_run WHEN {_CHANGED} OR {_FROZEN}
        BEGIN SELECT RAISE(ABORT, 'a calculated run is frozen'); END""",
        f"""CREATE TRIGGER run_forward BEFORE UPDATE ON settlement_run
        WHEN OLD.state || '>' || NEW.state NOT IN ({_MOVES})
        BEGIN SELECT RAISE(ABORT, 'a run takes no such step'); END""",
        """CREATE TRIGGER run_stays BEFORE DELETE ON settlement_run
        BEGIN SELECT RAISE(ABORT, 'a run is never removed'); END""",
        """CREATE TRIGGER run_four_eyes BEFORE INSERT ON run_step
        WHEN NEW.state = 'approved' AND NEW.actor = (SELECT prepared_by FROM settlement_run WHERE id = NEW.run_id)
        BEGIN SELECT RAISE(ABORT, 'who prepared a run does not approve it'); END""",
    ]


def _refusal(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';"


def _postgresql() -> list[str]:
    facts = [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in (*_FACTS, *_BOOKS)
    ]
    return [
        *facts,
        f"""CREATE OR REPLACE FUNCTION seal_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND {_OPEN}) THEN
                {_refusal('the period is closed')}
            END IF;
            IF (SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2 THEN
                {_refusal('an entry needs two postings')}
            END IF;
            IF EXISTS (SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                       GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
                {_refusal('the entry does not balance')}
            END IF;
            RETURN NEW;
        END $$""",
        "CREATE TRIGGER entry_seal BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION seal_entry()",
        "CREATE TRIGGER posting_check BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION check_posting()",
        f"""CREATE FUNCTION keep_run() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN {_refusal('a run is never removed')} END IF;
            IF {_CHANGED} OR {_FROZEN} THEN {_refusal('a calculated run is frozen')} END IF;
            IF OLD.state || '>' || NEW.state NOT IN ({_MOVES}) THEN {_refusal('a run takes no such step')} END IF;
            RETURN NEW;
        END $$""",
        "CREATE TRIGGER run_kept BEFORE UPDATE OR DELETE ON settlement_run "
        "FOR EACH ROW EXECUTE FUNCTION keep_run()",
        f"""CREATE FUNCTION four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.state = 'approved' AND NEW.actor = (SELECT prepared_by FROM settlement_run WHERE id = NEW.run_id) THEN
                {_refusal('who prepared a run does not approve it')}
            END IF;
            RETURN NEW;
        END $$""",
        "CREATE TRIGGER run_four_eyes BEFORE INSERT ON run_step FOR EACH ROW EXECUTE FUNCTION four_eyes()",
        f"""CREATE FUNCTION no_reopening() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN {_refusal('a closing period does not open again')} END $$""",
        "CREATE TRIGGER period_no_reopening BEFORE UPDATE ON period FOR EACH ROW "
        "WHEN (OLD.state = 'closing' AND NEW.state = 'open') EXECUTE FUNCTION no_reopening()",
        """CREATE FUNCTION make_month(wanted text) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE
            name text;
            part text;
            used boolean;
        BEGIN
            IF wanted !~ '^[0-9]{4}-[0-9]{2}$' OR to_regclass('months.entry_' || replace(wanted, '-', '_')) IS NOT NULL THEN
                RETURN false;
            END IF;
            FOREACH name IN ARRAY ARRAY['entry', 'posting', 'alloc_share', 'alloc_tax'] LOOP
                EXECUTE format('SELECT EXISTS (SELECT 1 FROM months.%I WHERE period = %L)', name || '_other', wanted) INTO used;
                IF used THEN RETURN false; END IF;
            END LOOP;
            FOREACH name IN ARRAY ARRAY['entry', 'posting', 'alloc_share', 'alloc_tax'] LOOP
                part := name || '_' || replace(wanted, '-', '_');
                EXECUTE format('CREATE TABLE months.%I PARTITION OF %I FOR VALUES IN (%L)', part, name, wanted);
            END LOOP;
            RETURN true;
        END $$""",
    ]
