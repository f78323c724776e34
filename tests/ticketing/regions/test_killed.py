"""A process killed with -9 in the middle of a call leaves one booking or none, and another process finds out which."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from operators.departures import upcoming
from operators.fault_plan import Fault, plan
from operators.guard import Patience
from operators.port import Connector, HoldRequest, Traveller
from operators.simulators.exchange import ExchangeSimulator
from operators.simulators.maritime import MaritimeSimulator
from tests.ticketing.regions import tender
from ticketing.clock import FixedClock, SystemClock
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


def test_a_closing_that_was_being_written_is_one_file_and_the_operators_list_agrees(
    database: Database, regions: dict[str, Region], tmp_path: Path
) -> None:
    clock = FixedClock(datetime(2026, 10, 13, 2, 10, tzinfo=UTC))
    day, folder = date(2026, 10, 13), tmp_path / "viking"
    sailing = upcoming(regions["helsinki-tallinn"].data.timetables["viking"], clock.now(), 3)[-1]
    clerk = ExchangeSimulator(clock.now, folder, "viking")
    clerk.allot(sailing.trip_id, day, {"foot": 9})
    ferry = at_quay(database, clock, regions, folder)
    ferry.tend()
    ferry.hold(HoldRequest("k", sailing, (Traveller("anna", "adult"), Traveller("mari", "adult"))))
    ferry.confirm("k")
    clerk.turn()
    folders = [tmp_path / f"killed-{boundary}" for boundary in range(1, tender.BOUNDARIES + 1)]
    for killed in folders:
        shutil.copytree(folder, killed)
    clock.set(sailing.departs_at - timedelta(minutes=60))
    url, moment = database.url.render_as_string(hide_password=False), clock.now().isoformat()
    subprocess.run(
        [sys.executable, "-m", "tests.ticketing.regions.tender", url, moment, *map(str, folders)],
        check=True,
        timeout=60,
    )

    for killed in folders:
        clerk = ExchangeSimulator(clock.now, killed, "viking")
        again = at_quay(database, clock, regions, killed)
        alarms = list(again.tend())
        clerk.turn()
        alarms += again.tend()

        assert alarms == []
        assert clerk.desk.closed == {f"{sailing.trip_id} {day}": 2}
        assert clerk.seats() == {f"{sailing.trip_id} {day}": 2}
        sent = sorted(path.name for path in (killed / "sent").glob("MANIFEST*.csv"))
        assert [name[-6:] for name in sent] == ["01.csv", "02.csv"]


def at_quay(database: Database, clock: FixedClock, regions: dict[str, Region], folder: Path) -> Connector:
    """The operator that exchanges files, through the deployment's connectors."""
    environ = {"THROUGHFARE_VIKING_FOLDER": str(folder)}
    return open_connectors(database, clock, regions, environ=environ).of("helsinki-tallinn", "viking")
