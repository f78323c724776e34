"""Read the rule tables of the package: dated, versioned, one file for each regime; every key is known or a fault."""

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import TypeVar, get_args

from tariffs.money import Money, parse
from ticketing.errors import Fault, InvalidRequest
from ticketing.rights.facts import Cause, DepartsFrom
from ticketing.rights.rules import (
    Band,
    Exemption,
    Level,
    Measured,
    NotOffered,
    OwnWay,
    Passes,
    PassRule,
    Payer,
    ReturnBase,
    Rules,
    Scope,
    Source,
    Term,
    Threshold,
    Trigger,
    Undisclosed,
)

T = TypeVar("T")
_DIGEST = 12
_PERCENT = 100
_TOP = frozenset(
    {"id", "law", "version", "valid_from", "valid_to", "payer", "measured", "payment", "notes", "scope"}
    | {"base", "informed", "reimbursed", "refund", "separate", "passes", "minimum", "exempt", "undisclosed"}
    | {"own_way", "own_way_caps", "bands", "choice", "refreshments", "not_offered", "open_ticket"}
    | {"expenses_instead"}
)


class BadTable(ValueError):
    """A rule table of the package that does not read; the message names table and place."""


def rules_for(regime: str, on: date) -> Rules:
    """Give the rules of a regime on a day.

    Raises InvalidRequest naming `regime` where no table has that id, and `on` where the table is not in force on that day: there is no default
    regime.
    """
    if regime not in regimes():
        raise InvalidRequest.at("regime", f"must be one of {', '.join(regimes())}")
    rules = _rules(regime, on)
    if rules is None:
        raise InvalidRequest("no rules for that day", [Fault("on", f"{regime} is not in force on {on}")])
    return rules


@lru_cache(maxsize=1)
def regimes() -> tuple[str, ...]:
    """Name the tables of the package, in alphabetical order."""
    folder = resources.files("ticketing.rights") / "tables"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir()))


def table_text(regime: str) -> str:
    """Give the rule table of a regime as it is, to be kept beside what it decides; raises InvalidRequest naming `regime`."""
    if regime not in regimes():
        raise InvalidRequest.at("regime", f"must be one of {', '.join(regimes())}")
    return (resources.files("ticketing.rights") / "tables" / f"{regime}.toml").read_bytes().decode()


def kept_rules(text: str, on: date) -> Rules:
    """Read the rules of a day from a table that was kept; raises BadTable, also where it was not in force then."""
    rules = read(text.encode(), on)
    if rules is None:
        raise BadTable(f"the kept table is not in force on {on}")
    return rules


@lru_cache(maxsize=1024)
def _rules(regime: str, on: date) -> Rules | None:
    return read(table_text(regime).encode(), on)


def read(text: bytes, on: date) -> Rules | None:
    """Read a table as it is in force on a day, None where it is not; raises BadTable."""
    table = tomllib.loads(text.decode())
    name = str(table.get("id"))
    unknown = table.keys() - _TOP
    if unknown:
        raise BadTable(f"{name}: {min(unknown)} is unknown")
    if not _is_in_force(table, on):
        return None
    try:
        return _table(table, on, f"{table['version']} {hashlib.sha256(text).hexdigest()[:_DIGEST]}")
    except (KeyError, TypeError, ValueError) as error:
        raise BadTable(f"{name}: {error!r}") from error


def _table(table: dict[str, object], on: date, version: str) -> Rules:
    row = Row(table)
    caps = [cap for cap in row.rows("own_way_caps") if _is_in_force(cap.values, on)]
    base = row.row("base")
    return Rules(
        id=row.text("id"),
        law=row.text("law"),
        version=f"{row.text('id')} {version}",
        payer=row.one_of("payer", get_args(Payer)),
        measured=row.one_of("measured", get_args(Measured)),
        scope=_scope(row.row("scope")),
        base=base.one_of("of_return", get_args(ReturnBase)),
        base_source=_source(base),
        bands=tuple(_band(band) for band in row.rows("bands")),
        payment=_term(row.row("payment")),
        separate=_source(row.row("separate")),
        notes=row.texts("notes"),
        refund=row.maybe("refund", _term),
        choice=row.maybe("choice", _trigger),
        refreshments=row.maybe("refreshments", _trigger),
        not_offered=row.maybe("not_offered", _not_offered),
        informed=row.maybe("informed", _source),
        reimbursed=row.maybe("reimbursed", _source),
        open_ticket=row.maybe("open_ticket", _source),
        exempt=row.maybe("exempt", _exempt),
        undisclosed=row.maybe("undisclosed", _undisclosed),
        passes=row.maybe("passes", _passes),
        minimum=row.maybe("minimum", lambda found: (_at_most(found), _source(found))),
        own_way=_own_way(caps[0]) if caps else row.maybe("own_way", _own_way),
        own_way_unknown="own_way_caps" in table and not caps,
        expenses_instead=row.maybe("expenses_instead", _source),
    )


class Row:
    """A table of the file; asking for a value that is missing or of another kind raises ValueError with its name."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def text(self, name: str) -> str:
        """Read a text."""
        value = self.values[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a text")
        return value

    def one_of(self, name: str, kinds: tuple[T, ...]) -> T:
        """Read a value of a closed list, which may hold None for one that is absent."""
        value = self.values.get(name)
        for kind in kinds:
            if value == kind:
                return kind
        raise ValueError(f"{name} must be one of {kinds}")

    def whole(self, name: str, otherwise: int = 0) -> int:
        """Read a whole number, or what stands for it where it is absent."""
        value = self.values.get(name, otherwise)
        if type(value) is not int:
            raise TypeError(f"{name} must be a whole number")
        return value

    def whole_or_none(self, name: str) -> int | None:
        """Read a whole number that may be absent."""
        return self.whole(name) if name in self.values else None

    def text_or_none(self, name: str) -> str | None:
        """Read a text that may be absent."""
        return self.text(name) if name in self.values else None

    def share(self) -> Fraction:
        """Read the percentage of the row as a share: "25" is 1/4."""
        return Fraction(self.text("percent")) / _PERCENT

    def maybe_share(self) -> Fraction | None:
        """Read the percentage of a row that may have none."""
        return self.share() if "percent" in self.values else None

    def truth(self, name: str) -> bool:
        """Read a truth value, False where it is absent."""
        return self.values.get(name) is True

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of texts, empty where it is absent."""
        return tuple(str(text) for text in self._items(name))

    def row(self, name: str) -> "Row":
        """Read a table."""
        value = self.values[name]
        if not isinstance(value, dict):
            raise TypeError(f"{name} must be a table")
        return Row(value)

    def rows(self, name: str) -> list["Row"]:
        """Read a list of tables, empty where it is absent."""
        return [Row(value) for value in self._items(name) if isinstance(value, dict)]

    def maybe(self, name: str, read: Callable[["Row"], T]) -> T | None:
        """Read a table that may be absent."""
        return read(self.row(name)) if name in self.values else None

    def _items(self, name: str) -> list[object]:
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise TypeError(f"{name} must be a list")
        return value


def _is_in_force(values: Mapping[str, object], on: date) -> bool:
    since, until = values.get("valid_from"), values.get("valid_to")
    if isinstance(since, date) and on < since:
        return False
    return not isinstance(until, date) or on <= until


def _source(row: Row) -> Source:
    return Source(row.text("article"), row.one_of("level", get_args(Level)))


def _term(row: Row) -> Term:
    return Term(row.whole("days"), _source(row))


def _scope(row: Row) -> Scope:
    return Scope(_source(row), row.whole_or_none("distance_from_km"), row.whole_or_none("distance_below_km"))


def _threshold(row: Row, inclusive: str = "from", beyond: str = "over") -> Threshold | None:
    if inclusive in row.values:
        return Threshold(row.whole(inclusive), inclusive=True)
    return Threshold(row.whole(beyond), inclusive=False) if beyond in row.values else None


def _needed(threshold: Threshold | None) -> Threshold:
    if threshold is None:
        raise ValueError("a row needs `from` or `over`")
    return threshold


def _band(row: Row) -> Band:
    return Band(
        threshold=_needed(_threshold(row)),
        source=_source(row),
        share=row.maybe_share(),
        minute_minor=row.whole("minute_minor"),
        of_whole_price=row.text_or_none("of") == "whole_price",
        scheduled_over=row.whole("scheduled_over"),
        scheduled_to=row.whole_or_none("scheduled_to"),
        others_read_from=row.text_or_none("others_read_from"),
    )


def _trigger(row: Row) -> Trigger:
    return Trigger(
        source=_source(row),
        arrival=_threshold(row, "arrival_from", "arrival_over"),
        departure=_threshold(row, "departure_from", "departure_over"),
        cancelled=row.truth("cancelled"),
        overbooked=row.truth("overbooked"),
        missed_connection=row.truth("missed_connection"),
        scheduled_over=row.whole("scheduled_over"),
        only_from=row.one_of("only_from", (None, *get_args(DepartsFrom))),
        others_read_from=row.text_or_none("others_read_from"),
    )


def _causes(row: Row, name: str) -> frozenset[Cause]:
    kinds = {str(kind): kind for kind in get_args(Cause)}
    return frozenset(kinds[cause] for cause in row.texts(name))


def _exempt(row: Row) -> Exemption:
    return Exemption(
        _causes(row, "causes"), _source(row), _causes(row, "doubted"), row.text_or_none("authority") or ""
    )


def _not_offered(row: Row) -> NotOffered:
    elsewhere = Row({"article": row.text("stop_article"), "level": row.text("stop_level")})
    return NotOffered(
        share=row.share(),
        only_from=row.one_of("only_from", get_args(DepartsFrom)),
        source=_source(row),
        elsewhere=_source(elsewhere),
        doubted=_causes(row, "doubted"),
        authority=row.text("authority"),
    )


def _undisclosed(row: Row) -> Undisclosed:
    payer = row.one_of("payer", get_args(Payer))
    return Undisclosed(row.share(), payer, row.whole("days"), _source(row))


def _passes(row: Row) -> Passes:
    return Passes(row.one_of("pays", get_args(PassRule)), _source(row), row.whole_or_none("rides"))


def _at_most(row: Row) -> Money:
    return parse(row.text("at_most"), row.text("currency"))


def _own_way(row: Row) -> OwnWay:
    cap = _at_most(row) if "at_most" in row.values else None
    return OwnWay(_needed(_threshold(row)), _source(row), cap)
