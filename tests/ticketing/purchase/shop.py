"""The service with Stripe as its gateway, as the tests of buying use it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tests.api import Api
from tests.stripe_stand_in import StripeStandIn
from ticketing.cli.worker import run_round
from ticketing.db.sale import gateway_events
from ticketing.purchase import service as purchase
from ticketing.purchase.gateway import reconcile

CARD = "pm_card_visa"


@dataclass
class Shop:
    """The service with Stripe as its gateway; `reports` are what Stripe has sent and nobody has taken in yet."""

    api: Api
    stripe: StripeStandIn
    till: purchase.Till
    reports: list[dict[str, Any]]

    def pay(self, method: str, *, once: str | None = "new") -> tuple[dict[str, Any], str, Any]:
        """Order Kopli to Pasila and pay; answers the order, its token and the response."""
        order, token = self.api.order()
        return (
            order,
            token,
            self.api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token, once=once),
        )

    def order(self, order: dict[str, Any], token: str) -> dict[str, Any]:
        """The order as its buyer reads it."""
        return self.api.get(f"/v1/orders/{order['id']}", token).json or {}

    def intent(self, order: dict[str, Any]) -> dict[str, Any]:
        """The intent of an order; there must be exactly one that is not canceled or failed."""
        (found,) = [
            one
            for one in self.stripe.intents()
            if one["metadata"].get("order_id") == order["id"]
            and one["status"] not in {"canceled", "requires_payment_method"}
        ]
        return found

    def tell(self, *events: dict[str, Any]) -> list[int]:
        """Deliver reports to the webhook, and let the worker deal with them."""
        statuses = []
        for event in events or tuple(self.reports):
            body, signature = self.stripe.signed(event)
            response = self.api.client.post(
                "/v1/webhooks/stripe", data=body, headers={"Stripe-Signature": signature}
            )
            statuses.append(response.status_code)
        self.reports.clear()
        self.work()
        return statuses

    def work(self) -> None:
        """One round of the worker."""
        run_round(self.till)

    def clearing(self) -> int:
        """Sum what Stripe holds for us by the books, in minor units."""
        query = sa.text(
            "SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE account_id LIKE 'psp_clearing%'"
        )
        with self.till.database.read() as tx:
            return int(tx.execute(query).scalar_one())

    def refund(self, order: dict[str, Any], token: str, *passengers: str) -> Any:
        """Ask for the money of some passengers back."""
        return self.api.post(f"/v1/orders/{order['id']}/refunds", {"passengers": list(passengers)}, token)

    def statuses(self, order: dict[str, Any], token: str) -> set[str]:
        """List the statuses of an order's tickets."""
        found = self.api.get(f"/v1/orders/{order['id']}/tickets", token).json or {}
        return {ticket["status"] for ticket in found["tickets"]}

    def differences(self) -> list[str]:
        """List the kinds of differences that the reconciliation finds in this shop's payments."""
        now = datetime.now(UTC)
        with self.till.database.read() as tx:
            ours = set(tx.execute(sa.text("SELECT external_id FROM payment")).scalars())
        found = reconcile.reconcile(self.till, now - timedelta(hours=1), now + timedelta(hours=1))
        return [one.kind for one in found if one.charge_id in ours]

    def fee(self, intent_id: str) -> int:
        """Read the fee that Stripe keeps of a payment, in minor units."""
        charge = self.stripe.intent(intent_id)["latest_charge"]
        return int(charge["balance_transaction"]["fee"])

    def alerts(self, what: str = "kind") -> list[str]:
        """The kinds, or the subjects, of what waits for a person."""
        with self.till.database.read() as tx:
            return [getattr(one, what) for one in gateway_events.list_alerts(tx)]
