"""The first schema: offers to settlement, with the triggers that keep the books."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table, then protect the books."""
    op.create_table('account',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=True),
    sa.Column('member_state', sa.Text(), nullable=True),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.CheckConstraint("type IN ('asset', 'liability', 'income', 'expense')", name=op.f('ck_account_type')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sqlite_strict=True
    )
    op.create_table('api_key',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=True),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('secret_hash', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('expires_at', Instant(), nullable=True),
    sa.Column('revoked_at', Instant(), nullable=True),
    sa.CheckConstraint("role IN ('gate', 'operator_finance', 'finance', 'admin')", name=op.f('ck_api_key_role')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_key')),
    sa.UniqueConstraint('secret_hash', name=op.f('uq_api_key_secret_hash')),
    sqlite_strict=True
    )
    op.create_table('demo_call',
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('request', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('idempotency_key', name=op.f('pk_demo_call')),
    sqlite_strict=True
    )
    op.create_table('demo_charge',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('amount_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('captured_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('refunded_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.CheckConstraint("state IN ('authorised', 'declined', 'captured', 'cancelled')", name=op.f('ck_demo_charge_state')),
    sa.CheckConstraint('captured_minor <= amount_minor', name=op.f('ck_demo_charge_capture_within_amount')),
    sa.CheckConstraint('refunded_minor <= captured_minor', name=op.f('ck_demo_charge_refund_within_capture')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demo_charge')),
    sqlite_strict=True
    )
    op.create_table('entry_source',
    sa.Column('source_type', sa.Text(), nullable=False),
    sa.Column('source_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('entry_id', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('source_type', 'source_id', 'kind', name=op.f('pk_entry_source')),
    sqlite_strict=True
    )
    op.create_table('idempotency',
    sa.Column('principal', sa.Text(), nullable=False),
    sa.Column('route', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('body_hash', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('lease_until', Instant(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('principal', 'route', 'key', name=op.f('pk_idempotency')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_idempotency_created_at'), 'idempotency', ['created_at'], unique=False)
    op.create_table('offer',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('expires_at', Instant(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_offer_expires_at'), 'offer', ['expires_at'], unique=False)
    op.create_table('period',
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('closed_at', Instant(), nullable=True),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.CheckConstraint("state IN ('open', 'closing', 'closed')", name=op.f('ck_period_state')),
    sa.PrimaryKeyConstraint('region', 'id', name=op.f('pk_period')),
    sqlite_strict=True
    )
    op.create_table('proof_seen',
    sa.Column('jti', sa.Text(), nullable=False),
    sa.Column('nonce', sa.Text(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.PrimaryKeyConstraint('jti', 'nonce', name=op.f('pk_proof_seen')),
    sqlite_strict=True
    )
    op.create_table('scan',
    sa.Column('gate_key_id', sa.Text(), nullable=False),
    sa.Column('scan_id', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=False),
    sa.Column('body_hash', sa.Text(), nullable=False),
    sa.Column('jti', sa.Text(), nullable=True),
    sa.Column('leg', Int64, autoincrement=False, nullable=True),
    sa.Column('stop_id', sa.Text(), nullable=True),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('device_ts', Instant(), nullable=False),
    sa.Column('received_at', Instant(), nullable=False),
    sa.PrimaryKeyConstraint('gate_key_id', 'scan_id', name=op.f('pk_scan')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_scan_jti'), 'scan', ['jti'], unique=False)
    op.create_table('tariff_version',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('first_used_at', Instant(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_tariff_version')),
    sqlite_strict=True
    )
    op.create_table('entry',
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('source_type', sa.Text(), nullable=False),
    sa.Column('source_id', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('original_period', sa.Text(), nullable=False),
    sa.Column('occurred_at', Instant(), nullable=False),
    sa.Column('booked_at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['region', 'period'], ['period.region', 'period.id'], name=op.f('fk_entry_region_period_period')),
    sa.PrimaryKeyConstraint('period', 'id', name=op.f('pk_entry')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_entry_source_type_source_id'), 'entry', ['source_type', 'source_id'], unique=False)
    op.create_table('quote',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('offer_id', sa.Text(), nullable=True),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('tariff_version', sa.Text(), nullable=False),
    sa.Column('total_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('expires_at', Instant(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['offer_id'], ['offer.id'], name=op.f('fk_quote_offer_id_offer')),
    sa.ForeignKeyConstraint(['tariff_version'], ['tariff_version.version'], name=op.f('fk_quote_tariff_version_tariff_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quote')),
    sqlite_strict=True
    )
    op.create_table('settlement_run',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('version', Int64, autoincrement=False, nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('prepared_by', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.CheckConstraint("state IN ('calculated', 'approved', 'exported', 'sent', 'reconciled', 'rejected', 'voided')", name=op.f('ck_settlement_run_state')),
    sa.ForeignKeyConstraint(['region', 'period'], ['period.region', 'period.id'], name=op.f('fk_settlement_run_region_period_period')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_run')),
    sa.UniqueConstraint('region', 'period', 'version', name=op.f('uq_settlement_run_region_period_version')),
    sqlite_strict=True
    )
    op.create_table('posting',
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('entry_id', sa.Text(), nullable=False),
    sa.Column('line', Int64, autoincrement=False, nullable=False),
    sa.Column('account_id', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('amount_minor', Int64, autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_posting_account_id_account')),
    sa.ForeignKeyConstraint(['period', 'entry_id'], ['entry.period', 'entry.id'], name=op.f('fk_posting_period_entry_id_entry'), initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('period', 'entry_id', 'line', name=op.f('pk_posting')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_posting_period_account_id'), 'posting', ['period', 'account_id'], unique=False)
    op.create_table('ticket_order',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('quote_id', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('total_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('created_at', Instant(), nullable=False),
    sa.Column('expires_at', Instant(), nullable=False),
    sa.CheckConstraint("state IN ('awaiting_payment', 'payment_failed', 'payment_unknown', 'authorised', 'ticketed', 'part_refunded', 'refunded', 'cancelled', 'expired')", name=op.f('ck_ticket_order_state')),
    sa.ForeignKeyConstraint(['quote_id'], ['quote.id'], name=op.f('fk_ticket_order_quote_id_quote')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_order')),
    sa.UniqueConstraint('quote_id', name=op.f('uq_ticket_order_quote_id')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_ticket_order_state_expires_at'), 'ticket_order', ['state', 'expires_at'], unique=False)
    op.create_table('order_event',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('at', Instant(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('to_state', sa.Text(), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['ticket_order.id'], name=op.f('fk_order_event_order_id_ticket_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_event')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_order_event_order_id'), 'order_event', ['order_id'], unique=False)
    op.create_table('payment',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('gateway', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('request_key', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('amount_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('created_at', Instant(), nullable=False),
    sa.CheckConstraint("state IN ('pending', 'authorised', 'captured', 'declined', 'cancelled')", name=op.f('ck_payment_state')),
    sa.ForeignKeyConstraint(['order_id'], ['ticket_order.id'], name=op.f('fk_payment_order_id_ticket_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('external_id', name=op.f('uq_payment_external_id')),
    sa.UniqueConstraint('order_id', 'request_key', name=op.f('uq_payment_order_id_request_key')),
    sqlite_strict=True
    )
    op.create_table('ticket',
    sa.Column('jti', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('passenger_ref', sa.Text(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('product', sa.Text(), nullable=False),
    sa.Column('amount_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('status_list', sa.Text(), nullable=False),
    sa.Column('status_index', Int64, autoincrement=False, nullable=False),
    sa.Column('issued_at', Instant(), nullable=False),
    sa.Column('not_before', Instant(), nullable=False),
    sa.Column('expires_at', Instant(), nullable=False),
    sa.Column('revoked_at', Instant(), nullable=True),
    sa.Column('document', sa.Text(), nullable=False),
    sa.CheckConstraint("status IN ('valid', 'revoked', 'suspended')", name=op.f('ck_ticket_status')),
    sa.ForeignKeyConstraint(['order_id'], ['ticket_order.id'], name=op.f('fk_ticket_order_id_ticket_order')),
    sa.PrimaryKeyConstraint('jti', name=op.f('pk_ticket')),
    sa.UniqueConstraint('status_list', 'status_index', name=op.f('uq_ticket_status_list_status_index')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_ticket_expires_at_status_list'), 'ticket', ['expires_at', 'status_list'], unique=False)
    op.create_index(op.f('ix_ticket_order_id'), 'ticket', ['order_id'], unique=False)
    op.create_table('alloc_share',
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('ticket_jti', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('operator', sa.Text(), nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('seq', Int64, autoincrement=False, nullable=False),
    sa.Column('gross_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('vat_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('fee_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('net_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('rule', sa.Text(), nullable=False),
    sa.Column('original_period', sa.Text(), nullable=False),
    sa.Column('booked_at', Instant(), nullable=False),
    sa.CheckConstraint("kind IN ('sale', 'refund')", name=op.f('ck_alloc_share_kind')),
    sa.CheckConstraint('gross_minor = vat_minor + fee_minor + net_minor', name=op.f('ck_alloc_share_parts_make_gross')),
    sa.ForeignKeyConstraint(['ticket_jti'], ['ticket.jti'], name=op.f('fk_alloc_share_ticket_jti_ticket')),
    sa.PrimaryKeyConstraint('period', 'id', name=op.f('pk_alloc_share')),
    sa.UniqueConstraint('ticket_jti', 'operator', 'kind', 'seq', 'period', name=op.f('uq_alloc_share_ticket_jti_operator_kind_seq_period')),
    sqlite_strict=True
    )
    op.create_table('alloc_tax',
    sa.Column('period', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('ticket_jti', sa.Text(), nullable=False),
    sa.Column('region', sa.Text(), nullable=False),
    sa.Column('member_state', sa.Text(), nullable=False),
    sa.Column('mode', sa.Text(), nullable=False),
    sa.Column('scope', sa.Text(), nullable=False),
    sa.Column('treatment', sa.Text(), nullable=False),
    sa.Column('rate_bp', Int64, autoincrement=False, nullable=False),
    sa.Column('verified', Int64, autoincrement=False, nullable=False),
    sa.Column('distance_m', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('seq', Int64, autoincrement=False, nullable=False),
    sa.Column('gross_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('vat_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('original_period', sa.Text(), nullable=False),
    sa.Column('booked_at', Instant(), nullable=False),
    sa.CheckConstraint("kind IN ('sale', 'refund')", name=op.f('ck_alloc_tax_kind')),
    sa.ForeignKeyConstraint(['ticket_jti'], ['ticket.jti'], name=op.f('fk_alloc_tax_ticket_jti_ticket')),
    sa.PrimaryKeyConstraint('period', 'id', name=op.f('pk_alloc_tax')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_alloc_tax_ticket_jti'), 'alloc_tax', ['ticket_jti'], unique=False)
    op.create_table('refund',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('payment_id', sa.Text(), nullable=True),
    sa.Column('seq', Int64, autoincrement=False, nullable=False),
    sa.Column('request_key', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('amount_minor', Int64, autoincrement=False, nullable=False),
    sa.Column('currency', sa.Text(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('external_id', sa.Text(), nullable=True),
    sa.Column('created_at', Instant(), nullable=False),
    sa.CheckConstraint("state IN ('decided', 'confirmed', 'failed')", name=op.f('ck_refund_state')),
    sa.ForeignKeyConstraint(['order_id'], ['ticket_order.id'], name=op.f('fk_refund_order_id_ticket_order')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('order_id', 'request_key', name=op.f('uq_refund_order_id_request_key')),
    sa.UniqueConstraint('order_id', 'seq', name=op.f('uq_refund_order_id_seq')),
    sqlite_strict=True
    )
    op.create_table('use_claim',
    sa.Column('jti', sa.Text(), nullable=False),
    sa.Column('leg', Int64, autoincrement=False, nullable=False),
    sa.Column('use_no', Int64, autoincrement=False, nullable=False),
    sa.Column('operator', sa.Text(), nullable=False),
    sa.Column('gate_key_id', sa.Text(), nullable=False),
    sa.Column('scan_id', sa.Text(), nullable=False),
    sa.Column('stop_id', sa.Text(), nullable=True),
    sa.Column('at', Instant(), nullable=False),
    sa.ForeignKeyConstraint(['jti'], ['ticket.jti'], name=op.f('fk_use_claim_jti_ticket')),
    sa.PrimaryKeyConstraint('jti', 'leg', 'use_no', name=op.f('pk_use_claim')),
    sqlite_strict=True
    )
    _protect_books()


# Facts: rows that may be written once and never changed or removed.
_FACTS = ("entry", "posting", "entry_source", "alloc_share", "alloc_tax", "order_event", "scan", "use_claim", "quote", "tariff_version")


def _protect_books() -> None:
    """Let the database itself keep the books: facts stay, entries balance, closed months stay closed."""
    dialect = op.get_bind().dialect.name
    for statement in _postgresql_triggers() if dialect == "postgresql" else _sqlite_triggers():
        op.execute(statement)


def _sqlite_triggers() -> list[str]:
    facts = [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in _FACTS
        for verb in ("UPDATE", "DELETE")
    ]
    return [
        *facts,
        """CREATE TRIGGER entry_seal BEFORE INSERT ON entry BEGIN
            SELECT RAISE(ABORT, 'the period is closed') WHERE NOT EXISTS (
                SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open');
            SELECT RAISE(ABORT, 'an entry needs two postings') WHERE (
                SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2;
            SELECT RAISE(ABORT, 'the entry does not balance') WHERE EXISTS (
                SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                GROUP BY currency HAVING sum(amount_minor) <> 0);
        END""",
        """CREATE TRIGGER posting_before_seal BEFORE INSERT ON posting
        WHEN EXISTS (SELECT 1 FROM entry WHERE period = NEW.period AND id = NEW.entry_id)
        BEGIN SELECT RAISE(ABORT, 'the entry is sealed'); END""",
        """CREATE TRIGGER posting_currency BEFORE INSERT ON posting
        WHEN NEW.currency <> (SELECT currency FROM account WHERE id = NEW.account_id)
        BEGIN SELECT RAISE(ABORT, 'the account has another currency'); END""",
        """CREATE TRIGGER period_forward BEFORE UPDATE ON period WHEN OLD.state = 'closed'
        BEGIN SELECT RAISE(ABORT, 'a closed period stays closed'); END""",
    ]


def _postgresql_triggers() -> list[str]:
    facts = [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        for table in _FACTS
    ]
    return [
        """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$""",
        """CREATE FUNCTION seal_entry() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT EXISTS (SELECT 1 FROM period WHERE region = NEW.region AND id = NEW.period AND state = 'open') THEN
                RAISE EXCEPTION 'the period is closed' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF (SELECT count(*) FROM posting WHERE period = NEW.period AND entry_id = NEW.id) < 2 THEN
                RAISE EXCEPTION 'an entry needs two postings' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF EXISTS (SELECT 1 FROM posting WHERE period = NEW.period AND entry_id = NEW.id
                       GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
                RAISE EXCEPTION 'the entry does not balance' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$""",
        """CREATE FUNCTION check_posting() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM entry WHERE period = NEW.period AND id = NEW.entry_id) THEN
                RAISE EXCEPTION 'the entry is sealed' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF NEW.currency <> (SELECT currency FROM account WHERE id = NEW.account_id) THEN
                RAISE EXCEPTION 'the account has another currency' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$""",
        """CREATE FUNCTION keep_closed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'a closed period stays closed' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
        "CREATE TRIGGER entry_seal BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION seal_entry()",
        "CREATE TRIGGER posting_check BEFORE INSERT ON posting FOR EACH ROW EXECUTE FUNCTION check_posting()",
        "CREATE TRIGGER period_forward BEFORE UPDATE ON period FOR EACH ROW "
        "WHEN (OLD.state = 'closed') EXECUTE FUNCTION keep_closed()",
        *facts,
    ]
