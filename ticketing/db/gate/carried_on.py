"""Find the rides for which a gate of another operator has let the ticket of a cancelled departure in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.books import entry_source
from ticketing.db.tables.disruption import disruption_event, leg_of_ticket
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.live import run_state

# The entry that pays for such a ride names its source so: the ticket and the leg.
KIND, SOURCE_TYPE = "continuation", "ride"
_RUN = ("region", "operator", "trip_id", "service_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOn:
    """One ride: the ticket's leg was sold for `giver`, and a gate of `taker` has let it in."""

    jti: str
    leg: int
    region: str
    giver: str
    taker: str
    service_date: date
    at: datetime

    @property
    def source_id(self) -> str:
        """The name of the ride in the books."""
        return f"{self.jti}/{self.leg}"


def list_unpaid(
    tx: Transaction, givers: Collection[str], takers: Collection[str], since: date
) -> list[CarriedOn]:
    """List the rides of service days since one that no entry pays for yet, the first one first.

    It begins with the departures that were ever cancelled, which are few; also of one that runs after all somebody may have been carried on.
    """
    use, leg, runs = ticket_use.c, leg_of_ticket.c, _cancelled(givers, since)
    source = use.jti + "/" + sa.cast(use.leg, sa.Text)
    paid = sa.exists().where(
        entry_source.c.kind == KIND,
        entry_source.c.source_type == SOURCE_TYPE,
        entry_source.c.source_id == source,
    )
    columns = (use.jti, use.leg, leg.region, leg.operator, use.operator, leg.service_date, use.at)
    query = (
        sa.select(*columns)
        .select_from(runs)
        .join(leg_of_ticket, sa.and_(*(leg[name] == runs.c[name] for name in _RUN)))
        .join(ticket_use, sa.and_(leg.jti == use.jti, leg.leg == use.leg))
        .where(
            use.operator.in_(list(takers)), use.kind.in_(("ride", "in")), use.operator != leg.operator, ~paid
        )
        .order_by(use.at, use.jti, use.leg)
    )
    return [
        CarriedOn(
            jti=row[0],
            leg=row[1],
            region=row[2],
            giver=row[3],
            taker=row[4],
            service_date=date.fromisoformat(row[5]),
            at=row[6],
        )
        for row in tx.execute(query)
    ]


def was_cancelled(tx: Transaction, region: str, operator: str, trip_id: str, day: date) -> bool:
    """Tell whether somebody has ever called a departure cancelled, whatever was said later."""
    runs = _cancelled([operator], day)
    query = sa.select(runs.c.trip_id).where(
        runs.c.region == region, runs.c.trip_id == trip_id, runs.c.service_date == day.isoformat()
    )
    return tx.execute(query.limit(1)).first() is not None


def _cancelled(givers: Collection[str], since: date) -> "sa.Subquery":
    """The departures of some operators that somebody has called cancelled, whatever was said later."""
    state, event = run_state.c, disruption_event.c
    told = sa.select(*(state[name] for name in _RUN)).where(
        state.operator.in_(list(givers)), state.service_date >= since.isoformat(), state.cancelled == 1
    )
    happened = sa.select(*(event[name] for name in _RUN)).where(
        event.operator.in_(list(givers)), event.service_date >= since.isoformat(), event.kind == "cancelled"
    )
    return told.union(happened).subquery()
