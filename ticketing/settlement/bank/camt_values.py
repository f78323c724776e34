"""Read the amounts and days of a bank's message, each fault with its element. Pure."""

import re
from datetime import date, datetime
from xml.etree.ElementTree import Element

from tariffs.money import MoneyError, exponent, is_currency, parse
from ticketing.settlement.bank.camt_xml import Faults, child, deepest, text

# xs:date may carry a time zone.
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.ASCII)
SIGNS = {"CRDT": 1, "DBIT": -1}


def amount_of(element: Element, path: str, account: str, faults: Faults) -> tuple[str, int] | None:
    """Read a booked amount, in a currency of the account where the statement tells that."""
    node = child(element, "Amt")
    sign = SIGNS.get(text(element, "CdtDbtInd"))
    if sign is None:
        faults.at(deepest(element, "CdtDbtInd"), f"{path}.CdtDbtInd", "is missing, or neither CRDT nor DBIT")
    if node is None:
        faults.at(element, f"{path}.Amt", "is missing")
        return None
    currency = node.get("Ccy", "")
    if not is_currency(currency):
        faults.at(node, f"{path}.Amt", f"{currency!r} is no currency (ISO 4217)")
        return None
    if account and currency != account:
        faults.at(node, f"{path}.Amt", f"{currency} on an account in {account}")
    minor = minor_of(node.text or "", currency)
    if minor is None:
        faults.at(node, f"{path}.Amt", f"{node.text!r} {currency} is no amount")
        return None
    return (currency, sign * minor) if sign else None


def detail_amount(detail: Element, path: str, currency: str, sign: int, faults: Faults) -> int | None:
    """Read the amount of one payment in an entry, with its own sign; None where it is not told in the account's currency."""
    node = child(detail, "Amt")
    if node is None:
        node = child(child(child(detail, "AmtDtls"), "TxAmt"), "Amt")
    way = text(detail, "CdtDbtInd")
    if way and way not in SIGNS:
        faults.at(deepest(detail, "CdtDbtInd"), f"{path}.CdtDbtInd", "is neither CRDT nor DBIT")
    if node is None or node.get("Ccy") != currency:
        return None
    minor = minor_of(node.text or "", currency)
    if minor is None:
        faults.at(node, f"{path}.Amt", f"{node.text!r} {currency} is no amount")
        return None
    return minor * SIGNS.get(way, sign)


def minor_of(amount: str, currency: str) -> int | None:
    """Banks write 8.9, 8.90 or 8.90000: every form that is a whole number of minor units."""
    try:
        digits = exponent(currency)
        whole, _, decimals = amount.strip().partition(".")
        if decimals[digits:].strip("0"):
            return None
        padded = decimals[:digits].ljust(digits, "0")
        minor = parse(f"{whole.lstrip('0') or '0'}{'.' if digits else ''}{padded}", currency).minor
    except MoneyError:
        return None
    return minor if minor >= 0 else None


def date_of(entry: Element, name: str, path: str, faults: Faults) -> str:
    """The day that an entry tells, as YYYY-MM-DD; empty where it tells none."""
    day, moment = text(entry, name, "Dt"), text(entry, name, "DtTm")
    match = _DAY.fullmatch(day)
    try:
        if match:
            return date.fromisoformat(match[1]).isoformat()
        if not day and not moment:
            return ""
        if not day and moment[10:11] == "T":
            datetime.fromisoformat(moment)
            return date.fromisoformat(moment[:10]).isoformat()
    except ValueError:
        pass
    tag = "Dt" if day else "DtTm"
    faults.at(
        deepest(entry, name, tag), f"{path}.{name}.{tag}", f"{day or moment!r} is no day like 2026-11-26"
    )
    return ""
