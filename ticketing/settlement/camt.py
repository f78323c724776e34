"""Read a bank statement in ISO 20022 camt.053 (versions 02 to 13), refusing what does not add up. Pure.

Only booked entries count. CdtDbtInd says which way the money went on this account; RvslInd only says that an entry
takes an earlier one back (ISO 20022 message definition report, camt.053), so it changes no sign.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import Element

from tariffs.money import MoneyError, exponent, is_currency, parse
from ticketing.errors import InvalidRequest
from ticketing.settlement.camt_xml import Faults, all_of, child, deepest, parsed, text

MAX_BYTES = 50_000_000
_MESSAGE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-3])\}Document")
# xs:date may carry a time zone.
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.ASCII)
# How many faults are told in the sentence; the rest stands in the list.
_TOLD = 3
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
    root, lines = parsed(content)
    if not _MESSAGE.fullmatch(root.tag):
        space, _, name = root.tag.rpartition("}")
        raise InvalidRequest.at(
            "file",
            f"line {lines[root]}: this is no camt.053: {name} of {space.lstrip('{') or 'no namespace'}; a statement "
            "is a Document of urn:iso:std:iso:20022:tech:xsd:camt.053.001.02 to .13",
        )
    statements = all_of(child(root, "BkToCstmrStmt"), "Stmt")
    if not statements:
        raise InvalidRequest.at("file", "this is no camt.053: there is no BkToCstmrStmt/Stmt")
    faults = Faults(lines)
    found = [
        line
        for at, statement in enumerate(statements)
        for line in _statement(statement, f"Stmt[{at}]", faults)
    ]
    if faults.found:
        told = [f"{fault.path}: {fault.message}" for fault in faults.found]
        more = f"; and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
        raise InvalidRequest("; ".join(told[:_TOLD]) + more, faults.found)
    return found


def _statement(statement: Element, path: str, faults: Faults) -> list[StatementLine]:
    iban, name = text(statement, "Acct", "Id", "IBAN"), text(statement, "Id")
    if not iban:
        faults.at(deepest(statement, "Acct", "Id"), f"{path}.Acct.Id.IBAN", "is missing")
    account = text(statement, "Acct", "Ccy")
    if account and not is_currency(account):
        faults.at(
            deepest(statement, "Acct", "Ccy"), f"{path}.Acct.Ccy", f"{account!r} is no currency (ISO 4217)"
        )
    lines: list[StatementLine] = []
    booked: dict[str, int] = {}
    for at, entry in enumerate(all_of(statement, "Ntry")):
        where = f"{path}.Ntry[{at}]"
        status = text(entry, "Sts", "Cd") or text(entry, "Sts")
        if status != "BOOK":
            continue
        amount = _amount(entry, where, account, faults)
        days = {
            "booking_date": _date(entry, "BookgDt", where, faults),
            "value_date": _date(entry, "ValDt", where, faults),
        }
        if amount is None:
            continue
        currency, minor = amount
        booked[currency] = booked.get(currency, 0) + minor
        head = {"iban": iban, "statement_id": name, "currency": currency, **days}
        lines += _movements(entry, minor, head, len(lines))
    _check_balances(statement, path, account, booked, faults)
    return lines


def _movements(entry: Element, minor: int, head: dict[str, str], seq: int) -> list[StatementLine]:
    """The payments of a batch where they sum to the entry, or else the entry as one movement."""
    details = [found for part in all_of(entry, "NtryDtls") for found in all_of(part, "TxDtls")]
    parts = [_detail_amount(found, head["currency"]) for found in details]
    sign = 1 if minor > 0 else -1
    if len(details) > 1 and None not in parts and sum(part or 0 for part in parts) == abs(minor):
        pairs = [(found, sign * (part or 0)) for found, part in zip(details, parts, strict=True)]
    else:
        pairs = [(details[0] if details else entry, minor)]
    return [_line(entry, detail, amount, head, seq + at) for at, (detail, amount) in enumerate(pairs, 1)]


def _line(entry: Element, detail: Element, amount: int, head: dict[str, str], seq: int) -> StatementLine:
    reference = text(detail, "Refs", "AcctSvcrRef") or text(entry, "AcctSvcrRef")
    side = "Cdtr" if amount < 0 else "Dbtr"
    told: dict[str, Any] = {
        "end_to_end_id": text(detail, "Refs", "EndToEndId"),
        "bank_reference": reference,
        "counterparty": text(detail, "RltdPties", side, "Pty", "Nm") or text(detail, "RltdPties", side, "Nm"),
        "remittance": " ".join(node.text or "" for node in all_of(child(detail, "RmtInf"), "Ustrd")).strip(),
    }
    place = "" if reference else f"{head['statement_id']}/{seq}"
    same = [
        head["iban"],
        head["currency"],
        str(amount),
        reference,
        place,
        head["booking_date"],
        told["end_to_end_id"],
    ]
    return StatementLine(
        id=hashlib.sha256("\x1f".join(same).encode()).hexdigest(),
        seq=seq,
        amount_minor=amount,
        **head,
        **told,
    )


def _check_balances(
    statement: Element, path: str, account: str, booked: dict[str, int], faults: Faults
) -> None:
    """Opening balance and booked entries give the closing balance, where the bank tells both."""
    balances: dict[str, tuple[str, int]] = {}
    for at, balance in enumerate(all_of(statement, "Bal")):
        code = text(balance, "Tp", "CdOrPrtry", "Cd")
        amount = _amount(balance, f"{path}.Bal[{at}]", account, faults)
        if amount and code in {"OPBD", "PRCD", "CLBD"}:
            balances["closing" if code == "CLBD" else "opening"] = amount
    if {"opening", "closing"} <= balances.keys():
        (currency, opening), (_, closing) = balances["opening"], balances["closing"]
        if opening + booked.get(currency, 0) != closing:
            faults.at(
                deepest(statement, "Bal"), f"{path}.Bal",
                "the opening balance and the booked entries do not give the closing balance",
            )  # fmt: skip


def _amount(element: Element, path: str, account: str, faults: Faults) -> tuple[str, int] | None:
    """What was booked, in the account's currency where the statement tells that."""
    node = child(element, "Amt")
    sign = _CREDIT.get(text(element, "CdtDbtInd"))
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
    minor = _minor(node.text or "", currency)
    if minor is None:
        faults.at(node, f"{path}.Amt", f"{node.text!r} {currency} is no amount")
        return None
    return (currency, sign * minor) if sign else None


def _detail_amount(detail: Element, currency: str) -> int | None:
    node = child(detail, "Amt")
    if node is None:
        node = child(child(child(detail, "AmtDtls"), "TxAmt"), "Amt")
    if node is None or node.get("Ccy") != currency:
        return None
    return _minor(node.text or "", currency)


def _minor(amount: str, currency: str) -> int | None:
    """Banks write 8.9, 8.90 or 8.90000: every form that is a whole number of minor units."""
    try:
        digits = exponent(currency)
        whole, _, decimals = amount.strip().partition(".")
        if decimals[digits:].strip("0"):
            return None
        padded = decimals[:digits].ljust(digits, "0")
        found = parse(f"{whole.lstrip('0') or '0'}{'.' if digits else ''}{padded}", currency).minor
    except MoneyError:
        return None
    return found if found >= 0 else None


def _date(entry: Element, name: str, path: str, faults: Faults) -> str:
    """The day that an entry tells, as YYYY-MM-DD; empty where it tells none."""
    day, moment = text(entry, name, "Dt"), text(entry, name, "DtTm")
    found = _DAY.fullmatch(day)
    try:
        if found:
            return date.fromisoformat(found[1]).isoformat()
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
