"""Tables of the console: staff with their sessions, and checks of the books that somebody asked for."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

STAFF_ROLES = ("finance", "operator_finance", "admin")

staff_member = table(
    "staff_member",
    text("id", key=True),
    text("email"),
    text("name"),
    # Names sign what people do, so no two are alike: this one is folded.
    text("name_key"),
    text("role"),
    text("operator", null=True),
    text("password_hash"),
    number("must_change"),
    moment("created_at"),
    moment("ended_at", null=True),
    one_of("role", *STAFF_ROLES),
    sa.UniqueConstraint("email"),
    sa.UniqueConstraint("name_key"),
)

staff_session = table(
    "staff_session",
    text("hash", key=True),
    text("staff_id", sa.ForeignKey("staff_member.id")),
    moment("created_at"),
    moment("used_at"),
    moment("ended_at", null=True),
    # When this browser last gave a code of the second factor.
    moment("verified_at", null=True),
    sa.Index(None, "staff_id"),
)

# The secret of an authenticator app, sealed under a key of the deployment; a code is good for one step of time, once.
staff_factor = table(
    "staff_factor",
    text("id", key=True),
    text("staff_id", sa.ForeignKey("staff_member.id")),
    text("sealed"),
    number("last_step"),
    moment("created_at"),
    moment("confirmed_at", null=True),
    moment("ended_at", null=True),
    sa.Index(
        "uq_staff_factor_staff_id",
        "staff_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)

book_check = table(
    "book_check",
    text("id", key=True),
    text("region"),
    text("asked_by"),
    moment("asked_at"),
    moment("done_at", null=True),
    text("document", null=True),
    sa.Index(None, "region", "id"),
)
