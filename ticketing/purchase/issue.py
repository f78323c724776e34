"""Issue the tickets of a paid order: one a passenger, with its shares and taxes in the books, in one transaction."""

import functools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ticketing.books import postings
from ticketing.db import Transaction, books, order_holders, tickets
from ticketing.db.books import Share, Tax
from ticketing.db.offers import Quote
from ticketing.db.order_holders import Holder
from ticketing.db.orders import Order
from ticketing.db.tickets import Ticket
from ticketing.tickets.issue import Press, TicketOrder, choose_place, status_list_of

EARLY = timedelta(hours=2)
LATE = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a ticket opens gates."""

    not_before: datetime
    expires_at: datetime


def ride_legs(rides: list[dict[str, Any]]) -> tuple[tuple[str, ...], ...]:
    """The legs of a journey, as its token says them. Pure."""
    return tuple((ride["operator"], ride["from_stop_id"], ride["to_stop_id"]) for ride in rides)


def pass_legs(document: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Where a pass is good, as its token says it: each operator, with its zone where there is one. Pure."""
    areas = document["scope"]["areas"]
    zone = f"z:{areas[0]}" if len(areas) == 1 else "z:*"
    return tuple((operator, zone) for operator in document["scope"]["operators"])


def pass_validity(document: dict[str, Any]) -> Validity:
    """From when until when a pass opens gates: its own times, without margins. Pure."""
    return Validity(*(datetime.fromisoformat(document[name]) for name in ("valid_from", "valid_until")))


def validity(rides: list[dict[str, Any]], now: datetime) -> Validity:
    """Open two hours before the first departure, end three hours after the last arrival. Pure.

    The margins let a passenger take an earlier tram and arrive late on a delayed ferry.
    """
    departure = datetime.fromisoformat(rides[0]["departure"])
    arrival = datetime.fromisoformat(rides[-1]["arrival"])
    return Validity(max(now, departure - EARLY), arrival + LATE)


def issue(tx: Transaction, press: Press, quote: Quote, order: Order, now: datetime) -> list[Ticket]:
    """Sign and store every ticket of a quote and book what each operator, tax office and the scheme gets."""
    holders = order_holders.list_holders(tx, order.id)
    order_holders.forget_holders(tx, order.id)
    return [
        _issue_one(
            tx,
            press,
            quote,
            order=order,
            passenger=passenger,
            holder=holders.get(passenger["ref"], Holder()),
            now=now,
        )
        for passenger in quote.document["passengers"]
    ]


def _issue_one(
    tx: Transaction,
    press: Press,
    quote: Quote,
    *,
    order: Order,
    passenger: dict[str, Any],
    holder: Holder,
    now: datetime,
) -> Ticket:
    rides, season = quote.document["rides"], quote.document.get("pass")
    valid = pass_validity(season) if season else validity(rides, now)
    first = status_list_of(now, valid.expires_at)
    list_id, index = choose_place(functools.partial(tickets.has_index, tx), first)
    jti = secrets.token_urlsafe(16)
    token = press.sign(
        TicketOrder(
            jti=jti,
            product=quote.document["product"],
            legs=pass_legs(season) if season else ride_legs(rides),
            passengers=1,
            category=None if passenger["rider"] == "adult" else passenger["rider"][:4],
            issued_at=now,
            not_before=valid.not_before,
            expires_at=valid.expires_at,
            status_list=list_id,
            status_index=index,
            uses_per_leg=0 if season else 1,
            uses=season["uses"] if season else None,
            binding_key=holder.jwk,
            holder_hash=holder.idh,
        )
    )
    made = Ticket(
        jti=jti,
        order_id=order.id,
        passenger_ref=passenger["ref"],
        status="valid",
        token=token,
        product=quote.document["product"],
        amount_minor=passenger["total_minor"],
        currency=quote.currency,
        status_list=list_id,
        status_index=index,
        issued_at=now,
        not_before=valid.not_before,
        expires_at=valid.expires_at,
        revoked_at=None,
        document={
            "legs": quote.document["legs"],
            "rider": passenger["rider"],
            "operators": season["scope"]["operators"] if season else _operators(rides),
            **({"pass": season} if season else {}),
            **({"exchange_of": order.exchange_of} if order.exchange_of else {}),
        },
    )
    tickets.insert_ticket(tx, made)
    if holder.salt:
        tickets.keep_salt(tx, jti, holder.salt)
    _book(tx, made, quote, passenger, now)
    return made


def _book(tx: Transaction, made: Ticket, quote: Quote, passenger: dict[str, Any], now: datetime) -> None:
    shares = list(_shares(made.jti, quote, passenger))
    taxes = list(_taxes(made.jti, quote, passenger))
    books.allocate(tx, [*shares, *taxes], now, now)
    entry = postings.allocation(made.jti, region=quote.region, shares=shares, taxes=taxes, at=now)
    if entry:
        books.book(tx, entry, now)


def _shares(jti: str, quote: Quote, passenger: dict[str, Any]) -> Iterator[Share]:
    for row in passenger["shares"]:
        yield Share(jti, quote.region, row["operator"], quote.currency, "sale", 0, row["gross_minor"],
                    row["vat_minor"], row["fee_minor"], row["net_minor"], row["rule"])  # fmt: skip


def _taxes(jti: str, quote: Quote, passenger: dict[str, Any]) -> Iterator[Tax]:
    for row in passenger["taxes"]:
        yield Tax(jti, quote.region, row["member_state"], row["mode"], row["scope"], row["treatment"],
                  row["rate_bp"], int(row["verified"]), row["distance_m"], quote.currency, "sale", 0,
                  row["gross_minor"], row["vat_minor"])  # fmt: skip


def _operators(rides: list[dict[str, Any]]) -> list[str]:
    return sorted({ride["operator"] for ride in rides})
