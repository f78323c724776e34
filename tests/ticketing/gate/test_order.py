"""The order of the reasons: of any two faults of one presentation the earlier line is the answer."""

import itertools
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ticketing.gate.deciding import bundle, judge
from tests.ticketing.gate.faults import (
    FAULTS,
    JTI,
    Scene,
)
from tests.ticketing.tickets.mint import NOW, PHONE, ticket
from throughfare_gate.gate.decision import Seen, Use

EXAMPLES = 10_000 if os.environ.get("SOAK") else 300


# Two faults that cannot be in one presentation: they are values of one thing.
EXCLUDE = {
    ("not_yet_valid", "expired"),
    ("revoked", "suspended"),
    ("revoked", "status_stale"),
    ("suspended", "status_stale"),
    ("revoked", "replaced"),
    ("suspended", "replaced"),
    ("replaced", "status_stale"),
    ("ride_of_an_order", "pass_on_another_ride"),
    ("ride_of_an_order", "already_used"),
    ("ride_of_an_order", "passback"),
    ("pass_on_another_ride", "already_used"),
    ("pass_on_another_ride", "passback"),
    ("pass_on_another_ride", "uses_exhausted"),
    ("already_used", "passback"),
    ("already_used", "uses_exhausted"),
    ("passback", "uses_exhausted"),
    ("proof_missing", "proof_invalid"),
    ("proof_missing", "proof_expired"),
    ("proof_missing", "proof_wrong_operator"),
    ("check_in_not_open", "wrong_sailing"),
}
PAIRS = [pair for pair in itertools.combinations(FAULTS, 2) if pair not in EXCLUDE]


def test_the_scene_is_good_before_it_is_spoilt() -> None:
    assert Scene().reason() == "ok"
    assert PHONE.key_size == 256


@pytest.mark.parametrize("reason", FAULTS)
def test_each_fault_alone_is_its_reason(reason: str) -> None:
    scene = Scene()

    FAULTS[reason](scene)

    assert scene.reason() == reason


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_of_two_faults_the_earlier_line_is_the_answer(earlier: str, later: str) -> None:
    scene = Scene()

    FAULTS[later](scene)
    FAULTS[earlier](scene)

    assert scene.reason() == earlier


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    now=st.integers(NOW - 4000, NOW + 8000),
    uses=st.integers(0, 4),
    carnet=st.none() | st.integers(1, 5),
    taken=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 300)), max_size=6),
    status=st.sampled_from([0, 0, 0, 1, 2, 3]),
)
def test_an_independent_reading_of_the_rules_agrees(
    now: int, uses: int, carnet: int | None, taken: list[tuple[int, int]], status: int
) -> None:
    claims: dict[str, Any] = {"l": [["tlt", "a", "b"], ["hsl", "b", "c"]], "aud": ["tlt", "hsl"], "u": uses}
    if carnet is not None:
        claims["c"] = carnet
    held = bundle({5: status})
    seen = Seen([Use(JTI, leg, now - ago, "g0") for leg, ago in taken])

    found = judge(ticket(**claims), held, now=now, seen=seen).reason

    ages = sorted(ago for leg, ago in taken if leg == 0)
    if now + 30 < NOW - 60:
        expected = "not_yet_valid"
    elif now - 30 >= NOW + 3600:
        expected = "expired"
    elif status:
        expected = {1: "revoked", 2: "suspended", 3: "replaced"}[status]
    elif uses and len(ages) >= uses:
        expected = "already_used"
    elif ages and ages[0] < 60:
        expected = "passback"
    elif carnet is not None and len(taken) >= carnet:
        expected = "uses_exhausted"
    else:
        expected = "ok"
    assert found == expected
