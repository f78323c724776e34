"""A process killed with -9 in the middle of a call leaves one booking or none, and another process finds out which."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from operators.guard import Patience
from operators.simulators.faults import Fault, plan
from operators.simulators.maritime import MaritimeSimulator
from ticketing.clock import SystemClock
from ticketing.db import Database
from ticketing.regions import Connectors, Region, open_connectors


@pytest.fixture
def simulator() -> Iterator[MaritimeSimulator]:
    with MaritimeSimulator(SystemClock().now) as made:
        made.url = made.start()
        yield made


def environment(simulator: MaritimeSimulator) -> dict[str, str]:
    return {
        "TALLINK_API_KEY": "sandbox",
        "THROUGHFARE_TALLINK_URL": f"{simulator.url}/bookings/",
        "THROUGHFARE_TALLINK_AVAILABILITY_URL": f"{simulator.url}/availability/",
    }


def connectors(database: Database, regions: dict[str, Region], simulator: MaritimeSimulator) -> Connectors:
    quick = Patience(wait_initial=0.0, wait_max=0.0, wait_jitter=0.0)
    return open_connectors(database, SystemClock(), regions, environ=environment(simulator), patience=quick)


def kill_during(simulator: MaritimeSimulator, database: Database, call: str, step: str) -> None:
    """Start a buyer, wait until the simulator has its call, kill it there."""
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ticketing.regions.buyer", url, step, "k"]
    buyer = subprocess.Popen(command, env={**os.environ, **environment(simulator)})
    give_up = time.monotonic() + 60
    while not simulator.plan.counts[call] and buyer.poll() is None and time.monotonic() < give_up:
        time.sleep(0.01)
    assert simulator.plan.counts[call] == 1
    buyer.send_signal(signal.SIGKILL)
    assert buyer.wait(timeout=30) == -signal.SIGKILL


@pytest.mark.parametrize("kind", ["hang_before", "hang_after"])
def test_a_confirmation_that_was_under_way_is_one_booking(
    database: Database, regions: dict[str, Region], simulator: MaritimeSimulator, kind: str
) -> None:
    simulator.plan = plan([Fault("confirm", kind, 1)])
    kill_during(simulator, database, "confirm", "confirm")
    sold_before = simulator.count("CONFIRMED")

    ferry = connectors(database, regions, simulator).of("helsinki-tallinn", "tallink")
    booking = ferry.confirm("k")

    assert sold_before == (1 if kind == "hang_after" else 0)
    assert simulator.count("CONFIRMED") == 1
    assert simulator.count("RESERVED") == 0
    assert ferry.find("k").booking == booking


def test_a_reservation_that_was_under_way_lapses(
    database: Database, regions: dict[str, Region], simulator: MaritimeSimulator
) -> None:
    simulator.plan = plan([Fault("reserve", "hang_after", 1)])
    kill_during(simulator, database, "reserve", "hold")

    ferry = connectors(database, regions, simulator).of("helsinki-tallinn", "tallink")

    assert ferry.find("k").state == "lapsing"
    assert not ferry.release("k").freed
    assert simulator.count("CONFIRMED") == 0
