"""A worker that is killed at any statement leaves the state of a run, its facts, its event and who hears of it together, or none."""

import subprocess
import sys
from datetime import timedelta

import sqlalchemy as sa

from tests.ticketing.disruption import killed
from tests.ticketing.disruption.quay import Quay
from ticketing.regions import Region

TABLES = ("run_state", "observation", "raw_message", "disruption_event", "disruption_affected")
# Asking takes it on first, in a transaction of its own; the last ones are within the one that writes.
BOUNDARIES = range(3, 15)


def counts(quay: Quay) -> list[int]:
    with quay.desk.database.read() as tx:
        return [tx.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one() for table in TABLES]


def test_a_worker_killed_at_any_statement_tells_nobody_twice_and_forgets_nobody(
    quay: Quay, regions: dict[str, Region]
) -> None:
    for jti in ("anna", "bo"):
        quay.hold(jti=jti)
    url = quay.desk.database.url.render_as_string(hide_password=False)
    moment = quay.clock.now() + timedelta(seconds=1)
    command = [
        sys.executable,
        "-m",
        "tests.ticketing.disruption.killed",
        url,
        moment.isoformat(),
        *map(str, BOUNDARIES),
    ]

    told = subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout

    assert len(told.split()) == len(BOUNDARIES)
    assert counts(quay) == [0, 0, 0, 0, 0]
    assert killed.poll(url, moment, regions) > max(BOUNDARIES)
    killed.poll(url, moment + timedelta(seconds=30), regions)
    assert counts(quay) == [1, 1, 1, 1, 2]
