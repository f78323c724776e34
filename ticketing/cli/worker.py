"""`throughfare worker`: finish what a crash left, expire what nobody paid, anchor the books."""

import signal
import threading
from collections.abc import Iterable

import click
import structlog

from ticketing import logs
from ticketing.app import build_rooms
from ticketing.cli.deployment import settings
from ticketing.errors import ThroughfareError
from ticketing.gate import retention
from ticketing.identity.privacy import forget_what_is_due
from ticketing.purchase import reports
from ticketing.purchase import service as purchase
from ticketing.purchase.reversal import take_back
from ticketing.regions import poll_live
from ticketing.settlement import bookkeeping
from ticketing.settlement.service import Office

_log = structlog.get_logger(__name__)
_PAUSE_SECONDS = 5.0


@click.command()
@click.option("--once", is_flag=True, help="One round, then end.")
def command(*, once: bool) -> None:
    """Carry orders and refunds to their end, round after round, until it is told to stop.

    \b
    Example:
      throughfare worker
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    logs.configure(configured.log_format)
    rooms = build_rooms(configured)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while True:
        run_round(rooms.till)
        due = {**forget_what_is_due(rooms.privacy), **retention.forget_what_is_due(rooms.gatehouse)}
        forgotten = {kind.replace(" ", "_"): count for kind, count in due.items() if count}
        if forgotten:
            _log.info("forgotten when due", **forgotten)
        rooms.connectors.tend()
        changed = poll_live(rooms.live)
        if changed:
            _log.info("runs changed", runs=changed)
        tend_books(rooms.office, configured.regions)
        if once or stopped.wait(_PAUSE_SECONDS):
            return


def tend_books(office: Office, regions: Iterable[str]) -> None:
    """Anchor the books, keep the anchors elsewhere, carry out checks; what fails is logged and tried again next round."""
    try:
        done = {what: count for what, count in bookkeeping.tend(office, regions, take_back).items() if count}
    except (ThroughfareError, OSError) as error:
        _log.warning("books not tended", reason=str(error))
        return
    if done:
        _log.info("books tended", **done)


def run_round(till: purchase.Till) -> None:
    """Deal with reports, let unpaid orders go, advance every unfinished order and refund.

    One that fails is logged and tried again next round.
    """
    dealt_with = reports.work_off(till)
    if dealt_with:
        _log.info("reports of the gateway dealt with", count=dealt_with)
    expired = purchase.expire_orders(till)
    if expired:
        _log.info("orders expired", count=expired)
    orders, refunds = purchase.list_unfinished(till)
    for order_id in orders:
        try:
            state = purchase.advance(till, order_id)
            _log.info("order advanced", order=order_id, state=state.order.state)
        except ThroughfareError as error:
            _log.warning("order not advanced", order=order_id, reason=error.detail)
    for refund in refunds:
        try:
            purchase.settle_refund(till, refund)
            _log.info("refund paid back", refund=refund.id)
        except ThroughfareError as error:
            _log.warning("refund not paid back", refund=refund.id, reason=error.detail)
