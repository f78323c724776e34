"""A ferry that arrives late, and whoever was on board: what the tests of claims have in common."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from tests.api import Api, Bought
from tests.working import round_of
from ticketing.claims import EVIDENCE_IN
from ticketing.db.books import entries
from ticketing.regions import by_staff

REGION = "helsinki-tallinn"


def ask(api: Api, bought: Bought, passenger: str, leg: int) -> Any:
    """Ask for the claim of a leg, as its holder."""
    body = {"passenger": passenger, "leg": leg}
    return api.post(f"/v1/orders/{bought.order['id']}/claims", body, bought.token, once=None)


@dataclass(frozen=True)
class Coast:
    """The service, and the ferry of a journey that was bought."""

    api: Api

    @property
    def rooms(self) -> Any:
        """The rooms of the service."""
        return self.api.client.application.extensions["throughfare"]

    def ship(self, bought: Bought) -> tuple[int, dict[str, Any]]:
        """The leg that crosses the gulf, with its place."""
        legs = bought.tickets[0]["legs"]
        return next((at, leg) for at, leg in enumerate(legs) if leg["mode"] == "ferry")

    def run(self, bought: Bought) -> tuple[str, str, date]:
        """The run of the ferry."""
        ship = next(leg for leg in bought.itinerary["legs"] if leg["mode"] == "ferry")
        return ship["operator"], ship["trip_id"], date.fromisoformat(ship["service_date"])

    def board(self, bought: Bought, refs: Sequence[str] = ("anna",)) -> None:
        """Show the tickets of some passengers at the ferry's gate, a quarter of an hour before it leaves."""
        _, ship = self.ship(bought)
        self.api.clock.set(datetime.fromisoformat(ship["departure"]) - timedelta(minutes=45))
        gate = self.api.key("gate", ship["operator"])
        for ref in refs:
            answer = self.api.scan(
                bought.ticket_of(ref)["token"],
                gate,
                scan_id=str(uuid.uuid4()),
                stop_id=ship["from"]["stop_id"],
            )
            assert (answer.json or {})["decision"] == "accept", answer.json

    def delay(self, bought: Bought, minutes: int) -> None:
        """Have the operator's staff say that the ferry is late."""
        by_staff.delay_departure(self.rooms.live, REGION, *self.run(bought), seconds=minutes * 60, by="mari")

    def cancel(self, bought: Bought) -> None:
        """Have the operator's staff say that the ferry does not sail."""
        by_staff.cancel_departure(self.rooms.live, REGION, *self.run(bought), by="mari")

    def wait(self, bought: Bought, after: timedelta = EVIDENCE_IN) -> None:
        """Wait until the evidence of the ferry is in."""
        _, ship = self.ship(bought)
        self.api.clock.set(datetime.fromisoformat(ship["arrival"]) + after)

    def work(self, rounds: int = 4, *, publishing: bool = False) -> None:
        """Let the worker do some rounds."""
        for _ in range(rounds):
            for job in round_of(self.rooms, REGION, publishing=publishing):
                job.go(self.api.clock.now())
                assert job.detail == "", (job.name, job.detail)

    def claims(self) -> list[Any]:
        """The rows of all claims."""
        with self.rooms.till.database.read() as tx:
            return list(tx.exec_driver_sql("SELECT * FROM claim ORDER BY id").mappings())

    def compensations(self) -> int:
        """Count the entries of compensation in the books."""
        with self.rooms.till.database.read() as tx:
            return len(entries.list_sources(tx, REGION, "compensation"))
