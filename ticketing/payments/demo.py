"""The demo gateway: a stand-in that moves no money and says so. Same port, same idempotency, own records.

The payment method chooses the outcome: `demo_ok` pays, `demo_declined` is refused by the bank, `demo_sca` waits
for the buyer on a page of its own, `demo_timeout_after_capture` takes the money and loses the answer once,
`demo_dispute` pays and is disputed later, `demo_refund_fails` pays and cannot be paid back. Its fee is 1.50 % of
what it captures, rounded half up, and it keeps the fee when it refunds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, Literal

from tariffs.money import Money, half_up
from throughfare_gate.ids import new_id
from ticketing.clock import Clock
from ticketing.db import Database, Transaction
from ticketing.db.documents import canonical
from ticketing.db.sale import demo_gateway
from ticketing.db.sale.demo_gateway import Call, Thing
from ticketing.db.sale.demo_gateway import Charge as Record
from ticketing.errors import Conflict, InvalidRequest, NotFound, PaymentRefused
from ticketing.payments.port import (
    Attempt,
    Authorisation,
    BalanceLine,
    Capture,
    Charge,
    ChargeState,
    DisputeState,
    EventRefused,
    GatewayDispute,
    GatewayEvent,
    GatewayPayout,
    GatewayRefund,
    OutcomeUnknown,
    RefundState,
)

FEE_BASIS_POINTS = 150
DISPUTE_FEE_MINOR = 1500
METHODS = (
    "demo_ok",
    "demo_declined",
    "demo_sca",
    "demo_timeout_after_capture",
    "demo_dispute",
    "demo_refund_fails",
)
# The next states of a dispute.
_DISPUTE_STEPS: dict[DisputeState | None, tuple[DisputeState, ...]] = {
    None: ("open",),
    "open": ("withdrawn",),
    "withdrawn": ("won", "lost"),
}


_FIRST, _MOMENT = datetime(2000, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_BalanceKind = Literal["charge", "refund", "dispute"]


@dataclass(frozen=True, slots=True)
class _Refund:
    """A refund as the demo gateway's account keeps it."""

    state: RefundState
    amount_minor: int
    refund_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class _Dispute:
    """A dispute as it keeps it."""

    state: DisputeState
    amount_minor: int
    currency: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Balance:
    """A line of its account as it keeps it."""

    kind: _BalanceKind
    source: str
    amount_minor: int
    currency: str
    fee_minor: int


class DemoGateway:
    """Pretends to be a card company; every effect and its answer are one transaction of its own.

    `public_url` is where its page stands on which a buyer approves (`demo_sca`).
    """

    name = "demo"
    payer = ""

    def __init__(self, database: Database, clock: Clock, public_url: str = "") -> None:
        self._database = database
        self._clock = clock
        self._public_url = public_url

    def check_method(self, method: str) -> None:
        """Raise InvalidRequest for a method that chooses no outcome."""
        if method not in METHODS:
            raise InvalidRequest.at("method", f"must be one of {', '.join(METHODS)}")

    def authorise(self, attempt: Attempt, key: str) -> Authorisation:
        """Hold the amount, ask for the buyer's approval, or decline."""
        amount = attempt.amount

        def act(tx: Transaction) -> Iterator[dict[str, Any]]:
            state = {"demo_declined": "declined", "demo_sca": "action_required"}.get(
                attempt.method, "authorised"
            )
            charge = Record(
                id=f"demo_ch_{new_id()}",
                method=attempt.method,
                state=state,
                amount_minor=amount.minor,
                captured_minor=0,
                refunded_minor=0,
                currency=amount.currency,
                created_at=self._clock.now(),
                order_id=attempt.order_id,
                payment_id=attempt.payment_id,
            )
            yield {"external_id": charge.id, "state": state, "detail": f"demo gateway: {state}"}
            demo_gateway.insert_charge(tx, charge)

        request = {"authorise": attempt.method, "payment": attempt.payment_id, **amount.as_dict()}
        answer, _ = self._once(key, request, act)
        waits = answer["state"] == "action_required"
        return Authorisation(**answer, action_url=self._page(answer["external_id"]) if waits else None)

    def question(self, external_id: str) -> Authorisation | None:
        """The page where a buyer approves, for as long as nobody has."""
        found = self.fetch(external_id)
        if found.state != "action_required":
            return None
        detail = f"demo gateway: {found.state}"
        return Authorisation(external_id, found.state, detail, action_url=self._page(external_id))

    def approve(self, external_id: str, *, yes: bool) -> Charge:
        """The buyer's word on the demo gateway's page; raises NotFound, and Conflict when it was given before."""
        with self._database.write() as tx:
            charge = demo_gateway.find_charge(tx, external_id)
            if charge is None:
                raise NotFound("the demo gateway knows no such payment")
            if charge.state != "action_required":
                raise Conflict(f"this payment is {charge.state} already")
            state = "authorised" if yes else "declined"
            return _charge(demo_gateway.update_charge(tx, charge, state=state))

    def capture(self, external_id: str, amount: Money, key: str) -> Capture:
        """Take the held amount and keep the fee."""
        fee = Money(half_up(Fraction(amount.minor * FEE_BASIS_POINTS, 10_000)), amount.currency)

        def act(tx: Transaction) -> Iterator[dict[str, Any]]:
            charge = demo_gateway.get_charge(tx, external_id)
            yield {"external_id": external_id, "method": charge.method}
            if charge.state != "authorised" or amount.minor > charge.amount_minor:
                raise PaymentRefused(f"the demo gateway cannot capture a charge that is {charge.state}")
            demo_gateway.update_charge(tx, charge, state="captured", captured_minor=amount.minor)
            self._balance(tx, external_id, amount, kind="charge", source=external_id, fee_minor=fee.minor)

        answer, replayed = self._once(key, {"capture": external_id, **amount.as_dict()}, act)
        if answer["method"] == "demo_timeout_after_capture" and not replayed:
            raise OutcomeUnknown("the demo gateway took the money and lost its answer, as it was asked to")
        return Capture(external_id, fee)

    def cancel(self, external_id: str, key: str) -> None:
        """Let the hold go."""

        def act(tx: Transaction) -> Iterator[dict[str, Any]]:
            charge = demo_gateway.get_charge(tx, external_id)
            yield {}
            if charge.state == "captured":
                raise Conflict("the demo gateway cannot cancel a captured charge; refund it")
            demo_gateway.update_charge(tx, charge, state="cancelled")

        self._once(key, {"cancel": external_id}, act)

    def refund(self, external_id: str, amount: Money, refund_id: str, key: str) -> GatewayRefund:
        """Give back part of what was captured, never more."""
        refund = f"demo_re_{new_id()}"

        def act(tx: Transaction) -> Iterator[dict[str, Any]]:
            charge = demo_gateway.get_charge(tx, external_id)
            yield {"id": refund}
            fails = charge.method == "demo_refund_fails"
            refunded = charge.refunded_minor + amount.minor
            if refunded > charge.captured_minor:
                raise Conflict("the demo gateway does not give back more than it took")
            outcome = _Refund("failed" if fails else "confirmed", amount.minor, refund_id, amount.currency)
            thing = Thing(refund, "refund", external_id, self._clock.now(), asdict(outcome))
            demo_gateway.insert_thing(tx, thing)
            if not fails:
                demo_gateway.update_charge(tx, charge, refunded_minor=refunded)
                self._balance(tx, external_id, -amount, kind="refund", source=thing.id, fee_minor=0)

        answer, _ = self._once(key, {"refund": external_id, **amount.as_dict()}, act)
        return self.fetch_refund(answer["id"])

    def dispute(self, external_id: str, state: DisputeState, *, reason: str = "fraudulent") -> GatewayDispute:
        """Pretend that a cardholder complains, or what became of it; a dispute takes money with `withdrawn`."""
        with self._database.write() as tx:
            charge = demo_gateway.get_charge(tx, external_id)
            thing_id = _dispute_id(external_id)
            amount = Money(charge.captured_minor - charge.refunded_minor, charge.currency)
            fresh = _Dispute(state, amount.minor, amount.currency, reason)
            kept = Thing(thing_id, "dispute", external_id, self._clock.now(), asdict(fresh))
            demo_gateway.put_thing(tx, kept)
            if state == "withdrawn":
                self._balance(
                    tx, external_id, -amount, kind="dispute", source=thing_id, fee_minor=DISPUTE_FEE_MINOR
                )
            if state in {"reinstated", "won"}:
                self._balance(tx, external_id, amount, kind="dispute", source=thing_id, fee_minor=0)
        return self.fetch_dispute(thing_id)

    def play_dispute(self, external_id: str, wanted: str) -> GatewayDispute:
        """The next step of a dispute on the demo gateway's page; raises NotFound, and Conflict out of turn."""
        self.fetch(external_id)
        standing, steps = self.dispute_of(external_id)
        step = next((one for one in steps if one == wanted), None)
        if step is None:
            raise Conflict(f"a payment whose dispute is {standing or 'not open'} cannot become {wanted}")
        return self.dispute(external_id, step)

    def dispute_of(self, external_id: str) -> tuple[DisputeState | None, tuple[DisputeState, ...]]:
        """Return the state of a payment's dispute (None: there is none), and its possible next states."""
        with self._database.read() as tx:
            charge = demo_gateway.find_charge(tx, external_id)
            found = demo_gateway.find_thing(tx, _dispute_id(external_id))
        if charge is None or charge.method != "demo_dispute" or charge.state != "captured":
            return None, ()
        standing = _Dispute(**found.document).state if found else None
        return standing, _DISPUTE_STEPS.get(standing, ())

    def list_playable(self) -> list[Charge]:
        """The latest payments whose method lets a person play: waiting for approval, or to be disputed."""
        with self._database.read() as tx:
            found = demo_gateway.list_charges(tx, ("demo_sca", "demo_dispute"), 20)
        return [_charge(one) for one in found]

    def fetch(self, external_id: str) -> Charge:
        """Fetch a payment from the demo gateway."""
        with self._database.read() as tx:
            found = demo_gateway.find_charge(tx, external_id)
        if found is None:
            raise NotFound("the demo gateway knows no such payment")
        return _charge(found)

    def find(self, attempt: Attempt) -> Charge | None:
        """The charge of one of our payments."""
        with self._database.read() as tx:
            found = demo_gateway.find_charge_of_payment(tx, attempt.payment_id)
        return None if found is None else _charge(found)

    def fetch_refund(self, external_id: str) -> GatewayRefund:
        """Fetch a refund from the demo gateway."""
        found = self._thing(external_id, "refund")
        made = _Refund(**found.document)
        amount = Money(made.amount_minor, made.currency)
        return GatewayRefund(found.id, made.state, amount, found.charge_id, made.refund_id)

    def fetch_dispute(self, external_id: str) -> GatewayDispute:
        """Fetch a dispute from the demo gateway."""
        thing = self._thing(external_id, "dispute")
        dispute = _Dispute(**thing.document)
        return GatewayDispute(
            external_id=thing.id,
            state=dispute.state,
            charge_id=thing.charge_id,
            amount=Money(dispute.amount_minor, dispute.currency),
            fee_minor=DISPUTE_FEE_MINOR,
            reason=dispute.reason,
        )

    def read_event(self, body: bytes, signature: str, now: datetime) -> GatewayEvent:
        """The demo gateway reports nothing over the network."""
        raise EventRefused("the demo gateway sends no reports")

    def list_balance(self, since: datetime, until: datetime) -> Iterator[BalanceLine]:
        """Its account of our pretended money."""
        with self._database.read() as tx:
            things = demo_gateway.list_things(tx, "balance", since, until)
        for thing in things:
            movement = _Balance(**thing.document)
            yield BalanceLine(
                id=thing.id,
                kind=movement.kind,
                source=movement.source,
                charge_id=thing.charge_id,
                amount=Money(movement.amount_minor, movement.currency),
                fee_minor=movement.fee_minor,
                at=thing.created_at,
            )

    def fetch_payout(self, external_id: str) -> GatewayPayout:
        """The demo gateway pays nothing out."""
        raise NotFound("the demo gateway knows no such payout")

    def list_payouts(self, since: datetime, until: datetime) -> Sequence[GatewayPayout]:
        """None: its money is pretended."""
        return ()

    def balance(self) -> list[Money]:
        """The sum of its account of our pretended money."""
        sums: dict[str, int] = {}
        for line in self.list_balance(_FIRST, self._clock.now() + _MOMENT):
            sums[line.amount.currency] = sums.get(line.amount.currency, 0) + line.net_minor
        return [Money(minor, currency) for currency, minor in sorted(sums.items())]

    def _page(self, external_id: str) -> str:
        return f"{self._public_url}/demo-gateway/{external_id}"

    def _thing(self, external_id: str, kind: str) -> Thing:
        with self._database.read() as tx:
            found = demo_gateway.find_thing(tx, external_id)
        if found is None or found.kind != kind:
            raise NotFound(f"the demo gateway knows no such {kind}")
        return found

    def _balance(
        self,
        tx: Transaction,
        charge_id: str,
        amount: Money,
        *,
        kind: _BalanceKind,
        source: str,
        fee_minor: int,
    ) -> None:
        made = _Balance(kind, source, amount.minor, amount.currency, fee_minor)
        thing = Thing(f"demo_txn_{new_id()}", "balance", charge_id, self._clock.now(), asdict(made))
        demo_gateway.insert_thing(tx, thing)

    def _once(
        self, key: str, request: dict[str, str], act: Callable[[Transaction], Iterator[dict[str, Any]]]
    ) -> tuple[dict[str, Any], bool]:
        """Act once per key; a repeat gets the first answer, another request under the same key is a bug.

        `act` reads and yields its answer; it goes on, to take effect, only where the key is new.
        """
        asked = canonical(request)
        with self._database.write() as tx:
            steps = act(tx)
            answer = next(steps)
            if demo_gateway.insert_call(tx, Call(key, asked, answer)):
                next(steps, None)
                return answer, False
            earlier = demo_gateway.get_call(tx, key)
        if earlier.request != asked:
            raise Conflict(f"the key {key} was used for another request")
        return earlier.document, True


def _dispute_id(external_id: str) -> str:
    return f"demo_dp_{external_id.removeprefix('demo_ch_')}"


def _charge(record: Record) -> Charge:
    states: dict[str, ChargeState] = {
        "action_required": "action_required",
        "authorised": "authorised",
        "captured": "captured",
        "declined": "declined",
        "cancelled": "cancelled",
    }
    fee = (
        half_up(Fraction(record.captured_minor * FEE_BASIS_POINTS, 10_000)) if record.captured_minor else None
    )
    return Charge(
        external_id=record.id,
        state=states[record.state],
        amount=Money(record.amount_minor, record.currency),
        captured_minor=record.captured_minor,
        refunded_minor=record.refunded_minor,
        order_id=record.order_id,
        payment_id=record.payment_id,
        fee_minor=fee,
    )
