"""Read a bank statement in ISO 20022 camt.053 (versions 02 to 13), refusing what does not add up. Pure.

Only booked entries count. CdtDbtInd says which way the money went on this account; RvslInd only says that an entry
takes an earlier one back (ISO 20022 message definition report, camt.053), so it changes no sign. A statement is read
with its opening and its closing balance only: they alone show that no entry is lost (docs/finance.md).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from xml.etree.ElementTree import Element

from tariffs.money import Money, MoneyError, exponent, is_currency, parse
from ticketing.errors import InvalidRequest
from ticketing.settlement.bank.camt_xml import Faults, all_of, child, deepest, parsed, text

MAX_BYTES = 50_000_000
_MESSAGE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(0[2-9]|1[0-3])\}Document")
# xs:date may carry a time zone.
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.ASCII)
# Max15NumericText.
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
# How many faults are told in the sentence; the rest stands in the list.
_TOLD = 3
_CREDIT = {"CRDT": 1, "DBIT": -1}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
# The words of banks that have no reference.
_NO_REFERENCE = {"NONREF", "NOTPROVIDED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One booked movement: positive for money that came in. `id` is the same whenever the line is imported.

    It is made of account, amount, day and the references of bank and payer; of lines that are alike in all of
    these each has its number, so that no two of a file are one. Where the bank gives no reference of its own, the
    statement and the line's place in it stand for it.
    """

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
    faults, alike = Faults(lines), Counter[tuple[str, ...]]()
    read_statements = [
        line
        for at, statement in enumerate(statements)
        for line in _statement(statement, f"Stmt[{at}]", alike, faults)
    ]
    if faults.found:
        texts = [f"{fault.path}: {fault.message}" for fault in faults.found]
        more = f"; and {len(texts) - _TOLD} more" if len(texts) > _TOLD else ""
        raise InvalidRequest("; ".join(texts[:_TOLD]) + more, faults.found)
    return read_statements


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One statement while it is read; `alike` counts, over the whole file, lines that nothing tells apart."""

    path: str
    iban: str
    name: str
    currency: str
    faults: Faults
    alike: Counter[tuple[str, ...]]
    lines: list[StatementLine] = field(default_factory=list)


def _statement(
    statement: Element, path: str, alike: Counter[tuple[str, ...]], faults: Faults
) -> list[StatementLine]:
    iban, name = text(statement, "Acct", "Id", "IBAN"), text(statement, "Id")
    if not iban:
        faults.at(deepest(statement, "Acct", "Id"), f"{path}.Acct.Id.IBAN", "is missing")
    account = text(statement, "Acct", "Ccy")
    if account and not is_currency(account):
        faults.at(
            deepest(statement, "Acct", "Ccy"), f"{path}.Acct.Ccy", f"{account!r} is no currency (ISO 4217)"
        )
    account = account or _currency_of_balances(statement)
    reading = _Reading(path=path, iban=iban, name=name, currency=account, faults=faults, alike=alike)
    total = 0
    for at, entry in enumerate(all_of(statement, "Ntry")):
        where = f"{path}.Ntry[{at}]"
        status = text(entry, "Sts", "Cd") or text(entry, "Sts")
        if status != "BOOK":
            continue
        amount = _amount(entry, where, account, faults)
        days = _date(entry, "BookgDt", where, faults), _date(entry, "ValDt", where, faults)
        if amount is not None:
            total += amount[1]
            _read_entry(reading, entry, where, amount, days)
    _check_balances(statement, path, account, total, faults)
    return reading.lines


def _currency_of_balances(statement: Element) -> str:
    """The account's currency where the statement does not tell it: that of its first balance."""
    amount = child(child(statement, "Bal"), "Amt")
    return amount.get("Ccy", "") if amount is not None else ""


def _read_entry(
    reading: _Reading, entry: Element, path: str, amount: tuple[str, int], days: tuple[str, str]
) -> None:
    """Add the payments of an entry, each with its own sign; they must sum to the entry.

    A batch whose payments do not all tell an amount in the account's currency stays one movement, without
    references: the first payment's would settle that payment with the money of all.
    """
    currency, minor = amount
    details = [found for part in all_of(entry, "NtryDtls") for found in all_of(part, "TxDtls")]
    count = max(len(details), _told_number(entry))
    parts = [
        _detail_amount(found, f"{path}.TxDtls[{at}]", currency, 1 if minor > 0 else -1, reading.faults)
        for at, found in enumerate(details)
    ]
    payments = [part for part in parts if part is not None]
    if len(payments) == len(details) > 1 or (
        count == 1 and payments and child(details[0], "Amt") is not None
    ):
        if sum(payments) != minor:
            reading.faults.at(
                entry,
                path,
                f"its payments sum to {Money(sum(payments), currency)}, the entry is {Money(minor, currency)}",
            )
        pairs: list[tuple[Element | None, int]] = list(zip(details, payments, strict=True))
    elif count > 1:
        pairs = [(None, minor)]
    else:
        pairs = [(details[0] if details else entry, minor)]
    for detail, part in pairs:
        references = _references(entry, detail, part, count)
        reading.lines.append(_line(reading, references, (currency, part), days))


def _told_number(entry: Element) -> int:
    """Read the number of payments in an entry; 1 where the bank names none."""
    told = [text(part, "Btch", "NbOfTxs") for part in all_of(entry, "NtryDtls")]
    return max(1, sum(int(number) for number in told if _NUMBER.fullmatch(number)))


def _references(entry: Element, detail: Element | None, amount: int, count: int) -> dict[str, str]:
    """Read the references of bank and payer in a movement; of a batch that is not opened only its number of payments."""
    reference = text(detail, "Refs", "AcctSvcrRef") if detail is not None else ""
    reference = reference or text(entry, "AcctSvcrRef")
    if reference.upper() in _NO_REFERENCE:
        reference = ""
    if detail is None:
        said = f"{count} payments in one entry, and the bank does not give their amounts"
        return {"bank_reference": reference, "end_to_end_id": "", "counterparty": "", "remittance": said}
    side = "Cdtr" if amount < 0 else "Dbtr"
    return {
        "end_to_end_id": text(detail, "Refs", "EndToEndId"),
        "bank_reference": reference,
        "counterparty": text(detail, "RltdPties", side, "Pty", "Nm") or text(detail, "RltdPties", side, "Nm"),
        "remittance": " ".join(node.text or "" for node in all_of(child(detail, "RmtInf"), "Ustrd")).strip(),
    }


def _line(
    reading: _Reading, references: dict[str, str], amount: tuple[str, int], days: tuple[str, str]
) -> StatementLine:
    (currency, minor), (booking_date, value_date) = amount, days
    seq, reference = len(reading.lines) + 1, references["bank_reference"]
    place = "" if reference else f"{reading.name}/{seq}"
    same = (
        reading.iban,
        currency,
        str(minor),
        reference,
        place,
        booking_date,
        references["end_to_end_id"],
    )
    # Another statement may tell a referred line again; two in one statement are two.
    counted = (*same, reading.path) if reference else same
    reading.alike[counted] += 1
    which = reading.alike[counted]
    parts = same if which == 1 else (*same, str(which))
    return StatementLine(
        id=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
        iban=reading.iban,
        statement_id=reading.name,
        seq=seq,
        booking_date=booking_date,
        value_date=value_date,
        currency=currency,
        amount_minor=minor,
        **references,
    )


def _told_as(told: dict[str, list[tuple[str, int]]], codes: Sequence[str]) -> list[tuple[str, int]]:
    """The balances, as day and minor units, under the first of some codes that a statement uses."""
    return next((told[code] for code in codes if code in told), [])


def _check_balances(statement: Element, path: str, account: str, total: int, faults: Faults) -> None:
    """The opening balance and the booked entries give the closing balance; both are there."""
    balances: dict[str, list[tuple[str, int]]] = {}
    for at, balance in enumerate(all_of(statement, "Bal")):
        where, code = f"{path}.Bal[{at}]", text(balance, "Tp", "CdOrPrtry", "Cd")
        amount, day = _amount(balance, where, account, faults), _date(balance, "Dt", where, faults)
        if amount:
            balances.setdefault(code, []).append((day, amount[1]))
        elif code in {*_OPENING, *_CLOSING}:
            return  # its fault is told
    opening, closing = _told_as(balances, _OPENING), _told_as(balances, _CLOSING)
    for name, stated, codes in (("opening", opening, _OPENING), ("closing", closing, _CLOSING)):
        if not stated:
            named = " or ".join(codes)
            faults.at(statement, f"{path}.Bal", f"there is no {name} balance ({named}) in the statement")
        if len(set(stated)) > len({day for day, _ in stated}):
            faults.at(
                deepest(statement, "Bal"),
                f"{path}.Bal",
                f"there are two {name} balances of one day, which differ",
            )
    # A statement of several days may tell the balances of each.
    if opening and closing and min(opening)[1] + total != max(closing)[1]:
        faults.at(
            deepest(statement, "Bal"),
            f"{path}.Bal",
            "the opening balance and the booked entries do not give the closing balance",
        )


def _amount(element: Element, path: str, account: str, faults: Faults) -> tuple[str, int] | None:
    """Read the booked amount, in the account's currency where the statement tells that."""
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


def _detail_amount(detail: Element, path: str, currency: str, sign: int, faults: Faults) -> int | None:
    """Read the amount of one payment in an entry, with its own sign; None where it is not told in the account's currency."""
    node = child(detail, "Amt")
    if node is None:
        node = child(child(child(detail, "AmtDtls"), "TxAmt"), "Amt")
    way = text(detail, "CdtDbtInd")
    if way and way not in _CREDIT:
        faults.at(deepest(detail, "CdtDbtInd"), f"{path}.CdtDbtInd", "is neither CRDT nor DBIT")
    if node is None or node.get("Ccy") != currency:
        return None
    minor = _minor(node.text or "", currency)
    if minor is None:
        faults.at(node, f"{path}.Amt", f"{node.text!r} {currency} is no amount")
        return None
    return minor * _CREDIT.get(way, sign)


def _minor(amount: str, currency: str) -> int | None:
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


def _date(entry: Element, name: str, path: str, faults: Faults) -> str:
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
