"""Tables of the console: staff with their sessions, and checks of the books that somebody asked for."""

import sqlalchemy as sa

from ticketing.db.tables import _moment, _number, _one_of, _table, _text

STAFF_ROLES = ("finance", "operator_finance", "admin")

staff_member = _table(
    "staff_member",
    _text("id", key=True),
    _text("email"),
    _text("name"),
    # Names sign what people do, so no two are alike: this one is folded.
    _text("name_key"),
    _text("role"),
    _text("operator", null=True),
    _text("password_hash"),
    _number("must_change"),
    _moment("created_at"),
    _moment("ended_at", null=True),
    _one_of("role", *STAFF_ROLES),
    sa.UniqueConstraint("email"),
    sa.UniqueConstraint("name_key"),
)

staff_session = _table(
    "staff_session",
    _text("hash", key=True),
    _text("staff_id", sa.ForeignKey("staff_member.id")),
    _moment("created_at"),
    _moment("used_at"),
    _moment("ended_at", null=True),
    sa.Index(None, "staff_id"),
)

book_check = _table(
    "book_check",
    _text("id", key=True),
    _text("region"),
    _text("asked_by"),
    _moment("asked_at"),
    _moment("done_at", null=True),
    _text("document", null=True),
    sa.Index(None, "region", "id"),
)
