"""Figures of operators' calls: each process keeps its own rows, a reader adds up everybody's."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from operators.figures import Figure, Slot
from throughfare_gate.ids import new_id
from ticketing.db.documents import canonical
from ticketing.db.engine import Database
from ticketing.db.tables.operators import operator_figure


@dataclass(frozen=True, slots=True)
class DatabaseFigures:
    """The figures of one process in the database; `process` tells its rows from others'.

    A process that was forked since has a name of its own: `throughfare serve` builds the service before it forks.
    """

    database: Database
    process: str = field(default_factory=new_id)
    _pid: int = field(default_factory=os.getpid)
    _forked: dict[int, str] = field(default_factory=dict)

    def keep(self, figures: Mapping[Slot, Figure]) -> None:
        """Write the figures of this process as they stand."""
        table = operator_figure.c
        with self.database.write(is_lasting=False) as tx:
            for slot, figure in figures.items():
                key = {
                    "region": slot.region,
                    "operator": slot.operator,
                    "call": slot.call,
                    "hour": slot.hour,
                    "process": self._name(),
                }
                document = canonical(figure.as_json())
                same = [table[name] == value for name, value in key.items()]
                change = sa.update(operator_figure).where(*same).values(document=document)
                if tx.execute(change.returning(table.process)).one_or_none() is None:
                    tx.execute(sa.insert(operator_figure).values(**key, document=document))

    def _name(self) -> str:
        pid = os.getpid()
        return self.process if pid == self._pid else self._forked.setdefault(pid, new_id())

    def all(self, since: datetime) -> Iterable[tuple[Slot, Figure]]:
        """Everybody's figures from an hour on."""
        query = sa.select(operator_figure).where(operator_figure.c.hour >= since)
        with self.database.read() as tx:
            rows = tx.execute(query).mappings().all()
        return [
            (
                Slot(row["region"], row["operator"], row["call"], row["hour"]),
                Figure.from_json(json.loads(row["document"])),
            )
            for row in rows
        ]
