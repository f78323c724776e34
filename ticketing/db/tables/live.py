"""The tables of live data: the last known state of each run, and what each operator's live data say as a whole."""

import sqlalchemy as sa

from ticketing.db.tables.columns import moment, number, table, text

# One row a run: history and evidence are written beside it, never into it.
run_state = table(
    "run_state",
    text("region", key=True),
    text("operator", key=True),
    text("trip_id", key=True),
    text("service_date", key=True),
    number("cancelled", sa.CheckConstraint("cancelled IN (0, 1)", name="cancelled")),
    text("document"),
    number("worst_seconds"),
    text("source"),
    moment("as_of"),
    moment("first_told_at"),
    moment("changed_at"),
    number("revision"),
    moment("withdrawn_at", null=True),
    # When a feed no longer told of it because it had left: what it told last is then held against the clock, once.
    moment("ended_at", null=True),
    sa.Index(None, "region", "service_date"),
)

live_feed = table(
    "live_feed",
    text("region", key=True),
    text("operator", key=True),
    moment("asked_at"),
    moment("as_of", null=True),
    number("version"),
    text("trouble", null=True),
    text("document"),
    # The operator's own time of its last word on trips; an older release leaves it as it was.
    moment("trips_at", null=True),
    # Where vehicles are: read only where it is shown, for it is another one with every message.
    text("vehicles", null=True),
)
