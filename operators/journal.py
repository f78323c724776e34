"""The journal of calls: our key, what was asked and what is known of it, written before each call that changes something.

Protocols without an idempotency key get one from here: after a crash or a timeout the entry tells which
reference to ask the operator about, and that a call was on its way when nothing more is known.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol, Self

from tariffs.money import Money

# The states that are sure; an `-ing` says that a call was begun and its answer has not been written down.
Progress = Literal[
    "holding",
    "held",
    "confirming",
    "confirmed",
    "releasing",
    "released",
    "cancelling",
    "cancelled",
    "refused",
]


class Stale(Exception):
    """Somebody else wrote the entry in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One booking as the connector knows it. `asked_at` is when the last call was begun."""

    operator: str
    key: str
    digest: str
    progress: Progress
    asked_at: datetime
    reference: str | None = None
    expires_at: datetime | None = None
    price: Money | None = None
    document: str = "{}"
    version: int = 0

    def next(self) -> Self:
        """The entry as it is once written."""
        return replace(self, version=self.version + 1)


class Journal(Protocol):
    """The place of entries: in memory for tests, in the database for the service."""

    def find(self, operator: str, key: str) -> Entry | None:
        """The entry under a key of an operator."""

    def put(self, entry: Entry) -> Entry:
        """Write an entry and give it back with its new version; raises Stale when another version is there."""
