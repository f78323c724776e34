"""The file of cases that every implementation of a gate must answer alike; here it is answered by ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ticketing.gate.faults import FAULTS
from ticketing.cli.gate import answer

DOCUMENT = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
FIRST_FIVE = {"malformed", "bad_type", "bad_alg", "unknown_key", "bad_signature"}
NEED_MEMORY = {"proof_replayed"}  # the contract's request carries no proofs that were shown before


def request(case: dict[str, Any]) -> dict[str, Any]:
    return {
        **DOCUMENT["defaults"],
        "bundle": DOCUMENT["bundles"][case["bundle"]],
        "trust": DOCUMENT["trust"],
        **case["request"],
    }


@pytest.mark.parametrize("case", DOCUMENT["cases"], ids=lambda case: case["name"])
def test_each_case_gets_its_answer(case: dict[str, Any]) -> None:
    decision = "accept" if case["reason"] in {"ok", "ok_attention"} else "refuse"

    assert answer(request(case)) == {"decision": decision, "reason": case["reason"], "jti": case["jti"]}


def test_every_reason_is_among_the_cases() -> None:
    reasons = {*FAULTS, "wrong_zone", "clock_behind", "ok", "ok_attention"}

    assert {case["reason"] for case in DOCUMENT["cases"]} == reasons - NEED_MEMORY, (
        "add a row to write_cases.py and write the file by `.venv/bin/python -m tests.ticketing.gate.write_cases`"
    )


def test_nothing_about_a_code_that_is_not_genuine_is_told() -> None:
    assert all(case["jti"] is None for case in DOCUMENT["cases"] if case["reason"] in FIRST_FIVE)
