"""Find the rides for which a gate of another operator has let the ticket of a cancelled departure in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.tables.books import entry_source
from ticketing.db.tables.disruption import disruption_affected, disruption_event, leg_of_ticket
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.live import run_state

# The entry that pays for such a ride names its source so: the ticket and the leg.
KIND, SOURCE_TYPE = "continuation", "ride"
_RUN = ("region", "operator", "trip_id", "service_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedOn:
    """One ride: the ticket's leg was sold for `giver`, and a gate of `taker` has let it in.

    `broken_by` is the operator by whose ride it was missed; None where the giver's departure was cancelled.
    """

    jti: str
    leg: int
    region: str
    giver: str
    taker: str
    service_date: date
    at: datetime
    broken_by: str | None = None

    @property
    def source_id(self) -> str:
        """The name of the ride in the books."""
        return f"{self.jti}/{self.leg}"


def list_unpaid(
    tx: Transaction, givers: Collection[str], takers: Collection[str], since: date
) -> list[CarriedOn]:
    """List the rides of service days since one that no entry pays for yet, the first one first.

    It begins with the departures that were ever cancelled, and with connections that were broken, which are few; also of one that runs
    after all somebody may have been carried on.
    """
    leg, runs = leg_of_ticket.c, _cancelled(givers, since)
    begun = sa.select(*_columns(sa.null())).select_from(runs)
    cancelled = begun.join(leg_of_ticket, sa.and_(*(leg[name] == runs.c[name] for name in _RUN)))
    event, row = disruption_event.c, disruption_affected.c
    missed = (
        sa.select(*_columns(event.operator))
        .select_from(disruption_affected)
        .join(disruption_event, event.id == row.event_id)
        .join(leg_of_ticket, sa.and_(leg.jti == row.jti, leg.leg == row.then_leg))
        .where(row.why == "connection", event.status == "confirmed", event.service_date >= since.isoformat())
    )
    rides: dict[str, CarriedOn] = {}
    for query in (cancelled, missed):
        for row_read in tx.execute(_ridden(query, takers)).mappings():
            day = date.fromisoformat(row_read["service_date"])
            ride = CarriedOn(**{**row_read, "service_date": day})
            rides.setdefault(ride.source_id, ride)
    return sorted(rides.values(), key=lambda ride: (ride.at, ride.jti, ride.leg))


def _columns(broken_by: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
    use, leg = ticket_use.c, leg_of_ticket.c
    return [
        use.jti,
        use.leg,
        leg.region,
        leg.operator.label("giver"),
        use.operator.label("taker"),
        leg.service_date,
        use.at,
        broken_by.label("broken_by"),
    ]


def _ridden(legs: sa.Select[Any], takers: Collection[str]) -> sa.Select[Any]:
    """The uses of some legs at the gates of other operators that no entry pays for yet."""
    use, leg = ticket_use.c, leg_of_ticket.c
    source = use.jti + "/" + sa.cast(use.leg, sa.Text)
    paid = sa.exists().where(
        entry_source.c.kind == KIND,
        entry_source.c.source_type == SOURCE_TYPE,
        entry_source.c.source_id == source,
    )
    ridden = legs.join(ticket_use, sa.and_(leg.jti == use.jti, leg.leg == use.leg))
    return ridden.where(
        use.operator.in_(list(takers)), use.kind.in_(("ride", "in")), use.operator != leg.operator, ~paid
    )


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
