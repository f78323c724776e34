"""Read a bank statement in ISO 20022 camt.053 (any version), refusing what does not add up. Pure.

Only booked entries count. CdtDbtInd says which way the money went on this account; RvslInd only says that an entry
takes an earlier one back (ISO 20022 message definition report, camt.053), so it changes no sign.
"""

import hashlib
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from tariffs.money import MoneyError, exponent, parse
from ticketing.errors import Fault, InvalidRequest

MAX_BYTES = 50_000_000
_CREDIT = {"CRDT": 1, "DBIT": -1}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booked movement: positive for money that came in. `id` is the same whenever the line is imported."""

    id: str
    iban: str
    statement_id: str
    seq: int
    booking_date: str
    value_date: str
    currency: str
    amount_minor: int
    end_to_end_id: str
    bank_reference: str
    counterparty: str
    remittance: str


def read(content: bytes) -> list[StatementLine]:
    """Read every statement of a file; raises InvalidRequest naming each fault: nothing of a bad file is used."""
    if len(content) > MAX_BYTES:
        raise InvalidRequest.at("file", f"longer than {MAX_BYTES:,} bytes")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidRequest.at("file", f"this is no XML that can be read: {error}") from None
    statements = _all(_child(root, "BkToCstmrStmt"), "Stmt")
    if not statements:
        raise InvalidRequest.at("file", "this is no camt.053: there is no BkToCstmrStmt/Stmt")
    faults: list[Fault] = []
    found = [
        line
        for at, statement in enumerate(statements)
        for line in _statement(statement, f"Stmt[{at}]", faults)
    ]
    if faults:
        raise InvalidRequest("; ".join(f"{fault.path}: {fault.message}" for fault in faults[:3]), faults)
    return found


def _statement(statement: Element, path: str, faults: list[Fault]) -> list[StatementLine]:
    iban, name = _text(statement, "Acct", "Id", "IBAN"), _text(statement, "Id")
    if not iban:
        faults.append(Fault(f"{path}.Acct.Id.IBAN", "is missing"))
    lines: list[StatementLine] = []
    booked: dict[str, int] = {}
    for at, entry in enumerate(_all(statement, "Ntry")):
        where = f"{path}.Ntry[{at}]"
        status = _text(entry, "Sts", "Cd") or _text(entry, "Sts")
        if status != "BOOK":
            continue
        amount = _amount(entry, where, faults)
        if amount is None:
            continue
        currency, minor = amount
        booked[currency] = booked.get(currency, 0) + minor
        head = {"iban": iban, "statement_id": name, "currency": currency}
        lines += _movements(entry, minor, head, len(lines))
    _check_balances(statement, path, booked, faults)
    return lines


def _movements(entry: Element, minor: int, head: dict[str, str], seq: int) -> list[StatementLine]:
    """The payments of a batch where they sum to the entry, or else the entry as one movement."""
    details = [found for part in _all(entry, "NtryDtls") for found in _all(part, "TxDtls")]
    parts = [_detail_amount(found, head["currency"]) for found in details]
    sign = 1 if minor > 0 else -1
    if len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == abs(minor):
        pairs = [(found, sign * (part or 0)) for found, part in zip(details, parts, strict=True)]
    else:
        pairs = [(details[0] if details else entry, minor)]
    return [_line(entry, detail, amount, head, seq + at) for at, (detail, amount) in enumerate(pairs, 1)]


def _line(entry: Element, detail: Element, amount: int, head: dict[str, str], seq: int) -> StatementLine:
    reference = _text(detail, "Refs", "AcctSvcrRef") or _text(entry, "AcctSvcrRef")
    side = "Cdtr" if amount < 0 else "Dbtr"
    told: dict[str, Any] = {
        "booking_date": _date(entry, "BookgDt"),
        "value_date": _date(entry, "ValDt"),
        "end_to_end_id": _text(detail, "Refs", "EndToEndId"),
        "bank_reference": reference,
        "counterparty": _text(detail, "RltdPties", side, "Pty", "Nm")
        or _text(detail, "RltdPties", side, "Nm"),
        "remittance": " ".join(node.text or "" for node in _all(_child(detail, "RmtInf"), "Ustrd")).strip(),
    }
    place = "" if reference else f"{head['statement_id']}/{seq}"
    same = [
        head["iban"],
        head["currency"],
        str(amount),
        reference,
        place,
        told["booking_date"],
        told["end_to_end_id"],
    ]
    return StatementLine(
        id=hashlib.sha256("\x1f".join(same).encode()).hexdigest(),
        seq=seq,
        amount_minor=amount,
        **head,
        **told,
    )


def _check_balances(statement: Element, path: str, booked: dict[str, int], faults: list[Fault]) -> None:
    """Opening balance and booked entries give the closing balance, where the bank tells both."""
    balances: dict[str, tuple[str, int]] = {}
    for at, balance in enumerate(_all(statement, "Bal")):
        code = _text(balance, "Tp", "CdOrPrtry", "Cd")
        amount = _amount(balance, f"{path}.Bal[{at}]", faults)
        if amount and code in {"OPBD", "PRCD", "CLBD"}:
            balances["closing" if code == "CLBD" else "opening"] = amount
    if {"opening", "closing"} <= balances.keys():
        (currency, opening), (_, closing) = balances["opening"], balances["closing"]
        if opening + booked.get(currency, 0) != closing:
            faults.append(
                Fault(
                    f"{path}.Bal",
                    "the opening balance and the booked entries do not give the closing balance",
                )
            )


def _amount(element: Element, path: str, faults: list[Fault]) -> tuple[str, int] | None:
    node = _child(element, "Amt")
    sign = _CREDIT.get(_text(element, "CdtDbtInd"))
    if node is None or sign is None:
        faults.append(Fault(f"{path}.{'Amt' if node is None else 'CdtDbtInd'}", "is missing"))
        return None
    currency = node.get("Ccy", "")
    minor = _minor(node.text or "", currency)
    if minor is None:
        faults.append(Fault(f"{path}.Amt", f"{node.text!r} {currency} is no amount"))
        return None
    return currency, sign * minor


def _detail_amount(detail: Element, currency: str) -> int | None:
    node = _child(detail, "Amt")
    if node is None:
        node = _child(_child(_child(detail, "AmtDtls"), "TxAmt"), "Amt")
    if node is None or node.get("Ccy") != currency:
        return None
    return _minor(node.text or "", currency)


def _minor(text: str, currency: str) -> int | None:
    """Banks write 8.9, 8.90 or 8.90000: every form that is a whole number of minor units."""
    try:
        digits = exponent(currency)
        whole, _, decimals = text.strip().partition(".")
        if decimals[digits:].strip("0"):
            return None
        padded = decimals[:digits].ljust(digits, "0")
        found = parse(f"{whole.lstrip('0') or '0'}{'.' if digits else ''}{padded}", currency).minor
    except MoneyError:
        return None
    return found if found >= 0 else None


def _date(entry: Element, name: str) -> str:
    return _text(entry, name, "Dt") or _text(entry, name, "DtTm")[:10]


def _text(element: Element, *names: str) -> str:
    found: Element | None = element
    for name in names:
        found = _child(found, name)
    return (found.text or "").strip() if found is not None else ""


def _child(element: Element | None, name: str) -> Element | None:
    return next(iter(_all(element, name)), None)


def _all(element: Element | None, name: str) -> list[Element]:
    """The children of this local name: versions of the message differ in nothing but their namespace."""
    return [
        child for child in (element if element is not None else ()) if child.tag.rpartition("}")[2] == name
    ]
