"""People with accounts, operators' bookings, what gateways report; more states of orders, payments and refunds."""

import sqlalchemy as sa
from alembic import op

from ticketing.db.tables.types import Instant, Int64

revision = "0006_people_and_payments"
down_revision = "0005_operators"
branch_labels = None
depends_on = None

_STATES = {
    "ticket_order": ("state", (
        "holding", "awaiting_payment", "payment_failed", "payment_unknown", "authorised", "unwinding", "ticketed",
        "part_refunded", "refunded", "exchanged", "cancelled", "expired",
    )),
    "payment": ("state", (
        "pending", "action_required", "authorised", "captured", "declined", "cancelled", "held",
    )),
    "refund": ("state", ("decided", "pending", "confirmed", "failed")),
    "api_key": ("role", ("gate", "operator_staff", "operator_finance", "finance", "admin")),
}


def upgrade() -> None:
    """Create the tables of people first: orders belong to them."""
    _people()
    _demo_gateway()
    if op.get_bind().dialect.name == "postgresql":
        _widen_postgresql()
    else:
        _widen_sqlite()
    _purchase()
    for statement in _facts(op.get_bind().dialect.name):
        op.execute(statement)


def _widen_postgresql() -> None:
    op.add_column("ticket_order", _text("person_id", null=True))
    op.add_column("ticket_order", _text("exchange_of", null=True))
    op.add_column("ticket_order", _number("credit_minor", "0"))
    op.create_foreign_key(op.f("fk_ticket_order_person_id_person"), "ticket_order", "person", ["person_id"], ["id"])
    op.create_foreign_key(
        op.f("fk_ticket_order_exchange_of_ticket_order"), "ticket_order", "ticket_order", ["exchange_of"], ["id"]
    )
    op.create_check_constraint(op.f("ck_ticket_order_credit_not_negative"), "ticket_order", "credit_minor >= 0")
    op.add_column("payment", _number("fee_minor", "0"))
    for table, (column, values) in _STATES.items():
        op.drop_constraint(op.f(f"ck_{table}_{column}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{column}"), table, _listed(column, values))
    op.create_index(op.f("ix_ticket_order_person_id"), "ticket_order", ["person_id"])


def _widen_sqlite() -> None:
    """A CHECK cannot be changed: each table is copied, dropped and made again under its name.

    References to them are looked at when the transaction commits, when every row is back.
    """
    op.execute("PRAGMA defer_foreign_keys = ON")
    old = {
        "ticket_order": "id, quote_id, region, state, total_minor, currency, created_at, expires_at",
        "payment": "id, order_id, gateway, method, request_key, state, amount_minor, currency, external_id, created_at",
        "refund": "id, order_id, payment_id, seq, request_key, state, amount_minor, currency, document, external_id, "
                  "created_at",
        "api_key": "id, role, operator, label, secret_hash, created_at, expires_at, revoked_at",
    }
    for table in old:
        op.execute(f"CREATE TABLE aside_{table} AS SELECT * FROM {table}")
        op.execute(f"DROP TABLE {table}")
    _order(), _payment(), _refund(), _api_key()
    for table, columns in old.items():
        op.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM aside_{table}")
        op.execute(f"DROP TABLE aside_{table}")


def _order() -> None:
    op.create_table(
        "ticket_order", _text("id"), _text("quote_id"), _text("region"), _text("state"), _number("total_minor"),
        _text("currency"), _moment("created_at"), _moment("expires_at"), _text("person_id", null=True),
        _text("exchange_of", null=True), _number("credit_minor", "0"), _check("ticket_order"),
        sa.CheckConstraint("credit_minor >= 0", name=op.f("ck_ticket_order_credit_not_negative")),
        _to("ticket_order", "quote_id", "quote"), _to("ticket_order", "person_id", "person"),
        _to("ticket_order", "exchange_of", "ticket_order"), _key("ticket_order", "id"), _unique("ticket_order", "quote_id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ticket_order_state_expires_at"), "ticket_order", ["state", "expires_at"])
    op.create_index(op.f("ix_ticket_order_person_id"), "ticket_order", ["person_id"])


def _payment() -> None:
    op.create_table(
        "payment", _text("id"), _text("order_id"), _text("gateway"), _text("method"), _text("request_key"),
        _text("state"), _number("amount_minor"), _text("currency"), _text("external_id", null=True),
        _moment("created_at"), _number("fee_minor", "0"), _check("payment"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payment_amount_positive")),
        _to("payment", "order_id", "ticket_order"), _key("payment", "id"), _unique("payment", "external_id"),
        _unique("payment", "order_id", "request_key"), sqlite_strict=True,
    )


def _refund() -> None:
    op.create_table(
        "refund", _text("id"), _text("order_id"), _text("payment_id", null=True), _number("seq"), _text("request_key"),
        _text("state"), _number("amount_minor"), _text("currency"), _text("document"), _text("external_id", null=True),
        _moment("created_at"), _check("refund"),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_refund_amount_not_negative")),
        _to("refund", "order_id", "ticket_order"), _to("refund", "payment_id", "payment"), _key("refund", "id"),
        _unique("refund", "order_id", "request_key"), _unique("refund", "order_id", "seq"), sqlite_strict=True,
    )


def _api_key() -> None:
    op.create_table(
        "api_key", _text("id"), _text("role"), _text("operator", null=True), _text("label"), _text("secret_hash"),
        _moment("created_at"), _moment("expires_at", null=True), _moment("revoked_at", null=True), _check("api_key"),
        _key("api_key", "id"), _unique("api_key", "secret_hash"), sqlite_strict=True,
    )


def _people() -> None:
    op.create_table(
        "person", _text("id"), _text("email", null=True), _text("password_hash", null=True), _text("language"),
        _moment("created_at"), _moment("erased_at", null=True), _key("person", "id"), _unique("person", "email"),
        sqlite_strict=True,
    )
    op.create_table(
        "person_identity", _text("issuer"), _text("subject"), _text("person_id"), _moment("created_at"),
        _to("person_identity", "person_id", "person"), _key("person_identity", "issuer", "subject"), sqlite_strict=True,
    )
    op.create_table(
        "session", _text("id"), _text("person_id"), _text("label"), _moment("created_at"), _moment("used_at"),
        _moment("ended_at", null=True), _text("ended_why", null=True), _to("session", "person_id", "person"),
        _key("session", "id"), sqlite_strict=True,
    )
    op.create_table(
        "refresh_token", _text("hash"), _text("session_id"), _moment("created_at"), _moment("expires_at"),
        _moment("used_at", null=True), _to("refresh_token", "session_id", "session"), _key("refresh_token", "hash"),
        sqlite_strict=True,
    )
    op.create_table(
        "phone", _text("id"), _text("person_id"), _text("label"), _text("jwk"), _moment("created_at"),
        _moment("removed_at", null=True), _to("phone", "person_id", "person"), _key("phone", "id"), sqlite_strict=True,
    )
    op.create_table(
        "entitlement", _text("id"), _text("person_id"), _text("claim"), _text("issuer"), _text("valid_until"),
        _text("proof"), _moment("created_at"), _to("entitlement", "person_id", "person"), _key("entitlement", "id"),
        _unique("entitlement", "proof"), sqlite_strict=True,
    )
    op.create_table(
        "sign_in", _text("state"), _text("document"), _moment("created_at"), _key("sign_in", "state"), sqlite_strict=True,
    )
    op.create_table(
        "rate_count", _text("bucket"), _number("count"), _number("ends_at"), _key("rate_count", "bucket"),
        sqlite_strict=True,
    )
    op.create_table(
        "audit", _text("id"), _moment("at"), _text("actor"), _text("action"), _text("subject"), _text("detail"),
        _text("previous"), _text("hash"), _key("audit", "id"), _unique("audit", "previous"), sqlite_strict=True,
    )
    for table in ("person_identity", "session", "phone", "entitlement"):
        op.create_index(op.f(f"ix_{table}_person_id"), table, ["person_id"])
    op.create_index(op.f("ix_refresh_token_session_id"), "refresh_token", ["session_id"])
    op.create_index(op.f("ix_rate_count_ends_at"), "rate_count", ["ends_at"])


def _purchase() -> None:
    op.create_table(
        "booking", _text("id"), _text("order_id"), _number("seq"), _text("operator"), _text("state"),
        _text("reference", null=True), _moment("expires_at", null=True), _number("tries"), _moment("changed_at"),
        _text("document"), _one_of("booking", "wanted", "held", "confirmed", "unwanted", "released", "cancelled", "refused", "stuck"),
        _to("booking", "order_id", "ticket_order"), _key("booking", "id"), _unique("booking", "order_id", "seq"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_booking_state"), "booking", ["state"])
    op.create_table(
        "gateway_event", _text("gateway"), _text("id"), _text("type"), _text("object_id", null=True), _text("state"),
        _number("tries"), _moment("received_at"), _moment("next_try_at"), _text("note"), _text("document"),
        _one_of("gateway_event", "new", "done", "ignored", "held"), _key("gateway_event", "gateway", "id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_gateway_event_state_next_try_at"), "gateway_event", ["state", "next_try_at"])
    op.create_table(
        "pass_use", _text("ticket_jti"), _text("order_id"), _number("leg"), _text("passenger_ref"), _moment("at"),
        sa.ForeignKeyConstraint(["ticket_jti"], ["ticket.jti"], name=op.f("fk_pass_use_ticket_jti_ticket")),
        _to("pass_use", "order_id", "ticket_order"), _key("pass_use", "ticket_jti", "order_id", "leg"), sqlite_strict=True,
    )
    op.create_table(
        "dispute", _text("id"), _text("payment_id"), _text("state"), _text("reason"), _number("amount_minor"),
        _number("fee_minor"), _text("currency"), _moment("opened_at"), _moment("changed_at"),
        _one_of("dispute", "inquiry", "open", "withdrawn", "reinstated", "won", "lost"),
        _to("dispute", "payment_id", "payment"), _key("dispute", "id"), sqlite_strict=True,
    )
    op.create_index(op.f("ix_dispute_payment_id"), "dispute", ["payment_id"])
    op.create_table(
        "alert", _text("id"), _text("kind"), _text("subject"), _text("detail"), _moment("raised_at"),
        _moment("resolved_at", null=True), _text("resolved_by", null=True), _key("alert", "id"),
        _unique("alert", "kind", "subject"), sqlite_strict=True,
    )


def _demo_gateway() -> None:
    """The stand-in forgets what it pretended."""
    op.execute("DROP TABLE demo_charge")
    op.create_table(
        "demo_charge", _text("id"), _text("method"), _text("state"), _number("amount_minor"), _number("captured_minor"),
        _number("refunded_minor"), _text("currency"), _moment("created_at"), _text("order_id"), _text("payment_id"),
        _one_of("demo_charge", "action_required", "authorised", "declined", "captured", "cancelled"),
        sa.CheckConstraint("captured_minor <= amount_minor", name=op.f("ck_demo_charge_capture_within_amount")),
        sa.CheckConstraint("refunded_minor <= captured_minor", name=op.f("ck_demo_charge_refund_within_capture")),
        _key("demo_charge", "id"), sqlite_strict=True,
    )
    op.create_index(op.f("ix_demo_charge_payment_id"), "demo_charge", ["payment_id"])
    op.create_table(
        "demo_object", _text("id"), _text("kind"), _text("charge_id"), _moment("created_at"), _text("document"),
        sa.CheckConstraint(_listed("kind", ("refund", "dispute", "balance")), name=op.f("ck_demo_object_kind")),
        _to("demo_object", "charge_id", "demo_charge"), _key("demo_object", "id"), sqlite_strict=True,
    )
    op.create_index(op.f("ix_demo_object_charge_id"), "demo_object", ["charge_id"])


def _facts(dialect: str) -> list[str]:
    """The audit trail is written once."""
    if dialect == "postgresql":
        return ["CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"]
    return [
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def _text(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=null)


def _number(name: str, default: str | None = None) -> sa.Column:
    return sa.Column(name, Int64, autoincrement=False, nullable=False, server_default=default)


def _moment(name: str, *, null: bool = False) -> sa.Column:
    return sa.Column(name, Instant(), nullable=null)


def _check(table: str) -> sa.CheckConstraint:
    column, values = _STATES[table]
    return sa.CheckConstraint(_listed(column, values), name=op.f(f"ck_{table}_{column}"))


def _one_of(table: str, *values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(_listed("state", values), name=op.f(f"ck_{table}_state"))


def _listed(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))
