"""The buyer's account, where a journey needs one: it proves a claim or buys a pass before it searches."""

from datetime import datetime
from typing import Any

from ticketing.rehearsal import invariants
from ticketing.rehearsal.http import Client
from ticketing.rehearsal.journey import Journey, Record
from ticketing.rehearsal.stage import Stage

CLAIM, PASS = "claim:", "pass:"


class Holder:
    """What the first passenger of a journey brings; `token` is None for a guest."""

    def __init__(self, stage: Stage, journey: Journey, record: Record) -> None:
        self._stage, self._journey, self._record = stage, journey, record
        self.token: str | None = None

    def sign_in(self, client: Client, now: datetime) -> bool:
        """Make the account and what it brings; True for a guest, False where it could not be done."""
        brings = self._journey.brings
        if brings is None:
            return True
        address = f"rehearsal-{self._journey.number}-{int(now.timestamp())}@example.org"
        made = client.post("/v1/accounts", {"email": address, "password": "a long way to rehearse"})
        if not made.ok:
            return False
        self.token = made.body["access_token"]
        if brings.startswith(CLAIM):
            return self._prove(client, brings.removeprefix(CLAIM), now)
        return self._buy_pass(client, brings.removeprefix(PASS))

    def _prove(self, client: Client, claim: str, now: datetime) -> bool:
        """`claim` is the name of the claim and its issuer, with a space between."""
        name, _, issuer = claim.partition(" ")
        proof = self._stage.prove(name, issuer, now)
        self._record.cover(claims=name)
        return client.post("/v1/me/entitlements", {"proof": proof}, self.token).ok

    def _kind(self, client: Client, product: str) -> str | None:
        """Whether it is a pass, a carnet or a return ticket, as the shop says."""
        shop = client.get("/v1/passes")
        shown = shop.body["passes"] if shop.ok else []
        return next((row["kind"] for row in shown if row["id"] == product), None)

    def _buy_pass(self, client: Client, product: str) -> bool:
        wish: dict[str, Any] = {"product": product, "rider_category": self._journey.riders[0]}
        quote = client.post("/v1/passes/quotes", wish, self.token)
        if not quote.ok:
            return False
        self._record.hold("quote_adds_up", invariants.quote_adds_up(quote.body))
        order = client.post("/v1/orders", {"quote_id": quote.body["id"]}, self.token, once=True)
        if not order.ok:
            return False
        self._record.orders.append(order.body["id"])
        key, path = order.body["access_token"], f"/v1/orders/{order.body['id']}"
        paid = client.post(f"{path}/payments", {"method": "demo_ok"}, key, once=True)
        tickets = client.get(f"{path}/tickets", key)
        shown = tickets.body["tickets"] if tickets.ok else []
        seen = client.get(path, key)
        if seen.ok:
            self._record.hold("paid_means_ticketed", invariants.paid_means_ticketed(seen.body, shown))
        self._record.cover(
            passes=product, products=self._kind(client, product), currencies=quote.body["total"]["currency"]
        )
        return paid.ok and bool(shown)
