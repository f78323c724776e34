"""The shop window: the demo runs as a stranger would run it, twice, and its amounts add up."""

import os
import re
import socket
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn


def told(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the demo in a folder of its own, on a port of its own."""
    folder.mkdir(exist_ok=True)
    for name in ("regions", "wsgi.py"):
        if not (folder / name).exists():
            (folder / name).symlink_to(Path(name).resolve())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return subprocess.run(
        [sys.executable, "-m", "ticketing", "demo", "--once", "--port", str(port)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environment}, capture_output=True, text=True,
        timeout=240, check=False,
    )  # fmt: skip


def test_the_demo_is_paid_with_stripe_where_its_keys_are_set(tmp_path: Path, stand_in: StripeStandIn) -> None:
    done = told(
        tmp_path / "demo", THROUGHFARE_GATEWAY="stripe", THROUGHFARE_STRIPE_SECRET_KEY=SECRET_KEY,
        THROUGHFARE_STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET, THROUGHFARE_STRIPE_API_ADDRESS=stand_in.address,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "paid by Stripe" in done.stdout
    taken = [
        one for one in stand_in.intents() if one["status"] == "succeeded" and one["amount_received"] == 4800
    ]
    assert taken


@pytest.mark.parametrize("time", ["first", "again"])
def test_the_demo_tells_its_story_and_leaves_its_artefacts(
    tmp_path_factory: pytest.TempPathFactory, time: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "demo"

    done = told(folder)

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
