"""The shop window: the demo runs as a stranger would run it, twice, and its amounts add up."""

import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from operators.skeleton import files
from tests.stories.console_sweep import sweep
from tests.stripe_stand_in import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn
from ticketing.cli.demo_scene import load_scene
from ticketing.errors import Misconfigured


def told(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the demo in a folder of its own, on a port of its own."""
    folder.mkdir(exist_ok=True)
    for name in ("regions", "wsgi.py"):
        if not (folder / name).exists():
            (folder / name).symlink_to(Path(name).resolve())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return subprocess.run(
        [sys.executable, "-m", "ticketing", "demo", "--once", "--port", str(port), *words],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_demo_is_paid_with_stripe_where_its_keys_are_set(tmp_path: Path, stand_in: StripeStandIn) -> None:
    before = {one["id"] for one in stand_in.intents()}

    done = told(
        tmp_path / "demo",
        "--no-month",
        "--region",
        "lille-kortrijk-tournai",
        THROUGHFARE_GATEWAY="stripe",
        THROUGHFARE_STRIPE_SECRET_KEY=SECRET_KEY,
        THROUGHFARE_STRIPE_WEBHOOK_SECRET=WEBHOOK_SECRET,
        THROUGHFARE_STRIPE_API_ADDRESS=stand_in.address,
    )

    check_told(done, "SNCB/NMBS, Kortrijk", "payments-sepa.xml: pain.001.001.09, 3 transfers")
    assert "paid by Stripe" in done.stdout
    taken = [one["amount_received"] for one in stand_in.intents() if one["id"] not in before]
    assert Decimal(sum(taken)) / 100 == Decimal(amounts(done)["paid"])


def amounts(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """The rows of the month that the story ends with."""
    return dict(re.findall(r"^(.*?) {2,}(-?\d+\.\d\d) *$", done.stdout, re.MULTILINE))


def check_told(done: "subprocess.CompletedProcess[str]", gate: str, end: str) -> None:
    """A story that came to its end, and adds up."""
    assert done.returncode == 0, done.stdout + done.stderr
    rows = amounts(done)
    assert Decimal(rows["paid - given back"]) == Decimal(rows["shares + VAT + fee"]) > 0
    assert "already_used" in done.stdout
    assert re.search(rf"{gate} +accept", done.stdout)
    assert end in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("region", "gate", "end"),
    [
        (
            "helsinki-tallinn",
            "Tallink, Tallinn D-terminal",
            "payments-sepa.xml: pain.001.001.09, 4 transfers",
        ),
        ("oresund", "Öresundståg, Malmö Centralstation", "payments-other.csv: 3 payments outside SEPA"),
    ],
)
def test_each_region_tells_its_story_and_leaves_its_artefacts(
    tmp_path_factory: pytest.TempPathFactory, region: str, gate: str, end: str
) -> None:
    folder = (
        tmp_path_factory.getbasetemp() / "demo"
    )  # one after the other in the same folder: each begins afresh

    done = told(folder, "--region", region)

    check_told(done, gate, end)
    assert ("rerouted from" in done.stdout) is (region == "helsinki-tallinn")
    left = {path.suffix for path in (folder / "var" / "demo").iterdir()}
    assert {".png", ".svg", ".jwt", ".csv", ".json"} <= left
    if region == "helsinki-tallinn":
        sweep(folder)


def test_a_new_region_has_a_story_to_begin_with(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_text(files("three-rivers")["demo.toml"])

    scene = load_scene(tmp_path)

    morning = scene.morning(datetime(2026, 11, 25, tzinfo=UTC))
    assert morning == datetime(2026, 10, 13, 6, 0, tzinfo=ZoneInfo("Europe/Vienna"))
    assert scene.accounts.keys() == {"scheme", "bus", "rail"}


def test_a_region_without_a_story_and_a_wrong_one_are_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"has no demo\.toml"):
        load_scene(tmp_path)

    (tmp_path / "demo.toml").write_text(
        'bought_at = "6"\nleaves = "07:00"\ntime_zone = "Moon/Base"\nfrom = "A"\nto = 5\nopening = "x"\nnoise = 1\n'
        '[goes]\nref = "a"\nrider_category = "adult"\n[accounts]\nscheme = ["S"]\n'
    )
    with pytest.raises(Misconfigured) as found:
        load_scene(tmp_path)

    assert sorted(fault.path for fault in found.value.faults) == [
        "accounts.scheme",
        "bought_at",
        "noise",
        "stays",
        "time_zone",
        "to",
    ]
