"""Orders, tickets and refunds as their buyer reads them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from operators.place_kinds import kind_of
from tariffs.money import Money
from throughfare_gate.moments import written
from ticketing.connections import connections_shown
from ticketing.db.sale.booking_documents import DocumentKind, Paper
from ticketing.db.sale.bookings import Booking
from ticketing.db.sale.orders import Order, Refund
from ticketing.db.ticket.tickets import Ticket, control_code_of
from ticketing.emissions import journey_shown, legs_emissions
from ticketing.frozen import Leg, write_leg
from ticketing.payments import Authorisation
from ticketing.purchase.refund.disrupted import LegNews
from ticketing.purchase.refund.giving_back import RefundOffer
from ticketing.purchase.refund.told import Reader, reasons, sentence
from ticketing.purchase.till import CONTESTED, OrderState
from ticketing.regions import Region
from ticketing.regions.note import in_language
from ticketing.regions.vehicles import shown as vehicle_shown
from ticketing.tickets.regroup import Group

# A known delay keeps a ticket for so long beyond its planned end, and no longer.
_LONGEST_DELAY = timedelta(hours=24)


def order(
    state: OrderState,
    stand_ins: tuple[str, ...],
    asked: Authorisation | None = None,
    reader: Reader | None = None,
) -> dict[str, object]:
    """An order with its payments and refunds; `asked` is how the buyer's bank wants to be answered."""
    placed, currency = state.order, state.order.currency
    return {
        "id": placed.id,
        "quote_id": placed.quote_id,
        "state": placed.state,
        "total": _money(placed.total_minor, currency),
        "due": _money(state.due_minor(), currency),
        "created_at": written(placed.created_at),
        "expires_at": written(placed.expires_at),
        "disputed": any(one.state in CONTESTED for one in state.disputes),
        "next_action": _next_action(asked),
        "passengers": [
            {
                "ref": passenger.ref,
                "rider_category": passenger.rider,
                "place": kind_of(passenger.rider),
                "total": _money(passenger.total_minor, currency),
            }
            for passenger in state.quote.document.passengers
        ],
        "payments": [
            {
                "id": payment.id,
                "gateway": payment.gateway,
                "method": payment.method,
                "state": payment.state,
                "amount": _money(payment.amount_minor, payment.currency),
                "created_at": written(payment.created_at),
            }
            for payment in state.payments
        ],
        "bookings": [_booking(one, state.documents) for one in state.bookings],
        "refunds": [
            refund(made, _further(made, state.refunds), reader or Reader(legs=state.quote.document.legs))
            for made in state.refunds
            if made.document.continues is None
        ],
        "code": placed.code or "each",
        "disclosure": _disclosure(placed),
        "guarantee": placed.guarantee.as_dict() if placed.guarantee else None,
        "exchange_of": placed.exchange_of,
        "given_up": [{"passenger": ref, "legs": list(legs)} for ref, legs in placed.given_up.items()],
        "credit": _money(placed.credit_minor, currency),
        "history": [
            {"at": written(event.at), "state": event.to_state, "by": event.actor, "reason": event.reason}
            for event in state.events
        ],
        "stand_ins": list(stand_ins),
    }


def tickets(
    state: OrderState,
    group: Group | None,
    papers: Sequence[Paper],
    news_of_legs: Sequence[LegNews],
    uses_left: Mapping[str, int | None],
    *,
    region: Region,
    language: str,
) -> dict[str, object]:
    """The tickets of an order with its group code, the news of their legs in a language, and what is left of carnets by ticket."""
    sold = state.quote.document.legs
    members = {one.jti for one in group.members} if group else set()
    return {
        "tickets": [
            ticket(
                made,
                papers,
                news_of_legs,
                group=group.code.jti if group and made.jti in members else None,
                uses_left=uses_left.get(made.jti),
                revoked_because=revoked_because(state, made),
            )
            for made in state.tickets
        ],
        "group_code": group_code(group, news_of_legs) if group else None,
        "connections": connections_shown(
            ((leg.operator, leg.operator_name) for leg in sold),
            language,
            state.order.guarantee.guarantors if state.order.guarantee else {},
        ),
        "emissions": journey_shown(legs_emissions(region.data, sold), language) if sold else None,
        "news": [news(one, language) for one in news_of_legs],
    }


def group_code(group: Group, news_of_legs: Iterable[LegNews] = ()) -> dict[str, object]:
    """The one code of a group, and who belongs to it."""
    code, first = group.code, group.members[0]
    return {
        "jti": code.jti,
        "passengers": [one.passenger_ref for one in group.members],
        "count": len(group.members),
        "status": code.status,
        "not_before": written(code.not_before),
        "expires_at": written(code.expires_at),
        "valid_until": written(code.expires_at + _late(first, news_of_legs)),
        "control_code": code.control_code,
        "token": code.token,
        **_pictures(code.order_id, code.jti),
    }


def _booking(booking: Booking, papers: Iterable[DocumentKind]) -> dict[str, object]:
    """An operator's booking, with the kinds of what the operator handed over for it."""
    return {
        "operator": booking.operator,
        "leg": booking.document["leg"],
        "passenger": booking.document["traveller"]["ref"],
        "place": booking.document["traveller"]["place"],
        "state": booking.state,
        "reference": booking.reference,
        "documents": [
            {"kind": paper.kind, "media_type": paper.media_type}
            for paper in papers
            if paper.booking_id == booking.id
        ],
    }


def revoked_because(state: OrderState, made: Ticket) -> str | None:
    """Why a ticket opens gates no more: `exchanged`, `refunded`, `payment_lost`, or `cancelled`; None for one that is not revoked."""
    if made.status != "revoked":
        return None
    given = [one for one in state.refunds if _gives_back(one, made.jti)]
    if any(one.document.exchanged_for is not None for one in given):
        return "exchanged"
    if given:
        return "refunded"
    return "payment_lost" if any(one.state == "lost" for one in state.disputes) else "cancelled"


def _gives_back(refund: Refund, jti: str) -> bool:
    return any(line.jti == jti for line in refund.document.lines)


def ticket(
    held: Ticket,
    papers: Iterable[Paper] = (),
    news_of_legs: Iterable[LegNews] = (),
    *,
    group: str | None = None,
    uses_left: int | None = None,
    revoked_because: str | None = None,
) -> dict[str, object]:
    """A ticket with the addresses of its code, what operators have handed over for it, and how long delays keep it.

    One in a `group` shows no code of its own, one that is revoked none at all.
    """
    is_shown = group is None and held.status != "revoked"
    return {
        "jti": held.jti,
        "passenger": held.passenger_ref,
        "rider_category": held.document.rider,
        "place": kind_of(held.document.rider),
        "status": held.status,
        "revoked_because": revoked_because,
        "price": _money(held.amount_minor, held.currency),
        "not_before": written(held.not_before),
        "expires_at": written(held.expires_at),
        "valid_until": written(held.expires_at + _late(held, news_of_legs)),
        "legs": [_leg(leg) for leg in held.document.legs],
        "uses_left": uses_left,
        "group_code": group,
        "control_code": control_code_of(held.jti),
        "token": held.token if is_shown else None,
        **(_pictures(held.order_id, held.jti) if is_shown else {"qr_png": None, "qr_svg": None}),
        "operator_documents": [
            {
                "leg": one.leg,
                "operator": one.operator,
                "reference": one.reference,
                "kind": one.kind,
                "media_type": one.media_type,
                "encoding": one.encoding,
                "content": one.content,
            }
            for one in papers
            if one.passenger_ref == held.passenger_ref
        ],
    }


def _disclosure(placed: Order) -> dict[str, object] | None:
    """Tell what the buyer was told of separate contracts."""
    told = placed.disclosure
    return None if told is None else {**told, "at": written(placed.created_at)}


def _leg(leg: Leg) -> dict[str, object]:
    """A leg of a ticket as an answer tells it: when it was given back in the one form of all moments."""
    told = write_leg(leg)
    return told if leg.given_back_at is None else {**told, "given_back_at": written(leg.given_back_at)}


def _pictures(order_id: str, jti: str) -> dict[str, str]:
    base = f"/v1/orders/{order_id}/tickets/{jti}/qr"
    return {"qr_png": f"{base}.png", "qr_svg": f"{base}.svg"}


def _late(held: Ticket, news_of_legs: Iterable[LegNews]) -> timedelta:
    """Compute how much longer than it says a ticket is good, because a leg that it still has arrives late; a day at most."""
    delays = (leg.known.arrival_delay_seconds or 0 for leg in news_of_legs if _still_rides(held, leg))
    return min(_LONGEST_DELAY, timedelta(seconds=max(0, *delays, 0)))


def _still_rides(held: Ticket, leg_news: LegNews) -> bool:
    """Tell whether news are of a leg that a ticket still has, and that is served."""
    legs, at = held.document.legs, leg_news.leg
    is_mine = leg_news.known.is_served and leg_news.is_of(held.passenger_ref)
    return is_mine and at < len(legs) and legs[at].is_left


def news(leg_news: LegNews, language: str) -> dict[str, object]:
    """Show the news of a leg's run for a reader, and why its money comes back whole, where it does."""
    note = in_language(leg_news.note, language)
    return {
        "leg": leg_news.leg,
        "passengers": list(leg_news.passengers),
        "operator": leg_news.operator,
        "cancelled": not leg_news.known.is_served,
        "departure_delay_seconds": leg_news.known.departure_delay_seconds,
        "arrival_delay_seconds": leg_news.known.arrival_delay_seconds,
        "not_carried": leg_news.failure.reason if leg_news.failure else None,
        "boards_at": asdict(leg_news.boards_at) if leg_news.boards_at else None,
        "alights_at": asdict(leg_news.alights_at) if leg_news.alights_at else None,
        "vehicle": vehicle_shown(leg_news.vehicle) if leg_news.vehicle else None,
        "note": {"text": note[0], "language": note[1]} if note else None,
    }


def refund(given_back: Refund, further: Sequence[Refund], reader: Reader) -> dict[str, object]:
    """A refund with the reasons of each amount, for its reader; `further` are its parts over other payments."""
    return {
        "id": given_back.id,
        "state": next(
            (one.state for one in (given_back, *further) if one.state != "confirmed"), given_back.state
        ),
        "amount": _money(_whole(given_back), given_back.currency),
        "exchanged_for": given_back.document.exchanged_for,
        "created_at": written(given_back.created_at),
        "lines": [
            {
                "passenger": line.passenger_ref,
                "jti": line.jti,
                "legs": list(line.legs),
                "percent": line.percent,
                "fees": _fees(line.fees, given_back.currency),
                "amount": _money(line.amount_minor, given_back.currency),
                **_why(line.because, reader),
            }
            for line in given_back.document.lines
        ],
    }


def _further(made: Refund, refunds: Sequence[Refund]) -> list[Refund]:
    """The parts of a refund that other payments give back."""
    return [one for one in refunds if one.document.continues == made.id]


def _fees(kept: Mapping[str, int], currency: str) -> list[dict[str, object]]:
    """List the fees that operators keep."""
    return [{"operator": name, "amount": _money(kept[name], currency)} for name in sorted(kept)]


def _whole(made: Refund) -> int:
    """Sum the amount that comes back: a refund may be paid by several payments; of an exchange only the difference is."""
    document = made.document
    if document.exchanged_for is not None:
        return made.amount_minor if document.back_minor is None else document.back_minor
    if not document.lines:  # of an order that came to nothing
        return made.amount_minor
    return sum(line.amount_minor for line in document.lines)


def refund_offer(offer: RefundOffer, reader: Reader) -> dict[str, object]:
    """Show what would come back and why, in the reader's words; tickets that give nothing back with their reasons."""
    return {
        "order_id": offer.order_id,
        "amount": offer.amount.as_dict(),
        "lines": [
            {
                "passenger": line.passenger_ref,
                "jti": line.jti,
                "legs": list(line.legs),
                "percent": line.percent,
                "fees": _fees(line.fees, line.amount.currency),
                "amount": line.amount.as_dict(),
                **_why(line.because, reader),
            }
            for line in offer.lines
        ],
        "refused": [{"passenger": passenger, **_why(reason, reader)} for passenger, reason in offer.refused],
    }


def _why(because: str, reader: Reader) -> dict[str, object]:
    """A reason for people and for programs."""
    return {
        "because": sentence(because, reader),
        "reasons": [one.as_dict() for one in reasons(because)],
    }


def _next_action(asked: Authorisation | None) -> dict[str, object] | None:
    if asked is None:
        return None
    return {
        "kind": "authenticate",
        "client_secret": asked.client_secret,
        "url": asked.action_url,
        "detail": asked.detail,
    }


def _money(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_dict()
