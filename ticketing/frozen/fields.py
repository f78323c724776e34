"""Read the fields of a stored document: each has its kind, none is missing and none is unknown; a fault names its field. Pure."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TypeVar

Document = Mapping[str, object]
T = TypeVar("T")
_CENTURY, _THIS_CENTURY = 100, 20


class Unreadable(ValueError):
    """A stored document that is not as it is written; `field` is the place, as in `passengers[0].shares[1].gross_minor`."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field, self.message = field, message

    def within(self, place: str) -> "Unreadable":
        """The same fault, seen from the document around it."""
        inner = f".{self.field}" if self.field and not self.field.startswith("[") else self.field
        return Unreadable(f"{place}{inner}", self.message)


def document(found: object, known: frozenset[str]) -> Document:
    """Require an object without unknown fields: what is not read would be lost when it is written again."""
    named = as_it_is(found)
    if not known.issuperset(named):
        raise Unreadable(min(str(name) for name in named.keys() - known), "is unknown")
    return named


def text(found: Document, name: str) -> str:
    """Read a text."""
    value = found.get(name)
    if type(value) is not str:
        raise Unreadable(name, "must be a text" if name in found else "is missing")
    return value


def text_or_none(found: Document, name: str) -> str | None:
    """Read a text that may be null, or absent."""
    return None if found.get(name) is None else text(found, name)


def whole(found: Document, name: str) -> int:
    """Read a whole number, as of minor units."""
    value = found.get(name)
    if type(value) is not int:
        raise Unreadable(name, "must be a whole number" if name in found else "is missing")
    return value


def whole_or_none(found: Document, name: str) -> int | None:
    """Read a whole number that may be null."""
    if name not in found:
        raise Unreadable(name, "is missing")
    return None if found[name] is None else whole(found, name)


def number(found: Document, name: str) -> float:
    """Read a number that is no money, as a latitude."""
    value = found.get(name)
    if type(value) is not float and type(value) is not int:
        raise Unreadable(name, "must be a number" if name in found else "is missing")
    return value


def truth(found: Document, name: str) -> bool:
    """Read a truth value."""
    value = found.get(name)
    if type(value) is not bool:
        raise Unreadable(name, "must be true or false" if name in found else "is missing")
    return value


def moment(found: Document, name: str) -> datetime:
    """Read a time with its offset, exactly as it is written again."""
    value = text(found, name)
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise Unreadable(name, "must be a time") from None
    if read.tzinfo is None or read.isoformat() != value:
        raise Unreadable(name, "must be a time with its offset, as in 2026-10-13T06:10:00+03:00")
    return read


def is_of_our_days(moment: datetime) -> bool:
    """Tell whether a time that a stranger names is of this century: one near the ends of the calendar has no form in UTC."""
    return moment.year // _CENTURY == _THIS_CENTURY


def moment_or_none(found: Document, name: str) -> datetime | None:
    """Read a time that may be null, or absent."""
    return None if found.get(name) is None else moment(found, name)


def day_or_none(found: Document, name: str) -> date | None:
    """A date that may be absent or null."""
    value = text_or_none(found, name)
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        raise Unreadable(name, "must be a day, as in 2026-10-13") from None


def items(found: Document, name: str) -> list[object]:
    """Read a list."""
    value = found.get(name)
    if type(value) is not list:
        raise Unreadable(name, "must be a list" if name in found else "is missing")
    return value


def rows(found: Document, name: str, read: Callable[[object], T]) -> tuple[T, ...]:
    """Read a list of parts, each by its reader."""
    made = []
    for at, one in enumerate(items(found, name)):
        try:
            made.append(read(one))
        except Unreadable as fault:
            raise fault.within(f"{name}[{at}]") from None
    return tuple(made)


def rows_or_none(found: Document, name: str, read: Callable[[object], T]) -> tuple[T, ...]:
    """Read a list of parts that is absent where there are none."""
    return rows(found, name, read) if name in found else ()


def part(found: Document, name: str, read: Callable[[object], T]) -> T:
    """Read a part by its reader."""
    if name not in found:
        raise Unreadable(name, "is missing")
    try:
        return read(found[name])
    except Unreadable as fault:
        raise fault.within(name) from None


def part_or_none(found: Document, name: str, read: Callable[[object], T]) -> T | None:
    """Read a part that may be null, or absent."""
    return None if found.get(name) is None else part(found, name, read)


def texts(found: Document, name: str) -> tuple[str, ...]:
    """Read a list of texts."""
    return rows(found, name, _text)


def wholes(found: Document, name: str) -> tuple[int, ...]:
    """Read a list of whole numbers."""
    return rows(found, name, _whole)


def wholes_by_name(found: object) -> Mapping[str, int]:
    """Read whole numbers by name."""
    named = as_it_is(found)
    return {name: whole(named, name) for name in named}


def texts_by_name(found: object) -> Mapping[str, str]:
    """Read texts by name."""
    named = as_it_is(found)
    return {name: text(named, name) for name in named}


def as_it_is(found: object) -> Document:
    """Read an object that is kept as it is: what explains a price is told and never counted with."""
    if type(found) is not dict:
        raise Unreadable("", "must be an object")
    return found


def _text(value: object) -> str:
    if type(value) is not str:
        raise Unreadable("", "must be a text")
    return value


def _whole(value: object) -> int:
    if type(value) is not int:
        raise Unreadable("", "must be a whole number")
    return value
