"""Waiting in tests: until a call waits for what a transaction on PostgreSQL holds, and for a server to end."""

import time
from concurrent.futures import Future
from typing import Any

import sqlalchemy as sa

from ticketing.db import Transaction

# A server of the standard library looks so often whether it is to end; by itself twice a second, in every test.
SOON_SECONDS = 0.02
_PATIENCE = 10
_WAITING = sa.text(
    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
)


def until_it_waits(tx: Transaction, call: Future[Any]) -> None:
    """Until a call waits for a row that this transaction holds."""
    ends = time.monotonic() + _PATIENCE
    while not tx.execute(_WAITING).scalar_one():
        assert not call.done()
        assert time.monotonic() < ends
