"""Read the entries of a bank's statement as lines: each payment, the bank's fee within it, a difference. Pure.

The payments of an entry and the fees that the bank names in it give the entry's amount. A sum that is left over is a
line of its own, which a person clears: it keeps no other line of the statement from being booked.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from tariffs.money import Money
from ticketing.settlement.bank.camt_values import SIGNS, detail_amount, minor_of
from ticketing.settlement.bank.camt_xml import Faults, all_of, child, text

# Max15NumericText.
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
# The words of banks that have no reference.
_NO_REFERENCE = {"NONREF", "NOTPROVIDED"}
_YES = {"true", "1"}
# The reason of a return whose bank gives none.
REVERSED = "RVSL"
FEE, DIFFERENCE = "fee", "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One booked movement: positive for money that came in. `id` is the same whenever the line is imported.

    It is made of account, amount, day and the references of bank and payer; of lines that are alike in all of
    these each has its number, so that no two of a file are one. Where the bank gives no reference of its own, the
    statement and the line's place in it stand for it.

    `structured` are the creditor's references, with a space between; `batch` the ids of a payment file that the bank
    booked as one sum of `batch_count` payments; `return_reason` tells why a payment came back. `part` is `fee` for
    the bank's fee within the entry of a payment, `difference` for a rest that the bank does not explain.
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
    structured: str = ""
    batch: str = ""
    batch_count: int = 0
    return_reason: str = ""
    part: str = ""


@dataclass(slots=True, kw_only=True)
class Reading:
    """One statement while it is read; `alike` counts, over the whole file, lines that nothing tells apart."""

    path: str
    iban: str
    name: str
    faults: Faults
    alike: Counter[tuple[str, ...]]
    lines: list[StatementLine] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Told:
    """The words of the bank about one movement, as the fields of its line."""

    end_to_end_id: str = ""
    bank_reference: str = ""
    counterparty: str = ""
    remittance: str = ""
    structured: str = ""
    batch: str = ""
    batch_count: int = 0
    return_reason: str = ""
    part: str = ""


def read_entry(
    reading: Reading, entry: Element, path: str, amount: tuple[str, int], days: tuple[str, str]
) -> None:
    """Add the payments of an entry, each with its own sign, then its fee, then what is left of its amount.

    A batch whose payments do not all tell an amount in the account's currency stays one movement, without
    references: the first payment's would settle that payment with the money of all.
    """
    currency, minor = amount
    if not minor:
        return  # it moves nothing
    details = [detail for part in all_of(entry, "NtryDtls") for detail in all_of(part, "TxDtls")]
    count = max(len(details), _told_number(entry))
    payments = _amounts(reading, details, path, amount)
    fee, told_inside = _fees(entry, details, currency)
    inside = fee if told_inside else 0
    pairs: list[tuple[Element | None, int]]
    if _are_told(payments, details, count) or (count == 1 and fee and payments == [minor - fee]):
        pairs = list(zip(details, payments, strict=True))
    elif count > 1:
        pairs, fee = [(None, minor)], 0
    else:
        pairs = [((details or [entry])[0], minor - inside)]
    for detail, part in pairs:
        _add(reading, _told(entry, detail, part, count), (currency, part), days)
    _add_rest(reading, entry, (currency, minor - sum(part for _, part in pairs)), fee, days)


def _amounts(reading: Reading, details: Sequence[Element], path: str, amount: tuple[str, int]) -> list[int]:
    """The amounts of an entry's payments, of those that tell one in the account's currency."""
    currency, minor = amount
    sign = 1 if minor > 0 else -1
    told = (
        detail_amount(detail, f"{path}.TxDtls[{at}]", currency, sign, reading.faults)
        for at, detail in enumerate(details)
    )
    return [part for part in told if part is not None]


def _are_told(payments: list[int], details: list[Element], count: int) -> bool:
    """Tell whether the payments of an entry all tell their amounts."""
    if len(payments) == len(details) > 1:
        return True
    return count == 1 and bool(payments) and child(details[0], "Amt") is not None


def _add_rest(
    reading: Reading, entry: Element, rest: tuple[str, int], fee: int, days: tuple[str, str]
) -> None:
    """Add what the payments of an entry leave of its amount: the fee that the bank names, and a difference."""
    currency, minor = rest
    if not minor:
        return
    reference = _bank_reference(entry)
    within = fee if fee and abs(fee) <= abs(minor) and (fee > 0) == (minor > 0) else 0
    if within:
        said = _Told(bank_reference=reference, remittance="fee of the bank within the entry", part=FEE)
        _add(reading, said, (currency, within), days)
    if minor != within:
        text = f"{Money(minor - within, currency)} of the entry is in none of its payments"
        said = _Told(bank_reference=reference, remittance=text, part=DIFFERENCE)
        _add(reading, said, (currency, minor - within), days)


def _fees(entry: Element, details: list[Element], currency: str) -> tuple[int, bool]:
    """Read the fees in an entry: their sum, negative for what the bank took, and whether it says that the entry has them within."""
    records = [record for place in (entry, *details) for record in _records(place)]
    total, inside = 0, False
    for record in records:
        node = child(record, "Amt")
        minor = minor_of(node.text or "", currency) if node is not None else None
        if node is None or minor is None or node.get("Ccy") != currency:
            continue
        total += minor * SIGNS.get(text(record, "CdtDbtInd"), -1)
        inside = inside or text(record, "ChrgInclInd").casefold() in _YES
    return total, inside


def _records(place: Element) -> Iterator[Element]:
    """The fees of an entry or of a payment: a record each, or in version 02 the element itself."""
    for charges in all_of(place, "Chrgs"):
        yield from all_of(charges, "Rcrd")
        if child(charges, "Amt") is not None:
            yield charges


def _told_number(entry: Element) -> int:
    """Read the number of payments in an entry; 1 where the bank names none."""
    numbers = [text(part, "Btch", "NbOfTxs") for part in all_of(entry, "NtryDtls")]
    return max(1, sum(int(number) for number in numbers if _NUMBER.fullmatch(number)))


def _told(entry: Element, detail: Element | None, amount: int, count: int) -> _Told:
    """Read the references of bank and payer in a movement; of a batch that is not opened its ids and its number."""
    reference = text(detail, "Refs", "AcctSvcrRef") if detail is not None else ""
    reference = _known(reference) or _bank_reference(entry)
    batch = "" if detail is not None and detail is not entry else " ".join(_batch_ids(entry))
    number = _told_number(entry) if batch and _has_number(entry) else 0
    if detail is None:
        said = f"{count} payments in one entry, and the bank does not give their amounts"
        return _Told(bank_reference=reference, remittance=said, batch=batch, batch_count=number)
    side = "Cdtr" if amount < 0 else "Dbtr"
    remittance = child(detail, "RmtInf")
    return _Told(
        end_to_end_id=text(detail, "Refs", "EndToEndId"),
        bank_reference=reference,
        counterparty=text(detail, "RltdPties", side, "Pty", "Nm") or text(detail, "RltdPties", side, "Nm"),
        remittance=" ".join(node.text or "" for node in all_of(remittance, "Ustrd")).strip(),
        structured=" ".join(_structured(remittance)),
        batch=batch,
        batch_count=number,
        return_reason=_return_reason(entry, detail),
    )


def _structured(remittance: Element | None) -> Iterator[str]:
    """The creditor's references in the structured part of the remittance, without spaces."""
    for part in all_of(remittance, "Strd"):
        for place in all_of(part, "CdtrRefInf"):
            reference = text(place, "Ref") or text(place, "CdtrRef")
            if reference:
                yield "".join(reference.split())


def _batch_ids(entry: Element) -> Iterator[str]:
    for part in all_of(entry, "NtryDtls"):
        for name in ("PmtInfId", "MsgId"):
            told = text(part, "Btch", name)
            if told:
                yield told


def _has_number(entry: Element) -> bool:
    return any(_NUMBER.fullmatch(text(part, "Btch", "NbOfTxs")) for part in all_of(entry, "NtryDtls"))


def _return_reason(entry: Element, detail: Element) -> str:
    """Read why a payment came back: the bank's code with its words; empty where it did not."""
    place = child(detail, "RtrInf")
    code = text(place, "Rsn", "Cd") or text(place, "Rsn", "Prtry") if place is not None else ""
    words = " ".join(node.text or "" for node in all_of(place, "AddtlInf")).strip()
    if not code and text(entry, "RvslInd").casefold() not in _YES and place is None:
        return ""
    return " ".join(part for part in (code or REVERSED, words) if part)[:200]


def _bank_reference(entry: Element) -> str:
    return _known(text(entry, "AcctSvcrRef"))


def _known(reference: str) -> str:
    return "" if reference.upper() in _NO_REFERENCE else reference


def _add(reading: Reading, said: _Told, amount: tuple[str, int], days: tuple[str, str]) -> None:
    (currency, minor), (booking_date, value_date) = amount, days
    seq, reference = len(reading.lines) + 1, said.bank_reference
    place = "" if reference else f"{reading.name}/{seq}"
    same = (
        reading.iban,
        currency,
        str(minor),
        reference,
        place,
        booking_date,
        said.end_to_end_id,
        *((said.part,) if said.part else ()),
    )
    # Another statement may tell a referred line again; two in one statement are two.
    counted = (*same, reading.path) if reference else same
    reading.alike[counted] += 1
    which = reading.alike[counted]
    parts = same if which == 1 else (*same, str(which))
    line = StatementLine(
        id=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
        iban=reading.iban,
        statement_id=reading.name,
        seq=seq,
        booking_date=booking_date,
        value_date=value_date,
        currency=currency,
        amount_minor=minor,
        end_to_end_id=said.end_to_end_id,
        bank_reference=reference,
        counterparty=said.counterparty,
        remittance=said.remittance,
        structured=said.structured,
        batch=said.batch,
        batch_count=said.batch_count,
        return_reason=said.return_reason,
        part=said.part,
    )
    reading.lines.append(line)
