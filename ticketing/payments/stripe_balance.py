"""Read Stripe's balance transactions, payouts and balance as the port's values; the rules are those of Stripe's documentation.

`reporting_category` says what a transaction is for accounting (docs.stripe.com/reports/reporting-categories); `type` stands
in where there is none. A transaction that neither names is `other`: a person looks at it.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from tariffs.money import Money
from ticketing.payments.port import BalanceKind, BalanceLine, GatewayPayout, PayoutState

PAYER = "Stripe"
_CATEGORIES: Mapping[str, BalanceKind] = {
    "charge": "charge",
    "partial_capture_reversal": "charge",
    "refund": "refund",
    "refund_failure": "refund",
    "dispute": "dispute",
    "dispute_reversal": "dispute",
    "fee": "fee",
    "network_cost": "fee",
    "tax": "tax",
    "payout": "payout",
    "payout_reversal": "payout",
    "payout_minimum_balance_hold": "reserve",
    "payout_minimum_balance_release": "reserve",
    "risk_reserved_funds": "reserve",
    "topup": "topup",
    "topup_reversal": "topup",
}
_TYPES: Mapping[str, BalanceKind] = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund",
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "tax",
    "payout": "payout",
    "payout_failure": "payout",
    "payout_cancel": "payout",
    "payout_minimum_balance_hold": "reserve",
    "payout_minimum_balance_release": "reserve",
    "reserved_funds": "reserve",
    "reserve_hold": "reserve",
    "reserve_release": "reserve",
    "payment_network_reserve_hold": "reserve",
    "payment_network_reserve_release": "reserve",
    "topup": "topup",
    "topup_reversal": "topup",
}
_DISPUTES = ("dp_", "du_")
_STATES: Mapping[str, PayoutState] = {
    "pending": "pending",
    "in_transit": "in_transit",
    "paid": "paid",
    "failed": "failed",
    "canceled": "cancelled",
}
# A conversion is rounded once, to the nearest minor unit.
_ROUNDED_MINOR = 1


def line_of(line: Any) -> BalanceLine:
    """One balance transaction, with its source expanded where it has one."""
    source = line.source
    source_id = _id(source) if source else str(line.id)
    charge = getattr(source, "payment_intent", None)
    kind, amount = _kind_of(line, source_id), _money(line.amount, line.currency)
    return BalanceLine(
        id=line.id,
        kind=kind,
        source=source_id,
        charge_id=_id(charge) if charge else None,
        amount=amount,
        fee_minor=line.fee,
        at=datetime.fromtimestamp(line.created, UTC),
        category=str(getattr(line, "reporting_category", None) or line.type),
        description=str(getattr(line, "description", None) or ""),
        exchanged=_exchanged(line, source) if kind in {"charge", "refund", "dispute"} else None,
    )


def _kind_of(line: Any, source_id: str) -> BalanceKind:
    category = _CATEGORIES.get(str(getattr(line, "reporting_category", None)))
    if category:
        return category
    if line.type == "adjustment":
        return "dispute" if source_id.startswith(_DISPUTES) else "other"
    return _TYPES.get(line.type, "other")


def _exchanged(line: Any, source: Any) -> Money | None:
    """The amount in the currency of the source, where Stripe has exchanged it: as the source tells it, checked by the rate.

    Another line of the same source, a fee say, is no exchange of its amount: the rate does not lead from one to the other.
    """
    currency, minor = getattr(source, "currency", None), getattr(source, "amount", None)
    if getattr(line, "reporting_category", None) == "partial_capture_reversal" and minor is not None:
        # The rest of the charge that was not taken.
        minor -= getattr(source, "amount_captured", None) or 0
    rate = getattr(line, "exchange_rate", None)
    if currency is None or minor is None or rate is None or currency.lower() == line.currency.lower():
        return None
    expected = abs(Fraction(str(rate)) * minor)
    if abs(expected - abs(line.amount)) > _ROUNDED_MINOR:
        return None
    return _money(minor if line.amount > 0 else -minor, currency)


def payout_of(payout: Any) -> GatewayPayout:
    """One payout as it stands now."""
    trace = getattr(payout, "trace_id", None)
    return GatewayPayout(
        external_id=payout.id,
        state=_STATES[payout.status],
        amount=_money(payout.amount, payout.currency),
        arrives_on=datetime.fromtimestamp(payout.arrival_date, UTC).date().isoformat(),
        trace=str(getattr(trace, "value", None) or ""),
        reason=str(getattr(payout, "failure_code", None) or ""),
    )


def balance_of(balance: Any) -> list[Money]:
    """The balance by currency: what is available and what is pending, beside what is reserved."""
    sums: dict[str, int] = {}
    for part in _parts(balance):
        sums[part.currency.upper()] = sums.get(part.currency.upper(), 0) + part.amount
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def _parts(balance: Any) -> Iterable[Any]:
    return [*balance.available, *balance.pending]


def _id(value: Any) -> str:
    return value if isinstance(value, str) else str(value.id)


def _money(minor: int, currency: str) -> Money:
    return Money(minor, currency.upper())
