"""The way from one departure to another, for some passengers of an order: what a choice and a hold of places have in common."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from ticketing.db.documents import canonical
from ticketing.db.operators.run_states import RunKey

if TYPE_CHECKING:
    import sqlalchemy as sa


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A leg of `passengers` of an order: `was_*` is the departure on their tickets, the rest the one they go by instead."""

    id: str
    order_id: str
    leg: int
    passengers: tuple[str, ...]
    option_id: str
    operator: str
    trip_id: str
    service_date: date
    from_stop: str
    to_stop: str
    departs_at: datetime
    arrives_at: datetime
    was_trip_id: str
    was_service_date: date
    was_departs_at: datetime
    was_arrives_at: datetime

    @property
    def run(self) -> RunKey:
        """The name of the run that they go by, in its region."""
        return self.operator, self.trip_id, self.service_date

    def way(self) -> Mapping[str, Any]:
        """The fields of the way itself, by name, for another value that has the same one."""
        return {one.name: getattr(self, one.name) for one in fields(Move)}


MoveT = TypeVar("MoveT", bound=Move)
_DAYS = ("service_date", "was_service_date")


def written(move: Move) -> dict[str, Any]:
    """Turn a move into the columns of its row."""
    row = {one.name: getattr(move, one.name) for one in fields(move)}
    row |= {name: row[name].isoformat() for name in _DAYS}
    return row | {"passengers": canonical(list(move.passengers))}


def read(kind: type[MoveT], row: "sa.RowMapping") -> MoveT:
    """Turn a row into a move of a kind."""
    known = {one.name: row[one.name] for one in fields(kind)}
    known |= {name: date.fromisoformat(row[name]) for name in _DAYS}
    return kind(**known | {"passengers": tuple(json.loads(row["passengers"]))})
