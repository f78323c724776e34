"""Price the rest of a ticket when some of its legs are given back: its price alone, and its signed text without them.

The rest is priced for its passenger by the tariff that the quote was made with, at the moment of the quote: nobody
pays for a later change of tariff. A leg that has gone keeps its place in the ticket as a leg of nobody, because gates
and books know uses by the number of their leg.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tariffs.book import TariffBook, build_book
from tariffs.caps import Tap
from tariffs.excluded import Excluded
from tariffs.pricing import price_journey
from throughfare_gate.ids import new_id
from throughfare_gate.tickets.claims import NOBODY
from ticketing.db import Transaction
from ticketing.db.sale import offers
from ticketing.db.sale.offers import Quote
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket, TicketMove
from ticketing.errors import Conflict
from ticketing.frozen import LeftPrice, LineDocument, PricedPassenger, PriceItem, gross_of
from ticketing.purchase.refund.refundable import NOTHING, RefundableLeg, RefundableTicket, Rest
from ticketing.purchase.till import Till
from ticketing.tickets.issue import choose_place, status_list_of
from ticketing.tickets.own import payload_of


@dataclass(frozen=True, slots=True)
class Remainder:
    """The rest of a ticket: for the decision, and as the refund's document keeps it in `left` (None: nothing stays).

    `taps` are its rides that caps count.
    """

    rest: Rest
    left: LeftPrice | None
    taps: tuple[Tap, ...] = ()


def refundable(
    ticket: Ticket,
    quote: Quote,
    used: frozenset[int],
    *,
    is_used: bool,
    carried_on: frozenset[int] = frozenset(),
) -> RefundableTicket:
    """A ticket as the decision sees it; a pass is used as a whole.

    `used` are the legs that a gate has accepted, `carried_on` those of them that another operator's gate has.
    """
    document = ticket.document
    worth = document.left or quote.document.passenger(ticket.passenger_ref)
    season = document.season
    if season:
        legs = tuple(RefundableLeg(name, season.valid_from, is_used) for name in document.operators)
    else:
        legs = tuple(
            RefundableLeg(
                leg.operator, leg.departure, at in used, not leg.is_left, carried_on=at in carried_on
            )
            for at, leg in enumerate(document.legs)
        )
    return RefundableTicket(
        jti=ticket.jti,
        passenger_ref=ticket.passenger_ref,
        status=ticket.status,
        currency=ticket.currency,
        gross=gross_of(worth.shares),
        legs=legs,
        divisible=not season,
    )


def remainder(
    tx: Transaction,
    till: Till,
    quote: Quote,
    ticket: RefundableTicket,
    going: Sequence[int],
    *,
    beside: Sequence[str] = (),
) -> Remainder:
    """Price what stays when these legs go, alone, or in a group with passengers who still ride `beside` it."""
    staying = [at for at in ticket.left if at not in going]
    if not staying:
        return Remainder(NOTHING, None)
    price = price_journey(
        book_of(tx, till, quote),
        [quote.document.rides[at] for at in staying],
        [quote.document.passenger(ref).passenger for ref in (ticket.passenger_ref, *beside)],
        channel=quote.document.sale_channel,
        at=quote.priced_at,
        currency=quote.currency,
        excluded=between(quote.document.excluded, staying),
    )
    if price.total is None:
        return Remainder(Rest(unpriced=price.reason), None)
    priced = PricedPassenger.of(price.passengers[0])
    items = tuple(_of_whole_journey(item, staying) for item in priced.items)
    left = LeftPrice(tuple(staying), items, priced.total_minor, priced.shares, priced.taxes)
    return Remainder(Rest(gross_of(priced.shares)), left, priced.taps)


def _of_whole_journey(item: PriceItem, staying: Sequence[int]) -> PriceItem:
    """An item of the price of the legs that stay, with these legs numbered as in the whole journey."""
    return replace(item, legs=tuple(staying[at] for at in item.legs))


def between(excluded: Sequence[Excluded], staying: Sequence[int]) -> list[Excluded]:
    """The rides that were never sold, as they lie between those that stay."""
    return [_between(one, staying) for one in excluded]


def _between(excluded: Excluded, staying: Sequence[int]) -> Excluded:
    return replace(excluded, before=sum(leg < excluded.before for leg in staying))


def shorten(tx: Transaction, till: Till, ticket: Ticket, line: LineDocument, now: datetime) -> None:
    """Sign a ticket anew without the legs of a refund's line; its old text is revoked, its identity and uses stay."""
    going = line.legs
    payload = payload_of(ticket.token)
    # Its stops stay: the gate where it began must not take the ticket for another leg of the same operator.
    payload["l"] = [[NOBODY, *leg[1:3]] if at in going else leg for at, leg in enumerate(payload["l"])]
    payload["aud"] = list(dict.fromkeys(leg[0] for leg in payload["l"]))
    first = status_list_of(now, ticket.expires_at)
    place = choose_place(functools.partial(tickets.has_index, tx), first)
    token = till.press.sign_anew(payload, place)
    legs = tuple(
        replace(leg, given_back_at=now) if at in going else leg for at, leg in enumerate(ticket.document.legs)
    )
    operators = tuple(sorted({leg.operator for leg in legs if leg.is_left}))
    document = replace(ticket.document, legs=legs, operators=operators, left=line.left)
    old = TicketMove(
        id=new_id(),
        jti=ticket.jti,
        old_list=ticket.status_list,
        old_index=ticket.status_index,
        key_thumbprint="",
        at=now,
    )
    tickets.move_ticket(tx, ticket, old, token, place, document=document)


def book_of(tx: Transaction, till: Till, quote: Quote) -> TariffBook:
    """The tariff of the quote: today's, or the stored one of its day."""
    book = till.regions[quote.region].book
    if book.version == quote.tariff_version:
        return book
    built, findings = build_book(**offers.get_tariff(tx, quote.tariff_version).document)
    if built is None:
        raise Conflict(f"the tariff of this ticket has {len(findings)} findings and cannot be built")
    return built
