"""The facts that published numbers count: uses of tickets at gates, journeys that are held, claims with what became of them."""

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.operators.run_states import RunKey
from ticketing.db.tables.devices import gate_device
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.tables.gates import gate_retention, scan, ticket_use
from ticketing.db.tables.rights import claim, claim_step
from ticketing.db.tables.sale import order, ticket

_BOARDINGS = ("ride", "transfer", "in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Boarding:
    """One use of a ticket that lets its holder on board.

    `gate_stop` is the stop of the gate, where the gate knows one; `sold_stop` and `sold_end` those between which the leg was
    sold, and `arrives_at` when it was sold to end.
    """

    jti: str
    operator: str
    at: datetime
    gate_stop: str | None
    sold_stop: str | None
    sold_end: str | None
    arrives_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldJourney:
    """A journey that one ticket was sold for and that was not given back: from its first boarding to its last alighting."""

    jti: str
    from_operator: str
    from_stop: str
    to_operator: str
    to_stop: str


def list_boardings(tx: Transaction, region: str, since: datetime, until: datetime) -> list[Boarding]:
    """List the uses of tickets of a region in a span of time, as gates have told and the rules have judged them."""
    use, leg = ticket_use.c, leg_of_ticket.c
    wanted = [
        use.jti,
        use.operator,
        use.at,
        sa.func.coalesce(scan.c.stop_id, gate_device.c.stop_id).label("gate_stop"),
        leg.from_stop.label("sold_stop"),
        leg.to_stop.label("sold_end"),
        leg.arrives_at,
    ]
    query = (
        sa.select(*wanted)
        .select_from(ticket_use)
        .join(ticket, ticket.c.jti == use.jti)
        .join(order, order.c.id == ticket.c.order_id)
        .outerjoin(scan, sa.and_(scan.c.gate_key_id == use.gate_key_id, scan.c.scan_id == use.scan_id))
        .outerjoin(gate_device, gate_device.c.id == use.gate_key_id)
        .outerjoin(
            leg_of_ticket, sa.and_(leg.jti == use.jti, leg.leg == use.leg, leg.operator == use.operator)
        )
        .where(order.c.region == region, use.kind.in_(_BOARDINGS), use.at >= since, use.at < until)
    )
    return [Boarding(**row) for row in tx.execute(query).mappings()]


def list_journeys(tx: Transaction, region: str, first: date, last: date) -> list[HeldJourney]:
    """List the journeys that are held, of which the first ride is of a service day from one to another."""
    ends = (
        sa.select(
            leg_of_ticket.c.jti,
            sa.func.min(leg_of_ticket.c.leg).label("first"),
            sa.func.max(leg_of_ticket.c.leg).label("last"),
        )
        .where(leg_of_ticket.c.region == region)
        .group_by(leg_of_ticket.c.jti)
        .subquery()
    )
    begins, closes = leg_of_ticket.alias("begins"), leg_of_ticket.alias("closes")
    query = (
        sa.select(
            begins.c.jti,
            begins.c.operator.label("from_operator"),
            begins.c.from_stop,
            closes.c.operator.label("to_operator"),
            closes.c.to_stop,
        )
        .select_from(ends)
        .join(begins, sa.and_(begins.c.jti == ends.c.jti, begins.c.leg == ends.c.first))
        .join(closes, sa.and_(closes.c.jti == ends.c.jti, closes.c.leg == ends.c.last))
        .where(begins.c.service_date >= first.isoformat(), begins.c.service_date <= last.isoformat())
    )
    return [HeldJourney(**row) for row in tx.execute(query).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLeg:
    """A leg of a ticket that was not given back, as it was sold."""

    jti: str
    leg: int
    operator: str
    trip_id: str
    service_date: str
    from_stop: str
    to_stop: str
    departs_at: datetime
    arrives_at: datetime

    @property
    def run(self) -> RunKey:
        """The name of its run in its region."""
        return self.operator, self.trip_id, date.fromisoformat(self.service_date)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEnd:
    """A claim that was opened: its operator, its state, and what became of its contest, None where there was none."""

    operator: str
    state: str
    contest: str | None


def list_legs(tx: Transaction, region: str, first: date, last: date) -> list[HeldLeg]:
    """List the legs of tickets for service days from one to another, by ticket in the order of the journey."""
    table = leg_of_ticket.c
    query = (
        sa.select(*(table[name] for name in HeldLeg.__dataclass_fields__))
        .where(
            table.region == region,
            table.service_date >= first.isoformat(),
            table.service_date <= last.isoformat(),
        )
        .order_by(table.jti, table.leg)
    )
    return [HeldLeg(**row) for row in tx.execute(query).mappings()]


def list_claims(tx: Transaction, region: str, since: datetime, until: datetime) -> list[ClaimEnd]:
    """List the claims that were opened in a span of time, each with the ruling on its contest, `waiting` where there is none yet."""
    contested = sa.exists().where(claim_step.c.claim_id == claim.c.id, claim_step.c.state == "contested")

    def ruled(ruling: str) -> sa.ColumnElement[bool]:
        said = claim_step.c.note.contains(f'"ruling":"{ruling}"')
        return sa.exists().where(claim_step.c.claim_id == claim.c.id, said)

    contest = sa.case(
        (ruled("accept"), "accepted"),
        (ruled("uphold"), "not_accepted"),
        (contested, "waiting"),
        else_=None,
    )
    query = sa.select(claim.c.operator, claim.c.state, contest.label("contest")).where(
        claim.c.region == region, claim.c.opened_at >= since, claim.c.opened_at < until
    )
    return [ClaimEnd(**row) for row in tx.execute(query).mappings()]


def facts_kept_since(tx: Transaction) -> datetime | None:
    """The moment before which facts of gates have been let go; None where none have been."""
    kept: datetime | None = tx.execute(sa.select(gate_retention.c.kept_since)).scalar()
    return kept
