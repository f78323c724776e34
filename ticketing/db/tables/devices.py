"""The tables of gate devices: enrolment codes, devices, and the journal of what people do at gates."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, one_of, table, text

enrolment_code = table(
    "enrolment_code",
    text("code_hash", key=True),
    text("operator"),
    text("name"),
    text("stop_id", null=True),
    text("zone", null=True),
    text("direction", null=True),
    text("created_by"),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
)

gate_device = table(
    "gate_device",
    text("id", key=True),
    text("operator"),
    text("name"),
    text("stop_id", null=True),
    text("zone", null=True),
    text("direction", null=True),
    text("kid"),
    text("public_key"),
    moment("enrolled_at"),
    moment("revoked_at", null=True),
    text("revoked_because", null=True),
    moment("last_bundle_at", null=True),
    moment("last_upload_at", null=True),
    number("queue_length", null=True),
    number("clock_offset", null=True),
    text("software", null=True),
    sa.UniqueConstraint("kid"),
    sa.Index(None, "operator"),
)

gate_journal = table(
    "gate_journal",
    text("id", key=True),
    moment("at"),
    text("kind"),
    text("operator"),
    text("actor"),
    text("jti", null=True),
    text("reason"),
    text("document"),
    number("place"),
    text("chain"),
    one_of("kind", "inspection", "by_hand", "look_up", "incident", "enrolment", "revocation"),
    sa.UniqueConstraint("operator", "place"),
    sa.Index(None, "operator", "at"),
    sa.Index(None, "jti"),
)

# Where an operator's journal begins since its oldest entries were let go: the last of them.
journal_start = table(
    "journal_start",
    text("operator", key=True),
    number("place"),
    text("chain"),
)
