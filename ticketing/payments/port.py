"""The port that every payment gateway fits: authorise, capture, cancel, refund, fetch, each idempotent by our key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from tariffs.money import Money
from ticketing.errors import ThroughfareError

ChargeState = Literal["action_required", "authorised", "captured", "declined", "cancelled"]
RefundState = Literal["pending", "confirmed", "failed"]
DisputeState = Literal["inquiry", "open", "withdrawn", "reinstated", "won", "lost"]
EventKind = Literal["charge", "refund", "dispute", "payout", "balance", "unknown"]
BalanceKind = Literal["charge", "refund", "dispute", "fee", "tax", "payout", "reserve", "topup", "other"]
PayoutState = Literal["pending", "in_transit", "paid", "failed", "cancelled"]


class OutcomeUnknown(ThroughfareError):
    """The gateway did not answer in time: it may or may not have acted. Repeat with the same key."""

    code = "payment_unknown"


class EventRefused(ThroughfareError):
    """A report that the gateway did not sign, or not for us, or not now."""

    code = "event_refused"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to take money: `payment_id` is ours, the gateway carries both ids and no person's data."""

    order_id: str
    payment_id: str
    method: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The gateway's word on a card: `authorised` holds the amount, `declined` holds nothing.

    `action_required` waits for the buyer (strong customer authentication): the page completes it with
    `client_secret`, or at `action_url`; the truth is what `fetch` says afterwards.
    """

    external_id: str
    state: Literal["authorised", "declined", "action_required"]
    detail: str
    client_secret: str | None = None
    action_url: str | None = None


@dataclass(frozen=True, slots=True)
class Capture:
    """Money taken, and what the gateway keeps of it; None where it tells that later."""

    external_id: str
    fee: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The charge as the gateway has it: the truth of a payment, whatever was reported of it before."""

    external_id: str
    state: ChargeState
    amount: Money
    captured_minor: int
    refunded_minor: int
    order_id: str | None
    payment_id: str | None
    fee_minor: int | None


@dataclass(frozen=True, slots=True)
class GatewayRefund:
    """A refund as the gateway has it; `refund_id` is ours, None for one that was made elsewhere."""

    external_id: str
    state: RefundState
    amount: Money
    charge_id: str
    refund_id: str | None


@dataclass(frozen=True, slots=True)
class GatewayDispute:
    """A cardholder's complaint: money moves when it is `withdrawn` and when it is `reinstated`."""

    external_id: str
    state: DisputeState
    charge_id: str
    amount: Money
    fee_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """Something happened: a hint to look at `object_id`, never the truth itself."""

    id: str
    type: str
    kind: EventKind
    object_id: str | None
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceLine:
    """One line of the gateway's own account of our money; `source` is the object that moved it.

    `amount` is in the currency of that account; its balance moves by it less the fee. Where the gateway has exchanged,
    `exchanged` is the same amount in the currency of the payment. `category` and `description` are the gateway's words.
    """

    id: str
    kind: BalanceKind
    source: str
    charge_id: str | None
    amount: Money
    fee_minor: int
    at: datetime
    category: str = ""
    description: str = ""
    exchanged: Money | None = None

    @property
    def net_minor(self) -> int:
        """The minor units by which the gateway's balance moves."""
        return self.amount.minor - self.fee_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayPayout:
    """A payout as the gateway has it: negative for money that it takes from the bank. `trace` is the bank's word for it."""

    external_id: str
    state: PayoutState
    amount: Money
    arrives_on: str
    trace: str
    reason: str


class PaymentGateway(Protocol):
    """A payment gateway. The same key with the same request gives the first answer again, without effect.

    Every call may raise OutcomeUnknown; none may be made inside a database transaction.
    """

    name: str
    # Its name on the bank's statement.
    payer: str

    def check_method(self, method: str) -> None:
        """Raise InvalidRequest for a payment method that this gateway does not know."""

    def authorise(self, attempt: Attempt, key: str) -> Authorisation:
        """Ask for the buyer's money; nothing is taken yet."""

    def question(self, external_id: str) -> Authorisation | None:
        """Ask for the question of the buyer's bank; None where it asks no more. It is asked for each time, never stored."""

    def capture(self, external_id: str, amount: Money, key: str) -> Capture:
        """Take the authorised money. Raises PaymentRefused when the hold has gone."""

    def cancel(self, external_id: str, key: str) -> None:
        """Let an authorisation go; one that is gone counts as cancelled."""

    def refund(self, external_id: str, amount: Money, refund_id: str, key: str) -> GatewayRefund:
        """Give captured money back. Raises Conflict for more than was taken."""

    def fetch(self, external_id: str) -> Charge:
        """Fetch a payment from the gateway; raises NotFound."""

    def find(self, attempt: Attempt) -> Charge | None:
        """The payment of an attempt whose answer was lost, by our own ids."""

    def fetch_refund(self, external_id: str) -> GatewayRefund:
        """Fetch a refund from the gateway; raises NotFound."""

    def fetch_dispute(self, external_id: str) -> GatewayDispute:
        """Fetch a dispute from the gateway; raises NotFound."""

    def read_event(self, body: bytes, signature: str, now: datetime) -> GatewayEvent:
        """Read a report; raises EventRefused unless the gateway signed it, for us, within five minutes of now."""

    def list_balance(self, since: datetime, until: datetime) -> Iterable[BalanceLine]:
        """The gateway's account of our money between two moments."""

    def fetch_payout(self, external_id: str) -> GatewayPayout:
        """Fetch a payout from the gateway; raises NotFound."""

    def list_payouts(self, since: datetime, until: datetime) -> Iterable[GatewayPayout]:
        """The payouts that the gateway made between two moments, as they stand now."""

    def balance(self) -> list[Money]:
        """The gateway's balance now, available and pending together, by currency."""
