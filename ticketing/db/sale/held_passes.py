"""Passes that people hold, which journeys have used them, and the journeys that people have paid."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, value
from ticketing.db.tables.gates import ticket_use
from ticketing.db.tables.purchase import pass_use
from ticketing.db.tables.sale import order, quote, ticket
from ticketing.db.ticket import uses
from ticketing.db.ticket.tickets import PASS_BEHIND, Ticket
from ticketing.frozen import QuoteDocument, read_quote, read_ticket, write_ticket

# Databases have a limit to what one statement may name.
_CHUNK = 1000
_LONG_RIDE = timedelta(hours=3)
_LOST_PASS = (
    sa.select(ticket.c.jti)
    .join(pass_use, pass_use.c.ticket_jti == ticket.c.jti)
    .where(pass_use.c.order_id == sa.bindparam("wanted"), ticket.c.status != "valid")
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassUse:
    """One ride of a passenger that a pass pays for; its times are None in rows of an older release."""

    ticket_jti: str
    order_id: str
    leg: int
    passenger_ref: str
    at: datetime
    departs_at: datetime | None
    arrives_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketedRide:
    """A ride that an order took with a pass (`ticket_jti`), which leg of which ticket opens it, and when that one is good.

    A ticket that is not valid opens nothing, and has opened its ride before.
    """

    ticket_jti: str
    jti: str
    leg: int
    operator: str
    departs_at: datetime
    arrives_at: datetime
    starts_at: datetime
    ends_at: datetime
    is_valid: bool


def list_passes_of(tx: Transaction, person_id: str) -> list[Ticket]:
    """The passes that a person has bought, oldest first: also those that are over."""
    query = (
        sa.select(ticket)
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(order.c.person_id == person_id, quote.c.offer_id.is_(None), quote.c.offer_digest.is_(None))
        .order_by(ticket.c.issued_at, ticket.c.jti)
    )
    return [found for found in fetch(tx, query, Ticket) if found.document.season is not None]


def find_pass_of(tx: Transaction, person_id: str, jti: str) -> Ticket | None:
    """A pass that a person has bought, its row held until the transaction ends; None where it is not theirs."""
    query = (
        sa.select(ticket)
        .join(order, order.c.id == ticket.c.order_id)
        .where(order.c.person_id == person_id, ticket.c.jti == jti)
        .with_for_update(of=ticket)
    )
    found = find(tx, query, Ticket)
    return found if found is not None and found.document.season is not None else None


def name_holder(tx: Transaction, held: Ticket, holder: str) -> None:
    """Write down whom a pass is for."""
    season = held.document.season
    if season is None:
        raise LookupError(f"ticket {held.jti} is no pass")
    document = write_ticket(replace(held.document, season=replace(season, holder=holder)))
    tx.execute(sa.update(ticket).where(ticket.c.jti == held.jti).values(document=canonical(document)))


def list_rides_of(
    tx: Transaction, person_id: str, since: datetime, statuses: Sequence[str] = ("valid",)
) -> list[tuple[Ticket, QuoteDocument]]:
    """The valid tickets for journeys of a person's orders that were not over before, each with its quote."""
    query = (
        sa.select(ticket, quote.c.document.label("quoted"))
        .join(order, order.c.id == ticket.c.order_id)
        .join(quote, quote.c.id == order.c.quote_id)
        .where(order.c.person_id == person_id, ticket.c.status.in_(statuses), ticket.c.expires_at > since)
        .order_by(ticket.c.issued_at, ticket.c.jti)
    )
    rides = ((value(row, Ticket), row["quoted"]) for row in tx.execute(query).mappings())
    return [(held, read_quote(json.loads(quoted))) for held, quoted in rides if held.document.season is None]


def count_uses(tx: Transaction, jti: str) -> int:
    """Count the uses that journeys have taken."""
    query = sa.select(sa.func.count()).select_from(pass_use).where(pass_use.c.ticket_jti == jti)
    return int(tx.execute(query).scalar_one())


def count_left(tx: Transaction, held: Ticket) -> int | None:
    """Count the uses of a pass that neither a journey nor a gate has taken: none of one that is revoked, None without a number."""
    left = held.document.season.uses if held.document.season else None
    if left is None or held.status == "revoked":
        return None if left is None else 0
    taken = sum(1 for use in uses.list_uses(tx, held.jti) if use.kind in {"ride", "in"})
    taken += len(uses.list_double_uses(tx, [held.jti]))  # rides too, which a gate let in without a stroke
    return max(0, left - count_uses(tx, held.jti) - taken)


def count_strokes(
    tx: Transaction, operator: str, ended: datetime, jtis: Iterable[str] | None = None
) -> dict[str, int]:
    """Count the uses that journeys took of carnets and returns of an operator: of all that had not `ended`, or of some."""
    query = (
        sa.select(ticket.c.jti, ticket.c.document, sa.func.count().label("taken"))
        .join(pass_use, pass_use.c.ticket_jti == ticket.c.jti)
        .where(ticket.c.expires_at > ended)
        .group_by(ticket.c.jti, ticket.c.document)
    )
    counted: dict[str, int] = {}
    for some in _parts(jtis):
        part = query if some is None else query.where(ticket.c.jti.in_(some))
        for row in tx.execute(part):
            document = read_ticket(json.loads(row.document))
            season = document.season
            if season is not None and season.uses is not None and operator in document.operators:
                counted[row.jti] = row.taken
    return counted


def list_ticketed_rides(
    tx: Transaction, now: datetime, jtis: Iterable[str] | None = None
) -> list[TicketedRide]:
    """List the rides of passes whose ticket can open a gate, or has: of every pass, or of some. Carnets have none.

    A ticket is blocked with a word of its holder, and who has boarded with it is still on board. A ride that began
    shortly before its ticket ended is listed for three hours more.
    """
    held, opening = ticket.alias("held"), ticket.alias("opening")
    has_begun = sa.exists().where(ticket_use.c.jti == opening.c.jti, ticket_use.c.leg == pass_use.c.leg)
    query = (
        sa.select(
            pass_use,
            opening.c.jti,
            opening.c.status,
            opening.c.not_before,
            opening.c.expires_at,
            opening.c.document,
            held.c.document.label("held_document"),
        )
        .join(held, held.c.jti == pass_use.c.ticket_jti)
        .join(
            opening,
            sa.and_(
                opening.c.order_id == pass_use.c.order_id,
                opening.c.passenger_ref == pass_use.c.passenger_ref,
            ),
        )
        .where(sa.or_(opening.c.status == "valid", has_begun))
        .where(opening.c.expires_at > now - _LONG_RIDE, pass_use.c.departs_at.is_not(None))
        .order_by(pass_use.c.departs_at, pass_use.c.order_id)
    )
    rides: list[TicketedRide] = []
    for some in _parts(jtis):
        part = query if some is None else query.where(pass_use.c.ticket_jti.in_(some))
        rides += [_ticketed(row) for row in tx.execute(part) if not _is_shared(row.held_document)]
    return rides


def _ticketed(row: Any) -> TicketedRide:
    leg = read_ticket(json.loads(row.document)).legs[row.leg]
    return TicketedRide(
        ticket_jti=row.ticket_jti,
        jti=row.jti,
        leg=row.leg,
        operator=leg.operator,
        departs_at=row.departs_at,
        arrives_at=row.arrives_at,
        starts_at=row.not_before,
        ends_at=row.expires_at,
        is_valid=row.status == "valid",
    )


def list_passes_behind(tx: Transaction, jtis: Collection[str]) -> list[str]:
    """Name the passes that pay for rides of some tickets of orders."""
    query = (
        sa.select(pass_use.c.ticket_jti).distinct().join(ticket, PASS_BEHIND).where(ticket.c.jti.in_(jtis))
    )
    return sorted(tx.execute(query).scalars())


def hold_codes(tx: Transaction, jtis: Iterable[str]) -> None:
    """Let nobody else decide about any code of these passes until the transaction ends; SQLite writes one after the other."""
    if tx.dialect.name == "postgresql":
        for jti in sorted(jtis):
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"codes of {jti}"))))


def _is_shared(document: str) -> bool:
    season = read_ticket(json.loads(document)).season
    return season is not None and season.is_shared


def _parts(jtis: Iterable[str] | None) -> list[list[str] | None]:
    """Name at most so many tickets in a statement; None is every ticket."""
    if jtis is None:
        return [None]
    wanted = list(jtis)
    return [wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK)]


def list_uses_of(tx: Transaction, jti: str, order_id: str) -> list[PassUse]:
    """List the uses of a pass that an order took."""
    query = sa.select(pass_use).where(pass_use.c.ticket_jti == jti, pass_use.c.order_id == order_id)
    return fetch(tx, query.order_by(pass_use.c.leg, pass_use.c.passenger_ref), PassUse)


def find_use(tx: Transaction, order_id: str, passenger: str, leg: int) -> PassUse | None:
    """Find the use of a pass that pays for a passenger's leg of an order; None where none does."""
    mine = (pass_use.c.order_id == order_id, pass_use.c.passenger_ref == passenger, pass_use.c.leg == leg)
    return find(tx, sa.select(pass_use).where(*mine).limit(1), PassUse)


def list_unridden_uses(tx: Transaction, order_id: str) -> list[PassUse]:
    """List the uses of passes that an order took for rides which no gate has seen yet: an exchange can free them."""
    ridden = (
        sa.select(ticket_use.c.jti)
        .join(ticket, ticket.c.jti == ticket_use.c.jti)
        .where(
            ticket.c.order_id == pass_use.c.order_id,
            ticket.c.passenger_ref == pass_use.c.passenger_ref,
            ticket_use.c.leg == pass_use.c.leg,
        )
    )
    query = sa.select(pass_use).where(pass_use.c.order_id == order_id, ~ridden.exists())
    return fetch(tx, query.order_by(pass_use.c.ticket_jti, pass_use.c.leg), PassUse)


def list_riders_on(tx: Transaction, jtis: Iterable[str]) -> list[tuple[str, str]]:
    """The passengers whose journeys some passes pay for, wholly or in part: each order, and who it is in it."""
    query = sa.select(pass_use.c.order_id, pass_use.c.passenger_ref)
    found = tx.execute(query.where(pass_use.c.ticket_jti.in_(list(jtis))).distinct())
    return sorted((order_id, ref) for order_id, ref in found)


def list_riders_of(tx: Transaction, order_id: str) -> set[str]:
    """The passengers of an order whose journey a pass pays for, wholly or in part."""
    query = sa.select(pass_use.c.passenger_ref).where(pass_use.c.order_id == order_id)
    return set(tx.execute(query).scalars())


def list_orders_of_passes(tx: Transaction, order_id: str) -> list[str]:
    """The orders in which the passes were bought that pay for journeys of an order."""
    query = (
        sa.select(ticket.c.order_id)
        .join(pass_use, pass_use.c.ticket_jti == ticket.c.jti)
        .where(pass_use.c.order_id == order_id)
    )
    return sorted(set(tx.execute(query).scalars()))


def has_lost_pass(tx: Transaction, order_id: str) -> bool:
    """Tell whether a pass that pays for a journey of this order is not valid any more."""
    return tx.execute(_LOST_PASS, {"wanted": order_id}).first() is not None


def lock_pass(tx: Transaction, jti: str) -> bool:
    """Hold a pass's row, so that two journeys do not take its last use; False when it is not valid."""
    query = sa.select(ticket.c.status).where(ticket.c.jti == jti).with_for_update()
    return tx.execute(query).scalar() == "valid"


def take_uses(tx: Transaction, made: Iterable[PassUse]) -> None:
    """Write down which rides a pass has paid; gates are told with their next bundle."""
    told: dict[str, datetime] = {}
    for use in made:
        tx.execute(sa.insert(pass_use).values(**columns(use)))
        told[use.ticket_jti] = use.at
    for jti, at in told.items():
        _tell_gates(tx, [jti], at)


def tell_gates(tx: Transaction, order_id: str, now: datetime) -> None:
    """Let gates know with their next bundle what an order has of passes, because its tickets have come, or its uses go."""
    query = sa.select(pass_use.c.ticket_jti).where(pass_use.c.order_id == order_id).distinct()
    _tell_gates(tx, tx.execute(query).scalars().all(), now)


def _tell_gates(tx: Transaction, jtis: Iterable[str], now: datetime) -> None:
    for jti in sorted(jtis):
        text = tx.execute(sa.select(ticket.c.document).where(ticket.c.jti == jti)).scalar_one()
        for operator in sorted(read_ticket(json.loads(text)).operators):
            uses.mark_changed(tx, operator, jti, now)


def list_uses_between(
    tx: Transaction, jti: str, start: datetime | None, end: datetime | None
) -> list[PassUse]:
    """List the rides that a pass pays for between two moments; those that only touch them are not between."""
    query = (
        sa.select(pass_use)
        .where(pass_use.c.ticket_jti == jti, pass_use.c.departs_at < end, pass_use.c.arrives_at > start)
        .order_by(pass_use.c.departs_at, pass_use.c.order_id)
    )
    return fetch(tx, query, PassUse)


def move_use(tx: Transaction, use: tuple[str, str, int], departs_at: datetime, arrives_at: datetime) -> None:
    """Write the times of another departure into the use of a pass by a leg of a passenger (order, passenger, leg), if one pays it."""
    order_id, passenger, leg = use
    mine = (pass_use.c.order_id == order_id, pass_use.c.passenger_ref == passenger, pass_use.c.leg == leg)
    tx.execute(sa.update(pass_use).where(*mine).values(departs_at=departs_at, arrives_at=arrives_at))


def return_uses(
    tx: Transaction, order_id: str, now: datetime, passengers: Iterable[str] | None = None
) -> None:
    """Give the uses of a journey back: all of them, or those of some passengers; gates are told with their next bundle."""
    tell_gates(tx, order_id, now)
    change = sa.delete(pass_use).where(pass_use.c.order_id == order_id)
    if passengers is not None:
        change = change.where(pass_use.c.passenger_ref.in_(list(passengers)))
    tx.execute(change)
