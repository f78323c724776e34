"""A region with one operator that tells what a test has it tell, and everybody who listens to it."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from operators.errors import Unavailable
from operators.port import CallChange, Capabilities, Disruption, Disruptions, Message
from tests.ticketing.gate.stock import put_ticket
from ticketing.clock import FixedClock
from ticketing.db.disruption import observations
from ticketing.db.disruption.observations import StoredObservation
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.ticket.legs import TicketLeg
from ticketing.disruption import Watcher
from ticketing.regions import LiveDesk, ask_now

REGION, OPERATOR, DAY = "helsinki-tallinn", "eckero", date(2026, 10, 13)
# Eckerö's first departure of the day in the region's own feed: 06:00 from Tallinn, 08:15 in Helsinki, local times.
TRIP = "ECK-TH-0600"
RUN = (OPERATOR, TRIP, DAY)
CANCELLED = Disruption(TRIP, DAY, cancelled=True)


SHIP = TicketLeg(
    jti="",
    leg=0,
    order_id="order",
    operator=OPERATOR,
    trip_id=TRIP,
    service_date=DAY,
    mode="ferry",
    from_stop="TLL-A",
    to_stop="HEL-LT2",
    departs_at=datetime(2026, 10, 13, 3, 0, tzinfo=UTC),
    arrives_at=datetime(2026, 10, 13, 5, 15, tzinfo=UTC),
)


def late(minutes: int, trip: str = TRIP) -> Disruption:
    """The trip, so many minutes late as a whole."""
    return Disruption(trip, DAY, delay_seconds=minutes * 60)


def calls(*told: tuple[int, int | None, int | None]) -> Disruption:
    """The trip, call by call: place, and seconds late at arrival and departure."""
    return Disruption(TRIP, DAY, calls=tuple(CallChange(*one) for one in told))


@dataclass
class Teller:
    """An operator that tells what the test has it tell, as a feed does."""

    clock: FixedClock
    items: tuple[Disruption, ...] = ()
    silent: bool = False
    source: str = "gtfs_rt"
    more: dict[str, Any] = field(default_factory=dict)
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(needs_hold=True, disruptions=True)
    )

    def disruptions(self) -> Disruptions:
        if self.silent:
            raise Unavailable("nobody there")
        content = f"{self.clock.now()} {self.items}".encode()
        messages = (Message(content, "https://feed.example/trip_updates.pb"),)
        told = {"source": self.source, "messages": messages, **self.more}
        return Disruptions(as_of=self.clock.now(), items=self.items, **told)


@dataclass
class Quay:
    """The worker's desk beside that operator."""

    desk: LiveDesk
    watcher: Watcher
    clock: FixedClock
    eckero: Teller

    def tell(self, *items: Disruption, after: int = 0) -> dict[str, int]:
        """Have the operator tell this, so many seconds later, and ask it."""
        self.clock.advance(timedelta(seconds=after))
        self.eckero.items = items
        return ask_now(self.desk)

    def tell_at(self, moment: datetime, *items: Disruption) -> dict[str, int]:
        """Have the operator tell this at a moment."""
        self.clock.set(moment)
        return self.tell(*items)

    def hold(self, *legs: TicketLeg, jti: str = "anna") -> None:
        """Have somebody hold a ticket for some legs, the ship from its first port to its last if none are named."""
        put_ticket(self.desk.database, jti, at=self.clock.now())
        with self.desk.database.write() as tx:
            rows = [
                {
                    **asdict(one),
                    "jti": jti,
                    "leg": at,
                    "region": REGION,
                    "service_date": one.service_date.isoformat(),
                }
                for at, one in enumerate(legs or (SHIP,))
            ]
            tx.execute(sa.insert(leg_of_ticket), rows)

    def facts(self) -> list[StoredObservation]:
        """The facts of the run, as they were told."""
        with self.desk.database.read() as tx:
            return observations.list_observations(tx, REGION, RUN)

    def told(self) -> list[tuple[str, int | None, str | None, datetime | None]]:
        """The facts of the run in short."""
        return [(one.fact.kind, one.fact.call, one.fact.event, one.fact.at) for one in self.facts()]
