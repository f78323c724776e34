"""The places that are held for holders who have not chosen yet, and the tickets for which that is still to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from ticketing.db.disruption import moves
from ticketing.db.disruption.moves import Move
from ticketing.db.disruption.reroutings import Rerouting
from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.tables.disruption import (
    disruption_affected,
    disruption_event,
    leg_of_ticket,
    place_hold,
    rerouting,
)
from ticketing.db.tables.live import run_state
from ticketing.db.tables.sale import order, ticket

State = Literal["asked", "held", "answered", "kept", "released"]
OPEN: tuple[State, ...] = ("asked", "held")
# The reason of a place that its holder was asked about, and that is not held again: others have it now.
UNANSWERED = "nobody has answered"
# So long after its planned departure a run still leaves somebody behind.
_STAYS = timedelta(hours=24)
# What one statement may name is limited.
_CHUNK = 1000
# Of these the holder of a ticket can be on no other departure, unless they choose one.
_LEFT_BEHIND = ("cancelled", "skipped", "connection")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceHold(Move):
    """Places on a departure for passengers of an order who have not chosen yet.

    It is `asked` while its operator gives the places, `held` `until` a moment, and ends `answered` by a choice of all, `kept` (they
    were moved) or `released`.
    """

    state: State
    made_at: datetime
    until: datetime | None = None
    ended_at: datetime | None = None
    reason: str = ""

    @property
    def was_run(self) -> RunKey:
        """The name of the run on the tickets, which is of the same operator, in its region."""
        return self.operator, self.was_trip_id, self.was_service_date

    @property
    def has_come_to_nothing(self) -> bool:
        """True where its holder had no place to answer about (any more), so that another one may be held."""
        return self.state == "released" and self.reason != UNANSWERED

    def as_choice(self, at: datetime) -> Rerouting:
        """Write it as the choice that a machine makes for those who have not answered."""
        return Rerouting(
            **self.way(),
            kind="later_departure",
            state="asked",
            request_key=f"hold:{self.id}",
            created_at=at,
            chosen_by="machine",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A ticket whose leg does not take its holder, who has neither chosen nor has, or had, a place to answer about; `event_id` says what happened.

    `run` is the one on the ticket; `then` are the operator and mode of each leg that follows.
    """

    event_id: str
    region: str
    order_id: str
    jti: str
    leg: int
    run: RunKey
    departs_at: datetime
    ordered_at: datetime
    then: tuple[tuple[str, str], ...] = ()


def put_hold(tx: Transaction, hold: PlaceHold) -> None:
    """Store a hold."""
    tx.execute(sa.insert(place_hold).values(**moves.written(hold)))


def begin_hold(tx: Transaction, hold_id: str, until: datetime) -> bool:
    """Say that the places are there, until a moment; False for a hold that has ended meanwhile."""
    return _change(tx, hold_id, ("asked",), state="held", until=until)


def end_hold(tx: Transaction, hold_id: str, state: State, at: datetime, reason: str = "") -> bool:
    """End a hold; False where it has ended meanwhile."""
    return _change(tx, hold_id, OPEN, state=state, ended_at=at, reason=reason)


def leave_hold(tx: Transaction, hold: PlaceHold, passengers: Sequence[str], at: datetime) -> None:
    """Take passengers who have chosen out of a hold; it ends with the last one."""
    left = [one for one in hold.passengers if one not in passengers]
    if left:
        _change(tx, hold.id, OPEN, passengers=canonical(left))
    else:
        end_hold(tx, hold.id, "answered", at)


def find_hold(tx: Transaction, hold_id: str) -> PlaceHold | None:
    """Read one hold."""
    found = _list(tx, sa.select(place_hold).where(place_hold.c.id == hold_id))
    return found[0] if found else None


def list_of_order(tx: Transaction, order_id: str) -> list[PlaceHold]:
    """List the holds of an order, oldest first."""
    return _list(tx, sa.select(place_hold).where(place_hold.c.order_id == order_id))


def list_open_of(tx: Transaction, order_id: str) -> list[PlaceHold]:
    """List the holds of an order that have not ended."""
    return [one for one in list_of_order(tx, order_id) if one.state in OPEN]


def list_asked(tx: Transaction, limit: int) -> list[PlaceHold]:
    """List the holds that operators have not answered yet, oldest first."""
    return _list(tx, sa.select(place_hold).where(place_hold.c.state == "asked").limit(limit))


def list_over(tx: Transaction, now: datetime, limit: int) -> list[PlaceHold]:
    """List the holds that are over by now, oldest first, those whose old departure may go after all, and those whose new one does not: their orders decide."""
    event, later = disruption_event, disruption_event.alias()
    is_later = [
        later.c[name] == event.c[name] for name in ("region", "operator", "trip_id", "service_date", "status")
    ]
    is_last = ~sa.exists().where(*is_later, later.c.revision > event.c.revision).correlate(event)
    restored = (event.c.kind == "service_restored", event.c.status == "confirmed", is_last)
    on_ticket = _is_of_run(event, "was_trip_id", "was_service_date")
    goes = sa.exists().where(*on_ticket, *restored, event.c.confirmed_at >= place_hold.c.made_at)
    cancelled = (run_state.c.cancelled == 1, run_state.c.withdrawn_at.is_(None))
    is_gone = sa.exists().where(*_is_of_run(run_state, "trip_id", "service_date"), *cancelled)
    is_over = sa.or_(place_hold.c.until <= now, goes, is_gone)
    return _list(tx, sa.select(place_hold).where(place_hold.c.state == "held", is_over).limit(limit))


def _is_of_run(of: sa.FromClause, trip_id: str, service_date: str) -> "list[sa.ColumnElement[bool]]":
    """Match the rows about a run that a hold names in these columns."""
    names = (("operator", "operator"), ("trip_id", trip_id), ("service_date", service_date))
    return [of.c[name] == place_hold.c[of_hold] for name, of_hold in names]


def list_left_behind(tx: Transaction, since: datetime) -> list[str]:
    """Name the newest events of runs, confirmed since a moment, that leave somebody behind."""
    row, event = disruption_affected.c, disruption_event
    newer = disruption_event.alias()
    same = [newer.c[name] == event.c[name] for name in ("region", "operator", "trip_id", "service_date")]
    overtaken = sa.exists().where(*same, newer.c.status == "confirmed", newer.c.revision > event.c.revision)
    behind = sa.exists().where(row.event_id == event.c.id, row.why.in_(_LEFT_BEHIND))
    query = sa.select(event.c.id).where(
        event.c.status == "confirmed", event.c.confirmed_at >= since, ~overtaken.correlate(event), behind
    )
    return list(tx.execute(query.order_by(event.c.confirmed_at, event.c.id)).scalars())


def list_owed(tx: Transaction, event_id: str, now: datetime, limit: int | None = None) -> list[Owed]:
    """List the tickets for whose holders a place may have to be held after an event, all or so many of them."""
    row, event, leg = disruption_affected.c, disruption_event, leg_of_ticket.c
    concerned = sa.case((row.why == "connection", row.then_leg), else_=row.leg)
    on_run = sa.or_(row.why == "connection", leg.trip_id == event.c.trip_id)
    of_leg = (leg.order_id, leg.leg, leg.trip_id, leg.service_date)
    columns = (
        *(event.c[name] for name in ("id", "region")),
        *(row[name] for name in ("order_id", "jti")),
        *(leg[name] for name in ("leg", "operator", "trip_id", "service_date", "departs_at")),
        order.c.created_at,
    )
    query = (
        sa.select(*columns)
        .select_from(disruption_affected)
        .join(event, event.c.id == row.event_id)
        .join(leg_of_ticket, sa.and_(leg.jti == row.jti, leg.leg == concerned, on_run))
        .join(ticket, ticket.c.jti == row.jti)
        .join(order, order.c.id == row.order_id)
        .where(row.event_id == event_id, row.why.in_(_LEFT_BEHIND))
        .where(ticket.c.status == "valid", leg.departs_at >= now - _STAYS)
        .where(
            ~_has_answer(place_hold, of_leg, sa.not_(_came_to_nothing())),
            ~_has_answer(rerouting, of_leg, rerouting.c.state != "failed"),
        )
    )
    rows = tx.execute(query.limit(limit)).all()
    then = _legs_after(tx, [one.jti for one in rows]) if rows else {}
    return [
        Owed(
            event_id=one.id,
            region=one.region,
            order_id=one.order_id,
            jti=one.jti,
            leg=one.leg,
            run=(one.operator, one.trip_id, date.fromisoformat(one.service_date)),
            departs_at=one.departs_at,
            ordered_at=one.created_at,
            then=_behind(then.get(one.jti, ()), one.leg),
        )
        for one in rows
    ]


def _came_to_nothing() -> "sa.ColumnElement[bool]":
    """Select the holds that `has_come_to_nothing` tells of."""
    return sa.and_(place_hold.c.state == "released", place_hold.c.reason != UNANSWERED)


def _has_answer(
    answers: sa.Table, of_leg: Sequence["sa.ColumnElement[Any]"], *more: "sa.ColumnElement[bool]"
) -> "sa.ColumnElement[bool]":
    """Tell whether there is a hold or a choice for the departure on a leg."""
    names = ("order_id", "leg", "was_trip_id", "was_service_date")
    same = [answers.c[name] == column for name, column in zip(names, of_leg, strict=True)]
    return sa.exists().where(*same, *more)


def _behind(legs: Sequence[tuple[int, str, str]], leg: int) -> tuple[tuple[str, str], ...]:
    return tuple((operator, mode) for at, operator, mode in legs if at > leg)


def _legs_after(tx: Transaction, jtis: Sequence[str]) -> dict[str, list[tuple[int, str, str]]]:
    """Read the legs of tickets with operator and mode, by ticket."""
    leg = leg_of_ticket.c
    legs: dict[str, list[tuple[int, str, str]]] = {}
    for begin in range(0, len(jtis), _CHUNK):
        query = sa.select(leg.jti, leg.leg, leg.operator, leg.mode).where(
            leg.jti.in_(jtis[begin : begin + _CHUNK])
        )
        for jti, at, operator, mode in tx.execute(query.order_by(leg.jti, leg.leg)):
            legs.setdefault(jti, []).append((at, operator, mode))
    return legs


def _change(tx: Transaction, hold_id: str, of: Sequence[State], **values: object) -> bool:
    same = sa.update(place_hold).where(place_hold.c.id == hold_id, place_hold.c.state.in_(of))
    return tx.execute(same.values(**values)).rowcount == 1


def _list(tx: Transaction, query: sa.Select[Any]) -> list[PlaceHold]:
    rows = tx.execute(query.order_by(place_hold.c.made_at, place_hold.c.id)).mappings()
    return [_read(row) for row in rows]


def _read(row: sa.RowMapping) -> PlaceHold:
    return moves.read(PlaceHold, row)
