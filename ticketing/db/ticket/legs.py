"""The legs of tickets by the run that they are for: filled when tickets are issued, emptied when they go.

A run is named as in `run_state`; a leg that no timetable had when it was sold goes by the day on which it leaves.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.rows import add_all_once
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.tables.live import run_state
from ticketing.db.tables.sale import order, ticket

if TYPE_CHECKING:
    from ticketing.db.ticket.tickets import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLeg:
    """One leg of one ticket on a run: where its holder boards and alights, and when that was sold for."""

    jti: str
    leg: int
    order_id: str
    operator: str
    trip_id: str
    service_date: date
    mode: str
    from_stop: str
    to_stop: str
    departs_at: datetime
    arrives_at: datetime

    @property
    def run(self) -> RunKey:
        """The name of its run in its region."""
        return self.operator, self.trip_id, self.service_date


@dataclass(frozen=True, slots=True)
class HeldLeg:
    """A leg on a run, and the one that its holder changes to; None where the journey ends with it."""

    leg: TicketLeg
    then: TicketLeg | None


def put_legs(tx: Transaction, region: str, made: Iterable["Ticket"]) -> None:
    """Note the legs of tickets that are issued."""
    rows = [row for held in made for row in _rows(region, held)]
    if rows:
        add_all_once(tx, leg_of_ticket, rows)


def drop_legs(tx: Transaction, jtis: Collection[str]) -> None:
    """Forget the legs of tickets that are revoked."""
    tx.execute(sa.delete(leg_of_ticket).where(leg_of_ticket.c.jti.in_(list(jtis))))


def keep_legs(tx: Transaction, jti: str, left: Sequence[int]) -> None:
    """Forget the legs that are given back of a ticket; those at the places `left` stay."""
    gone = leg_of_ticket.c.leg.not_in(list(left))
    tx.execute(sa.delete(leg_of_ticket).where(leg_of_ticket.c.jti == jti, gone))


def held_runs(tx: Transaction, region: str, operator: str, since: date) -> set[RunKey]:
    """The runs of which an operator has told anything, from a service day on, and that somebody holds a ticket for.

    Each is looked up by its name: to read every leg of a day would take longer the more is sold.
    """
    state, leg = run_state.c, leg_of_ticket.c
    same = (
        leg.region == state.region,
        leg.operator == state.operator,
        leg.service_date == state.service_date,
        leg.trip_id == state.trip_id,
    )
    query = sa.select(state.trip_id, state.service_date).where(
        state.region == region,
        state.operator == operator,
        state.service_date >= since.isoformat(),
        sa.exists().where(*same),
    )
    return {(operator, row.trip_id, date.fromisoformat(row.service_date)) for row in tx.execute(query)}


def list_held(tx: Transaction, region: str, run: RunKey) -> list[HeldLeg]:
    """List the legs on a run with those that their holders change to, in one query, by ticket and place."""
    operator, trip, day = run
    rows = tx.execute(
        _HELD, {"region": region, "operator": operator, "trip": trip, "day": day.isoformat()}
    ).all()
    return [HeldLeg(_leg(row, ""), None if row.then_jti is None else _leg(row, "then_")) for row in rows]


def has_left(tx: Transaction, region: str, run: RunKey, now: datetime) -> bool:
    """Tell whether anybody who holds a leg on a run should have left with it by now."""
    leg = leg_of_ticket.c
    same = (leg.region == region, leg.operator == run[0], leg.trip_id == run[1])
    query = sa.select(sa.literal(1)).where(
        *same, leg.service_date == run[2].isoformat(), leg.departs_at <= now, leg.arrives_at > now
    )
    return tx.execute(query.limit(1)).first() is not None


def runs_before_changed(
    tx: Transaction, region: str, since: datetime, day: date
) -> set[tuple[RunKey, str, str]]:
    """The runs whose holders change to one that was told otherwise since then, with the operator and mode of that one.

    Only service days from `day` on are looked at.
    """
    state = run_state.c
    here, before, between = (leg_of_ticket.alias(name) for name in ("here", "before", "between"))
    last = (
        sa.select(sa.func.max(between.c.leg))
        .where(between.c.jti == here.c.jti, between.c.leg < here.c.leg)
        .correlate(here)
        .scalar_subquery()
    )
    on_run = sa.and_(
        here.c.region == state.region,
        here.c.operator == state.operator,
        here.c.service_date == state.service_date,
        here.c.trip_id == state.trip_id,
    )
    query = (
        sa.select(
            before.c.operator,
            before.c.trip_id,
            before.c.service_date,
            here.c.operator.label("then_operator"),
            here.c.mode,
        )
        .select_from(run_state)
        .join(here, on_run)
        .join(before, sa.and_(before.c.jti == here.c.jti, before.c.leg == last))
        .where(state.region == region, state.service_date >= day.isoformat(), state.changed_at >= since)
        .distinct()
    )
    return {
        (
            (row.operator, row.trip_id, date.fromisoformat(row.service_date)),
            row.then_operator,
            row.mode,
        )
        for row in tx.execute(query)
    }


def count_held(tx: Transaction, region: str, run: RunKey) -> int:
    """Count the valid tickets that have a leg on a run; one that is blocked opens no gate."""
    operator, trip, day = run
    table = leg_of_ticket.c
    query = (
        sa.select(sa.func.count(table.jti.distinct()))
        .join(ticket, ticket.c.jti == table.jti)
        .where(
            table.region == region,
            table.operator == operator,
            table.service_date == day.isoformat(),
            table.trip_id == trip,
            ticket.c.status == "valid",
        )
    )
    return int(tx.execute(query).scalar_one())


def count_held_on(tx: Transaction, region: str, operator: str, day: date) -> dict[str, int]:
    """Count the valid tickets for the runs of an operator on a service day, by trip; a trip without any is left out."""
    table = leg_of_ticket.c
    same = (table.region == region, table.operator == operator, table.service_date == day.isoformat())
    query = (
        sa.select(table.trip_id, sa.func.count(table.jti.distinct()))
        .join(ticket, ticket.c.jti == table.jti)
        .where(*same, ticket.c.status == "valid")
        .group_by(table.trip_id)
    )
    return {row[0]: int(row[1]) for row in tx.execute(query)}


def list_unnoted(tx: Transaction, now: datetime, since: datetime) -> dict[str, str]:
    """Name tickets, each with its region, that are valid, were issued since then, and have no legs noted here.

    A release from before this table sells them while both run.
    """
    query = (
        sa.select(ticket.c.jti, order.c.region)
        .join(order, order.c.id == ticket.c.order_id)
        .where(
            ticket.c.issued_at >= since,
            ticket.c.expires_at > now,
            ticket.c.status != "revoked",
            sa.not_(sa.exists().where(leg_of_ticket.c.jti == ticket.c.jti)),
        )
    )
    return {row.jti: row.region for row in tx.execute(query)}


def forget_legs(tx: Transaction, before: date) -> int:
    """Forget the legs of service days before one; answers how many."""
    gone = sa.delete(leg_of_ticket).where(leg_of_ticket.c.service_date < before.isoformat())
    return int(tx.execute(gone).rowcount)


_NAMES = tuple(TicketLeg.__dataclass_fields__)


def _held() -> sa.Select[Any]:
    here, after, between = (
        leg_of_ticket.alias("here"),
        leg_of_ticket.alias("after"),
        leg_of_ticket.alias("between"),
    )
    # The next one that is left: a leg in between that was given back is not there.
    next_leg = (
        sa.select(sa.func.min(between.c.leg))
        .where(between.c.jti == here.c.jti, between.c.leg > here.c.leg)
        .correlate(here)
        .scalar_subquery()
    )
    follows = sa.and_(after.c.jti == here.c.jti, after.c.leg == next_leg)
    return (
        sa.select(
            *(here.c[name] for name in _NAMES), *(after.c[name].label(f"then_{name}") for name in _NAMES)
        )
        .select_from(here.outerjoin(after, follows))
        .where(
            here.c.region == sa.bindparam("region"),
            here.c.operator == sa.bindparam("operator"),
            here.c.service_date == sa.bindparam("day"),
            here.c.trip_id == sa.bindparam("trip"),
        )
        .order_by(here.c.jti, here.c.leg)
    )


_HELD = _held()


def _leg(row: Any, prefix: str) -> TicketLeg:
    found = {name: getattr(row, prefix + name) for name in _NAMES}
    found["service_date"] = date.fromisoformat(found["service_date"])
    return TicketLeg(**found)


def _rows(region: str, held: "Ticket") -> list[dict[str, object]]:
    return [
        {
            "jti": held.jti,
            "leg": at,
            "order_id": held.order_id,
            "region": region,
            "operator": leg.operator,
            "trip_id": leg.trip_id,
            "service_date": (leg.service_date or leg.departure.date()).isoformat(),
            "mode": leg.mode,
            "from_stop": leg.start.stop_id,
            "to_stop": leg.end.stop_id,
            "departs_at": leg.departure,
            "arrives_at": leg.arrival,
        }
        for at, leg in enumerate(held.document.legs)
        if leg.is_left and leg.trip_id
    ]
