"""The whole schema: every module of tables, so that `metadata` is complete."""

from ticketing.db.tables import books as books_tables
from ticketing.db.tables import demo as demo_tables
from ticketing.db.tables import devices as devices_tables
from ticketing.db.tables import disruption as disruption_tables
from ticketing.db.tables import gates as gates_tables
from ticketing.db.tables import gateway as gateway_tables
from ticketing.db.tables import incidents as incidents_tables
from ticketing.db.tables import keys as keys_tables
from ticketing.db.tables import live as live_tables
from ticketing.db.tables import notices as notices_tables
from ticketing.db.tables import operators as operators_tables
from ticketing.db.tables import people as people_tables
from ticketing.db.tables import publishing as publishing_tables
from ticketing.db.tables import purchase as purchase_tables
from ticketing.db.tables import rights as rights_tables
from ticketing.db.tables import sale as tables
from ticketing.db.tables import schema_steps as schema_steps_tables
from ticketing.db.tables import settlement as settlement_tables
from ticketing.db.tables import staff as staff_tables
from ticketing.db.tables.columns import metadata

TABLES = (
    books_tables,
    demo_tables,
    devices_tables,
    disruption_tables,
    gates_tables,
    gateway_tables,
    incidents_tables,
    keys_tables,
    live_tables,
    notices_tables,
    operators_tables,
    people_tables,
    publishing_tables,
    purchase_tables,
    rights_tables,
    schema_steps_tables,
    settlement_tables,
    staff_tables,
    tables,
)

__all__ = ["TABLES", "metadata"]
