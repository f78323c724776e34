"""The demo gateway: a stand-in that moves no money and says so. Same port, same idempotency, own records.

The payment method chooses the outcome: `demo_ok` pays, `demo_declined` is refused by the bank,
`demo_timeout_after_capture` takes the money and loses the answer once. Its fee is 1.50 % of what it
captures, rounded half up, and it keeps the fee when it refunds.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tariffs.money import Money, half_up
from ticketing.clock import Clock
from ticketing.db import Database, Transaction, demo_gateway
from ticketing.db.demo_gateway import Call, Charge
from ticketing.db.documents import canonical
from ticketing.errors import Conflict
from ticketing.ids import new_id
from ticketing.payments.port import Authorisation, Capture, OutcomeUnknown

FEE_BASIS_POINTS = 150
_METHODS = ("demo_ok", "demo_declined", "demo_timeout_after_capture")


class DemoGateway:
    """Pretends to be a card company; every effect and its answer are one transaction of its own."""

    name = "demo"

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def methods(self) -> tuple[str, ...]:
        """The methods that choose an outcome."""
        return _METHODS

    def authorise(self, method: str, amount: Money, key: str) -> Authorisation:
        """Hold the amount, or decline it."""

        def act(tx: Transaction) -> dict[str, Any]:
            state = "declined" if method == "demo_declined" else "authorised"
            charge = Charge(
                f"demo_ch_{new_id()}", method, state, amount.minor, 0, 0, amount.currency, self._clock.now()
            )
            demo_gateway.insert_charge(tx, charge)
            return {"external_id": charge.id, "state": state, "detail": f"demo gateway: {state}"}

        answer, _ = self._once(key, {"authorise": method, **amount.as_dict()}, act)
        return Authorisation(**answer)

    def capture(self, external_id: str, amount: Money, key: str) -> Capture:
        """Take the held amount and keep the fee."""
        fee = Money(half_up(Fraction(amount.minor * FEE_BASIS_POINTS, 10_000)), amount.currency)

        def act(tx: Transaction) -> dict[str, Any]:
            charge = demo_gateway.get_charge(tx, external_id)
            if charge.state != "authorised" or amount.minor > charge.amount_minor:
                raise Conflict(f"the demo gateway cannot capture a charge that is {charge.state}")
            demo_gateway.update_charge(tx, charge, state="captured", captured_minor=amount.minor)
            return {"external_id": external_id, "method": charge.method}

        answer, replayed = self._once(key, {"capture": external_id, **amount.as_dict()}, act)
        if answer["method"] == "demo_timeout_after_capture" and not replayed:
            raise OutcomeUnknown("the demo gateway took the money and lost its answer, as it was asked to")
        return Capture(external_id, fee)

    def cancel(self, external_id: str, key: str) -> None:
        """Let the hold go."""

        def act(tx: Transaction) -> dict[str, Any]:
            charge = demo_gateway.get_charge(tx, external_id)
            if charge.state == "captured":
                raise Conflict("the demo gateway cannot cancel a captured charge; refund it")
            demo_gateway.update_charge(tx, charge, state="cancelled")
            return {}

        self._once(key, {"cancel": external_id}, act)

    def refund(self, external_id: str, amount: Money, key: str) -> str:
        """Give back part of what was captured, never more."""

        def act(tx: Transaction) -> dict[str, Any]:
            charge = demo_gateway.get_charge(tx, external_id)
            refunded = charge.refunded_minor + amount.minor
            if refunded > charge.captured_minor:
                raise Conflict("the demo gateway does not give back more than it took")
            demo_gateway.update_charge(tx, charge, refunded_minor=refunded)
            return {"refund_id": f"demo_re_{new_id()}"}

        answer, _ = self._once(key, {"refund": external_id, **amount.as_dict()}, act)
        refund_id: str = answer["refund_id"]
        return refund_id

    def _once(
        self, key: str, request: dict[str, str], act: Callable[[Transaction], dict[str, Any]]
    ) -> tuple[dict[str, Any], bool]:
        """Act once per key; a repeat gets the first answer, another request under the same key is a bug."""
        asked = canonical(request)
        with self._database.write() as tx:
            earlier = demo_gateway.find_call(tx, key)
            if earlier is None:
                answer = act(tx)
                demo_gateway.insert_call(tx, Call(key, asked, answer))
                return answer, False
        if earlier.request != asked:
            raise Conflict(f"the key {key} was used for another request")
        return earlier.document, True
