"""The UIC delivery against the published form of the exchange, in our own words.

Source: accountingDataSchema_1.1.0.json, UnionInternationalCheminsdeFer/UIC-Accounting-File-Viewer, as of November 2026:
which members there are, which are required, what they may hold. Nothing else is allowed in any object.
"""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.ticketing.settlement.measured import RUN
from ticketing.settlement.statement import uic
from ticketing.settlement.statement.lines import Line

Rule = Callable[[Any], bool]


def text(value: Any) -> bool:
    return isinstance(value, str)


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def int32(value: Any) -> bool:
    return whole(value) and -(2**31) <= value < 2**31


def truth(value: Any) -> bool:
    return isinstance(value, bool)


def moment(value: Any) -> bool:
    """RFC 3339 with its offset; the exchange wants UTC."""
    return text(value) and value.endswith("Z") and datetime.fromisoformat(value).tzinfo is not None


def day(value: Any) -> bool:
    return text(value) and date.fromisoformat(value).isoformat() == value


def identity(value: Any) -> bool:
    return text(value) and str(uuid.UUID(value)) == value


def texts(value: Any) -> bool:
    return isinstance(value, list) and all(text(one) for one in value)


def one_of(*values: str) -> Rule:
    return lambda value: value in values


# Each object: its members, required ones with a star.
DETAILS: dict[str, Rule] = {
    "id*": identity,
    "creationDate*": moment,
    "invoicingParty*": text,
    "invoiceRecipient*": text,
    "startStatementPeriod*": moment,
    "endStatementPeriod*": moment,
    "paymentType*": one_of("BCC_CLEARING", "CURRENT_ACCOUNT", "BANK_TRANSFER", "CURRENT_ACCOUNT_CLEARING"),
}
TRANSACTION: dict[str, Rule] = {
    "timestamp*": moment,
    "contract*": text,
    "bookedOfferId": text,
    "bookedOfferPartIds": texts,
    "accountingReferenceIds": texts,
    "ticketIds": texts,
    "fulfillmentIds": texts,
    "exchangedBookedOfferId": text,
    "type*": one_of(
        "BOOKING",
        "CANCELLATION",
        "EXCHANGE_CANCELLATION",
        "EXCHANGE_BOOKING",
        "COMPENSATION",
        "MANUAL_REFUND",
    ),
}
SUBJECT: dict[str, Rule] = {
    "numberOfItems*": whole,
    "fareId": text,
    "salesOfficeId": text,
    "train": text,
    "travelDate": day,
    "countryOfSale": text,
    "bilateralTariffIdentifier": text,
    "carriers": texts,
    "retailer": text,
    "internationalJourney": truth,
    "tripOrigin": text,
    "tripDestination": text,
    "salesChannel": one_of(
        "AGENCY", "AGENCY_WEB", "MOBILE", "RAIL_OFFICE", "VENDING_MACHINE", "WEB", "WEB_MOBILE", "ON_BOARD"
    ),
}
AMOUNT: dict[str, Rule] = {
    "grossAmount*": truth,
    "afterSaleFee*": truth,
    "commission*": truth,
    "amount*": int32,
    "scale": whole,
    "currency": text,
    "commissionRate": whole,
    "commissionRateScale": whole,
    "settlementValueIndicator*": one_of("DEBIT", "CREDIT"),
}
RECORD: dict[str, Rule] = {
    "id*": identity,
    "accountingType*": one_of("SHARES", "SERVICE"),
    "salesType*": one_of("ONLINE", "OFFLINE"),
    "transactionStandard": one_of("UIC", "BILATERAL"),
    "transaction*": lambda value: faults(value, TRANSACTION) == [],
    "subject*": lambda value: faults(value, SUBJECT) == [],
    "accountedAmounts*": lambda value: bool(value) and all(faults(one, AMOUNT) == [] for one in value),
}


def faults(found: Any, wanted: dict[str, Rule]) -> list[str]:
    """List the fields that an object lacks, has too much, or holds in another form."""
    rules = {name.rstrip("*"): rule for name, rule in wanted.items()}
    required = {name.rstrip("*") for name in wanted if name.endswith("*")}
    return [
        *(f"{name} is missing" for name in sorted(required - set(found))),
        *(f"{name} is unknown" for name in sorted(set(found) - set(rules))),
        *(
            f"{name} is {value!r}"
            for name, value in found.items()
            if name in rules and not rules[name](value)
        ),
    ]


def line(
    kind: str, *, gross: int, fee: int = 0, journey: str = "2026-09-14 A - B (hsl 1)", currency: str = "EUR"
) -> Line:
    return Line(
        id=str(uuid.uuid4()),
        booked_at="2026-09-14T12:00:00+00:00",
        kind=kind,
        ticket="ticket",
        journey=journey,
        seq=0,
        rule="agreement v1",
        original_period="2026-09",
        currency=currency,
        gross_minor=gross,
        vat_minor=0,
        fee_minor=fee,
        net_minor=gross - fee,
    )


def delivered(*lines: Line) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(uic.to_json(RUN, "hsl", lines)))
    assert set(found) == {"uicAccountingDelivery"}
    delivery: dict[str, Any] = found["uicAccountingDelivery"]
    assert set(delivery) == {"deliveryDetails", "accountingRecords"}
    return delivery


@pytest.mark.parametrize(
    "one",
    [
        line("sale", gross=1000, fee=15),
        line("refund", gross=-1000, fee=-15),
        line("exchange", gross=-1000),
        line("chargeback", gross=-1),
        line("sale", gross=0),
        line("sale", gross=30, journey=""),
        line("sale", gross=5_000_000_000, fee=3_000_000_000),
        line("sale", gross=12, currency="JPY"),
        line("sale", gross=1001, currency="TND"),
        *(
            line(kind, gross=amount, journey="")
            for kind in (
                "compensation",
                "correction",
                "breakage",
                "month_end_pool",
                "month_end_resale",
                "month_end_guarantee",
                "dispute_lost",
            )
            for amount in (500, -500)
        ),
    ],
    ids=lambda one: f"{one.kind} {one.gross_minor} {one.currency}",
)
def test_every_kind_of_line_is_a_record_as_the_exchange_wants_it(one: Line) -> None:
    (record,) = delivered(one)["accountingRecords"]

    assert faults(record, RECORD) == []
    amounts = record["accountedAmounts"]
    assert all(
        [one["grossAmount"], one["afterSaleFee"], one["commission"]].count(True) == 1 for one in amounts
    )
    assert all(one["amount"] >= 0 for one in amounts)
    sums = {
        name: sum(
            amount["amount"] * (1 if amount["settlementValueIndicator"] == "CREDIT" else -1)
            for amount in amounts
            if amount[name]
        )
        for name in ("grossAmount", "commission")
    }
    assert sums == {"grossAmount": one.gross_minor, "commission": -one.fee_minor}


def test_the_details_of_a_delivery_are_complete_and_a_month_long() -> None:
    details = delivered()["deliveryDetails"]

    assert faults(details, DETAILS) == []
    assert (details["startStatementPeriod"], details["endStatementPeriod"]) == (
        "2026-09-01T00:00:00Z",
        "2026-10-01T00:00:00Z",
    )
    assert datetime.fromisoformat(details["creationDate"]) == datetime(2026, 9, 1, tzinfo=UTC)


def test_scales_follow_the_currency() -> None:
    records = delivered(line("sale", gross=1, currency="JPY"), line("sale", gross=1, currency="TND"))

    assert [record["accountedAmounts"][0]["scale"] for record in records["accountingRecords"]] == [0, 3]


def test_the_description_itself_finds_what_is_wrong() -> None:
    (record,) = delivered(line("sale", gross=1000))["accountingRecords"]

    assert faults({**record, "vat": 1}, RECORD) == ["vat is unknown"]
    assert faults({name: value for name, value in record.items() if name != "subject"}, RECORD) == [
        "subject is missing"
    ]
    assert faults({**record, "accountedAmounts": []}, RECORD) == ["accountedAmounts is []"]
    assert faults({**record["accountedAmounts"][0], "amount": 2**31}, AMOUNT) == [f"amount is {2**31}"]


def test_a_ticket_that_replaces_another_is_booked_in_exchange() -> None:
    one = replace(line("sale", gross=1000), is_exchange=True)

    types = [
        record["transaction"]["type"]
        for record in delivered(one, line("exchange", gross=-900))["accountingRecords"]
    ]

    assert types == ["EXCHANGE_BOOKING", "EXCHANGE_CANCELLATION"]
    assert faults(delivered(one)["accountingRecords"][0], RECORD) == []
