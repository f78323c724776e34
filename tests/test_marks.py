"""Hold `make test-fast` to what it promises: it runs on a fresh clone, where nobody has installed the stand-in for Stripe."""

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
