"""The shop window: the demo runs as a stranger would run it, twice, and its amounts add up."""

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest


@pytest.mark.parametrize("time", ["first", "again"])
def test_the_demo_tells_its_story_and_leaves_its_artefacts(
    tmp_path_factory: pytest.TempPathFactory, time: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "demo"
    folder.mkdir(exist_ok=True)
    for name in ("regions", "wsgi.py"):
        if not (folder / name).exists():
            (folder / name).symlink_to(Path(name).resolve())

    done = subprocess.run(
        [sys.executable, "-m", "ticketing", "demo", "--once"],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(Path.cwd())}, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    rows = dict(re.findall(r"^(.*?) {2,}(-?\d+\.\d\d) *$", done.stdout, re.MULTILINE))
    assert Decimal(rows["paid - given back"]) == Decimal(rows["shares + VAT + fee"])
    assert "already_used" in done.stdout
    assert "\x1b" not in done.stdout
    left = {path.name for path in (folder / "var" / "demo").iterdir()}
    assert {
        "ticket-anna.png",
        "ticket-anna.svg",
        "ticket-anna.jwt",
        "statement-hsl.csv",
        "statement-tlt.csv",
    } <= left
