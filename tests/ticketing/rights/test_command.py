"""`throughfare rights decide` as its user runs it: a process, a document in, a document or a problem out."""

import json
import subprocess
import sys
from typing import Any

ASKED = {
    "regime": "rail",
    "on": "2026-12-01",
    "contract": "through",
    "price": {"amount": "40.00", "currency": "EUR"},
    "leg_price": None,
    "arrival_delay_minutes": 60,
    "minimum_payout": "4.00",
}


def test_a_claim_is_answered_with_its_article_as_the_contract_says() -> None:
    result = _run(json.dumps(ASKED))

    answer = json.loads(result.stdout)
    assert result.returncode == 0
    assert answer["compensation"] == {"amount": "10.00", "currency": "EUR"}
    assert answer["reimbursement"] == {"amount": "0.00", "currency": "EUR"}
    assert answer["expenses"] is None
    assert answer["article"] == "Regulation (EU) 2021/782, 19(1)(a)"
    assert (answer["payer"], answer["level"], answer["rights"]) == (
        "carrier",
        "A",
        ["choice", "refreshments"],
    )
    assert answer["deadline_days"] == {"compensation": 30}
    assert answer["alternatives"] == []


def test_every_fault_of_a_request_is_told_with_its_key() -> None:
    result = _run(
        json.dumps({"regime": "rail", "on": "1.12.2026", "price": "40", "cause": "ice", "delay": 3})
    )

    problem = json.loads(result.stderr)
    assert (result.returncode, result.stdout) == (2, "")
    assert {error["path"] for error in problem["errors"]} == {"on", "price", "cause", "delay"}


def test_an_unknown_regime_and_a_day_before_it_are_refused_by_name() -> None:
    lines = [{**ASKED, "regime": "metro"}, {**ASKED, "on": "2020-01-01"}, ASKED]

    result = _run("\n".join(map(json.dumps, lines)), "--jsonl")

    answers: list[Any] = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1
    assert [answer["errors"][0]["path"] for answer in answers[:2]] == ["regime", "on"]
    assert answers[2]["reason"] == "delayed"


def _run(text: str, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ticketing", "rights", "decide", "-", *more]
    return subprocess.run(command, input=text, text=True, capture_output=True, check=False)
