"""Read `[parties.ID]` of region.toml: the scheme and its operators as papers name them, with address and numbers."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

# Reports a fault: the path of the value, a code, a sentence.
Tell = Callable[[str, str, str], None]

SCHEME = "scheme"
_TEXTS = ("legal_name", "vat_number", "register_number")
_KEYS = frozenset({*_TEXTS, "address"})
# Whoever owes pays the scheme: an account of another party would be nobody's to read.
_KEYS_OF_SCHEME = _KEYS | {"account"}
_MOST_TEXT, _MOST_LINES = 100, 5
# The prefix of the state, then 2 to 12 letters and digits (Council Directive 2006/112/EC, Art. 215, and VIES).
_VAT_NUMBER = re.compile(r"[A-Z]{2}[A-Z0-9+*]{2,12}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalParty:
    """A party of papers: the lines of its address and its numbers, each empty where nobody has given it.

    `account` is the IBAN of the scheme's account that operators pay to; no other party has one here.
    """

    legal_name: str
    address: tuple[str, ...] = ()
    vat_number: str = ""
    register_number: str = ""
    account: str = ""


def read_parties(value: object, operators: Collection[str], fault: Tell) -> dict[str, LegalParty]:
    """Read the tables by the id of an operator or `scheme`; every fault is told, and a party with one is left out."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        fault("parties", "invalid_value", "must be tables like [parties.scheme]")
        return {}
    parties = {}
    for name, row in value.items():
        if name != SCHEME and name not in operators:
            fault(f"parties.{name}", "unknown_reference", f"{name!r} is neither an operator nor {SCHEME!r}")
        keys = _KEYS_OF_SCHEME if name == SCHEME else _KEYS
        party = _party(f"parties.{name}", row, keys, fault)
        if party is not None:
            parties[name] = party
    return parties


def _party(path: str, row: object, keys: Collection[str], fault: Tell) -> LegalParty | None:
    if not isinstance(row, Mapping):
        fault(path, "invalid_value", "must be a table")
        return None
    faults: list[str] = []

    def wrong(name: str, code: str, message: str) -> None:
        faults.append(name)
        fault(f"{path}.{name}", code, message)

    for unknown in sorted(row.keys() - keys):
        wrong(unknown, "unknown_key", f"{unknown} means nothing here")
    texts = {name: row.get(name, "") for name in _TEXTS}
    for name, text in texts.items():
        if not _is_text(text, least=1 if name == "legal_name" else 0):
            wrong(name, "invalid_value", f"must be a text of at most {_MOST_TEXT} characters")
    vat_number, address = texts["vat_number"], row.get("address", [])
    if "vat_number" not in faults and vat_number and not _VAT_NUMBER.fullmatch(vat_number):
        wrong(
            "vat_number",
            "invalid_value",
            "must be a VAT number with the letters of its state, like EE123456789",
        )
    if not isinstance(address, list) or len(address) > _MOST_LINES or not all(map(_is_text, address)):
        wrong("address", "invalid_value", f"must be a list of at most {_MOST_LINES} lines")
    account = _account(row, wrong)
    return None if faults else LegalParty(**texts, address=tuple(address), account=account)


def _account(row: Mapping[str, object], wrong: Tell) -> str:
    """Read the IBAN without its spaces; empty where there is none, or one that is wrong."""
    account = row.get("account", "")
    if account == "" or (isinstance(account, str) and _is_iban(account.replace(" ", ""))):
        return str(account).replace(" ", "")
    wrong("account", "invalid_value", "must be an IBAN with a right checksum, like FI2112345600000785")
    return ""


def _is_iban(text: str) -> bool:
    """Tell whether this is an IBAN by its shape and checksum (ISO 13616: the remainder of 97 is 1)."""
    digits = "".join(str(int(letter, 36)) for letter in text[4:] + text[:4]) if _IBAN.fullmatch(text) else "0"
    return int(digits) % 97 == 1


def _is_text(text: object, *, least: int = 1) -> bool:
    return isinstance(text, str) and least <= len(text) <= _MOST_TEXT and text.isprintable()
