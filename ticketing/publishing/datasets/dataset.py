"""A dataset: its tables for one month, each with the domain that it fills and the counts of the facts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ticketing.db import Transaction
from ticketing.publishing.desk import Month
from ticketing.publishing.privacy import Rule
from ticketing.publishing.privacy.protecting import Key
from ticketing.regions import Region


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of one part before they are protected: never shown, never logged."""

    domain: Sequence[Key]
    counts: Mapping[Key, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of a dataset: its name, the columns of its keys, the name of its number, and its rule."""

    name: str
    columns: tuple[str, ...]
    number: str
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A dataset about people. `meaning` says in a sentence what one count is; it is published with the files."""

    name: str
    title: str
    meaning: str
    parts: tuple[Part, ...]
    read: Callable[[Transaction, Region, Month], Mapping[str, Table]]

    def part(self, name: str) -> Part | None:
        """Find a part; None where there is none of that name."""
        return next((part for part in self.parts if part.name == name), None)
