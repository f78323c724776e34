"""Every shipped region, and one that holds everything, is rehearsed by a fixed sample: running processes, whole journeys.

`make soak` plays thousands (tests/rehearsal/soak.py).
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal import islands

_PATIENCE_SECONDS = 900


def rehearsed(region: str, journeys: int, seed: int = 1) -> dict[str, Any]:
    """Run the command on a region; the exit code tells whether anything fell."""
    words = ["region", "rehearse", region, "--journeys", str(journeys), "--seed", str(seed), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "ticketing", *words],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == bool(told["faults"])
    return told


@pytest.mark.parametrize(
    ("region", "journeys"),
    [("helsinki-tallinn", 28), ("oresund", 20), ("lille-kortrijk-tournai", 22), ("alentejo-extremadura", 20)],
)
def test_a_shipped_region_is_rehearsed_without_a_fall(region: str, journeys: int) -> None:
    told = rehearsed(region, journeys)

    assert told["faults"] == []
    assert told["journeys"] == journeys
    assert [one for one in told["never_reached"] if not one.startswith("days: ")] == []


def test_a_region_that_holds_everything_is_rehearsed_without_a_fall(tmp_path: Path) -> None:
    told = rehearsed(str(islands.write(tmp_path)), 18)

    assert told["faults"] == []
    assert [one for one in told["never_reached"] if not one.startswith("days: ")] == []
    assert set(told["covered"]["connectors"]) == {"exchange", "gtfs", "maritime", "none", "osdm", "own"}
    assert {"agreement", "company", "eligibility", "group", "pass"} <= set(told["covered"]["reasons"])
    assert set(told["covered"]["places"]) == {"bicycle", "car"}
    assert set(told["covered"]["codes"]) == {"each", "group"}
