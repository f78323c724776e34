"""The schemas that a database contains, by their revisions: an older release looks here whether a newer one still serves it."""

from ticketing.db.tables.columns import moment, table, text

schema_step = table("schema_step", text("revision", key=True), moment("applied_at"))
