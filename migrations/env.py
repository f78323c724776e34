"""Alembic's entry: run the migrations on the connection that `ticketing.db.migrate` hands over."""

from alembic import context

from ticketing.db.tables.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=False,
)
with context.begin_transaction():
    context.run_migrations()
