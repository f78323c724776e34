"""Define the errors of an operator as a closed tree; only `Unavailable` and `Refused` say that nothing happened.

OperatorError
├── NotSupported     this operator's protocol has no such call; its capabilities say so beforehand
├── Refused          a clear no, with its reason; nothing was changed
│   └── PriceChanged     the operator's price is not the one that was asked for
├── Expired          the hold has run out; nothing was sold
├── Unavailable      surely not executed: no byte was sent, the breaker is open, or the operator said so
├── OutcomeUnknown   a change was asked for and its answer never came, or cannot be read: ask again by our key
└── BadReply         the answer to a read breaks the protocol
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from tariffs.money import Money

Reason = Literal[
    "sold_out",
    "sales_closed",
    "cancelled",
    "not_found",
    "not_sellable",
    "price_changed",
    "too_many_passengers",
    "invalid_passenger",
    "already_confirmed",
    "already_cancelled",
    "already_released",
    "key_reused",
    "unauthorised",
    "refused",
]
# The same in words for whoever is refused.
WORDS: Mapping[Reason, str] = MappingProxyType(
    {
        "sold_out": "sold out",
        "sales_closed": "the sale of this departure has ended",
        "cancelled": "this departure is cancelled",
        "not_found": "no places of this departure are sold here",
        "not_sellable": "places of this kind are not sold",
        "price_changed": "the operator's price has changed",
        "too_many_passengers": "so many people are not booked at once",
        "invalid_passenger": "a passenger is not accepted as entered",
        "already_confirmed": "the booking was confirmed before",
        "already_cancelled": "the booking was cancelled before",
        "already_released": "the place was given back before",
        "key_reused": "another booking has this key",
        "unauthorised": "the operator's system does not let this service in",
        "refused": "the operator gave no reason",
    }
)


class OperatorError(Exception):
    """Root of all: `detail` is for staff, never shown to a buyer as it is; `status` is the HTTP status, None without an answer."""

    status: int | None = None

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotSupported(OperatorError):
    """The protocol has no such call."""


class Refused(OperatorError):
    """The operator said no and changed nothing; `field` names what was wrong where the operator told it."""

    def __init__(self, reason: Reason, detail: str = "", field: str = "") -> None:
        super().__init__(detail or reason.replace("_", " "))
        self.reason: Reason = reason
        self.field = field


class PriceChanged(Refused):
    """The price at the operator differs from the one asked for, by whatever amount."""

    def __init__(self, asked: Money, found: Money) -> None:
        super().__init__("price_changed", f"asked for {asked}, the operator says {found}")
        self.asked, self.found = asked, found


class Expired(OperatorError):
    """The hold ran out before it was confirmed."""


class Unavailable(OperatorError):
    """An operator that executed nothing; `retry_after_seconds` is the pause that it asked for, where it asked."""

    def __init__(self, detail: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknown(OperatorError):
    """It may have happened or not. `find` with the same key, or the same call again, tells."""


class BadReply(OperatorError):
    """An answer that breaks the protocol; nothing was asked to change."""
