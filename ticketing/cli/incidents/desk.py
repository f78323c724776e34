"""Open the incidents' desk of this deployment for a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ticketing.cli.deployment import settings

if TYPE_CHECKING:
    from ticketing.incidents.desk import IncidentDesk


@contextmanager
def opened() -> "Iterator[IncidentDesk]":
    """Build the rooms, give their desk of incidents, and close the database again."""
    from ticketing.rooms import build_rooms  # noqa: PLC0415  loads every room

    rooms = build_rooms(settings())
    try:
        yield rooms.incidents
    finally:
        rooms.till.database.close()
