"""Hold the targets of `make` to what they promise to somebody with a fresh clone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

WITH_STRIPE = ("tests/ticketing/payments/test_gateways.py", "tests/ticketing/purchase/test_stripe_mishaps.py")


def test_tests_that_take_the_stand_in_are_left_out_whichever_way_they_ask_for_it() -> None:
    listed = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"),
            *("--collect-only", "-m", "not programs", *WITH_STRIPE),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    left = [line for line in listed.stdout.splitlines() if "::" in line]
    assert any("[demo" in line for line in left), listed.stdout + listed.stderr
    assert [line for line in left if "[stripe" in line or "test_stripe_mishaps" in line] == []


def test_a_package_that_is_not_there_is_named_before_anything_is_installed() -> None:
    # The make that runs these tests hands its own flags on, by which this one would tell its folder.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    asked = subprocess.run(
        ["make", "test", "ROOM=nosuch"], capture_output=True, text=True, check=False, timeout=20, env=plain
    )

    assert asked.returncode == 2
    assert "no package of that name: ROOM=nosuch. There are: api claims console" in asked.stderr
    assert asked.stdout == ""


def test_without_a_network_the_apps_are_left_out_and_it_is_said(tmp_path: Path) -> None:
    shutil.copy("Makefile", tmp_path)
    (tmp_path / "web").mkdir()
    for name in ("package-lock.json", ".npmrc"):
        shutil.copy(f"web/{name}", tmp_path / "web")
    npm = tmp_path / "bin/npm"
    npm.parent.mkdir()
    npm.write_text("#!/bin/sh\nexit 1\n", encoding="ascii")
    npm.chmod(0o755)
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}

    made = subprocess.run(
        ["make", "-C", str(tmp_path), "apps", "ENVIRONMENT=", f"NODE={shutil.which('true')}"],
        capture_output=True,
        text=True,
        check=False,
        env={**plain, "PATH": f"{npm.parent}:{plain['PATH']}"},
    )

    assert made.returncode == 0, made.stderr
    assert "The apps are NOT built: their packages could not be fetched." in made.stderr
