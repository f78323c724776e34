"""Make up for reports that never came: what the gateway's account has of a sale and the books have not is asked for and learned."""

from datetime import datetime

import structlog

from ticketing.db.sale import gateway_account
from ticketing.db.sale.gateway_account import Line
from ticketing.errors import ThroughfareError
from ticketing.purchase.gateway.account import AccountDifference, take_account
from ticketing.purchase.gateway.account_lines import OF_SALES
from ticketing.purchase.gateway.reports import learn_charge, learn_dispute, learn_outside_refund
from ticketing.purchase.till import Till

_log = structlog.get_logger(__name__)


def take_and_heal(till: Till, since: datetime) -> list[AccountDifference]:
    """Take in the gateway's account; where the books differ from it, learn what its lines since a moment are about, once."""
    differences = take_account(till)
    if not any(difference.kind == "books" for difference in differences):
        return differences
    with till.database.read() as tx:
        lines = gateway_account.list_lines(tx, till.gateway.name, since=since)
    for line in lines:
        if line.kind in OF_SALES and line.charge_id:
            _learn(till, line)
    return take_account(till)


def _learn(till: Till, line: Line) -> None:
    """Ask for the object of a line; one that cannot be dealt with stays a difference, and keeps no other from being learned."""
    try:
        if line.kind == "refund" and line.category != "partial_capture_reversal":
            learn_outside_refund(till, till.gateway.fetch_refund(line.source))
        elif line.kind == "dispute":
            learn_dispute(till, till.gateway.fetch_dispute(line.source))
        else:
            learn_charge(till, till.gateway.fetch(str(line.charge_id)))
    except ThroughfareError as error:
        _log.warning("line of the gateway not dealt with", line=line.id, reason=error.detail)
