"""UIC accounting data exchange 1.1.0: one operator's month as JSON, written record by record. Pure.

Every share is a record of type SHARES; the sign of an amount lies in DEBIT or CREDIT, amounts are never negative.
Source: accountingDataSchema_1.1.0.json of UnionInternationalCheminsdeFer/UIC-Accounting-File-Viewer (Apache-2.0). Its
company codes are RICS codes; an operator without one is named as its region names it, which both sides must agree.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from tariffs.money import exponent
from throughfare_gate.moments import written
from ticketing.db.books import books
from ticketing.db.settlement.runs import Run
from ticketing.settlement.statement.lines import Line

VERSION = "1.1.0"
LARGEST = 2**31 - 1
_NAMESPACE = uuid.UUID("8b0f6c8e-4c0b-5d0e-9a57-6b6d3c1f2e10")
_TYPES = {
    "sale": "BOOKING",
    "refund": "CANCELLATION",
    "exchange": "EXCHANGE_CANCELLATION",
    "chargeback": "CANCELLATION",
    "compensation": "COMPENSATION",
}

_OF_TICKETS = ("sale", "refund", "exchange", "chargeback")


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
        yield comma + json.dumps(_record(line, party), ensure_ascii=False)
        comma = ",\n"
    yield "\n]}}\n"


def _record(line: Line, party: str) -> dict[str, object]:
    """One line: gross and the scheme's commission apart; VAT has no field in this exchange (send the VAT report too).

    What no ticket stands behind (pools, guarantees, corrections) is a bilateral service, named by its kind.
    """
    transaction: dict[str, object] = {
        "timestamp": line.booked_at.replace("+00:00", "Z"),
        "type": _type_of(line),
        "contract": line.rule,
    }
    subject: dict[str, object] = {"numberOfItems": 1}
    standard = "UIC"
    of_ticket = line.kind in _OF_TICKETS
    if of_ticket:
        transaction["ticketIds"] = [line.ticket]
        subject |= {"carriers": [party], **({"travelDate": line.journey[:10]} if line.journey else {})}
    else:
        subject["bilateralTariffIdentifier"] = line.kind
        standard = "BILATERAL"
    return {
        "id": line.id,
        "accountingType": "SHARES" if of_ticket else "SERVICE",
        "salesType": "ONLINE",
        "transaction": transaction,
        "subject": subject,
        "accountedAmounts": [
            *(_amounts(line.gross_minor, line.currency, "grossAmount") or [_free(line.currency)]),
            *_amounts(-line.fee_minor, line.currency, "commission"),
        ],
        "transactionStandard": standard,
    }


def _type_of(line: Line) -> str:
    """A ticket that replaces another one is booked in exchange for it."""
    if line.kind == "sale" and line.is_exchange:
        return "EXCHANGE_BOOKING"
    return _TYPES.get(line.kind, "MANUAL_REFUND")


def _free(currency: str) -> dict[str, object]:
    """A share of nothing is told too: a record has at least one amount."""
    return _amount(0, currency, "grossAmount", "CREDIT")


def _amounts(minor: int, currency: str, kind: str) -> list[dict[str, object]]:
    """An amount, split where it is too large for the field's 32 bits."""
    found: list[dict[str, object]] = []
    left = abs(minor)
    while left:
        part = min(left, LARGEST)
        found.append(_amount(part, currency, kind, "CREDIT" if minor > 0 else "DEBIT"))
        left -= part
    return found


def _amount(minor: int, currency: str, kind: str, side: str) -> dict[str, object]:
    return {
        **{name: name == kind for name in ("grossAmount", "afterSaleFee", "commission")},
        "settlementValueIndicator": side,
        "amount": minor,
        "scale": exponent(currency),
        "currency": currency,
    }
