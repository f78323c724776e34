"""Show the cases that wait for a person, with their subject and the possible actions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketing.db import Transaction
from ticketing.db.disruption import choices
from ticketing.db.disruption.choices import Choice
from ticketing.db.operators import worker_jobs
from ticketing.db.operators.worker_jobs import WorkerJob
from ticketing.db.people import audit_trail
from ticketing.db.sale import bookings, gateway_events, orders, undelivered
from ticketing.db.sale.bookings import Booking
from ticketing.db.sale.gateway_events import Alert
from ticketing.db.sale.orders import Payment, Refund
from ticketing.db.trouble import trouble
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.purchase import delivery
from ticketing.purchase.gateway import held_payments
from ticketing.purchase.handed_over import DIFFERS
from ticketing.purchase.refund import elsewhere
from ticketing.purchase.till import Till, locked
from ticketing.purchase.unwinding import unwind

__all__ = [
    "Case",
    "Doing",
    "WorkerJob",
    "WorkerSeen",
    "act",
    "list_cases",
    "list_jobs",
    "list_waiting",
    "worker_seen",
]

STUCK = "booking_stuck"
MISMATCH = "payment_mismatch"
# A worker that runs writes at least twice a minute, and a round may take long.
_SILENCE = timedelta(minutes=5)
_OF_BOOKINGS = (STUCK, DIFFERS)
_OF_REFUNDS = (elsewhere.FAILED, elsewhere.REFUSED)
Doing = Literal[
    "put_away",
    "ask_again",
    "arranged",
    "issue_again",
    "give_back",
    "accept",
    "settle_outside",
    "paid_otherwise",
    "own_word",
    "seen",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An alert with the order that it is about, and the booking, payment or refund where it is about one.

    `is_paid_outside`: the gateway has paid back as much as the refund on its own pages.
    """

    alert: Alert
    order_id: str | None
    booking: Booking | None
    order_state: str | None = None
    payment: Payment | None = None
    refund: Refund | None = None
    is_paid_outside: bool = False

    @property
    def doings(self) -> tuple[Doing, ...]:
        """The actions that a person may take.

        A booking that is stuck is asked for again, or was arranged with its operator. An order that is paid and has
        no ticket is issued again, or its money given back. A payment that is held for a person is given back, or
        accepted; of two words on a call one is chosen, with a reason; a refund that is still owed is the one that was made at the gateway, or was paid another way.
        """
        if self.alert.kind == delivery.CASE:
            return ("issue_again", "give_back") if self.order_state == "authorised" else ()
        if self.alert.kind == choices.CASE:
            return ("own_word", "seen")
        if self.alert.kind == STUCK and self.booking is not None:
            return ("ask_again", "arranged") if self.booking.state == "stuck" else ()
        if self.alert.kind == MISMATCH and self.payment is not None:
            return _OF_PAYMENT.get(self.payment.state, ("put_away",))
        if self.alert.kind in _OF_REFUNDS and self.refund is not None and self.refund.state in elsewhere.OWED:
            return ("settle_outside", "paid_otherwise") if self.is_paid_outside else ("paid_otherwise",)
        return ("put_away",)


# By the state of a payment that does not match; one that has ended here may still be something at the gateway.
_OF_PAYMENT: dict[str, tuple[Doing, ...]] = {
    "held": ("give_back", "accept"),
    "declined": ("give_back", "put_away"),
    "cancelled": ("give_back", "put_away"),
}


_CHOSEN: dict[str, choices.Chosen] = {"own_word": "own_word", "seen": "seen"}
_MOST_REASON = 500
_DECIDED = "somebody has decided this case a moment before; load the page again"


def list_waiting(till: Till) -> list[Alert]:
    """List the alerts that nobody has dealt with yet, oldest first."""
    with till.database.read() as tx:
        return gateway_events.list_alerts(tx)


def list_cases(till: Till) -> list[Case]:
    """List the cases that nobody has dealt with yet, oldest first, each with its subject."""
    with till.database.read() as tx:
        return [_case(tx, alert) for alert in gateway_events.list_alerts(tx)]


def list_jobs(till: Till) -> list[WorkerJob]:
    """List the worker's jobs as it last wrote them down."""
    with till.database.read() as tx:
        return worker_jobs.list_jobs(tx)


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """The moment at which the worker was last seen; `silent` where that is never, or too long ago for one that runs."""

    at: datetime | None
    silent: bool


def count_orders(till: Till) -> list[tuple[str, int, float]]:
    """The orders of the last day by state: how many, and the age of the oldest in seconds."""
    now = till.clock.now()
    with till.database.read() as tx:
        counted = orders.count_by_state(tx, now - timedelta(days=1))
    return [(state, number, (now - oldest).total_seconds()) for state, number, oldest in counted]


def worker_seen(till: Till) -> WorkerSeen | None:
    """Read when the worker last wrote down how its jobs fare; None where the database cannot be asked."""
    try:
        jobs = list_jobs(till)
    except Exception as error:
        if trouble(error):
            return None
        raise
    at = max((job.ran_at for job in jobs), default=None)
    return WorkerSeen(at, at is None or till.clock.now() - at > _SILENCE)


def act(till: Till, alert_id: str, doing: str, by: str, reason: str = "") -> None:
    """Do what a person has decided; raises NotFound for an alert that does not wait, Conflict for a doing that is not for it.

    Whoever chooses between two words on a call gives a `reason`; raises InvalidRequest without one.

    Asking again leaves the alert until the operator has let the booking go; issuing again, and giving back what is
    paid without a ticket, leave it until the worker has brought the order to its end. Nothing else leaves it. What the
    gateway is asked for may raise as every call of it does: then the alert waits on.
    """
    now = till.clock.now()
    with till.database.read() as tx:
        payment = _checked(tx, alert_id, doing).payment
    if payment is not None and doing == "give_back":
        held_payments.give_back(till, payment.id, by)
    if payment is not None and doing == "accept":
        held_payments.accept(till, payment.id)
    with till.database.write() as tx:
        if payment is None:
            case = _checked(tx, alert_id, doing)
            if doing in _CHOSEN:
                _choose(tx, case, Choice(_CHOSEN[doing], _reason(reason), by, now))
            _write(tx, case, doing, by, now)
        else:
            gateway_events.resolve_alert(tx, alert_id, by, now)
        audit_trail.note(tx, by, f"case_{doing}", alert_id, at=now)


def _checked(tx: Transaction, alert_id: str, doing: str) -> Case:
    alert = next((one for one in gateway_events.list_alerts(tx) if one.id == alert_id), None)
    if alert is None:
        raise NotFound("there is no such case that waits")
    case = _case(tx, alert)
    if doing not in case.doings:
        may = ", ".join(case.doings) or "nothing: the worker is working on it"
        raise Conflict(
            f"this case cannot be {doing.replace('_', ' ')} now, it may be: {may}; load the page again"
        )
    return case


def _write(tx: Transaction, case: Case, doing: str, by: str, now: datetime) -> None:
    """Do what needs nobody but the database."""
    if case.booking is not None and case.alert.kind == STUCK:
        state = "unwanted" if doing == "ask_again" else "cancelled"
        bookings.set_booking(tx, case.booking.id, state, now, of={"stuck"})
    if case.order_id is not None and doing == "issue_again":
        undelivered.try_now(tx, case.order_id, now)
    if case.order_id is not None and doing == "give_back":
        unwind(tx, locked(tx, case.order_id), now, actor="finance", reason=f"{by} gives the money back")
    if case.refund is not None and doing in {"settle_outside", "paid_otherwise"}:
        _end_refund(tx, case.refund.id, doing, by, now)
    if doing in {"put_away", "arranged", *_CHOSEN} and not gateway_events.resolve_alert(
        tx, case.alert.id, by, now
    ):
        raise Conflict(_DECIDED)


def _choose(tx: Transaction, case: Case, choice: Choice) -> None:
    """Keep which of two words holds; the evidence follows it from now on. Raises Conflict where somebody was faster."""
    region, run, call = choices.read_subject(case.alert.subject)
    if not choices.put_choice(tx, region, run, call, choice):
        raise Conflict(_DECIDED)


def _reason(text: str) -> str:
    """Read the reason of a choice; raises InvalidRequest."""
    reason = " ".join(text.split())
    if not reason or len(reason) > _MOST_REASON:
        raise InvalidRequest.at("reason", f"a reason of 1 to {_MOST_REASON} letters is needed")
    return reason


def _end_refund(tx: Transaction, refund_id: str, doing: str, by: str, now: datetime) -> None:
    """A refund that is still owed is owed no more; its alert is put away with it."""
    order = locked(tx, orders.get_refund(tx, refund_id).order_id)
    owed = orders.get_refund(tx, refund_id)
    if doing == "paid_otherwise":
        elsewhere.paid_otherwise(tx, order, owed, by, now)
        return
    outside = elsewhere.find_outside(tx, owed)
    if outside is None:
        raise Conflict("no refund made at the gateway covers this one; load the page again")
    elsewhere.settle_with(tx, order, owed, outside, by=by, now=now)


def _case(tx: Transaction, alert: Alert) -> Case:
    booking = bookings.find_booking(tx, alert.subject) if alert.kind in _OF_BOOKINGS else None
    if booking is not None:
        return Case(alert=alert, order_id=booking.order_id, booking=booking)
    if alert.kind == delivery.CASE:
        return Case(
            alert=alert,
            order_id=alert.subject,
            booking=None,
            order_state=orders.get_order(tx, alert.subject).state,
        )
    payment = orders.find_payment(tx, alert.subject)
    if payment is not None and alert.kind == MISMATCH:
        return Case(alert=alert, order_id=payment.order_id, booking=None, payment=payment)
    refund = orders.find_refund(tx, alert.subject.partition("/")[0])
    if refund is not None and alert.kind in _OF_REFUNDS:
        outside = elsewhere.find_outside(tx, refund) is not None
        return Case(
            alert=alert, order_id=refund.order_id, booking=None, refund=refund, is_paid_outside=outside
        )
    dispute = gateway_events.find_dispute(tx, alert.subject)
    if payment is None and dispute is not None:
        payment = orders.find_payment(tx, dispute.payment_id)
    subject = payment or refund
    return Case(alert=alert, order_id=subject.order_id if subject else None, booking=None)
