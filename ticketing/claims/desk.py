"""The tools of claims, and what is read of a leg before it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from operators.rights_terms import RightsTerms
from tariffs.money import Money
from ticketing.claims.judging import Judgment, Ridden, is_not_served, judge
from ticketing.claims.missed import contract_of, counted_from, is_counted_further_on
from ticketing.claims.passes import price_on_pass
from ticketing.claims.worth import paid_for_leg
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.disruption import choices, events, observations
from ticketing.db.operators.run_states import RunKey
from ticketing.db.sale import offers
from ticketing.db.sale.orders import Order
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.disruption import Evidence, delay_of_call
from ticketing.frozen import Leg
from ticketing.purchase.till import Till
from ticketing.regions import Region
from ticketing.rights import Rules, rules_for

# So long after its planned arrival the evidence of a run is in: feeds are asked until its end, staff report the same hour.
EVIDENCE_IN = timedelta(hours=2)
_ON_TIME_SECONDS = 60
# Why a claim was refused that the rules would have paid: its leg was given back before the money went.
GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsDesk:
    """The tools of claims: the rows, the laws of each region's operators, and the till over which they are paid."""

    database: Database
    clock: Clock
    regions: Mapping[str, Region]
    till: Till

    def terms(self, region: str, operator: str) -> RightsTerms | None:
        """Find by which law an operator pays; None where none grants anything, or nobody has decided."""
        known = self.regions.get(region)
        found = known.data.operators.get(operator) if known else None
        terms = found.rights if found else None
        return terms if terms is not None and terms.pays else None


@dataclass(frozen=True, slots=True)
class OneLeg:
    """A leg of a ticket, by its place in the journey, with the ticket and its order."""

    order: Order
    ticket: Ticket
    at: int

    @property
    def leg(self) -> Leg:
        """The leg as its ticket has it."""
        return self.ticket.document.legs[self.at]

    @property
    def is_given_back(self) -> bool:
        """True where its price has gone back: by a refund, an exchange, or a dispute that was lost."""
        return not self.leg.is_left or self.ticket.revoked_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The ends of a ride on a run: its stops, and the times that it was sold for, in UTC."""

    run: RunKey
    start: str
    end: str
    departs_at: datetime
    arrives_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The proof of the ends of a leg; `is_chosen`: a person has chosen between words that contradict each other.

    `is_confirmed`: the newest confirmed event of the run is that it is cancelled, or does not call somewhere.
    """

    arrival: Evidence
    departure: Evidence
    is_chosen: bool
    cause: str | None
    is_departure_chosen: bool = False
    is_confirmed: bool = False

    @property
    def is_contradicted(self) -> bool:
        """True where words contradict each other about one of the ends, and nobody has chosen between them."""
        is_arrival = bool(self.arrival.against) and not self.is_chosen
        return is_arrival or (bool(self.departure.against) and not self.is_departure_chosen)

    @property
    def cancelled(self) -> bool:
        """True where the run did not carry whoever holds the leg."""
        return is_not_served(self.arrival, self.departure)

    @property
    def is_on_time(self) -> bool:
        """True where it is beyond doubt that the run was at most a minute late: no law pays for that."""
        late = self.arrival.delay_seconds
        return (
            late is not None and late <= _ON_TIME_SECONDS and not self.arrival.against and not self.cancelled
        )


def run_of(leg: Leg) -> RunKey:
    """Name the run of a leg as `leg_of_ticket` does."""
    return leg.operator, leg.trip_id, leg.service_date or leg.departure.date()


def ends_of(leg: Leg, sold: Leg) -> Ends:
    """Name the ends of a leg, with the times that were `sold`: of one that was moved to a later departure a delay counts from those."""
    return Ends(
        run=run_of(leg),
        start=leg.start.stop_id,
        end=leg.end.stop_id,
        departs_at=sold.departure.astimezone(UTC),
        arrives_at=sold.arrival.astimezone(UTC),
    )


def prove(database: Database, region: str, ends: Ends) -> Proof:
    """Read what is proven of the ends of a leg, each held against the time that it was sold for."""
    run = ends.run
    arrival = delay_of_call(database, region, run, ends.end, event="arrival", planned_at=ends.arrives_at)
    departure = delay_of_call(
        database, region, run, ends.start, event="departure", planned_at=ends.departs_at
    )
    with database.read() as tx:
        chosen = choices.find_choices(tx, region, run)
        revisions = events.list_events(tx, region, run)
        cause = observations.last_cause(tx, region, run)
    newest_first = [event for event in reversed(revisions) if event.status == "confirmed"]
    return Proof(
        arrival=arrival,
        departure=departure,
        is_chosen=arrival.call in chosen,
        cause=cause or next((event.cause for event in newest_first if event.cause), None),
        is_departure_chosen=departure.call in chosen,
        is_confirmed=bool(newest_first) and newest_first[0].kind in events.GRAVE,
    )


def judge_leg(
    tx: Transaction, desk: ClaimsDesk, held: OneLeg, proof: Proof
) -> tuple[Ridden, Judgment] | None:
    """Judge a leg of a ticket by what is proven; None where no law grants anything for it, or its delay counts at a later leg."""
    terms = desk.terms(held.order.region, held.leg.operator)
    if terms is None or is_counted_further_on(tx, held.ticket, held.at):
        return None
    rules = rules_for(terms.regime, run_of(held.leg)[2])
    ridden = _ridden(tx, held, proof, rules)
    return ridden, judge(ridden, terms, rules)


def _ridden(tx: Transaction, held: OneLeg, proof: Proof, rules: Rules) -> Ridden:
    """Put together what the judgment of a leg needs."""
    leg, ticket = held.leg, held.ticket
    quote = offers.get_quote(tx, held.order.quote_id)
    promised = quote.document.passenger(ticket.passenger_ref)
    counted = counted_from(tx, ticket, held.at)
    sold = counted.leg
    contract = contract_of(counted.missed, held.at)
    # What a refund has left is the price of the legs that stay; a leg that has gone had its part in the first one.
    price = ticket.document.left if ticket.document.left is not None and leg.is_left else promised
    paid = Money(sum(paid_for_leg(price, ticket.document.legs, at) for at in contract), ticket.currency)
    on_pass = price_on_pass(tx, ticket, held.at, rules) if not paid.minor else None
    return Ridden(
        on=run_of(leg)[2],
        price=paid if on_pass is None else on_pass.price,
        trip="one_way" if on_pass is None else on_pass.trip,
        scheduled_minutes=_minutes_between(sold.departure, sold.arrival),
        planned_arrival=sold.arrival.astimezone(UTC),
        told_arrival=leg.live_arrival.astimezone(UTC) if leg.live_arrival else None,
        used=_is_used(tx, ticket.jti, held.at),
        refunded=held.is_given_back,
        arrival=proof.arrival,
        departure=proof.departure,
        is_chosen=proof.is_chosen,
        cause=proof.cause,
        missed=counted.missed,
    )


def _is_used(tx: Transaction, jti: str, at: int) -> bool:
    """Tell whether a gate has accepted a ticket on a leg."""
    return any(use.leg == at for use in tickets.list_uses(tx, jti))


def _minutes_between(departure: datetime, arrival: datetime) -> int:
    return int((arrival.astimezone(UTC) - departure.astimezone(UTC)).total_seconds()) // 60
