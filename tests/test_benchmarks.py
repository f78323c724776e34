"""The programs that measure still run: what they make by themselves is what the service reads today."""

from pathlib import Path

import pytest

from benchmarks import gate_refresh
from ticketing.db import Database

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_a_gates_refresh_is_measured_on_tickets_that_the_service_reads(
    database: Database, tmp_path: Path
) -> None:
    gate_refresh.fill(database, 4_000)

    figures = dict(gate_refresh.measure("small", database, tmp_path))

    assert "small: upload of 500 scans (goal 2 s)" in figures
