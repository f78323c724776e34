"""What waits for a person: what it is about, and what a person may do with it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ticketing.db import Transaction, audit_trail, bookings, gateway_events, orders, undelivered, worker_jobs
from ticketing.db.bookings import Booking
from ticketing.db.gateway_events import Alert
from ticketing.db.trouble import trouble
from ticketing.db.worker_jobs import WorkerJob
from ticketing.errors import Conflict, NotFound
from ticketing.purchase import delivery
from ticketing.purchase.handed_over import DIFFERS
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
    "resolve",
    "worker_seen",
]

STUCK = "booking_stuck"
# A worker that runs writes at least twice a minute, and a round may take long.
_SILENCE = timedelta(minutes=5)
_OF_BOOKINGS = (STUCK, DIFFERS)
Doing = Literal["put_away", "ask_again", "arranged", "issue_again", "give_back"]


@dataclass(frozen=True, slots=True)
class Case:
    """An alert with the order that it is about, and the booking where an operator keeps one."""

    alert: Alert
    order_id: str | None
    booking: Booking | None
    order_state: str | None = None

    @property
    def doings(self) -> tuple[Doing, ...]:
        """What a person may do.

        A booking that is stuck is asked for again, or was arranged with its operator. An order that is paid and has
        no ticket is issued again, or its money given back.
        """
        if self.alert.kind == delivery.CASE:
            return ("issue_again", "give_back") if self.order_state == "authorised" else ()
        if self.booking is None or self.alert.kind != STUCK:
            return ("put_away",)
        return ("ask_again", "arranged") if self.booking.state == "stuck" else ()


def list_waiting(till: Till) -> list[Alert]:
    """What nobody has dealt with yet, oldest first."""
    with till.database.read() as tx:
        return gateway_events.list_alerts(tx)


def list_cases(till: Till) -> list[Case]:
    """What nobody has dealt with yet, oldest first, each with what it is about."""
    with till.database.read() as tx:
        return [_case(tx, alert) for alert in gateway_events.list_alerts(tx)]


def list_jobs(till: Till) -> list[WorkerJob]:
    """How the jobs of the worker fare, as it last wrote them down."""
    with till.database.read() as tx:
        return worker_jobs.list_jobs(tx)


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """When the worker was last seen; `silent` where that is never, or too long ago for one that runs."""

    at: datetime | None
    silent: bool


def worker_seen(till: Till) -> WorkerSeen | None:
    """When the worker last wrote down how its jobs fare; None where the database cannot be asked."""
    try:
        jobs = list_jobs(till)
    except Exception as error:
        if trouble(error):
            return None
        raise
    at = max((job.ran_at for job in jobs), default=None)
    return WorkerSeen(at, at is None or till.clock.now() - at > _SILENCE)


def resolve(till: Till, alert_id: str, by: str) -> None:
    """Put an alert away; raises NotFound for one that does not wait."""
    now = till.clock.now()
    with till.database.write() as tx:
        if not gateway_events.resolve_alert(tx, alert_id, by, now):
            raise NotFound("there is no such alert that waits")
        audit_trail.note(tx, by, "alert_resolved", alert_id, now)


def act(till: Till, alert_id: str, doing: str, by: str) -> None:
    """Do what a person has decided: put the alert away, have the worker ask again, or say that it was arranged.

    Asking again leaves the alert until the operator has let the booking go; issuing again and giving back leave it
    until the worker has brought the order to its end. Raises NotFound for an alert that
    does not wait, Conflict for a doing that is not for it.
    """
    now = till.clock.now()
    with till.database.write() as tx:
        alert = next((one for one in gateway_events.list_alerts(tx) if one.id == alert_id), None)
        if alert is None:
            raise NotFound("there is no such case that waits")
        case = _case(tx, alert)
        if doing not in case.doings:
            raise Conflict(f"this case cannot be {doing.replace('_', ' ')} now; load the page again")
        if case.booking is not None and alert.kind == STUCK:
            bookings.set_booking(
                tx, case.booking.id, "unwanted" if doing == "ask_again" else "cancelled", now, of={"stuck"}
            )
        if case.order_id is not None and doing == "issue_again":
            undelivered.try_now(tx, case.order_id, now)
        if case.order_id is not None and doing == "give_back":
            reason = f"{by} has the money given back"
            unwind(tx, locked(tx, case.order_id), now, actor="finance", reason=reason)
        if doing in {"put_away", "arranged"}:
            gateway_events.resolve_alert(tx, alert_id, by, now)
        audit_trail.note(tx, by, f"case_{doing}", alert_id, now)


def _case(tx: Transaction, alert: Alert) -> Case:
    booking = bookings.find_booking(tx, alert.subject) if alert.kind in _OF_BOOKINGS else None
    if booking is not None:
        return Case(alert, booking.order_id, booking)
    if alert.kind == delivery.CASE:
        return Case(alert, alert.subject, None, orders.get_order(tx, alert.subject).state)
    payment = orders.find_payment(tx, alert.subject)
    refund = orders.find_refund(tx, alert.subject)
    dispute = gateway_events.find_dispute(tx, alert.subject)
    if payment is None and dispute is not None:
        payment = orders.find_payment(tx, dispute.payment_id)
    found = payment or refund
    return Case(alert, found.order_id if found else None, None)
