"""The service beside a sea whose sailings a test changes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from operators.gtfs.runs import Run, Runs
from operators.port import Disruption
from tests.api import Api
from ticketing.db.operators import run_states
from ticketing.purchase import service as purchase
from ticketing.regions.run_news import state_of

REGION, DAY = "helsinki-tallinn", date(2026, 10, 13)


@dataclass
class Sea:
    """The service, and what operators have told of its runs."""

    api: Api

    @property
    def till(self) -> purchase.Till:
        return self.api.client.application.extensions["throughfare"].till

    def tell(self, ride: dict[str, Any], day: date = DAY, **what: Any) -> None:
        """Write what the worker would have written of a ride's run; no word at all is as planned."""
        timetable = self.till.regions[REGION].data.timetables[ride["operator"]]
        item = Disruption(ride["trip_id"], day, **{"cancelled": not what, **what})
        run = Run(day, *Runs(timetable).known[item.trip_id])
        now = self.api.clock.now()
        state = state_of(ride["operator"], item, run, timetable.timezone, source="test", as_of=now, now=now)
        with self.till.database.write() as tx:
            run_states.put_runs(tx, REGION, [state])

    def ferry(self, legs: list[dict[str, Any]]) -> dict[str, Any]:
        return next(leg for leg in legs if leg["mode"] == "ferry")

    def charges(self) -> list[tuple[str, int]]:
        query = sa.text("SELECT state, captured_minor - refunded_minor FROM demo_charge")
        with self.till.database.read() as tx:
            return [tuple(row) for row in tx.execute(query)]
