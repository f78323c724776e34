"""UIC accounting data exchange 1.1.0: one operator's month as JSON, written record by record. Pure.

Every share is a record of type SHARES; the sign of an amount lies in DEBIT or CREDIT, amounts are never negative.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from tariffs.money import exponent
from ticketing.clock import written
from ticketing.db import books
from ticketing.db.runs import Run
from ticketing.settlement.lines import Line

VERSION = "1.1.0"
LARGEST = 2**31 - 1
_NAMESPACE = uuid.UUID("8b0f6c8e-4c0b-5d0e-9a57-6b6d3c1f2e10")
_TYPES = {
    "sale": "BOOKING", "refund": "CANCELLATION", "exchange": "EXCHANGE_CANCELLATION", "chargeback": "CANCELLATION",
    "compensation": "COMPENSATION",
}  # fmt: skip


def to_json(run: Run, party: str, lines: Iterable[Line]) -> Iterator[str]:
    """Yield the delivery as JSON text; the same run gives the same text."""
    start = datetime.fromisoformat(f"{run.period}-01").replace(tzinfo=UTC)
    end = datetime.fromisoformat(f"{books.next_month(run.period)}-01").replace(tzinfo=UTC)
    details = {
        "id": str(uuid.uuid5(_NAMESPACE, f"{run.id}/{party}")),
        "creationDate": written(run.created_at),
        "invoicingParty": party,
        "invoiceRecipient": "scheme",
        "startStatementPeriod": written(start),
        "endStatementPeriod": written(end),
        "paymentType": "BANK_TRANSFER",
    }
    yield '{"uicAccountingDelivery":{"deliveryDetails":' + json.dumps(details) + ',"accountingRecords":[\n'
    comma = ""
    for line in lines:
        yield comma + json.dumps(_record(line), ensure_ascii=False)
        comma = ",\n"
    yield "\n]}}\n"


def _record(line: Line) -> dict[str, object]:
    """One line: gross and the scheme's commission apart; VAT has no field in this exchange (send the VAT report too)."""
    transaction: dict[str, object] = {
        "timestamp": line.booked_at.replace("+00:00", "Z"),
        "type": _TYPES.get(line.kind, "MANUAL_REFUND"),
        "contract": line.rule,
        "ticketIds": [line.ticket] if line.journey else [],
        "accountingReferenceIds": [line.id],
    }
    return {
        "id": line.id,
        "accountingType": "SHARES" if line.journey else "SERVICE",
        "salesType": "ONLINE",
        "transaction": transaction,
        "subject": {"numberOfItems": 1, "carriers": []},
        "accountedAmounts": [
            *_amounts(line.gross_minor, line.currency, "grossAmount"),
            *_amounts(-line.fee_minor, line.currency, "commission"),
        ],
    }


def _amounts(minor: int, currency: str, kind: str) -> list[dict[str, object]]:
    """An amount, split where it is too large for the field's 32 bits."""
    found: list[dict[str, object]] = []
    left = abs(minor)
    while left:
        part = min(left, LARGEST)
        found.append({
            **{name: name == kind for name in ("grossAmount", "afterSaleFee", "commission")},
            "settlementValueIndicator": "CREDIT" if minor > 0 else "DEBIT",
            "amount": part,
            "scale": exponent(currency),
            "currency": currency,
        })  # fmt: skip
        left -= part
    return found
