"""Read `emissions.csv`: grams CO2e for each kilometre of a vehicle, dated, each with its source and method. Pure."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from operators.gtfs.timetable import Mode
from tariffs.findings import Finding
from tariffs.table import Row, Table

FILE = "emissions.csv"
Scope = Literal["ttw", "wtw"]
DataClass = Literal["primary", "modelled", "default"]
# `ttw`: where the vehicle runs (tank to wheel). `wtw`: with the making of fuel and electricity (well to wheel).
SCOPES: tuple[Scope, ...] = ("ttw", "wtw")
# The best first: measured for this vehicle, computed for it, or an average of others.
DATA_CLASSES: tuple[DataClass, ...] = ("primary", "modelled", "default")
CAR = "car"
_MODES: tuple[str, ...] = (*get_args(Mode), CAR)
_COLUMNS = (
    "id",
    "mode",
    "operator",
    "from_stop",
    "to_stop",
    "grams_per_km",
    "scope",
    "method",
    "data_class",
    "year",
    "valid_from",
    "valid_until",
    "source",
    "url",
)
_MOST_GRAMS, _MILLI = 10_000, 1_000
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_MOST_TEXT = 400
_GRAMS = re.compile(r"[0-9]{1,5}(?:\.[0-9]{1,3})?")
# Answers and apps show it as a link: nothing that a browser would run.
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionFactor:
    """Milligrams CO2e for a kilometre of one passenger; of a `car` for a kilometre of the vehicle with one person in it.

    It holds for the rides of a mode, where they are named of an operator, and between two stops in both directions, on
    days from `valid_from` to `valid_until`. `year` is that of the vehicles and loads it was made from.
    """

    id: str
    mode: str
    operator: str | None
    stops: frozenset[str]
    milligrams_per_km: int
    scope: Scope
    method: str
    data_class: DataClass
    year: int
    valid_from: date
    valid_until: date
    source: str
    url: str

    def holds_on(self, day: date) -> bool:
        """Tell whether the factor is for travel on a day."""
        return self.valid_from <= day <= self.valid_until


def read_factors(
    text: str | None,
    findings: list[Finding],
    operators: Collection[str] = (),
    stops: Collection[str] = (),
) -> tuple[EmissionFactor, ...]:
    """Read the rows of a table; faults are appended, each with its row.

    Stops are `<operator>:<stop_id>`. Two rows for the same rides on the same day are a fault: nobody could tell which is meant.
    """
    table = Table(FILE, text, findings)
    table.require(*_COLUMNS)
    factors: dict[str, EmissionFactor] = {}
    for row in table.rows():
        factor = _factor(row, operators, stops)
        if factor is None:
            continue
        rivals = [one for one in factors.values() if _is_same_ride(one, factor)]
        if factor.id in factors:
            row.fault("id", "duplicate_key", f"{factor.id!r} is repeated")
        elif rivals:
            row.fault(
                "valid_from", "overlap", f"{rivals[0].id!r} is for the same rides on some of these days"
            )
        else:
            factors[factor.id] = factor
    return tuple(factors.values())


def _is_same_ride(one: EmissionFactor, other: EmissionFactor) -> bool:
    is_same = (one.mode, one.operator, one.stops) == (other.mode, other.operator, other.stops)
    return is_same and one.valid_from <= other.valid_until and other.valid_from <= one.valid_until


def _factor(row: Row, operators: Collection[str], stops: Collection[str]) -> EmissionFactor | None:
    before = len(row.findings)
    first, last = row.days("valid_from", "valid_until")
    texts = {name: _text(row, name) for name in ("id", "method", "source", "url")}
    if texts["url"] and not _ADDRESS.fullmatch(texts["url"]):
        row.fault("url", "invalid_value", "must be an address that begins with https:// or http://")
    milligrams = row.parsed("grams_per_km", _milligrams, "invalid_number", "grams like 282 or 0.5")
    year = row.parsed("year", int, "invalid_integer", "a year")
    if not row.required("grams_per_km") or not row.required("year") or not row.required("valid_from"):
        return None
    if year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR:
        row.fault("year", "invalid_value", f"must be from {_FIRST_YEAR} to {_LAST_YEAR}")
    scope, data_class = _chosen(row, "scope", SCOPES), _chosen(row, "data_class", DATA_CLASSES)
    mode, operator = _chosen(row, "mode", _MODES), row.text("operator")
    if operator and operator not in operators:
        row.fault("operator", "unknown_reference", f"{operator!r} is not an operator")
    ends = _ends(row, stops)
    if len(row.findings) > before or milligrams is None or year is None:
        return None
    return EmissionFactor(
        id=texts["id"],
        mode=mode,
        operator=operator or None,
        stops=ends,
        milligrams_per_km=milligrams,
        scope=_SCOPE_BY_NAME[scope],
        method=texts["method"],
        data_class=_CLASS_BY_NAME[data_class],
        year=year,
        valid_from=first,
        valid_until=last,
        source=texts["source"],
        url=texts["url"],
    )


_SCOPE_BY_NAME: Mapping[str, Scope] = {one: one for one in SCOPES}
_CLASS_BY_NAME: Mapping[str, DataClass] = {one: one for one in DATA_CLASSES}


def _chosen(row: Row, field: str, known: Collection[str]) -> str:
    value = row.required(field)
    if value and value not in known:
        row.fault(field, "invalid_value", f"{value!r} is none of {', '.join(known)}")
    return value


def _text(row: Row, field: str) -> str:
    value = row.required(field)
    if len(value) > _MOST_TEXT:
        row.fault(field, "invalid_value", f"must be a text of at most {_MOST_TEXT} characters")
    return value


def _ends(row: Row, stops: Collection[str]) -> frozenset[str]:
    ends = [_stop(row, field, stops) for field in ("from_stop", "to_stop")]
    if bool(ends[0]) != bool(ends[1]):
        row.fault("to_stop", "missing_value", "a crossing has two ends: give both stops or none")
    return frozenset(filter(None, ends))


def _stop(row: Row, field: str, stops: Collection[str]) -> str:
    stop = row.text(field)
    if stop and stop not in stops:
        message = f"{stop!r} is no stop; stops are written <operator>:<stop_id>"
        row.fault(field, "unknown_reference", message)
    return stop


def _milligrams(text: str) -> int:
    """Read grams with at most three digits behind the point; raises ValueError."""
    if not _GRAMS.fullmatch(text) or Decimal(text) > _MOST_GRAMS:
        raise ValueError(text)
    return int(Decimal(text) * _MILLI)
