"""Tables of people: accounts, their sessions, phones and passkeys, what they have proven, and how often somebody called.

Only `person` and `person_identity` hold what says who somebody is; erasing an account empties them.
"""

import sqlalchemy as sa

from ticketing.db.tables.columns import metadata
from ticketing.db.tables.types import Instant, Int64

person = sa.Table(
    "person", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("email", sa.Text(), nullable=True),
    sa.Column("password_hash", sa.Text(), nullable=True),
    sa.Column("language", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("erased_at", Instant(), nullable=True),
    # When somebody proved that mail to the address reaches them.
    sa.Column("confirmed_at", Instant(), nullable=True),
    sa.UniqueConstraint("email"),
    sqlite_strict=True,
)  # fmt: skip

person_identity = sa.Table(
    "person_identity", metadata,
    sa.Column("issuer", sa.Text(), primary_key=True),
    sa.Column("subject", sa.Text(), primary_key=True),
    sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Index(None, "person_id"),
    sqlite_strict=True,
)  # fmt: skip

session = sa.Table(
    "session", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), nullable=False),
    sa.Column("label", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("used_at", Instant(), nullable=False),
    sa.Column("ended_at", Instant(), nullable=True),
    sa.Column("ended_why", sa.Text(), nullable=True),
    sa.Index(None, "person_id"),
    sqlite_strict=True,
)  # fmt: skip

refresh_token = sa.Table(
    "refresh_token", metadata,
    sa.Column("hash", sa.Text(), primary_key=True),
    sa.Column("session_id", sa.Text(), sa.ForeignKey("session.id"), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("expires_at", Instant(), nullable=False),
    sa.Column("used_at", Instant(), nullable=True),
    sa.Index(None, "session_id"),
    sqlite_strict=True,
)  # fmt: skip

phone = sa.Table(
    "phone", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), nullable=False),
    sa.Column("label", sa.Text(), nullable=False),
    sa.Column("jwk", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("removed_at", Instant(), nullable=True),
    sa.Index(None, "person_id"),
    sqlite_strict=True,
)  # fmt: skip

passkey = sa.Table(
    "passkey", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), nullable=False),
    sa.Column("label", sa.Text(), nullable=False),
    sa.Column("public_key", sa.Text(), nullable=False),
    sa.Column("uses", Int64, nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.Column("used_at", Instant(), nullable=True),
    sa.Index(None, "person_id"),
    sqlite_strict=True,
)  # fmt: skip

entitlement = sa.Table(
    "entitlement", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("person_id", sa.Text(), sa.ForeignKey("person.id"), nullable=False),
    sa.Column("claim", sa.Text(), nullable=False),
    sa.Column("issuer", sa.Text(), nullable=False),
    sa.Column("valid_until", sa.Text(), nullable=False),
    sa.Column("proof", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sa.UniqueConstraint("proof"),
    sa.Index(None, "person_id"),
    sqlite_strict=True,
)  # fmt: skip

sign_in = sa.Table(
    "sign_in", metadata,
    sa.Column("state", sa.Text(), primary_key=True),
    sa.Column("document", sa.Text(), nullable=False),
    sa.Column("created_at", Instant(), nullable=False),
    sqlite_strict=True,
)  # fmt: skip

rate_count = sa.Table(
    "rate_count", metadata,
    sa.Column("bucket", sa.Text(), primary_key=True),
    sa.Column("count", Int64, nullable=False),
    sa.Column("ends_at", Int64, nullable=False),
    sa.Index(None, "ends_at"),
    sqlite_strict=True,
)  # fmt: skip

audit = sa.Table(
    "audit", metadata,
    sa.Column("id", sa.Text(), primary_key=True),
    sa.Column("at", Instant(), nullable=False),
    sa.Column("actor", sa.Text(), nullable=False),
    sa.Column("action", sa.Text(), nullable=False),
    sa.Column("subject", sa.Text(), nullable=False),
    sa.Column("detail", sa.Text(), nullable=False),
    sa.Column("previous", sa.Text(), nullable=False),
    sa.Column("hash", sa.Text(), nullable=False),
    sa.UniqueConstraint("previous"),
    sqlite_strict=True,
)  # fmt: skip
