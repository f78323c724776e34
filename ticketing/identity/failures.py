"""Guessing passwords: after a few failures each try waits longer, whichever worker it meets, and nobody else waits with it.

Failures count for an account and the network they come from, so that a stranger's guesses do not lock the owner out; an
account as a whole takes a hundred (NIST SP 800-63B-4, 3.2.2), which needs many networks.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from ticketing.db import Transaction
from ticketing.db.people import rate_counts
from ticketing.identity.networks import network

_FIRST_PAUSE_SECONDS = 30
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Failures:
    """After `most` failures of one account from one network a try waits, and twice as long after each one more.

    From anywhere an account takes `most_in_all` failures within `window_seconds`, which is the longest wait too.
    """

    most: int = 8
    most_in_all: int = 100
    window_seconds: int = 900

    def take(self, tx: Transaction, who: str, address: str | None, now: datetime) -> int:
        """Count a try before its password is looked at; how long it has to wait instead, 0 for not at all.

        Counted and compared in one statement: of so many tries at one instant no more than `most` are looked at. A try
        that waits is not counted for the account as a whole.
        """
        near, in_all = _buckets(who, address)
        return self._wait_near(tx, near, now) or self._wait(tx, in_all, self.most_in_all, now)

    def forget(self, tx: Transaction, who: str, address: str | None) -> None:
        """A success ends the series."""
        for bucket in _buckets(who, address):
            rate_counts.clear(tx, bucket)
            rate_counts.clear(tx, _gate(bucket))

    def _wait_near(self, tx: Transaction, bucket: str, now: datetime) -> int:
        seconds = int(now.timestamp())
        count, _ = rate_counts.increase(tx, bucket, 1, _DAY_SECONDS, seconds)
        if count < self.most:
            return 0
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** min(count - self.most, 10), self.window_seconds)
        at_once, ends_at = rate_counts.increase(tx, _gate(bucket), 1, pause, seconds)
        if count == self.most or at_once == 1:
            return 0
        rate_counts.increase(
            tx, bucket, -1, _DAY_SECONDS, seconds
        )  # a try that waits makes no later one wait longer
        return max(1, ends_at - seconds)

    def _wait(self, tx: Transaction, bucket: str, most: int, now: datetime) -> int:
        count, ends_at = rate_counts.increase(tx, bucket, 1, self.window_seconds, int(now.timestamp()))
        return max(1, ends_at - int(now.timestamp())) if count > most else 0


def _buckets(who: str, address: str | None) -> tuple[str, str]:
    """The counters of an account at one network, and in all; neither name nor address stands in a table of counters."""
    return _bucket(f"{who} {network(address)}"), _bucket(who)


def _gate(bucket: str) -> str:
    """The counter of the pause after a failure: who comes before its end waits."""
    return f"{bucket}:pause"


def _bucket(what: str) -> str:
    return f"sign-in:{hashlib.sha256(what.encode()).hexdigest()[:32]}"
