"""Months: how they are written, and the partitions of the coming ones where the database has partitions."""

from datetime import datetime

from ticketing.db.books import books, months
from ticketing.errors import InvalidRequest
from ticketing.settlement.office import Office


def check_month(period: str) -> None:
    """Raise InvalidRequest unless `period` is a month (2026-03)."""
    try:
        start = datetime.strptime(f"{period}-01 +0000", "%Y-%m-%d %z")
    except ValueError:
        start = None
    if start is None or books.month_of(start) != period:
        raise InvalidRequest.at("period", f"{period!r} is not a month like 2026-03")


def prepare(office: Office, ahead: int) -> list[str]:
    """Make the partitions of this month and the `ahead` next ones; answers the months that got theirs now."""
    month = books.month_of(office.clock.now())
    made = []
    for _ in range(ahead + 1):
        with office.database.write() as tx:
            if months.make_month(tx, month):
                made.append(month)
        month = books.next_month(month)
    return made
