"""Read a bank's statement in ISO 20022 camt.053 (versions 02 to 14), or its earlier words in camt.052 and camt.054. Pure.

Only booked entries count. CdtDbtInd says which way the money went on this account; RvslInd only says that an entry
takes an earlier one back (ISO 20022 message definition report, camt.053), so it changes no sign. Where a statement has
balances, the opening and the closing one show that no entry is lost (docs/finance.md); one without any is read, and
told to be unproven.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from tariffs.money import Money, is_currency
from ticketing.errors import InvalidRequest
from ticketing.settlement.bank.camt_entries import Reading, StatementLine, read_entry
from ticketing.settlement.bank.camt_values import amount_of, date_of
from ticketing.settlement.bank.camt_xml import Faults, all_of, child, deepest, parsed, text

MAX_BYTES = 50_000_000
_MESSAGE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.05[234]\.001\.(0[2-9]|1[0-4])\}Document")
Kind = Literal["statement", "report", "notification"]
# The element of a message, the element of each account in it, and the word for it.
_ROOTS: Mapping[str, tuple[str, Kind]] = {
    "BkToCstmrStmt": ("Stmt", "statement"),
    "BkToCstmrAcctRpt": ("Rpt", "report"),
    "BkToCstmrDbtCdtNtfctn": ("Ntfctn", "notification"),
}
# How many faults are told in the sentence; the rest stands in the list.
_TOLD = 3
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """The balances of a statement in one currency, with the day of the closing one (empty where it tells none)."""

    currency: str
    day: str
    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One account's part of a file; `is_own` is False for an account of somebody else, whose entries are not read."""

    account: str
    name: str
    lines: Sequence[StatementLine]
    balances: Sequence[Balances]
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class File:
    """A file of the bank. Only a statement is booked: a report and a notification tell early what it will say."""

    kind: Kind
    statements: Sequence[Statement]

    @property
    def lines(self) -> list[StatementLine]:
        """The lines of all own accounts."""
        return [line for statement in self.statements for line in statement.lines]


def read(content: bytes) -> list[StatementLine]:
    """Read every statement of a file; raises InvalidRequest naming each fault: nothing of a bad file is used."""
    return read_file(content).lines


def read_file(content: bytes, own: Mapping[str, str] | None = None) -> File:
    """Read a file of the bank; raises InvalidRequest naming each fault: nothing of a bad file is used.

    `own` leads from the number of an account, as a bank may tell it, to the account: other accounts are left out.
    """
    if len(content) > MAX_BYTES:
        raise InvalidRequest.at("file", f"longer than {MAX_BYTES:,} bytes")
    root, lines = parsed(content)
    if not _MESSAGE.fullmatch(root.tag):
        space, _, name = root.tag.rpartition("}")
        raise InvalidRequest.at(
            "file",
            f"line {lines[root]}: this is no camt.053: {name} of {space.lstrip('{') or 'no namespace'}; a statement "
            "is a Document of urn:iso:std:iso:20022:tech:xsd:camt.053.001.02 to .14",
        )
    kind, parts = _parts(root)
    faults, alike = Faults(lines), Counter[tuple[str, ...]]()
    statements = [
        _statement(part, f"{_tag(part)}[{at}]", alike, faults, own if own is not None else {})
        for at, part in enumerate(parts)
    ]
    if faults.found:
        texts = [f"{fault.path}: {fault.message}" for fault in faults.found]
        more = f"; and {len(texts) - _TOLD} more" if len(texts) > _TOLD else ""
        raise InvalidRequest("; ".join(texts[:_TOLD]) + more, faults.found)
    return File(kind, statements)


def _parts(root: Element) -> tuple[Kind, list[Element]]:
    """The accounts' parts of a message; raises InvalidRequest for a message without any."""
    for name, (part, kind) in _ROOTS.items():
        message = child(root, name)
        if message is not None and all_of(message, part):
            return kind, all_of(message, part)
    raise InvalidRequest.at(
        "file",
        "this is no camt.053: there is no BkToCstmrStmt/Stmt (nor a BkToCstmrAcctRpt/Rpt or BkToCstmrDbtCdtNtfctn/Ntfctn)",
    )


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _statement(
    statement: Element, path: str, alike: Counter[tuple[str, ...]], faults: Faults, own: Mapping[str, str]
) -> Statement:
    number_told = text(statement, "Acct", "Id", "IBAN") or text(statement, "Acct", "Id", "Othr", "Id")
    number, name = bare(number_told), text(statement, "Id")
    if own and number and number not in own:
        return Statement(account=number_told, name=name, lines=(), balances=(), is_own=False)
    if not number:
        faults.at(deepest(statement, "Acct", "Id"), f"{path}.Acct.Id.IBAN", "is missing")
    account = text(statement, "Acct", "Ccy")
    if account and not is_currency(account):
        faults.at(
            deepest(statement, "Acct", "Ccy"), f"{path}.Acct.Ccy", f"{account!r} is no currency (ISO 4217)"
        )
    account = account or _currency_of_balances(statement)
    iban = own.get(number, "".join(number_told.split()))
    reading = Reading(path=path, iban=iban, name=name, faults=faults, alike=alike)
    total = 0
    for at, entry in enumerate(all_of(statement, "Ntry")):
        where = f"{path}.Ntry[{at}]"
        status = text(entry, "Sts", "Cd") or text(entry, "Sts")
        if status != "BOOK":
            continue
        amount = amount_of(entry, where, account, faults)
        days = date_of(entry, "BookgDt", where, faults), date_of(entry, "ValDt", where, faults)
        if amount is not None:
            total += amount[1]
            read_entry(reading, entry, where, amount, days)
    balances: list[Balances] = []
    if _tag(statement) == "Stmt":
        balances = _checked_balances(statement, path, account, total, faults)
    return Statement(account=iban, name=name, lines=reading.lines, balances=balances)


def bare(number: str) -> str:
    """The number of an account in capitals and without spaces or dashes."""
    return "".join(sign for sign in number.upper() if sign.isalnum())


def _currency_of_balances(statement: Element) -> str:
    """The account's currency where the statement does not tell it: that of its first balance."""
    amount = child(child(statement, "Bal"), "Amt")
    return amount.get("Ccy", "") if amount is not None else ""


def _told_as(told: dict[str, list[tuple[str, int]]], codes: Sequence[str]) -> list[tuple[str, int]]:
    """The balances, as day and minor units, under the first of some codes that a statement uses."""
    return next((told[code] for code in codes if code in told), [])


def _checked_balances(
    statement: Element, path: str, account: str, total: int, faults: Faults
) -> list[Balances]:
    """Check that the opening balance and the booked entries give the closing balance; both are there, or none of any kind."""
    by_code: dict[str, list[tuple[str, int]]] = {}
    for at, balance in enumerate(all_of(statement, "Bal")):
        where, code = f"{path}.Bal[{at}]", text(balance, "Tp", "CdOrPrtry", "Cd")
        amount, day = amount_of(balance, where, account, faults), date_of(balance, "Dt", where, faults)
        if amount:
            by_code.setdefault(code, []).append((day, amount[1]))
        elif code in {*_OPENING, *_CLOSING}:
            return []  # its fault is by_code
    opening, closing = _told_as(by_code, _OPENING), _told_as(by_code, _CLOSING)
    if child(statement, "Bal") is None:
        return []
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
    if not opening or not closing:
        return []
    # A statement of several days may tell the balances of each.
    (_, first), (day, last) = min(opening), max(closing)
    if first + total != last:
        faults.at(
            deepest(statement, "Bal"),
            f"{path}.Bal",
            f"the opening balance and the booked entries do not give the closing balance: {Money(first, account)} and "
            f"{Money(total, account)} are {Money(first + total, account)}, it tells {Money(last, account)}",
        )
    return [Balances(currency=account, day=day, opening_minor=first, closing_minor=last)]
