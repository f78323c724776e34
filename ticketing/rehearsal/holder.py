"""The buyer's account, where a journey needs one: it proves a claim or buys a pass before it searches."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ticketing.rehearsal import invariants
from ticketing.rehearsal.http import Client
from ticketing.rehearsal.journey import Journey, Record
from ticketing.rehearsal.stage import Stage

CLAIM, PASS = "claim:", "pass:"
_PROVEN_FOR = timedelta(days=300)


@dataclass(slots=True)
class Wallet:
    """The accounts of a rehearsal by what they hold and for whom; registering each anew would take most of its time."""

    refresh_tokens: dict[str, str] = field(default_factory=dict)
    proven: dict[str, datetime] = field(default_factory=dict)


class Holder:
    """The credentials of a journey's first passenger; `token` is None for a guest."""

    def __init__(self, stage: Stage, journey: Journey, record: Record, wallet: Wallet) -> None:
        self._stage, self._journey, self._record, self._wallet = stage, journey, record, wallet
        self.token: str | None = None

    def sign_in(self, client: Client, now: datetime) -> bool:
        """Make the account and what it brings ready; True for a guest, False where it could not be done."""
        brings = self._journey.brings
        if brings is None:
            return True
        name = f"{brings} {self._journey.riders[0]}"
        if not self._enter(client, name, now):
            return False
        if brings.startswith(CLAIM):
            return self._prove(client, brings.removeprefix(CLAIM), now)
        return self._has_pass(client, brings.removeprefix(PASS)) or self._buy_pass(
            client, brings.removeprefix(PASS)
        )

    def _enter(self, client: Client, name: str, now: datetime) -> bool:
        """Go on with the account's session, or make an account where there is none or it has run out."""
        known = self._wallet.refresh_tokens.pop(name, None)
        session = client.post("/v1/sessions/refresh", {"refresh_token": known}) if known else None
        if session is None or not session.ok:
            address = f"rehearsal-{self._journey.number}-{int(now.timestamp())}@example.org"
            session = client.post("/v1/accounts", {"email": address, "password": "a long way to rehearse"})
            self._wallet.proven.pop(name, None)
        if not session.ok:
            return False
        self.token = session.body["access_token"]
        self._wallet.refresh_tokens[name] = session.body["refresh_token"]
        return True

    def _has_pass(self, client: Client, product: str) -> bool:
        """Tell whether the account still holds it with a use left on the day of travel."""
        held = client.get("/v1/me/passes", self.token)
        good = [
            row
            for row in (held.body["passes"] if held.ok else [])
            if row["product"] == product
            and row["uses_left"] != 0
            and datetime.fromisoformat(row["valid_until"]) > self._journey.depart_at
        ]
        if good:
            self._record.cover(passes=product)
        return bool(good)

    def _prove(self, client: Client, claim: str, now: datetime) -> bool:
        """`claim` is the name of the claim and its issuer, with a space between."""
        name, _, issuer = claim.partition(" ")
        self._record.cover(claims=name)
        key = f"{CLAIM}{claim} {self._journey.riders[0]}"
        if now - self._wallet.proven.get(key, now - _PROVEN_FOR) < _PROVEN_FOR:
            return True
        self._wallet.proven[key] = now
        proof = self._stage.prove(name, issuer, now)
        return client.post("/v1/me/entitlements", {"proof": proof}, self.token).ok

    def _kind(self, client: Client, product: str) -> str | None:
        """Tell whether it is a pass, a carnet or a return ticket, as the shop says."""
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
