"""The file of cases that every implementation of a gate must answer alike; here it is answered by ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ticketing.gate.faults import FAULTS
from ticketing.cli.gate import answer
from ticketing.cli.vectors.commands import cases, expected, rows

DOCUMENT = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))
FIRST_FIVE = {"malformed", "bad_type", "bad_alg", "unknown_key", "bad_signature"}
WRITE = "write the file by `.venv/bin/python -m tests.ticketing.gate.write_cases`, and look at what changed"


def request(case: dict[str, Any]) -> dict[str, Any]:
    return {
        **DOCUMENT["defaults"],
        "bundle": DOCUMENT["bundles"][case["bundle"]],
        "trust": DOCUMENT["trust"],
        **case["request"],
    }


def written(decided: Any) -> Any:
    """The same as a file holds it."""
    return json.loads(json.dumps(decided))


def test_each_case_of_the_file_gets_its_decision() -> None:
    decided = {case["name"]: expected(request(case)) for case in DOCUMENT["cases"]}

    assert written(decided) == {case["name"]: case["expected"] for case in DOCUMENT["cases"]}


def test_the_contract_tells_decision_reason_and_identity() -> None:
    case = DOCUMENT["cases"][0]
    told = {name: case["expected"][name] for name in ("decision", "reason", "jti")}

    assert answer(request(case)) == told


@pytest.mark.parametrize("name", ["leg", "kind", "notes"])
def test_a_case_tells_more_than_its_reason(name: str) -> None:
    assert len({json.dumps(case["expected"][name]) for case in DOCUMENT["cases"]}) >= 3


def test_each_case_is_decided_as_its_author_meant() -> None:
    meant = {name: (reason, jti) for name, _, _, reason, jti in rows()}
    decided = {line["name"]: line["expected"] for line in cases()}

    assert len(meant) == len(rows()), "two cases have one name"
    assert {name: (one["reason"], one["jti"]) for name, one in decided.items()} == meant  # type: ignore[index]


def test_the_file_has_the_cases_of_the_command() -> None:
    decided = {line["name"]: line["expected"] for line in cases()}

    assert written(decided) == {case["name"]: case["expected"] for case in DOCUMENT["cases"]}, WRITE


def test_every_reason_is_among_the_cases() -> None:
    reasons = {*FAULTS, "wrong_zone", "clock_behind", "ok", "ok_attention"}

    assert {case["expected"]["reason"] for case in DOCUMENT["cases"]} == reasons, (
        "add a row to the vectors, and " + WRITE
    )


def test_nothing_about_a_code_that_is_not_genuine_is_told() -> None:
    assert all(
        case["expected"]["jti"] is None
        for case in DOCUMENT["cases"]
        if case["expected"]["reason"] in FIRST_FIVE
    )
