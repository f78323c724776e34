"""Counters that every worker shares, each change a transaction of its own."""

from dataclasses import dataclass

from ticketing.db import Database
from ticketing.db.people import rate_counts


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts in windows of time; `now` is POSIX seconds."""

    database: Database

    def increase(self, bucket: str, by: int, window_seconds: int, now: int) -> tuple[int, int]:
        """Count; answers the count of the running window and when it ends."""
        with self.database.write(is_lasting=False) as tx:
            return rate_counts.increase(tx, bucket, by, window_seconds, now)

    def read(self, bucket: str, now: int) -> tuple[int, int]:
        """The count of the running window and when it ends."""
        with self.database.read() as tx:
            return rate_counts.read(tx, bucket, now)

    def clear(self, bucket: str) -> None:
        """Forget a counter."""
        with self.database.write() as tx:
            rate_counts.clear(tx, bucket)
