"""Stripe's HTTP API for tests: localstripe as a process of its own, behind a proxy that adds what it lacks.

The proxy keeps idempotency keys, refuses to give back more than was taken, gives `latest_charge` by its id,
takes a fee, knows disputes, payouts and a search by metadata, signs and sends reports, and fails on demand.
"""

import contextlib
import copy
import hashlib
import hmac
import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx

from ticketing.payments.stripe_gateway import API_VERSION

SECRET_KEY = "sk_test_12345"
WEBHOOK_SECRET = "whsec_test123"
FEE_PER_MILLE = 15
FEE_FIXED = 25
DISPUTE_FEE = 1500
HEADERS = {"Authorization": f"Bearer {SECRET_KEY}"}
# Parameters that Stripe knows and localstripe refuses.
_DROPPED = (
    "description",
    "receipt_email",
    "transfer_group",
    "return_url",
    "automatic_payment_methods",
    "use_stripe_sdk",
    "reason",
)


@dataclass
class Fault:
    """The next call whose path matches fails: before it has acted, or after."""

    path: str
    kind: str  # "drop_before" | "drop_after" | "error_500_before" | "error_500_after" | "rate_limit" | "wait"
    times: int = 1
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)


class StripeStandIn:
    """The proxy's state and its controls; `address` is where the SDK sends its calls."""

    def __init__(self, upstream: str) -> None:
        self.upstream = httpx.Client(base_url=upstream, timeout=20)
        self.address = ""
        self.now: Callable[[], float] = time.time
        self.calls: list[tuple[str, str, str | None]] = []
        self.events: list[dict[str, Any]] = []
        self.deliver: Callable[[bytes, str], None] | None = None
        self._faults: list[Fault] = []
        self._keys: dict[str, tuple[str, int, bytes]] = {}
        self._running: set[str] = set()
        self._refunded: dict[str, int] = {}
        self._disputes: dict[str, dict[str, Any]] = {}
        self._payouts: list[dict[str, Any]] = []
        self._failures: list[dict[str, Any]] = []
        self._failed: set[str] = set()
        self._partly: dict[str, int] = {}
        self.search_lags = False
        self._dropped: dict[str, dict[str, str]] = {}
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    # --- controls of a test ------------------------------------------------------------------------------

    def fail(self, path: str, kind: str, times: int = 1) -> Fault:
        """Plan a failure of the next calls to a path (a regular expression)."""
        fault = Fault(path, kind, times)
        self._faults.append(fault)
        return fault

    def card(self, number: str) -> str:
        """A payment method for a card number, as Stripe's own page would make it."""
        card = {"number": number, "exp_month": "12", "exp_year": "2030", "cvc": "123"}
        wanted = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
        return str(self._upstream("POST", "/v1/payment_methods", wanted)["id"])

    def authenticate(self, intent_id: str, *, success: bool) -> None:
        """The buyer answers the bank's question."""
        intent = self._upstream("GET", f"/v1/payment_intents/{intent_id}")
        wanted = {
            "client_secret": intent["client_secret"],
            "success": str(success).lower(),
            "key": "pk_test_12345",
        }
        with contextlib.suppress(httpx.HTTPStatusError):
            self._upstream("POST", f"/v1/payment_intents/{intent_id}/_authenticate", wanted)
        kind = "amount_capturable_updated" if success else "payment_failed"
        self.emit(f"payment_intent.{kind}", self.intent(intent_id))

    def intents(self) -> list[dict[str, Any]]:
        """Every intent that was made: the counter-check of a test."""
        return [
            self.intent(one["id"]) for one in self._upstream("GET", "/v1/payment_intents?limit=100")["data"]
        ]

    def intent(self, intent_id: str) -> dict[str, Any]:
        """One intent with its charge expanded."""
        return self._shown_intent(self._upstream("GET", f"/v1/payment_intents/{intent_id}"), expand=True)

    def dispute(self, intent_id: str, step: str) -> dict[str, Any]:
        """Open a dispute of a payment, or move it: `created`, `funds_withdrawn`, `funds_reinstated`, `won`, `lost`."""
        intent = self.intent(intent_id)
        amount = intent["amount_received"] - self._refunded.get(intent_id, 0)
        found = self._disputes.setdefault(
            f"dp_{intent_id[3:]}",
            {
                "id": f"dp_{intent_id[3:]}",
                "object": "dispute",
                "payment_intent": intent_id,
                "amount": amount,
                "currency": intent["currency"],
                "charge": intent["latest_charge"]["id"],
                "reason": "fraudulent",
                "status": "needs_response",
                "balance_transactions": [],
                "livemode": False,
            },
        )
        if step == "funds_withdrawn":
            found["balance_transactions"].append(self._line(found, -amount, DISPUTE_FEE))
        if step in {"funds_reinstated", "won"} and len(found["balance_transactions"]) == 1:
            found["balance_transactions"].append(self._line(found, amount, 0))
        if step in {"won", "lost"}:
            found["status"] = step
        self.emit(f"charge.dispute.{'closed' if step in {'won', 'lost'} else step}", found)
        return found

    def pay_out(self, amount: int, currency: str = "eur") -> None:
        """Stripe pays out to our bank account."""
        self._payouts.append(
            {
                "id": f"txn_po{len(self._payouts)}",
                "object": "balance_transaction",
                "type": "payout",
                "fee": 0,
                "amount": -amount,
                "currency": currency,
                "source": {"id": f"po_{len(self._payouts)}", "object": "payout"},
                "created": int(time.time()),
            }
        )

    def refund_outside(self, intent_id: str, amount: int) -> None:
        """Somebody refunds on Stripe's own pages: nobody's metadata."""
        made = self._upstream("POST", "/v1/refunds", {"payment_intent": intent_id, "amount": str(amount)})
        self._refunded[intent_id] = self._refunded.get(intent_id, 0) + amount
        self.emit("refund.created", made)

    def refunds(self) -> list[dict[str, Any]]:
        """Every refund that was made: the counter-check of a test."""
        found: list[dict[str, Any]] = self._upstream("GET", "/v1/refunds?limit=100")["data"]
        return found

    def fail_refund(self, refund_id: str) -> None:
        """The cardholder's bank sends a refund back days later: another line of the account, and a report."""
        made = self._upstream("GET", f"/v1/refunds/{refund_id}")
        self._failed.add(refund_id)
        self._failures.append(
            {
                "id": f"txn_failed_{refund_id}",
                "object": "balance_transaction",
                "type": "refund_failure",
                "fee": 0,
                "amount": made["amount"],
                "currency": made["currency"],
                "source": made,
                "created": int(time.time()),
            }
        )
        self.emit("refund.failed", {**made, "status": "failed"})

    def capture_outside(self, intent_id: str, amount: int | None = None) -> None:
        """Capture a held payment on Stripe's own pages, whole or partly."""
        self._upstream("POST", f"/v1/payment_intents/{intent_id}/capture", {})
        if amount is not None:
            self._partly[intent_id] = amount
        self.emit("payment_intent.succeeded", self.intent(intent_id))

    def emit(self, kind: str, found: dict[str, Any]) -> dict[str, Any]:
        """Make a report of an object as it is now, and send it where a test listens."""
        event = {
            "id": f"evt_{next(self._numbers):06}",
            "object": "event",
            "type": kind,
            "api_version": API_VERSION,
            "livemode": False,
            "created": int(self.now()),
            "data": {"object": copy.deepcopy(found)},
        }
        self.events.append(event)
        if self.deliver:
            self.deliver(*self.signed(event))
        return event

    def signed(
        self, event: dict[str, Any], *, at: float | None = None, secret: str = WEBHOOK_SECRET
    ) -> tuple[bytes, str]:
        """The body and the header `Stripe-Signature` of a report."""
        body = json.dumps(event).encode()
        sent = int(self.now() if at is None else at)
        mac = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
        return body, f"t={sent},v1={mac}"

    # --- what the SDK asks -------------------------------------------------------------------------------

    def answer(
        self, method: str, path: str, body: bytes, key: str | None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Answer one call, once per idempotency key."""
        self.calls.append((method, path.partition("?")[0], key))
        fault = self._fault(path)
        if fault and fault.kind == "wait":
            fault.reached.set()
            fault.go_on.wait(30)
        if fault and fault.kind == "drop_before":
            raise ConnectionAbortedError
        if fault and fault.kind == "rate_limit":
            return 429, _error("rate_limit", "slow down", "invalid_request_error"), {}
        asked = hashlib.sha256(f"{method} {path}".encode() + body).hexdigest()
        if method == "POST" and key:
            known = self._claimed(key, asked)
            if known is not None:
                return known
        if fault and fault.kind == "error_500_before":
            status, answer = 500, _error("api_error", "internal", "api_error")
        else:
            status, answer = self._act(method, path, body)
        if fault and fault.kind == "error_500_after":
            status, answer = 500, _error("api_error", "internal", "api_error")
        if method == "POST" and key:
            with self._lock:
                self._running.discard(key)
                self._keys[key] = (asked, status, answer)
        if fault and fault.kind == "drop_after":
            raise ConnectionAbortedError
        return status, answer, {}

    def _claimed(self, key: str, asked: str) -> tuple[int, bytes, dict[str, str]] | None:
        with self._lock:
            if key in self._running:
                return 409, _error("idempotency_key_in_use", "in use", "idempotency_error"), {}
            known = self._keys.get(key)
            if known is None:
                self._running.add(key)
                return None
        if known[0] != asked:
            return (
                400,
                _error(
                    None,
                    "Keys for idempotent requests can only be used with the same parameters",
                    "idempotency_error",
                ),
                {},
            )
        return known[1], known[2], {"Idempotent-Replayed": "true"}

    def _act(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        place, _, query = path.partition("?")
        wanted = dict(parse_qsl(body.decode()) if method == "POST" else parse_qsl(query))
        try:
            return 200, json.dumps(self._route(method, place, wanted)).encode()
        except _Refused as refused:
            return refused.status, refused.body
        except httpx.HTTPStatusError as error:
            return error.response.status_code, self._mended(place, wanted, error.response)

    def _route(self, method: str, place: str, wanted: dict[str, str]) -> Any:
        expand = any(name.startswith("expand") for name in wanted)
        kept = {name: value for name, value in wanted.items() if not name.startswith("expand")}
        if place == "/v1/payment_intents/search":
            needed = re.findall(r"'([^']*)'", kept["query"])[1]
            found = [
                one for one in self.intents() if needed in one["metadata"].values() and not self.search_lags
            ]
            return {"object": "search_result", "data": found, "has_more": False, "url": place}
        if place.startswith("/v1/disputes/"):
            return self._found(self._disputes.get(place.rpartition("/")[2]))
        if place == "/v1/balance_transactions":
            return self._balance(kept)
        if place == "/v1/refunds" and method == "POST":
            return self._refund(kept)
        if place.endswith("/capture") and self.intent(place.split("/")[3])["status"] != "requires_capture":
            raise _Refused(400, _error("payment_intent_unexpected_state", "no hold", "invalid_request_error"))
        dropped = {name: kept.pop(name) for name in list(kept) if name.partition("[")[0] in _DROPPED}
        found = self._upstream(method, place, kept)
        if found.get("object") == "payment_intent":
            self._dropped.setdefault(found["id"], {}).update(dropped)
            shown = self._shown_intent(found, expand=expand)
            if method == "POST":
                self._report(place, shown)
            return shown
        return found if found.get("id") not in self._failed else {**found, "status": "failed"}

    def _report(self, place: str, intent: dict[str, Any]) -> None:
        kinds = {
            "requires_capture": "amount_capturable_updated",
            "succeeded": "succeeded",
            "canceled": "canceled",
            "requires_action": "requires_action",
        }
        if intent["status"] in kinds:
            self.emit(f"payment_intent.{kinds[intent['status']]}", intent)
        if place.endswith("/capture"):
            charge = self.intent(intent["id"])["latest_charge"]
            self.emit("charge.updated", charge)

    def _refund(self, wanted: dict[str, str]) -> Any:
        intent = self.intent(wanted["payment_intent"])
        done, amount = self._refunded.get(intent["id"], 0), int(wanted["amount"])
        if done + amount > intent["amount_received"]:
            code = "charge_already_refunded" if done == intent["amount_received"] else "amount_too_large"
            raise _Refused(400, _error(code, "more than is left", "invalid_request_error"))
        made = self._upstream("POST", "/v1/refunds", wanted)
        self._refunded[intent["id"]] = done + amount
        self.emit("refund.created", made)
        self.emit(
            "charge.refunded",
            {**self.intent(intent["id"])["latest_charge"], "amount_refunded": done + amount},
        )
        return made

    def _balance(self, wanted: dict[str, str]) -> Any:
        lines = self._upstream("GET", "/v1/balance_transactions?limit=100")["data"]
        shown = []
        for line in lines:
            kind = "charges" if line["source"].startswith("ch_") else "refunds"
            source = self._upstream("GET", f"/v1/{kind}/{line['source']}")
            fee = _fee(line["amount"]) if line["type"] == "charge" else 0
            shown.append({**line, "source": source, "fee": fee})
        for found in self._disputes.values():
            shown += [{**line, "source": found} for line in found["balance_transactions"]]
        shown += [*self._payouts, *self._failures]
        low, high = int(wanted.get("created[gte]", 0)), int(wanted.get("created[lt]", 1 << 40))
        within = [line for line in shown if low <= line["created"] < high]
        return {"object": "list", "data": within, "has_more": False, "url": "/v1/balance_transactions"}

    def _shown_intent(self, intent: dict[str, Any], *, expand: bool) -> dict[str, Any]:
        charge = intent.get("latest_charge")
        if isinstance(charge, dict):
            taken = self._partly.get(intent["id"], charge["amount"]) if intent["status"] == "succeeded" else 0
            line = charge.get("balance_transaction")
            shown = {
                **charge,
                "amount_refunded": self._refunded.get(intent["id"], 0),
                "balance_transaction": line
                and {
                    "id": line,
                    "object": "balance_transaction",
                    "fee": _fee(charge["amount"]),
                    "amount": charge["amount"],
                    "currency": charge["currency"],
                },
            }
            intent = {**intent, "latest_charge": shown if expand else charge["id"], "amount_received": taken}
        else:
            intent = {**intent, "amount_received": 0}
        return {**intent, **self._dropped.get(intent["id"], {})}

    def _mended(self, place: str, wanted: dict[str, str], response: httpx.Response) -> bytes:
        """Give an error the shape that Stripe's has: card errors name their intent, missing things their code."""
        error = response.json()["error"]
        if response.status_code == 402 and place == "/v1/payment_intents":
            made = [
                one
                for one in self._upstream("GET", "/v1/payment_intents?limit=100")["data"]
                if one["metadata"].get("payment_id") == wanted.get("metadata[payment_id]")
            ]
            error |= {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline"}
            if made:
                error["payment_intent"] = self._shown_intent(made[0], expand=False)
        if response.status_code == 404:
            error |= {"code": "resource_missing"}
        if place.endswith(("/capture", "/cancel")) and response.status_code == 400:
            error |= {"code": "payment_intent_unexpected_state"}
        return json.dumps({"error": error}).encode()

    def _line(self, found: dict[str, Any], amount: int, fee: int) -> dict[str, Any]:
        return {
            "id": f"txn_{found['id']}_{len(found['balance_transactions'])}",
            "object": "balance_transaction",
            "type": "adjustment",
            "amount": amount,
            "fee": fee,
            "currency": found["currency"],
            "created": int(time.time()),
        }

    def _fault(self, path: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.times and re.search(fault.path, path.partition("?")[0]):
                    fault.times -= 1
                    return fault
        return None

    def _found(self, found: dict[str, Any] | None) -> dict[str, Any]:
        if found is None:
            raise _Refused(404, _error("resource_missing", "no such thing", "invalid_request_error"))
        return found

    def _upstream(self, method: str, path: str, wanted: dict[str, str] | None = None) -> Any:
        response = self.upstream.request(
            method,
            path,
            content=urlencode(wanted or {}) if method == "POST" else None,
            headers={**HEADERS, "Content-Type": "application/x-www-form-urlencoded"},
        )
        response.raise_for_status()
        return response.json()


class _Refused(Exception):
    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status, self.body = status, body


def _error(code: str | None, message: str, kind: str) -> bytes:
    return json.dumps({"error": {"type": kind, "code": code, "message": message}}).encode()


def _fee(amount: int) -> int:
    return (amount * FEE_PER_MILLE + 500) // 1000 + FEE_FIXED
