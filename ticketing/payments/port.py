"""The port that every payment gateway fits: authorise, capture, cancel, refund, each idempotent by our key."""

from dataclasses import dataclass
from typing import Literal, Protocol

from tariffs.money import Money
from ticketing.errors import ThroughfareError


class OutcomeUnknown(ThroughfareError):
    """The gateway did not answer in time: it may or may not have acted. Repeat with the same key."""

    code = "payment_unknown"


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The gateway's word on a card: `authorised` holds the amount, `declined` holds nothing."""

    external_id: str
    state: Literal["authorised", "declined"]
    detail: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Money taken, and what the gateway keeps of it."""

    external_id: str
    fee: Money


class PaymentGateway(Protocol):
    """A payment gateway. The same key with the same request gives the first answer again, without effect.

    Every call may raise OutcomeUnknown.
    """

    name: str

    def methods(self) -> tuple[str, ...]:
        """The payment methods a buyer may name."""

    def authorise(self, method: str, amount: Money, key: str) -> Authorisation:
        """Ask for the buyer's money; nothing is taken yet."""

    def capture(self, external_id: str, amount: Money, key: str) -> Capture:
        """Take the authorised money."""

    def cancel(self, external_id: str, key: str) -> None:
        """Let an authorisation go."""

    def refund(self, external_id: str, amount: Money, key: str) -> str:
        """Give captured money back; answers the gateway's id of the refund."""
