"""A purchase over two operators whose systems are real HTTP simulators, and what everybody has at its end.

One operator speaks the maritime API (never takes back), the other OSDM (takes back whole bookings, and holds
two legs). Time-outs are short by the operators' own tables: nothing sleeps.
"""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from operators import registry
from operators.fault_plan import Fault, plan
from operators.figures import Figures
from operators.guard import Guarded, Patience
from operators.registry import Surroundings
from operators.simulators.maritime import MaritimeSimulator
from operators.simulators.osdm import OsdmSimulator
from operators.table import ConnectorTable
from tests.api import Api
from throughfare_gate.ids import new_id
from ticketing.cli.worker import run_round
from ticketing.db.operators.connectors import DatabaseJournal
from ticketing.errors import PaymentRefused, ThroughfareError
from ticketing.payments import DemoGateway
from ticketing.payments.port import Attempt, OutcomeUnknown
from ticketing.purchase import service as purchase

REGION = "helsinki-tallinn"
SECRETS = {"SANDBOX": "sandbox"}
QUICK = Patience(wait_initial=0.0, wait_max=0.0, wait_jitter=0.0)
TIMEOUT_MS, LATE_SECONDS, SLOW_SECONDS = 100, 0.15, 0.02
FINAL = {"ticketed", "cancelled", "expired"}


class Killed(BaseException):
    """The process is gone: nothing catches it."""


@dataclass
class Calls:
    """Every request of a connector passes here; the process may be killed before or after the nth."""

    at: int | None = None
    count: int = 0

    def point(self) -> None:
        self.count += 1
        if self.count == self.at:
            raise Killed

    def around(self, send: Any) -> Any:
        """Make `LazyWire.call` pass two boundaries."""

        def call(wire: Any, method: str, url: str, **more: Any) -> Any:
            self.point()
            reply = send(wire, method, url, **more)
            self.point()
            return reply

        return call


class FaultyGateway(DemoGateway):
    """The demo gateway, whose nth call of a step fails as a gateway's may."""

    fault: Fault | None = None
    counts: Counter[str]

    def plan(self, fault: Fault | None) -> None:
        """Begin to count anew."""
        self.fault, self.counts = fault, Counter()

    def authorise(self, attempt: Attempt, key: str) -> Any:
        kind = self._next("authorise")
        asked = replace(attempt, method="demo_declined") if kind == "refuse" else attempt
        return _faulty(kind, lambda: DemoGateway.authorise(self, asked, key))

    def capture(self, *words: Any) -> Any:
        kind = self._next("capture")
        if kind == "refuse":
            raise PaymentRefused("the hold has gone")
        return _faulty(kind, lambda: DemoGateway.capture(self, *words))

    def cancel(self, *words: Any) -> None:
        _faulty(self._next("void"), lambda: DemoGateway.cancel(self, *words))

    def _next(self, step: str) -> str:
        self.counts[step] += 1
        fault = self.fault
        return fault.kind if fault and (fault.call, fault.nth) == (step, self.counts[step]) else ""


@dataclass(kw_only=True)
class TwoSystems:
    """The service with its two operators; `sold` are the operators' own references of all that travels."""

    api: Api
    till: purchase.Till
    gateway: FaultyGateway
    ferry: MaritimeSimulator
    rail: OsdmSimulator
    tables: dict[str, ConnectorTable]
    offer: str
    calls: Calls = field(default_factory=Calls)
    sold: set[str] = field(default_factory=set)

    def restart(self) -> None:
        """Another process: new connectors over the same journal and the same operators."""
        now, database = self.api.clock.now, self.till.database
        around = Surroundings(now, DatabaseJournal(database, REGION), environ=SECRETS)
        published = self.till.regions[REGION].data.timetables
        made = {
            name: Guarded(
                REGION,
                registry.connect(name, table, published[name], around),
                now,
                Figures(None, lambda: 0.0),
                patience=QUICK,
            )
            for name, table in self.tables.items()
        }
        self.till = replace(self.till, connectors={REGION: made})

    def buy(self, faults: dict[str, list[Fault]], killed_at: int | None = None) -> str:
        """Quote, order and pay as an app does, with these faults; answers the quote's id, whatever happened."""
        self.ferry.plan, self.rail.plan = plan(faults.get("ferry", [])), plan(faults.get("rail", []))
        self.gateway.plan(next(iter(faults.get("gateway", [])), None))
        self.calls.at, self.calls.count = killed_at, 0
        self.restart()
        quote = str((self.api.post("/v1/quotes", {"offer_id": self.offer}).json or {})["id"])
        try:
            with contextlib.suppress(ThroughfareError):
                order = purchase.place_order(self.till, quote, lambda *_: None).order
                purchase.pay(self.till, order.id, "demo_ok", new_id(), lambda *_: None)
        except Killed:
            self.restart()
        self.calls.at = None
        return quote

    def settle(self, quote: str) -> str | None:
        """Let the worker go on while time passes, until the order and every hold have ended; answers the order's id."""
        found = self._one("SELECT id FROM ticket_order WHERE quote_id = :id", quote)
        for _ in range(12):
            run_round(self.till)
            state = self._one("SELECT state FROM ticket_order WHERE id = :id", found or "")
            if (found is None or state in FINAL) and not self._held():
                break
            self.api.clock.advance(timedelta(minutes=5))
        return found

    def _held(self) -> int:
        """Count the places that the operators keep for nobody, with those asked for so long ago that they come only now."""
        self.ferry.await_late()
        self.rail.await_late()
        return self.ferry.count("RESERVED") + self.rail.count("PREBOOKED")

    def check(self, order_id: str | None) -> str:
        """Hold the order against what the operators and the gateway have; answers its final state."""
        state = purchase.get_order(self.till, order_id) if order_id else None
        travels = state is not None and state.order.state == "ticketed"
        if state:
            assert state.order.state in FINAL, state.events
            assert (len(state.tickets) == 1) == travels, "tickets and state differ"
            wanted = {"confirmed"} if travels else {"released", "cancelled", "refused", "stuck"}
            assert {one.state for one in state.bookings} <= wanted
            kept = [one for one in state.bookings if one.state in {"confirmed", "stuck"}]
            self.sold |= {str(one.reference) for one in kept}
            self._check_money(state, travels=travels)
            self._check_alerts({one.id for one in kept if one.state == "stuck"})
        self._check_operators()
        return state.order.state if state else "none"

    def _check_operators(self) -> None:
        """Ours is theirs: every booking they have is one of ours that travels, and nothing is held."""
        ferry = {one["id"] for one in self.ferry.state()["bookings"] if one["status"] == "CONFIRMED"}
        rail = {one["id"] for one in self.rail.state()["bookings"] if one["status"] == "FULFILLED"}
        assert ferry | rail == self.sold, "a booking without an order, or an order without a booking"
        assert all(one.fulfillments <= 1 for one in self.rail.bookings.values()), "sold twice"
        statuses = {one["status"] for one in self.ferry.state()["bookings"] + self.rail.state()["bookings"]}
        assert statuses <= {"CONFIRMED", "EXPIRED", "FULFILLED", "REFUNDED", "RELEASED"}, (
            "a hold is left behind"
        )

    def _check_money(self, state: purchase.OrderState, *, travels: bool) -> None:
        query = sa.text(
            "SELECT state, captured_minor - refunded_minor FROM demo_charge WHERE order_id = :order"
        )
        with self.till.database.read() as tx:
            charges = tx.execute(query, {"order": state.order.id}).all()
        taken = sum(minor for _, minor in charges)
        due = state.order.total_minor if travels else 0
        assert taken == due, "money without travel, or travel without money"
        assert all(kind != "authorised" for kind, _ in charges), "a card is still blocked"
        booked = (
            "SELECT coalesce(sum(posting.amount_minor), 0) FROM posting JOIN entry ON entry.id = posting.entry_id "
            "JOIN payment ON payment.id = entry.source_id OR payment.id IN "
            "(SELECT payment_id FROM refund WHERE refund.id = entry.source_id) WHERE payment.order_id = :id "
            "AND posting.account_id LIKE 'demo_clearing%' AND entry.kind IN ('capture', 'refund_confirmed')"
        )
        assert int(self._one(booked, state.order.id) or 0) == taken, "the books say otherwise"

    def _check_alerts(self, stuck: set[str]) -> None:
        """Check that a person has a case for whatever no machine can give back."""
        with self.till.database.read() as tx:
            told = set(
                tx.execute(sa.text("SELECT subject FROM alert WHERE kind = 'booking_stuck'")).scalars()
            )
        assert stuck <= told

    def _one(self, query: str, value: str) -> Any:
        with self.till.database.read() as tx:
            return tx.execute(sa.text(query), {"id": value}).scalar()


def _faulty(kind: str, act: Callable[[], Any]) -> Any:
    if kind in {"hang_before", "error_before"}:
        raise OutcomeUnknown("the gateway is silent")
    if kind == "duplicate":
        act()
    answer = act()
    if kind in {"hang_after", "error_after", "late"}:
        raise OutcomeUnknown("the gateway acted and its answer was lost")
    return answer
