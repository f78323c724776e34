"""The tables of gate devices: enrolment codes, devices, and the journal of what people do at gates."""

import sqlalchemy as sa

from ticketing.db.tables import _moment, _number, _one_of, _table, _text

enrolment_code = _table(
    "enrolment_code",
    _text("code_hash", key=True),
    _text("operator"),
    _text("name"),
    _text("stop_id", null=True),
    _text("zone", null=True),
    _text("direction", null=True),
    _text("created_by"),
    _moment("created_at"),
    _moment("expires_at"),
    _moment("used_at", null=True),
)

gate_device = _table(
    "gate_device",
    _text("id", key=True),
    _text("operator"),
    _text("name"),
    _text("stop_id", null=True),
    _text("zone", null=True),
    _text("direction", null=True),
    _text("kid"),
    _text("public_key"),
    _moment("enrolled_at"),
    _moment("revoked_at", null=True),
    _text("revoked_because", null=True),
    _moment("last_bundle_at", null=True),
    _moment("last_upload_at", null=True),
    _number("queue_length", null=True),
    _number("clock_offset", null=True),
    _text("software", null=True),
    sa.UniqueConstraint("kid"),
    sa.Index(None, "operator"),
)

gate_journal = _table(
    "gate_journal",
    _text("id", key=True),
    _moment("at"),
    _text("kind"),
    _text("operator"),
    _text("actor"),
    _text("jti", null=True),
    _text("reason"),
    _text("document"),
    _number("place"),
    _text("chain"),
    _one_of("kind", "inspection", "by_hand", "look_up", "incident", "enrolment", "revocation"),
    sa.UniqueConstraint("operator", "place"),
    sa.Index(None, "operator", "at"),
    sa.Index(None, "jti"),
)

# Where an operator's journal begins since its oldest entries were let go: the last of them.
journal_start = _table(
    "journal_start",
    _text("operator", key=True),
    _number("place"),
    _text("chain"),
)
