"""The facts of an incident, one type for each kind of failure. No field is a free text: counts, times, codes and words of a list.

A person's name, address, number or card fits no field, so none can enter. `read_facts` and `write_facts` are the one reader and
the one writer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import datetime
from typing import Annotated, Any, Literal, get_type_hints

from ticketing.frozen.fields import Unreadable, document, is_of_our_days
from ticketing.frozen.incident_words import IncidentType

_MOST_COUNT, _MOST_LISTED = 10**12, 200
_CODE = re.compile(r"[a-z][a-z0-9]*(?:[_:-][a-z0-9]+){0,6}")
# A thumbprint (RFC 7638), or the short kid of an older key.
_KID = re.compile(r"[A-Za-z0-9_-]{43}|\d{2}[a-z]{1,3}")
_HASH = re.compile(r"[0-9a-f]{64}")
_DEVICE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_DIGEST = re.compile(r"(?=[0-9a-f]*[a-f])[0-9a-f]{12,64}")
# Six digits in all, or a year and a month before the rest: a telephone number in parts is none.
_VERSION = re.compile(
    r"v?(?!(?:\D*\d){7})\d{1,4}(?:\.\d{1,4}){0,4}(?:(?:a|b|rc|\.post|\.dev|\+)\d{1,3})?|20[2-9]\d\.(?:0?[1-9]|1[0-2])(?:\.\d{1,2})?"
)
_CVE = re.compile(r"CVE-(?:1999|20\d{2})-\d{4,6}")
_PACKAGE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+){0,6}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_LONG_NUMBER = re.compile(r"\d{7}")
_SEPARATORS = re.compile(r"[_:-]")
_LONGEST_CODE = 40
_CHANNELS = "app web counter machine reseller card direct_debit other"
FactKind = Literal["text", "word", "count", "truth", "moment"]


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a field, with the kind of its value, the words of a list, and whether it takes several values."""

    kind: FactKind
    read: Callable[[object], object]
    words: tuple[str, ...] = ()
    is_list: bool = False

    def __call__(self, value: object) -> object:
        """Read a value; raises Unreadable."""
        return self.read(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactField:
    """A field of the facts of a type, as a form asks for it; one that is not `is_needed` may be left out."""

    name: str
    kind: FactKind
    words: tuple[str, ...]
    is_list: bool
    is_needed: bool


def _wrong(what: str) -> Unreadable:
    return Unreadable("", what)


def _matching(pattern: re.Pattern[str], what: str, longest: int = 64, *, digits: bool = False) -> Reader:
    """Make the reader of a text of one form; a long number is refused, also one in parts (`digits` allows it)."""

    def read(value: object) -> object:
        if type(value) is not str or len(value) > longest or not pattern.fullmatch(value):
            raise _wrong(f"must be {what}")
        if not digits and _LONG_NUMBER.search(_SEPARATORS.sub("", value)):
            raise _wrong(f"must be {what}, without a long number")
        return value

    return Reader("text", read)


def _word(text: str) -> Reader:
    """Make the reader of one of these words."""
    words = tuple(text.split())

    def read(value: object) -> object:
        if value not in words or type(value) is not str:
            raise _wrong(f"must be one of {', '.join(words)}")
        return value

    return Reader("word", read, words)


def _read_count(value: object) -> object:
    if type(value) is not int or not 0 <= value <= _MOST_COUNT:
        raise _wrong("must be a whole number of 0 or more")
    return value


def _read_truth(value: object) -> object:
    if type(value) is not bool:
        raise _wrong("must be true or false")
    return value


def _read_moment(value: object) -> object:
    if type(value) is not str:
        raise _wrong("must be a time")
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise _wrong("must be a time") from None
    if read.tzinfo is None or read.isoformat() != value:
        raise _wrong("must be a time with its offset, as in 2026-12-01T06:10:00+00:00")
    if not is_of_our_days(read):
        raise _wrong("must be a time of this century")
    return read


def _or_none(read: Reader) -> Reader:
    return replace(read, read=lambda value: None if value is None else read(value))


def _list_of(read: Reader) -> Reader:
    def read_all(value: object) -> object:
        if type(value) is not list or len(value) > _MOST_LISTED:
            raise _wrong(f"must be a list of at most {_MOST_LISTED}")
        return tuple(read(item) for item in value)

    return replace(read, read=read_all, is_list=True)


_count, _truth, _moment = (
    Reader("count", _read_count),
    Reader("truth", _read_truth),
    Reader("moment", _read_moment),
)
_code = _matching(_CODE, "a code of small letters and digits", _LONGEST_CODE)
_kid = _matching(_KID, "the kid of a key", digits=True)
_hash = _matching(_HASH, "a SHA-256 in hexadecimal", digits=True)
_device = _matching(_DEVICE, "the id of a device", digits=True)


def _read_version(value: object) -> object:
    if type(value) is not str or not (_DIGEST.fullmatch(value) or _VERSION.fullmatch(value)):
        raise _wrong("must be a version, or the digest of one")
    return value


_version = Reader("text", _read_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLeaked:
    """A key that signs tickets is in strange hands; the tickets that it has signed, and those signed anew."""

    kid: Annotated[str, _kid]
    used_from: Annotated[datetime | None, _or_none(_moment)] = None
    withdrawn_at: Annotated[datetime | None, _or_none(_moment)] = None
    first_forged_at: Annotated[datetime | None, _or_none(_moment)] = None
    tickets_signed: Annotated[int, _count] = 0
    reissued: Annotated[int, _count] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgedTickets:
    """Tickets that are forged, or shown more often than they were sold; `ticket_hashes` are SHA-256 of their ids."""

    operator: Annotated[str | None, _or_none(_code)] = None
    product: Annotated[str | None, _or_none(_code)] = None
    kid: Annotated[str | None, _or_none(_kid)] = None
    channel: Annotated[str | None, _or_none(_word(_CHANNELS))] = None
    ticket_hashes: Annotated[tuple[str, ...], _list_of(_hash)] = ()
    devices: Annotated[tuple[str, ...], _list_of(_device)] = ()
    scans: Annotated[int, _count] = 0
    double_uses: Annotated[int, _count] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GateOutage:
    """Gates or validators of an operator that are silent or dead, and how the others were told to decide."""

    operator: Annotated[str, _code]
    devices: Annotated[tuple[str, ...], _list_of(_device)] = ()
    firmware: Annotated[str | None, _or_none(_version)] = None
    silent_since: Annotated[datetime, _moment]
    degrade: Annotated[str, _word("fail_open fail_closed")]
    passengers_by_hand: Annotated[int, _count] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongTariff:
    """A version of a tariff that was sold with a fault; sums in minor units, over and under what was due."""

    region: Annotated[str, _code]
    tariff_version: Annotated[str, _version]
    operators: Annotated[tuple[str, ...], _list_of(_code)] = ()
    sold_from: Annotated[datetime, _moment]
    sold_until: Annotated[datetime | None, _or_none(_moment)] = None
    tickets_sold: Annotated[int, _count] = 0
    over_minor: Annotated[int, _count] = 0
    under_minor: Annotated[int, _count] = 0
    currency: Annotated[str, _matching(_CURRENCY, "a currency as in EUR")]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataBreach:
    """Personal data that somebody has seen, lost or changed: the set and its categories, never the data."""

    data_set: Annotated[str, _word("accounts orders contacts bank_accounts proofs staff logs backups")]
    categories: Annotated[
        tuple[str, ...],
        _list_of(_word("e_mail phone_key journeys payments bank_account concession credentials")),
    ] = ()
    persons: Annotated[int, _count] = 0
    was_encrypted: Annotated[bool, _truth] = False
    part: Annotated[str, _word("controller processor")] = "controller"


@dataclass(frozen=True, slots=True, kw_only=True)
class FraudWave:
    """Payments that come back, many at once: by which rule they were seen, and the tickets that were stopped."""

    channel: Annotated[str, _word(_CHANNELS)]
    rule: Annotated[str, _word("disputes_in_a_day debit_unproven stolen_cards many_cards other")]
    chargebacks: Annotated[int, _count] = 0
    tickets_suspended: Annotated[int, _count] = 0
    amount_minor: Annotated[int, _count] = 0
    currency: Annotated[str, _matching(_CURRENCY, "a currency as in EUR")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """A fault of a supplier's software; `measure_at` is when a version or a workaround was there."""

    package: Annotated[str, _matching(_PACKAGE, "the name of a package", _LONGEST_CODE)]
    version: Annotated[str, _version]
    fixed_version: Annotated[str | None, _or_none(_version)] = None
    cve: Annotated[str | None, _or_none(_matching(_CVE, "a CVE number", digits=True))] = None
    exposure: Annotated[str, _word("internet partners office gates build")]
    is_exploited: Annotated[bool, _truth] = False
    measure_at: Annotated[datetime | None, _or_none(_moment)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherFailure:
    """A failure that is no attack: what failed, since when, and how often it was tried."""

    failure: Annotated[str, _word("connector_down settlement_file_rejected departures_cancelled other")]
    region: Annotated[str | None, _or_none(_code)] = None
    operator: Annotated[str | None, _or_none(_code)] = None
    since: Annotated[datetime, _moment]
    failures: Annotated[int, _count] = 0


IncidentFacts = (
    KeyLeaked
    | ForgedTickets
    | GateOutage
    | WrongTariff
    | DataBreach
    | FraudWave
    | Vulnerability
    | OtherFailure
)
FACT_TYPES: Mapping[str, type[Any]] = {
    "signing_key_leaked": KeyLeaked,
    "forged_or_cloned_tickets": ForgedTickets,
    "gate_or_validator_outage": GateOutage,
    "wrong_tariff_or_price": WrongTariff,
    "personal_data_breach": DataBreach,
    "payment_fraud_wave": FraudWave,
    "supplier_or_software_vulnerability": Vulnerability,
    "other_failure": OtherFailure,
}


def _readers(kind: Any) -> tuple[Mapping[str, Reader], frozenset[str]]:
    """Find the reader of each field of a type, and the fields that may not be left out."""
    hints = get_type_hints(kind, include_extras=True)
    needed = frozenset(part.name for part in fields(kind) if part.default is MISSING)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}, needed


_READERS = {name: _readers(kind) for name, kind in FACT_TYPES.items()}


def list_fact_fields(incident_type: IncidentType) -> list[FactField]:
    """List the fields of the facts of a type, in their order."""
    readers, needed = _READERS[incident_type]
    return [
        FactField(name=name, kind=read.kind, words=read.words, is_list=read.is_list, is_needed=name in needed)
        for name, read in readers.items()
    ]


def read_facts(incident_type: str, value: object) -> IncidentFacts:
    """Read the facts of an incident of a type; raises Unreadable, which names the field."""
    kind = FACT_TYPES.get(incident_type)
    if kind is None:
        raise Unreadable("", f"the type must be one of {', '.join(FACT_TYPES)}")
    readers, needed = _READERS[incident_type]
    given = document(value, frozenset(readers))
    missing = sorted(needed - given.keys())
    if missing:
        raise Unreadable(missing[0], "is missing")
    facts: IncidentFacts = kind(**{name: _read_field(name, readers[name], given[name]) for name in given})
    return facts


def _read_field(name: str, read: Reader, value: object) -> object:
    try:
        return read(value)
    except Unreadable as fault:
        raise fault.within(name) from None


def write_facts(facts: IncidentFacts) -> dict[str, object]:
    """Write facts as they are read, every field of the type."""
    return {part.name: _written(getattr(facts, part.name)) for part in fields(facts)}


def _written(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
