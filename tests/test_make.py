"""Hold the targets of `make` to what they promise to somebody with a fresh clone."""

import os
import subprocess
import sys

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
