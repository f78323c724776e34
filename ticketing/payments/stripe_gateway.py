"""Stripe through its official SDK: the only module that imports it, with a pinned version of the API.

Manual capture: the money is held, operators confirm, then it is taken. Stripe's word at `fetch` is the truth;
an event is a hint to fetch. Amounts are minor units, ids in metadata are ours, nobody's data is sent.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import stripe
import structlog

from tariffs.money import Money
from throughfare_gate.strictjson import NotStrict, loads
from ticketing.config import StripeSettings
from ticketing.errors import Conflict, InvalidRequest, Misconfigured, NotFound, PaymentRefused
from ticketing.payments.card_form import API_VERSION
from ticketing.payments.port import (
    Attempt,
    Authorisation,
    BalanceLine,
    Capture,
    Charge,
    ChargeState,
    DisputeState,
    EventKind,
    EventRefused,
    GatewayDispute,
    GatewayEvent,
    GatewayPayout,
    GatewayRefund,
    OutcomeUnknown,
    RefundState,
)
from ticketing.payments.stripe_balance import PAYER, balance_of, line_of, payout_of

T = TypeVar("T")

TOLERANCE_SECONDS = 300
_TIMEOUT_SECONDS = 10
_MAX_RETRIES = 2
_CONFLICT = 409

_log = structlog.get_logger(__name__)

# A definite no: of the card, or of what was asked for.
_NO = (stripe.CardError, stripe.InvalidRequestError)
_CHARGE_STATES: Mapping[str, ChargeState] = {
    "requires_payment_method": "declined", "requires_confirmation": "action_required", "requires_action": "action_required",
    "processing": "action_required", "requires_capture": "authorised", "succeeded": "captured", "canceled": "cancelled",
}  # fmt: skip
_ASKS = {"requires_action", "requires_confirmation"}
_BANK_ASKS = "the bank asks the buyer"
_REFUND_STATES: Mapping[str, RefundState] = {
    "succeeded": "confirmed",
    "pending": "pending",
    "requires_action": "pending",
    "failed": "failed",
    "canceled": "failed",
}


class StripeGateway:
    """The port over Stripe's PaymentIntents."""

    name = "stripe"
    payer = PAYER

    def __init__(self, settings: StripeSettings) -> None:
        if stripe.api_version != API_VERSION:
            raise Misconfigured(
                f"the installed stripe speaks {stripe.api_version}, this release was tested with {API_VERSION}"
            )
        self._settings = settings
        self._client = stripe.StripeClient(
            settings.secret_key,
            stripe_version=API_VERSION,
            max_network_retries=_MAX_RETRIES,
            base_addresses={"api": settings.api_address},
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_SECONDS),
        )

    def check_method(self, method: str) -> None:
        """Raise InvalidRequest for anything but the id of a payment method (card data never comes here)."""
        if not method.startswith("pm_"):
            raise InvalidRequest.at(
                "method", "must be the id of a payment method (pm_…) that Stripe's page has made"
            )

    def authorise(self, attempt: Attempt, key: str) -> Authorisation:
        """Create and confirm an intent with manual capture."""
        wanted: dict[str, Any] = {
            "amount": attempt.amount.minor,
            "currency": attempt.amount.currency.lower(),
            "payment_method": attempt.method,
            "payment_method_types": ["card"],
            "capture_method": "manual",
            "confirm": True,
            # The app's card form shows the bank's question (`handleNextAction`), in frames of its own.
            "use_stripe_sdk": True,
            "metadata": self._metadata(attempt),
        }
        try:
            intent = _ask(
                lambda: self._client.v1.payment_intents.create(_params(wanted), {"idempotency_key": key})
            )
        except stripe.CardError as error:
            return Authorisation(
                _intent_of(error), "declined", str(error.user_message or error.code or "declined")
            )
        except stripe.InvalidRequestError as error:
            # A definite no, nothing was made: a method that Stripe does not know, an amount that it does not take.
            _log.warning("stripe refuses a payment", code=error.code, param=error.param)
            return Authorisation("", "declined", str(error.user_message or error.code or "refused"))
        state = _CHARGE_STATES[intent.status]
        if state == "declined":
            return Authorisation(intent.id, "declined", "declined by the card's bank")
        if state == "action_required":
            return Authorisation(intent.id, "action_required", _BANK_ASKS, intent.client_secret)
        return Authorisation(intent.id, "authorised", f"stripe: {intent.status}")

    def question(self, external_id: str) -> Authorisation | None:
        """The client secret of an intent whose bank still asks, asked for anew."""
        intent = _found(lambda: self._client.v1.payment_intents.retrieve(external_id))
        if intent.status not in _ASKS:
            return None
        return Authorisation(intent.id, "action_required", _BANK_ASKS, intent.client_secret)

    def capture(self, external_id: str, amount: Money, key: str) -> Capture:
        """Take the held money; the fee is read from the balance transaction where Stripe has it already.

        An intent can be captured once, so the call needs no key: Stripe would keep a 500 under it for a day.
        """
        wanted = {"amount_to_capture": amount.minor}
        try:
            _ask(lambda: self._client.v1.payment_intents.capture(external_id, _params(wanted)))
        except _NO as error:
            charge = self.fetch(external_id)
            if charge.state != "captured":
                raise PaymentRefused(f"the hold has gone: {error.code}") from error
            if charge.captured_minor != amount.minor:  # by somebody on Stripe's own pages
                raise PaymentRefused("another amount than that of the order was taken") from error
        else:
            charge = self.fetch(external_id)
        return Capture(
            external_id, None if charge.fee_minor is None else Money(charge.fee_minor, amount.currency)
        )

    def cancel(self, external_id: str, key: str) -> None:
        """Let the hold go; an intent that is canceled already is as wanted, so the call needs no key."""
        try:
            _ask(lambda: self._client.v1.payment_intents.cancel(external_id))
        except _NO as error:
            if self.fetch(external_id).state not in {"cancelled", "declined"}:
                raise Conflict(f"stripe does not cancel this payment: {error.code}") from error

    def refund(self, external_id: str, amount: Money, refund_id: str, key: str) -> GatewayRefund:
        """Give back an explicit amount."""
        wanted = {
            "payment_intent": external_id,
            "amount": amount.minor,
            "metadata": {"refund_id": refund_id, "deployment": self._settings.deployment},
        }
        try:
            answer = _ask(lambda: self._client.v1.refunds.create(_params(wanted), {"idempotency_key": key}))
        except _NO as error:
            raise Conflict(f"stripe refuses the refund: {error.code}") from error
        return _refund(answer)

    def fetch(self, external_id: str) -> Charge:
        """The intent with its latest charge and what Stripe keeps of it."""
        expand = {"expand": ["latest_charge.balance_transaction"]}
        return _charge(_found(lambda: self._client.v1.payment_intents.retrieve(external_id, _params(expand))))

    def find(self, attempt: Attempt) -> Charge | None:
        """Look an intent up by our payment's id in its metadata."""
        query = {"query": f"metadata['payment_id']:'{attempt.payment_id}'", "limit": 1}
        found = _ask(lambda: self._client.v1.payment_intents.search(_params(query))).data
        return self.fetch(found[0].id) if found else None

    def fetch_refund(self, external_id: str) -> GatewayRefund:
        """One refund."""
        return _refund(_found(lambda: self._client.v1.refunds.retrieve(external_id)))

    def fetch_dispute(self, external_id: str) -> GatewayDispute:
        """One dispute; which way its money went is read from its balance transactions."""
        dispute = _found(lambda: self._client.v1.disputes.retrieve(external_id))
        lines = list(dispute.balance_transactions)
        fee = sum(_fee_of(line, dispute.currency) or 0 for line in lines)
        return GatewayDispute(
            external_id=dispute.id,
            state=_dispute_state(dispute),
            charge_id=_id(dispute.payment_intent),
            amount=_money(dispute.amount, dispute.currency),
            fee_minor=fee,
            reason=str(dispute.reason),
        )

    def read_event(self, body: bytes, signature: str, now: datetime) -> GatewayEvent:
        """Verify the raw bytes against each secret, and the time in both directions (the SDK looks back only)."""
        self._verify(body, signature)
        sent = _sent_at(signature)
        if sent is None or abs(now.timestamp() - sent) > TOLERANCE_SECONDS:
            raise EventRefused("the report is not of this moment")
        try:
            document = loads(body)
        except NotStrict as error:
            raise EventRefused("the report is no JSON") from error
        if not isinstance(document, dict) or not isinstance(document.get("id"), str):
            raise EventRefused("the report has no id")
        if document.get("livemode") is not self._settings.live:
            raise EventRefused("the report is of the other mode (test or live)")
        kind = str(document.get("type", ""))
        inner = (document.get("data") or {}).get("object") or {}
        return GatewayEvent(document["id"], kind, _event_kind(kind), _object_id(kind, inner), document)

    def list_balance(self, since: datetime, until: datetime) -> Iterator[BalanceLine]:
        """Walk the balance transactions, page by page."""
        wanted = {
            "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
            "expand": ["data.source"],
            "limit": 100,
        }
        page = _ask(lambda: self._client.v1.balance_transactions.list(_params(wanted)))
        for line in page.auto_paging_iter():
            yield line_of(line)

    def fetch_payout(self, external_id: str) -> GatewayPayout:
        """One payout."""
        return payout_of(_found(lambda: self._client.v1.payouts.retrieve(external_id)))

    def list_payouts(self, since: datetime, until: datetime) -> Iterator[GatewayPayout]:
        """Walk the payouts, page by page."""
        wanted = {"created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())}, "limit": 100}
        page = _ask(lambda: self._client.v1.payouts.list(_params(wanted)))
        for payout in page.auto_paging_iter():
            yield payout_of(payout)

    def balance(self) -> list[Money]:
        """The balance as Stripe tells it."""
        return balance_of(_ask(self._client.v1.balance.retrieve))

    def _metadata(self, attempt: Attempt) -> dict[str, str]:
        return {
            "order_id": attempt.order_id,
            "payment_id": attempt.payment_id,
            "deployment": self._settings.deployment,
        }

    def _verify(self, body: bytes, signature: str) -> None:
        for secret in self._settings.webhook_secrets:
            try:
                stripe.WebhookSignature.verify_header(body.decode(), signature, secret, None)
            except (stripe.SignatureVerificationError, UnicodeDecodeError):
                continue
            return
        _log.warning("a report with a wrong signature was refused")
        raise EventRefused("the signature is not the gateway's")


def _ask(call: Callable[[], T]) -> T:
    """Make a call; what may or may not have happened is OutcomeUnknown, what the card says stays a CardError."""
    try:
        return call()
    except _NO:
        raise
    except stripe.IdempotencyError as error:
        if error.http_status == _CONFLICT:  # the same call is under way from another process
            raise OutcomeUnknown("the same call is under way; the outcome is not known yet") from error
        raise Conflict("the payment key was used for another request") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise Misconfigured("stripe does not accept our key") from error
    except stripe.StripeError as error:
        raise OutcomeUnknown(
            f"stripe did not answer ({type(error).__name__}); the outcome is not known yet"
        ) from error


def _found(call: Callable[[], T]) -> T:
    try:
        return _ask(call)
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing" or error.http_status == 404:  # noqa: PLR2004  not found
            raise NotFound("the gateway knows no such thing") from error
        raise


def _params(wanted: dict[str, Any]) -> Any:
    """The SDK's parameter types are TypedDicts for every call; ours are checked by the contract tests."""
    return wanted


def _intent_of(error: stripe.CardError) -> str:
    intent = getattr(error.error, "payment_intent", None)
    return str(intent.id) if intent else ""


def _charge(intent: stripe.PaymentIntent) -> Charge:
    latest: Any = intent.latest_charge
    held = None if latest is None or isinstance(latest, str) else latest
    line: Any = getattr(held, "balance_transaction", None)
    fee = None if line is None or isinstance(line, str) else _fee_of(line, intent.currency)
    metadata: Any = intent.metadata or {}
    return Charge(
        external_id=intent.id,
        state=_CHARGE_STATES[intent.status],
        amount=_money(intent.amount, intent.currency),
        captured_minor=intent.amount_received or 0,
        refunded_minor=(held.amount_refunded or 0) if held else 0,
        order_id=_meta(metadata, "order_id"),
        payment_id=_meta(metadata, "payment_id"),
        fee_minor=fee,
    )


def _fee_of(line: Any, currency: str) -> int | None:
    """Read the fee that Stripe keeps, in the payment's currency; None where it settles in another one: the account's line books that."""
    return int(line.fee) if line.currency.lower() == currency.lower() else None


def _meta(metadata: Any, name: str) -> str | None:
    try:
        return str(metadata[name])
    except KeyError:
        return None


def _refund(made: stripe.Refund) -> GatewayRefund:
    return GatewayRefund(
        made.id,
        _REFUND_STATES[str(made.status)],
        _money(made.amount, made.currency),
        _id(made.payment_intent),
        _meta(made.metadata or {}, "refund_id"),
    )


def _dispute_state(found: stripe.Dispute) -> DisputeState:
    if found.status.startswith("warning_"):
        return "inquiry"
    if found.status in {"won", "lost"}:
        return "won" if found.status == "won" else "lost"
    moved = sum(line.amount for line in found.balance_transactions)
    if not found.balance_transactions:
        return "open"
    return "withdrawn" if moved < 0 else "reinstated"


def _event_kind(kind: str) -> EventKind:
    if kind.startswith("charge.dispute."):
        return "dispute"
    if kind.startswith(("refund.", "charge.refund.")):
        return "refund"
    if kind.startswith(("payment_intent.", "charge.")):
        return "charge"
    if kind.startswith("payout."):
        return "payout"
    return "balance" if kind.startswith("balance.") else "unknown"


def _object_id(kind: str, inner: Mapping[str, Any]) -> str | None:
    """Choose the object to fetch: an intent for all facts of a charge; an object may have no id at all."""
    wanted = (
        inner.get("payment_intent")
        if kind.startswith("charge.") and _event_kind(kind) == "charge"
        else inner.get("id")
    )
    if isinstance(wanted, dict):
        wanted = wanted.get("id")
    return wanted if isinstance(wanted, str) else None


def _sent_at(signature: str) -> int | None:
    for part in signature.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and value.isascii() and value.isdigit() and len(value) <= 15:  # noqa: PLR2004  seconds
            return int(value)
    return None


def _id(found: Any) -> str:
    """The id of an object that Stripe gives whole or by its id."""
    return found if isinstance(found, str) else str(found.id)


def _money(minor: int, currency: str) -> Money:
    return Money(minor, currency.upper())
