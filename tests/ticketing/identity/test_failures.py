"""Guessing: the pause after a failure doubles, tries that wait make it no longer, and a success ends it."""

from datetime import timedelta

from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.identity.failures import Failures


def test_the_pause_doubles_up_to_a_quarter_of_an_hour(database: Database, clock: FixedClock) -> None:
    failures, pauses = Failures(), []

    def tried(address: str = "192.0.2.1") -> int:
        with database.write() as tx:
            return failures.take(tx, "staff:anna", address, clock.now())

    assert [tried() for _ in range(8)] == [0] * 8
    for _ in range(8):
        wait = tried()
        assert [tried() <= wait for _ in range(5)] == [True] * 5  # hammering makes nothing longer
        pauses.append(wait)
        clock.advance(timedelta(seconds=wait))
        assert tried() == 0
    assert pauses == [30, 60, 120, 240, 480, 900, 900, 900]
    assert tried("198.51.100.7") == 0

    with database.write() as tx:
        failures.forget(tx, "staff:anna", "192.0.2.1")

    assert [tried() for _ in range(8)] == [0] * 8
