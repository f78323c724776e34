"""Breakage: a carnet expires with rides left, and its operators give back the net of the rides that nobody took.

Only where the terms say that the scheme keeps it (`[[breakage]]`); elsewhere the operators keep what the sale gave
them. It waits some days after the end, for gates that tell their rides late.
"""

from datetime import timedelta
from fractions import Fraction

from tariffs.agreements.shares import FUNDER, SELLER
from tariffs.apportion import reverse
from tariffs.money import half_up
from ticketing.books import postings
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.books.books import Entry
from ticketing.db.sale import held_passes
from ticketing.db.settlement import carnets
from ticketing.db.settlement.carnets import CarnetEnd, Nets
from ticketing.db.ticket import uses
from ticketing.db.ticket.tickets import Ticket
from ticketing.settlement.office import Office

AT_ONCE = 200


def end_carnets(office: Office, region: str) -> int:
    """Bring expired carnets to their end, some at once; answers how many. Each is brought there once."""
    now, done = office.clock.now(), 0
    for agreed in office.terms(region).breakage:
        before = now - timedelta(days=agreed.after_days)
        with office.database.read() as tx:
            expired = carnets.list_expired(tx, region, agreed.products, before, AT_ONCE)
        for ticket in expired:
            with office.database.write() as tx:
                done += _end(tx, office, region, ticket)
    return done


def taken_back(nets: Nets, unused: int, whole: int) -> dict[str, int]:
    """Compute the amount that each operator gives back for `unused` of `whole` rides, in minor units. Pure.

    The whole is rounded once (half up) and taken back by the capped rule of docs/settlement.md: nobody gives back more
    than it was given, and a carnet that nobody used gives all of it back. Discounts' bearers give nothing back.
    """
    booked = {name: net for name, net in nets.booked.items() if net > 0 and _is_operator(name)}
    weights = {name: Fraction(max(nets.sold.get(name, 0), 0)) for name in booked}
    amount = half_up(Fraction(sum(booked.values()) * unused, whole))
    return {name: part for name, part in reverse(booked, weights, amount).items() if part} if amount else {}


def entry_of(tx: Transaction, end: CarnetEnd) -> Entry | None:
    """The entry that a carnet's end brings, by what was booked when it came; verification calls it again."""
    back = taken_back(carnets.find_nets(tx, end.ticket_jti, end.ended_at), end.uses - end.used, end.uses)
    note = {"uses": end.uses, "used": end.used}
    return postings.breakage(
        end.ticket_jti, back, region=end.region, currency=end.currency, at=end.ended_at, note=note
    )


def _end(tx: Transaction, office: Office, region: str, ticket: Ticket) -> bool:
    """Count a carnet's uses while nobody may take one, and book what they leave."""
    whole = ticket.document.season.uses if ticket.document.season else None
    if not whole or not held_passes.lock_pass(tx, ticket.jti):
        return False
    ridden = sum(1 for use in uses.list_uses(tx, ticket.jti) if use.kind in {"ride", "in"})
    used = min(whole, ridden + held_passes.count_uses(tx, ticket.jti))
    end = CarnetEnd(
        ticket_jti=ticket.jti,
        region=region,
        uses=whole,
        used=used,
        amount_minor=0,
        currency=ticket.currency,
        ended_at=office.clock.now(),
    )
    entry = entry_of(tx, end)
    amount = -sum(line.amount_minor for line in entry.postings if line.amount_minor < 0) if entry else 0
    if not carnets.insert_end(
        tx,
        CarnetEnd(
            ticket_jti=ticket.jti,
            region=region,
            uses=whole,
            used=used,
            amount_minor=amount,
            currency=ticket.currency,
            ended_at=end.ended_at,
        ),
    ):
        return False
    if entry:
        books.book(tx, entry, end.ended_at)
    return True


def _is_operator(name: str) -> bool:
    return name != SELLER and not name.startswith(FUNDER)
