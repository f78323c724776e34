"""Alembic's entry: run the migrations on the connection that `ticketing.db.migrate` hands over."""

from alembic import context

from ticketing.db.tables.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=False,
    on_version_apply=context.config.attributes.get("applied"),
)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    context.run_migrations()
