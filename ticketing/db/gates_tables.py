"""The table of uploaded scans: facts that devices tell later, each wording once."""

import sqlalchemy as sa

from ticketing.db.tables import _moment, _number, _table, _text

scan_fact = _table(
    "scan_fact",
    _text("gate_key_id", key=True),
    _text("scan_id", key=True),
    _text("content_hash", key=True),
    _text("operator"),
    _text("jti"),
    _number("leg"),
    _number("seq"),
    _number("device_ts"),
    _number("clock_offset"),
    _text("decision"),
    _text("reason"),
    _number("bundle_version", null=True),
    _moment("received_at"),
    sa.Index(None, "jti"),
)
