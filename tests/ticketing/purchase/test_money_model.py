"""Whatever is bought, declined, refunded, exchanged or disputed: captured - refunded - disputed = the ledger, always."""

import json
import os
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api import Api
from ticketing.cli.worker import run_round
from ticketing.payments import DemoGateway
from ticketing.purchase.gateway import reports
from ticketing.purchase.refund.reversal import take_back
from ticketing.settlement.proof.verify import verify

ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "buy",
                "decline",
                "lose",
                "refund",
                "refund_leg",
                "refund_fails",
                "exchange",
                "dispute",
                "win",
                "lose_dispute",
                "work",
            ]
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=8,
)
ANNA, BERT = ({"ref": ref, "rider_category": "adult"} for ref in ("anna", "bert"))
WISH = {"depart_at": "2026-10-16T06:10:00+03:00", "passengers": [ANNA, BERT]}


_BUYERS = count(1)


class Model:
    """A model of the money without a database: the money that the demo gateway has for us, fees left aside."""

    def __init__(self, api: Api) -> None:
        self.api = api
        # Every example is another buyer's: the limits of calls are not what is looked at here.
        number = next(_BUYERS)
        api.client.environ_base["REMOTE_ADDR"] = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        self.till = api.client.application.extensions["throughfare"].till
        self.gateway: DemoGateway = self.till.gateway
        self.orders: list[tuple[str, str]] = []

    def act(self, action: str, at: int) -> None:
        """Do one thing; a refusal of the service is an outcome like any other."""
        if action in {"buy", "decline", "lose", "refund_fails"}:
            methods = {
                "buy": "demo_ok",
                "decline": "demo_declined",
                "lose": "demo_timeout_after_capture",
                "refund_fails": "demo_refund_fails",
            }
            self._buy(methods[action])
        elif action == "work":
            run_round(self.till)
        elif self.orders:
            getattr(self, f"_{action}")(*self.orders[at % len(self.orders)])

    def _buy(self, method: str) -> None:
        order, token = self.api.order(**WISH)
        self.api.post(f"/v1/orders/{order['id']}/payments", {"method": method}, token)
        self.orders.append((order["id"], token))

    def _live(self, order: str, token: str) -> list[dict[str, Any]]:
        """The tickets of an order that have not gone, by passenger."""
        found = self.api.get(f"/v1/orders/{order}/tickets", token).json or {}
        return [ticket for ticket in found.get("tickets", []) if ticket["status"] != "revoked"]

    def _refund(self, order: str, token: str) -> None:
        """Name the passenger who comes first; the other one travels."""
        for ticket in self._live(order, token)[:1]:
            self.api.post(f"/v1/orders/{order}/refunds", {"passengers": [ticket["passenger"]]}, token)

    def _refund_leg(self, order: str, token: str) -> None:
        """A leg that has not gone yet, whichever it is by now."""
        for ticket in self._live(order, token)[:1]:
            left = [at for at, leg in enumerate(ticket["legs"]) if "given_back_at" not in leg]
            wish = {"passengers": [ticket["passenger"]], "legs": [left[len(left) // 2]]}
            self.api.post(f"/v1/orders/{order}/refunds", wish, token)

    def _exchange(self, order: str, token: str) -> None:
        """Name the passenger who comes last; the other one keeps their ticket."""
        refs = [ticket["passenger"] for ticket in self._live(order, token)][-1:] or ["anna"]
        alone = [{"ref": ref, "rider_category": "adult"} for ref in refs]
        quote = self.api.quote(**{**WISH, "to": {"place": "Hobujaama"}, "passengers": alone})
        body = {"quote_id": quote["id"], "passengers": refs}
        made = self.api.post(f"/v1/orders/{order}/exchanges", body, token)
        if made.status_code == 201:
            self.orders.append(((made.json or {})["id"], (made.json or {})["access_token"]))

    def _dispute(self, order: str, _token: str) -> None:
        self._disputed(order, "withdrawn")

    def _win(self, order: str, _token: str) -> None:
        self._disputed(order, "won")

    def _lose_dispute(self, order: str, _token: str) -> None:
        self._disputed(order, "lost")

    def _disputed(self, order: str, step: Any) -> None:
        """A bank decides about money that it has taken, and takes only what was captured and not given back."""
        with self.till.database.read() as tx:
            query = sa.text(
                "SELECT id FROM demo_charge WHERE order_id = :order AND captured_minor > refunded_minor"
            )
            charge = tx.execute(query, {"order": order}).scalar()
            known = tx.execute(
                sa.text("SELECT document FROM demo_object WHERE kind = 'dispute' AND charge_id = :charge"),
                {"charge": charge},
            ).scalar()
        open_now = known is not None and '"withdrawn"' in known
        if charge and ((step == "withdrawn" and known is None) or (step != "withdrawn" and open_now)):
            reports.learn_dispute(self.till, self.gateway.dispute(charge, step))

    def check(self) -> None:
        """The ledger's clearing account is the gateway's own account of our money, line for line summed."""
        with self.till.database.read() as tx:
            lines = tx.execute(sa.text("SELECT document FROM demo_object WHERE kind = 'balance'")).scalars()
            theirs = sum(_net(line) for line in lines)
            ours = tx.execute(
                sa.text(
                    "SELECT coalesce(sum(amount_minor), 0) FROM posting WHERE account_id LIKE 'demo_clearing%'"
                )
            ).scalar_one()
            unbalanced = tx.execute(
                sa.text(
                    "SELECT count(*) FROM (SELECT entry_id FROM posting GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0) x"
                )
            ).scalar_one()
        assert (int(ours), unbalanced) == (theirs, 0)
        office = self.api.client.application.extensions["throughfare"].office
        assert verify(office, "helsinki-tallinn", take_back).faults == []

    def leave(self) -> None:
        """Let go what nobody has paid for, so that the guests of the next example find places on the same ship."""
        moment = self.api.clock.now()
        self.api.clock.advance(timedelta(hours=1))
        run_round(self.till)
        self.api.clock.set(moment)


def _net(line: str) -> int:
    found = json.loads(line)
    return int(found["amount_minor"]) - int(found["fee_minor"])


@pytest.mark.soak
@settings(
    max_examples=300 if os.environ.get("SOAK") else 12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(ACTIONS)
def test_the_ledger_has_what_the_gateway_has_after_any_sequence_of_actions(
    api: Api, actions: list[tuple[str, int]]
) -> None:
    model = Model(api)
    for action, at in actions:
        model.act(action, at)
    run_round(model.till)
    run_round(model.till)
    model.check()
    model.leave()
