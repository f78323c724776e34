"""Stripe's own account of our money for tests, over HTTP: balance transactions, balance, payouts, disputes, in two currencies.

localstripe has none of it. The rules are those of Stripe's documentation, not of our reader:
- an object that moves money makes a balance transaction in the settlement currency; amount less fee moves the balance, and
  the amount in the object's currency times `exchange_rate` is the amount (docs.stripe.com/api/balance_transactions/object);
- a partial capture is the charge of all, and a reversal of the rest (docs.stripe.com/reports/reporting-categories);
- a refund gives no fee back and takes the rate of its own day; one that fails comes back as `refund_failure`
  (docs.stripe.com/refunds, docs.stripe.com/currencies/conversions);
- a dispute takes amount and fee; won, the amount comes back (docs.stripe.com/disputes/how-disputes-work);
- a payout takes its amount when it is made; failed or cancelled it comes back by a line of its own; failed may follow
  paid; a negative balance is taken from the bank by a payout below zero (docs.stripe.com/payouts, /api/payouts/object);
- lists come newest first, a page of at most `limit`, the next one after `starting_after` (docs.stripe.com/api/pagination).
"""

import itertools
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.waiting import SOON_SECONDS
from ticketing.clock import FixedClock

FEE_PER_MILLE, FEE_FIXED, DISPUTE_FEE = 15, 25, 1500
# A line is listed so long after it has moved the balance, where it is late.
LATE = timedelta(days=2)
Object = dict[str, Any]


class StripeLedger:
    """The account and its controls; `settles` leads from a charge's currency to the one it is settled in, with a rate."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.settles: dict[str, tuple[str, str]] = {}
        self.objects: dict[str, Object] = {}
        self.lines: list[Object] = []
        self.payouts: list[Object] = []
        self.address = ""
        self.drop = 0
        self.unlisted: dict[str, datetime] = {}
        self._numbers = itertools.count(1)

    # --- events -------------------------------------------------------------------------------------------

    def charge(
        self, amount: int, currency: str, payment_id: str, order_id: str, *, captured: int | None = None
    ) -> str:
        """A card is charged; answers the intent."""
        number = next(self._numbers)
        intent_id, charge_id = f"pi_{number:06}", f"ch_{number:06}"
        taken = amount if captured is None else captured
        charge = {
            "id": charge_id,
            "object": "charge",
            "amount": amount,
            "currency": currency,
            "payment_intent": intent_id,
            "amount_refunded": 0,
            "amount_captured": taken,
        }
        self.objects[charge_id] = charge
        fee = self._settled(taken, currency)[0] * FEE_PER_MILLE // 1000 + FEE_FIXED
        line = self._line("charge", amount, currency, charge_id, fee=fee)
        if taken < amount:
            self._line("refund", taken - amount, currency, charge_id, category="partial_capture_reversal")
        self.objects[intent_id] = {
            "id": intent_id,
            "object": "payment_intent",
            "status": "succeeded",
            "amount": amount,
            "currency": currency,
            "amount_received": taken,
            "latest_charge": {**charge, "balance_transaction": line},
            "metadata": {"payment_id": payment_id, "order_id": order_id},
        }
        return intent_id

    def refund(self, intent_id: str, amount: int, refund_id: str | None = None) -> str:
        """Money goes back to the card."""
        intent = self.objects[intent_id]
        made = f"re_{next(self._numbers):06}"
        self.objects[made] = {
            "id": made,
            "object": "refund",
            "status": "succeeded",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent_id,
            "metadata": {"refund_id": refund_id} if refund_id else {},
        }
        intent["latest_charge"]["amount_refunded"] += amount
        self._line("refund", -amount, intent["currency"], made)
        return made

    def fail_refund(self, refund_id: str) -> None:
        """The card's bank sends a refund back."""
        refund = self.objects[refund_id]
        refund["status"] = "failed"
        self.objects[refund["payment_intent"]]["latest_charge"]["amount_refunded"] -= refund["amount"]
        self._line("refund_failure", refund["amount"], refund["currency"], refund_id)

    def dispute(self, intent_id: str, amount: int | None = None) -> str:
        """The cardholder complains: amount and fee are withdrawn."""
        intent = self.objects[intent_id]
        made = f"dp_{next(self._numbers):06}"
        amount = intent["amount_received"] if amount is None else amount
        self.objects[made] = {
            "id": made,
            "object": "dispute",
            "status": "needs_response",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent_id,
            "reason": "fraudulent",
            "balance_transactions": [],
        }
        line = self._line(
            "adjustment", -amount, intent["currency"], made, fee=DISPUTE_FEE, category="dispute"
        )
        self.objects[made]["balance_transactions"].append(line)
        return made

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        """Decided: won, the amount comes back."""
        dispute = self.objects[dispute_id]
        dispute["status"] = "won" if won else "lost"
        if won:
            back = self._line(
                "adjustment", dispute["amount"], dispute["currency"], dispute_id, category="dispute_reversal"
            )
            dispute["balance_transactions"].append(back)

    def move(
        self, kind: str, amount: int, currency: str, *, category: str, source: str | None = None
    ) -> None:
        """A movement without a sale: a fee, a tax, a reserve, a top-up, an adjustment."""
        self._line(kind, amount, currency, source or f"{kind}_{next(self._numbers):06}", category=category)

    def pay_out(self, currency: str, amount: int | None = None, *, trace: str = "") -> str:
        """All of a balance, or an amount, goes to the bank; less than nothing is taken from it."""
        made = f"po_{next(self._numbers):06}"
        amount = self.balance()[currency] if amount is None else amount
        payout = {
            "id": made,
            "object": "payout",
            "amount": amount,
            "currency": currency,
            "status": "in_transit",
            "arrival_date": int((self.clock.now() + timedelta(days=1)).timestamp()),
            "failure_code": None,
            "created": int(self.clock.now().timestamp()),
            "trace_id": {"status": "supported", "value": trace or None},
        }
        self.objects[made] = payout
        self.payouts.append(payout)
        self._line("payout", -amount, currency, made)
        return made

    def end_payout(self, payout_id: str, status: str) -> None:
        """A payout is `paid`, or `failed` or `canceled` and its money is back."""
        payout = self.objects[payout_id]
        payout["status"] = status
        if status in {"failed", "canceled"}:
            payout["failure_code"] = "account_closed" if status == "failed" else None
            kind = "payout_failure" if status == "failed" else "payout_cancel"
            self._line(kind, payout["amount"], payout["currency"], payout_id, category="payout_reversal")

    def balance(self) -> dict[str, int]:
        """The money in every currency: the sum of all lines less their fees."""
        sums: dict[str, int] = defaultdict(int)
        for line in self.lines:
            sums[line["currency"]] += line["net"]
        return sums

    def be_late(self, count: int) -> None:
        """The last lines of this moment are listed only later, though they have moved the balance."""
        fresh = [line for line in self.lines if line["created"] == int(self.clock.now().timestamp())]
        for line in fresh[-count:]:
            self.unlisted[line["id"]] = self.clock.now() + LATE

    # --- the account --------------------------------------------------------------------------------------

    def _settled(self, amount: int, currency: str) -> tuple[int, str, str | None]:
        if currency not in self.settles:
            return amount, currency, None
        other, rate = self.settles[currency]
        exact = Fraction(rate) * amount
        return (1 if exact > 0 else -1) * int(abs(exact) + Fraction(1, 2)), other, rate

    def _line(
        self, kind: str, amount: int, currency: str, source: str, *, fee: int = 0, category: str = ""
    ) -> Object:
        settled, other, rate = amount, currency, None
        if source.startswith(("ch_", "re_", "dp_")):
            settled, other, rate = self._settled(amount, currency)
        line = {
            "id": f"txn_{next(self._numbers):06}",
            "object": "balance_transaction",
            "type": kind,
            "amount": settled,
            "fee": fee,
            "net": settled - fee,
            "currency": other,
            "exchange_rate": float(rate) if rate else None,
            "source": source,
            "created": int(self.clock.now().timestamp()),
            "description": kind.replace("_", " "),
            "reporting_category": category or kind,
        }
        self.lines.append(line)
        return line

    def answer(self, path: str) -> tuple[int, Object]:
        """Answer one call of the SDK."""
        url = urlsplit(path)
        asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path == "/v1/balance":
            parts = [
                {"amount": minor, "currency": currency} for currency, minor in sorted(self.balance().items())
            ]
            half = [{**part, "amount": part["amount"] // 2} for part in parts]
            rest = [{**part, "amount": part["amount"] - part["amount"] // 2} for part in parts]
            return 200, {"object": "balance", "available": half, "pending": rest, "livemode": False}
        if url.path == "/v1/balance_transactions":
            now = self.clock.now()
            listed = [line for line in self.lines if self.unlisted.get(line["id"], now) <= now]
            shown = [{**line, "source": self.objects.get(line["source"], line["source"])} for line in listed]
            return 200, _page(url.path, shown, asked)
        if url.path == "/v1/payouts":
            return 200, _page(url.path, self.payouts, asked)
        found = self.objects.get(url.path.rpartition("/")[2])
        if found is None:
            error = {"type": "invalid_request_error", "code": "resource_missing", "message": "no such thing"}
            return 404, {"error": error}
        return 200, found


def _page(path: str, items: list[Object], asked: dict[str, str]) -> Object:
    low, high = int(asked.get("created[gte]", 0)), int(asked.get("created[lt]", 1 << 40))
    newest = [one for one in reversed(items) if low <= one["created"] < high]
    after = asked.get("starting_after")
    start = next((at + 1 for at, one in enumerate(newest) if one["id"] == after), 0)
    limit = int(asked.get("limit", 10))
    part = newest[start : start + limit]
    return {"object": "list", "data": part, "has_more": start + limit < len(newest), "url": path}


@contextmanager
def serving(clock: FixedClock) -> Iterator[StripeLedger]:
    """The ledger over HTTP on a free port of loopback; it drops as many connections as `drop` says."""
    ledger = StripeLedger(clock)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if ledger.drop:
                ledger.drop -= 1
                self.close_connection = True
                self.connection.close()
                return
            status, document = ledger.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(SOON_SECONDS,), daemon=True).start()
    ledger.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield ledger
    finally:
        server.shutdown()
        server.server_close()


def at(day: str) -> datetime:
    """Noon of a day."""
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
