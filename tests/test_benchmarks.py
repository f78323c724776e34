"""The programs that measure still run: what they make by themselves is what the service reads today."""

from pathlib import Path

import pytest

from benchmarks import gate_refresh, harness, page
from ticketing.db import Database

pytestmark = pytest.mark.usefixtures("quick_hashes")


def test_a_gates_refresh_is_measured_on_tickets_that_the_service_reads(
    database: Database, tmp_path: Path
) -> None:
    gate_refresh.fill(database, 4_000)

    figures = dict(gate_refresh.measure("small", database, tmp_path))

    assert "small: upload of 500 scans (goal 2 s)" in figures


@pytest.mark.parametrize(("load", "kept"), [(1.9, True), (3.1, False)])
def test_figures_of_a_machine_at_work_are_not_kept(
    monkeypatch: pytest.MonkeyPatch, load: float, kept: bool
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("os.getloadavg", lambda: (load, 9.0, 9.0))

    assert (harness.why_busy() is None) is kept


def test_new_figures_leave_what_people_have_written_on_the_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = Path("docs/performance.md").read_text(encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / page.PAGE).write_text(before, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    page.keep([harness.Result("a race", "a contender", 1.0, 1.0, 0.0, "")], "the cost of a sale")

    written = (tmp_path / page.PAGE).read_text(encoding="utf-8")
    assert "## A storm" in before
    assert written.startswith(before.partition("Written by `make bench`")[0])
    assert written.endswith("| a race | a contender | 1.0 | 1.00 | 0% |  |\n\nthe cost of a sale")
