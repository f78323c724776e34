"""The payment file for the bank in ISO 20022 pain.001.001.09, checked against its schema. Pure.

SEPA credit transfers in euro, domestic payments in Swedish and Danish kronor. One transfer for each operator that gets
money; the control sum is the run's total. The same run gives the same bytes. An address is told where its town is
known: banks take none that is a country alone.
"""

import functools
import io
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from tariffs.money import Money
from ticketing.errors import Conflict
from ticketing.settlement.payout.account_numbers import CLEARING, country_of, takes
from ticketing.settlement.payout.iban import checked_bic, checked_iban, is_in_sepa

if TYPE_CHECKING:
    from xmlschema import XMLSchema

SCHEMA = "pain.001.001.09"
CURRENCY = "EUR"
# The currencies of domestic payments that a file carries.
DOMESTIC = ("DKK", "SEK")
# The most that one SEPA credit transfer may carry (EPC132-08): 999,999,999.99 euro.
MOST_MINOR = 99_999_999_999
_NAMESPACE = f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"
# The characters that every bank of the scheme takes (EPC217-08).
_ALLOWED = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_SLASHES = re.compile("/{2,}")
# Letters that do not fall apart into a plain one and an accent.
LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "æ": "ae", "Æ": "AE", "đ": "d", "&": "+"}
)


@dataclass(frozen=True, slots=True)
class Party:
    """A party of a payment, and its account."""

    name: str
    iban: str
    bic: str
    town: str
    country: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """One payment: minor units, and the reference that comes back on the bank's statement."""

    payee: Party
    amount_minor: int
    end_to_end_id: str
    remittance: str


def why_not(party: Party, amount_minor: int = 0, currency: str = CURRENCY) -> str | None:
    """Why no transfer of this amount can be made from or to a party by a file in a currency; None where it can be."""
    if currency in DOMESTIC:
        if takes(party.iban, currency):
            return None
        return f"its account is in {country_of(party.iban)}, no domestic payment in {currency} reaches it"
    if not is_in_sepa(party.iban):
        return f"its account is in {country_of(party.iban)}, outside of SEPA: pay it by another way"
    if amount_minor > MOST_MINOR:
        amount = Money(amount_minor, CURRENCY)
        return f"{amount} is more than the {Money(MOST_MINOR, CURRENCY)} of one SEPA credit transfer"
    return None


def to_xml(
    message_id: str,
    payer: Party,
    transfers: Sequence[Transfer],
    created_at: datetime,
    due: date,
    *,
    currency: str = CURRENCY,
) -> bytes:
    """Write the file; raises InvalidRequest for a bad account, Conflict when the result breaks the schema."""
    ET.register_namespace("", _NAMESPACE)
    total = Money(sum(transfer.amount_minor for transfer in transfers), currency).text
    document = ET.Element(_tag("Document"))
    root = _add(document, "CstmrCdtTrfInitn")
    header = _add(root, "GrpHdr")
    _add(header, "MsgId", message_id)
    _add(header, "CreDtTm", created_at.strftime("%Y-%m-%dT%H:%M:%S"))
    _add(header, "NbOfTxs", str(len(transfers)))
    _add(header, "CtrlSum", total)
    _add(_add(header, "InitgPty"), "Nm", plain(payer.name, 70))
    batch = _add(root, "PmtInf")
    _add(batch, "PmtInfId", message_id)
    _add(batch, "PmtMtd", "TRF")
    _add(batch, "BtchBookg", "false")
    _add(batch, "NbOfTxs", str(len(transfers)))
    _add(batch, "CtrlSum", total)
    _payment_type(batch, currency)
    _add(_add(batch, "ReqdExctnDt"), "Dt", due.isoformat())
    _party(batch, "Dbtr", payer)
    _account(batch, "DbtrAcct", payer)
    _agent(batch, "DbtrAgt", payer)
    _add(batch, "ChrgBr", "SHAR" if currency in DOMESTIC else "SLEV")
    for transfer in transfers:
        _transfer(batch, transfer, currency)
    ET.indent(document)
    buffer = io.BytesIO()
    ET.ElementTree(document).write(buffer, encoding="UTF-8", xml_declaration=True)
    content = buffer.getvalue() + b"\n"
    _validate(content)
    return content


def plain(text: str, longest: int) -> str:
    """The text in the characters that every bank takes: accents fall, anything else becomes a dot."""
    bare = unicodedata.normalize("NFKD", text.translate(LETTERS))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    allowed = "".join(letter if letter in _ALLOWED else "." for letter in letters)
    # No text begins or ends with a slash or has two together (EPC230-15, identifiers and references).
    return _SLASHES.sub("/", allowed)[:longest].strip(" /") or "."


def _payment_type(batch: ET.Element, currency: str) -> None:
    """SEPA's service level for euro; a domestic payment of a supplier otherwise."""
    kind = _add(batch, "PmtTpInf")
    if currency in DOMESTIC:
        _add(_add(kind, "CtgyPurp"), "Cd", "SUPP")
    else:
        _add(_add(kind, "SvcLvl"), "Cd", "SEPA")


def _transfer(batch: ET.Element, transfer: Transfer, currency: str) -> None:
    paid = _add(batch, "CdtTrfTxInf")
    _add(_add(paid, "PmtId"), "EndToEndId", plain(transfer.end_to_end_id, 35))
    amount = _add(_add(paid, "Amt"), "InstdAmt", Money(transfer.amount_minor, currency).text)
    amount.set("Ccy", currency)
    clearing = CLEARING.get(transfer.payee.iban.partition(":")[0])
    if clearing:
        member = _add(_add(_add(paid, "CdtrAgt"), "FinInstnId"), "ClrSysMmbId")
        _add(_add(member, "ClrSysId"), "Cd", "SESBA")
        _add(member, "MmbId", clearing)
    elif transfer.payee.bic:
        _agent(paid, "CdtrAgt", transfer.payee)
    _party(paid, "Cdtr", transfer.payee)
    _account(paid, "CdtrAcct", transfer.payee)
    _add(_add(paid, "RmtInf"), "Ustrd", plain(transfer.remittance, 140))


def _party(parent: ET.Element, name: str, party: Party) -> None:
    found = _add(parent, name)
    _add(found, "Nm", plain(party.name, 70))
    if party.town:
        address = _add(found, "PstlAdr")
        _add(address, "TwnNm", plain(party.town, 35))
        _add(address, "Ctry", party.country)


def _account(parent: ET.Element, name: str, party: Party) -> None:
    place = _add(_add(parent, name), "Id")
    kind, sign, number = party.iban.partition(":")
    if not sign:
        _add(place, "IBAN", checked_iban(party.iban))
        return
    other = _add(place, "Othr")
    _add(other, "Id", number[2:] if kind == "bban" else number)
    scheme = _add(other, "SchmeNm")
    if kind == "bankgiro":
        _add(scheme, "Prtry", "BGNR")
    else:
        _add(scheme, "Cd", "BBAN")


def _agent(parent: ET.Element, name: str, party: Party) -> None:
    bank = _add(_add(parent, name), "FinInstnId")
    if party.bic:
        _add(bank, "BICFI", checked_bic(party.bic, party.iban))
    else:
        _add(_add(bank, "Othr"), "Id", "NOTPROVIDED")


def _validate(content: bytes) -> None:
    fault = next(_schema().iter_errors(content.decode()), None)
    if fault is not None:
        raise Conflict(f"the payment file breaks its schema {SCHEMA} at {fault.path}: {fault.reason}")


@functools.cache
def _schema() -> "XMLSchema":
    """The schema of ISO 20022, as sepaxml brings it; reading it takes far longer than to check a file by it."""
    from xmlschema import XMLSchema  # noqa: PLC0415  changes how every other module reads XML while it is loaded

    return XMLSchema(files("sepaxml").joinpath("schemas", f"{SCHEMA}.xsd").read_text(encoding="utf-8"))


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    made = ET.SubElement(parent, _tag(name))
    made.text = text
    return made
