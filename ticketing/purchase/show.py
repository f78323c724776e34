"""Orders, tickets and refunds as their buyer reads them. Pure."""

from typing import Any

from tariffs.money import Money
from ticketing.clock import written
from ticketing.db.orders import Refund
from ticketing.db.tickets import Ticket
from ticketing.purchase.service import OrderState


def order(state: OrderState, stand_ins: tuple[str, ...]) -> dict[str, Any]:
    """An order with its payments and refunds."""
    found, currency = state.order, state.order.currency
    return {
        "id": found.id,
        "quote_id": found.quote_id,
        "state": found.state,
        "total": _money(found.total_minor, currency),
        "created_at": written(found.created_at),
        "expires_at": written(found.expires_at),
        "passengers": [
            {
                "ref": passenger["ref"],
                "rider_category": passenger["rider"],
                "total": _money(passenger["total_minor"], currency),
            }
            for passenger in state.quote.document["passengers"]
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
        "refunds": [refund(made) for made in state.refunds],
        "history": [
            {"at": written(event.at), "state": event.to_state, "by": event.actor, "reason": event.reason}
            for event in state.events
        ],
        "stand_ins": list(stand_ins),
    }


def ticket(made: Ticket) -> dict[str, Any]:
    """A ticket with the addresses of its code."""
    base = f"/v1/orders/{made.order_id}/tickets/{made.jti}/qr"
    return {
        "jti": made.jti,
        "passenger": made.passenger_ref,
        "rider_category": made.document["rider"],
        "status": made.status,
        "price": _money(made.amount_minor, made.currency),
        "not_before": written(made.not_before),
        "expires_at": written(made.expires_at),
        "legs": made.document["legs"],
        "token": made.token,
        "qr_png": f"{base}.png",
        "qr_svg": f"{base}.svg",
    }


def refund(made: Refund) -> dict[str, Any]:
    """A refund with the reason of each amount."""
    return {
        "id": made.id,
        "state": made.state,
        "amount": _money(made.amount_minor, made.currency),
        "created_at": written(made.created_at),
        "lines": [
            {
                "passenger": line["passenger"],
                "jti": line["jti"],
                "percent": line["percent"],
                "amount": _money(line["amount_minor"], made.currency),
                "because": line["because"],
            }
            for line in made.document["lines"]
        ],
    }


def _money(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_dict()
