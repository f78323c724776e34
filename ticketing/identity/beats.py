"""Keep the keys of calls that still run: a lease of three seconds belongs to a process that lives, and is renewed by it.

A process that dies renews nothing, and the buyer's retry is let in three seconds later. Most calls end before the first beat.
"""

import threading
import time
from dataclasses import dataclass, field

import structlog

from ticketing.clock import Clock
from ticketing.db import Database
from ticketing.db.sale import idempotency
from ticketing.db.sale.idempotency import Claim

_BEAT_SECONDS = 1.0
# A thread that has nothing to renew ends after a while; the next long call starts another.
_IDLE_BEATS = 30
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Beats:
    """The calls of this process that hold a key, and the thread that renews their leases."""

    _running: dict[Claim, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def begin(self, database: Database, clock: Clock, claim: Claim) -> None:
        """Renew the lease of a key from now on."""
        with self._lock:
            self._running[claim] = time.monotonic()
            # After a fork the thread of the parent is not alive here.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._beat, args=(database, clock), name="leases", daemon=True
                )
                self._thread.start()

    def end(self, claim: Claim) -> None:
        """The call is over."""
        with self._lock:
            self._running.pop(claim, None)

    def _beat(self, database: Database, clock: Clock) -> None:
        idle = 0
        while idle < _IDLE_BEATS:
            time.sleep(_BEAT_SECONDS)
            due = self._due()
            idle = 0 if due else idle + 1
            try:
                if due:
                    self._renew(database, clock, due)
            except Exception as error:  # noqa: BLE001  a database that is away lets the leases end
                _log.warning("leases not renewed", calls=len(due), reason=str(error)[:200])

    def _due(self) -> list[Claim]:
        with self._lock:
            return [
                one for one, since in self._running.items() if time.monotonic() - since >= _BEAT_SECONDS / 2
            ]

    @staticmethod
    def _renew(database: Database, clock: Clock, due: list[Claim]) -> None:
        with database.write() as tx:
            for claim in due:
                idempotency.renew(tx, claim, clock.now())
