"""The files that operations take as they are, read by the programs that they are for: Prometheus' promtool and systemd."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.api import Api
from tests.source_tree import ROOT
from ticketing.api.schemas.closed_sets import ORDER_STATES

UNITS = sorted((ROOT / "docs" / "systemd").glob("*.service"))
ALERTS = ROOT / "docs" / "monitoring" / "alerts.yml"
needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"),
    reason="ALERTS AND UNITS ARE NOT TESTED: no promtool (apt-get install prometheus)",
)
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"),
    reason="ALERTS AND UNITS ARE NOT TESTED: no systemd-analyze (apt-get install systemd)",
)


def told_by(*command: str, given: str | None = None) -> str:
    """Run a program that judges a file; its words where it takes the file, else the test fails with them."""
    run = subprocess.run(
        command, input=given, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout + run.stderr


@needs_promtool
def test_prometheus_takes_the_alerts_and_each_fires_on_what_it_is_for() -> None:
    named = re.findall(r"alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    tried = re.findall(
        r"alertname: (\w+)\n +exp_alerts:\n", (ROOT / "tests" / "alerts.yml").read_text(encoding="utf-8")
    )

    assert f"{len(named)} rules found" in told_by("promtool", "check", "rules", str(ALERTS))
    assert "SUCCESS" in told_by("promtool", "test", "rules", "tests/alerts.yml")
    assert sorted(set(tried)) == sorted(named)


@needs_promtool
def test_prometheus_reads_our_figures(api: Api) -> None:
    api.buy()
    figures = api.client.get("/metrics", headers={"Authorization": f"Bearer {api.key('admin')}"})

    told_by("promtool", "check", "metrics", given=figures.get_data(as_text=True))


def test_the_routes_and_states_of_the_alerts_are_ours(api: Api) -> None:
    rules = {str(rule) for rule in api.client.application.url_map.iter_rules()}
    alerts = ALERTS.read_text(encoding="utf-8")
    routes, states = re.findall(r'route="([^"]+)"', alerts), re.findall(r'state="([^"]+)"', alerts)

    assert routes
    assert set(routes) <= rules
    assert states
    assert set(states) <= set(ORDER_STATES)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=[unit.stem for unit in UNITS])
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    """The program stands elsewhere on this machine: any that is there holds its place."""
    program = re.escape("/opt/throughfare/.venv/bin/throughfare")
    written = re.sub(program, shutil.which("true") or "", unit.read_text(encoding="utf-8"))
    (tmp_path / unit.name).write_text(written, encoding="utf-8")

    assert told_by("systemd-analyze", "verify", str(tmp_path / unit.name)).strip() == ""
