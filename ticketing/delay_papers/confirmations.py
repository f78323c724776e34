"""Confirm the delays of an order's rides: list those that are proven, sign one for whoever holds the order, check a signed one.

Nothing is stored: a confirmation says what is proven when it is signed. A later correction of the evidence gives another
one, with a later `iat`; the older one stays genuine and no longer stands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from throughfare_gate.tickets import confirmation
from throughfare_gate.tickets.confirmation import ID_DIGITS, BadConfirmation, Confirmation
from throughfare_gate.tickets.jws import Refused, Signer
from ticketing.claims import ClaimsDesk, Ends, ends_of, prove, run_of
from ticketing.db.disruption import observations
from ticketing.db.sale import orders
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.delay_papers.proven import Proven, RealTime, proven_of
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.frozen import Leg

KIND: Literal["confirmation"] = "confirmation"


@dataclass(frozen=True, slots=True)
class Told:
    """A leg of an order, by its place from 0, with what is proven of its run now."""

    at: int
    leg: Leg
    proven: Proven


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed confirmation: the compact JWS, and the claims in it."""

    token: str
    confirmed: Confirmation


@dataclass(frozen=True, slots=True)
class Check:
    """The answer about a token: genuine or the reason why not, and whether the evidence of now still says the same.

    `stands` is None where this service keeps no evidence of the run any more, or never had it.
    """

    confirmed: Confirmation | None
    reason: str
    stands: bool | None = None


def list_of_order(desk: ClaimsDesk, order_id: str) -> list[Told]:
    """List the legs of an order whose run is proven late or cancelled, and those about which words contradict each other.

    Raises NotFound.
    """
    region, held = _tickets(desk, order_id)
    told = [Told(at, leg, _proven(desk, region, leg)) for at, leg in _legs(held)]
    return [one for one in told if one.proven.state != "nothing"]


def confirm(
    desk: ClaimsDesk, order_id: str, at: int, *, passenger: str | None = None, anonymous: bool = False
) -> Signed:
    """Sign what is proven of a leg now, for the ticket of a passenger or for nobody.

    `passenger` may be left out where the order has one ticket. Raises NotFound for an unknown leg, InvalidRequest for a
    stranger, Conflict where nothing is proven.
    """
    region, held = _tickets(desk, order_id)
    wanted = [one for one in held if passenger in {None, one.passenger_ref}]
    leg = next((leg for place, leg in _legs(wanted or held) if place == at), None)
    if leg is None:
        raise NotFound("the order has no ticket with such a leg")
    ticket = None if anonymous else _ticket_of(held, passenger)
    proven = _proven(desk, region, leg)
    if proven.state == "contradiction":
        raise Conflict(
            "the operator's own word and what was seen contradict each other about this run: "
            "nothing is confirmed until a person has decided"
        )
    if proven.state == "nothing":
        raise Conflict("nothing proves that this run was late or cancelled, or nothing does yet")
    return _signed(desk, _confirmation(desk, region, leg, proven, ticket))


def _signed(desk: ClaimsDesk, confirmed: Confirmation) -> Signed:
    """Sign a confirmation with the active key of its kind."""
    payload = confirmation.write(confirmed)
    written = confirmation.parse(payload)  # what nobody could read is never signed
    return Signed(Signer(*desk.till.press.keys.signer_key(KIND)).sign(confirmation.TYP, payload), written)


def check(desk: ClaimsDesk, token: str) -> Check:
    """Check a confirmation of this issuer, and hold it against what is proven now."""
    try:
        confirmed = confirmation.read(token, desk.till.press.keys.ring(KIND))
    except Refused as error:
        return Check(None, error.reason)
    except BadConfirmation:
        return Check(None, "bad_claims")
    return Check(confirmed, "ok", _stands(desk, confirmed))


def _stands(desk: ClaimsDesk, confirmed: Confirmation) -> bool | None:
    """Tell whether all that a confirmation says is proven now too; None where no facts about its run are kept here."""
    run = (confirmed.operator, confirmed.trip, date.fromisoformat(confirmed.service_date))
    with desk.database.read() as tx:
        if not observations.list_observations(tx, confirmed.region, run):
            return None
    ends = Ends(
        run=run,
        start=confirmed.from_stop,
        end=confirmed.to_stop,
        departs_at=confirmed.planned_departure.astimezone(UTC),
        arrives_at=confirmed.planned_arrival.astimezone(UTC),
    )
    now = proven_of(ends.departs_at, prove(desk.database, confirmed.region, ends), desk.clock.now())
    flags = (now.state, now.cancelled, now.skipped) == ("confirmed", confirmed.cancelled, confirmed.skipped)
    return flags and all(
        said is None or said == _minutes(real)
        for said, real in (
            (confirmed.departure_delay_minutes, now.departure),
            (confirmed.arrival_delay_minutes, now.arrival),
        )
    )


def _tickets(desk: ClaimsDesk, order_id: str) -> tuple[str, list[Ticket]]:
    """Read the region and the tickets of an order; raises NotFound."""
    with desk.database.read() as tx:
        return orders.get_order(tx, order_id).region, tickets.list_tickets(tx, order_id)


def _legs(held: Sequence[Ticket]) -> list[tuple[int, Leg]]:
    """List the legs of an order's tickets with their places, each run once; one that somebody has given back is still there."""
    runs = {(at, run_of(leg)): leg for ticket in held for at, leg in enumerate(ticket.document.legs)}
    return [(at, leg) for (at, _), leg in sorted(runs.items(), key=lambda one: one[0])]


def _proven(desk: ClaimsDesk, region: str, leg: Leg) -> Proven:
    # It is about the run of the leg as it is now: of a leg that was moved, about the later run.
    return proven_of(leg.departure, prove(desk.database, region, ends_of(leg, leg)), desk.clock.now())


def _ticket_of(held: Sequence[Ticket], passenger: str | None) -> Ticket:
    named = [one for one in held if passenger in {None, one.passenger_ref}]
    if passenger is None and len(named) > 1:
        among = ", ".join(one.passenger_ref for one in named)
        raise InvalidRequest.at("passenger", f"name one of {among}, or ask with anonymous=true")
    if not named:
        raise InvalidRequest.at("passenger", f"{passenger!r} has no ticket of this order")
    return named[0]


def _confirmation(
    desk: ClaimsDesk, region: str, leg: Leg, proven: Proven, ticket: Ticket | None
) -> Confirmation:
    operator, trip, day = run_of(leg)
    leaves, reaches = ZoneInfo(leg.time_zone), ZoneInfo(leg.arrival_time_zone)
    return Confirmation(
        issuer=desk.till.press.issuer,
        issued_at=int(desk.clock.now().timestamp()),
        region=region,
        operator=operator,
        operator_name=leg.operator_name or operator,
        trip=trip,
        service_date=day.isoformat(),
        from_stop=leg.start.stop_id,
        from_name=leg.start.name,
        to_stop=leg.end.stop_id,
        to_name=leg.end.name,
        planned_departure=leg.departure.astimezone(leaves),
        planned_arrival=leg.arrival.astimezone(reaches),
        departure=_local(proven.departure, leaves),
        arrival=_local(proven.arrival, reaches),
        departure_delay_minutes=_minutes(proven.departure),
        arrival_delay_minutes=_minutes(proven.arrival),
        cancelled=proven.cancelled,
        skipped=proven.skipped,
        cause=proven.cause,
        evidence=tuple(name[:ID_DIGITS] for name in proven.evidence),
        ticket=ticket.jti if ticket else None,
        is_demo=desk.till.press.demo,
    )


def _local(real: RealTime | None, zone: ZoneInfo) -> datetime | None:
    return real.at.astimezone(zone) if real else None


def _minutes(real: RealTime | None) -> int | None:
    return real.minutes if real else None
