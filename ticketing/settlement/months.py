"""Prepare the partitions of coming months, where the database has partitions."""

from ticketing.db import books, months
from ticketing.settlement.office import Office


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
