"""From the rooms' values to the JSON that the schemas promise. Pure."""

from datetime import datetime
from typing import Any

from tariffs.money import Money
from ticketing.db.offers import Quote
from ticketing.db.orders import Refund
from ticketing.db.runs import Run
from ticketing.db.tickets import Ticket
from ticketing.purchase.service import OrderState


def quote(frozen: Quote) -> dict[str, Any]:
    """A quote with every passenger's price, shares, taxes and derivation."""
    document = frozen.document
    return {
        "id": frozen.id,
        "region": frozen.region,
        "tariff_version": frozen.tariff_version,
        "total": _money(frozen.total_minor, frozen.currency),
        "created_at": _moment(frozen.created_at),
        "expires_at": _moment(frozen.expires_at),
        "tax_unverified": document["tax_unverified"],
        "passengers": [_quoted(passenger, frozen.currency) for passenger in document["passengers"]],
        "legs": document["legs"],
    }


def order(state: OrderState, stand_ins: tuple[str, ...]) -> dict[str, Any]:
    """An order with its payments and refunds."""
    found, currency = state.order, state.order.currency
    return {
        "id": found.id,
        "quote_id": found.quote_id,
        "state": found.state,
        "total": _money(found.total_minor, currency),
        "created_at": _moment(found.created_at),
        "expires_at": _moment(found.expires_at),
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
                "created_at": _moment(payment.created_at),
            }
            for payment in state.payments
        ],
        "refunds": [refund(made) for made in state.refunds],
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
        "not_before": _moment(made.not_before),
        "expires_at": _moment(made.expires_at),
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
        "created_at": _moment(made.created_at),
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


def run(made: Run) -> dict[str, Any]:
    """A settlement run with its frozen dataset."""
    return {
        "id": made.id,
        "version": made.version,
        "state": made.state,
        "digest": made.digest,
        "prepared_by": made.prepared_by,
        "created_at": _moment(made.created_at),
        **made.document,
    }


def _quoted(passenger: dict[str, Any], currency: str) -> dict[str, Any]:
    return {
        "ref": passenger["ref"],
        "rider_category": passenger["rider"],
        "total": _money(passenger["total_minor"], currency),
        "items": [
            {**_without_minor(item), "price": _money(item["amount_minor"], currency)}
            for item in passenger["items"]
        ],
        "shares": [_amounts(share, currency) for share in passenger["shares"]],
        "taxes": [
            {**_amounts(tax, currency, drop="rate_bp"), "rate_percent": _percent(tax["rate_bp"])}
            for tax in passenger["taxes"]
        ],
        "derivation": passenger["derivation"],
    }


def _amounts(row: dict[str, Any], currency: str, drop: str = "") -> dict[str, Any]:
    """Write every `*_minor` of a row as money under its short name."""
    return {
        name.removesuffix("_minor"): _money(value, currency) if name.endswith("_minor") else value
        for name, value in row.items()
        if name != drop
    }


def _without_minor(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.endswith("_minor")}


def _percent(basis_points: int) -> str:
    return f"{basis_points // 100}.{basis_points % 100:02}"


def _money(minor: int, currency: str) -> dict[str, str]:
    return Money(minor, currency).as_dict()


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
