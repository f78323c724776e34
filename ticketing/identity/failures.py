"""Guessing passwords: after a few failures for one account the next try waits, whichever worker it meets."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ticketing.db import Transaction, rate_counts


@dataclass(frozen=True, slots=True)
class Failures:
    """At most `most` failures of one account within `window_seconds`."""

    most: int = 8
    window_seconds: int = 900

    def take(self, tx: Transaction, email: str, now: datetime) -> int:
        """Count a try before its password is looked at; how long this account has to wait instead, 0 for not at all.

        Counted and compared in one statement: of so many tries at one instant no more than `most` are looked at.
        """
        count, ends_at = rate_counts.increase(
            tx, _bucket(email), 1, self.window_seconds, int(now.timestamp())
        )
        return max(1, ends_at - int(now.timestamp())) if count > self.most else 0

    def forget(self, tx: Transaction, email: str) -> None:
        """A success ends the series."""
        rate_counts.clear(tx, _bucket(email))


def _bucket(email: str) -> str:
    # The address itself has no place in a table of counters.
    return f"sign-in:{hashlib.sha256(email.encode()).hexdigest()[:32]}"
