"""Delete gates' facts by age: thirteen months by the calendar, and never less than the books need (docs/privacy.md).

Where and when a ticket was shown is location data. It is needed to find copies, to answer complaints and to share by use;
what a closed month was reckoned from is its counts, and these stay.
"""

from datetime import UTC, datetime, timedelta

from ticketing.db import Transaction
from ticketing.db.gate import gate_retention, scans
from ticketing.db.ticket import status_changes
from ticketing.gate import late
from ticketing.gate.house import Gatehouse

MONTHS = 13
_AT_ONCE = 500
_PROOFS_KEPT = timedelta(seconds=90)
_CHANGES_KEPT = timedelta(days=2)
_CODES_KEPT = timedelta(days=30)
_YEAR_MONTHS = 12


def kept_since(now: datetime, first_open_month: str | None) -> datetime:
    """The moment from which on everything is kept: thirteen whole months back, or the first month that is not closed.

    Pure; months by UTC, as the books have them.
    """
    months = now.year * _YEAR_MONTHS + now.month - 1 - MONTHS
    since = datetime(months // _YEAR_MONTHS, months % _YEAR_MONTHS + 1, 1, tzinfo=UTC)
    if first_open_month is None:
        return since
    return min(since, datetime.fromisoformat(f"{first_open_month}-01").replace(tzinfo=UTC))


def forget_what_is_due(house: Gatehouse) -> dict[str, int]:
    """Let go what has been kept long enough, at most 500 tickets at a time; answers how many of each kind."""
    now = house.clock.now()
    with house.database.write() as tx:
        since = kept_since(now, gate_retention.first_open_month(tx))
        return {
            "facts of tickets": _tickets(tx, since),
            "unread scans": gate_retention.forget_unread(tx, since),
            "journal entries": gate_retention.forget_journal(tx, since),
            "proofs": scans.forget_proofs(tx, now - _PROOFS_KEPT),
            "status changes": status_changes.delete_before(tx, now - _CHANGES_KEPT),
            "marks and codes": gate_retention.forget_passing(tx, now - late.LONGEST, now - _CODES_KEPT),
        }


def _tickets(tx: Transaction, since: datetime) -> int:
    gate_retention.keep_since(tx, since)
    due = gate_retention.list_due(tx, since, _AT_ONCE)
    if due:
        gate_retention.count_and_forget(tx, due)
    return len(due)
