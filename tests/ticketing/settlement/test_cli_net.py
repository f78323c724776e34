"""The contract `throughfare settlement net`."""

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ticketing.cli.settlement.commands import command


def run(document: Any, *options: str) -> Result:
    text = document if isinstance(document, str) else json.dumps(document)
    return CliRunner().invoke(command, ["net", "-", *options], input=text)


def owed(**changes: Any) -> dict[str, Any]:
    return {"from": "A", "to": "B", "amount": "10.00", "currency": "EUR", **changes}


def test_one_obligation_is_one_payment() -> None:
    answer = json.loads(run({"obligations": [owed()]}).stdout)

    assert answer == {
        "positions": [
            {"operator": "A", "amount": "-10.00", "currency": "EUR"},
            {"operator": "B", "amount": "10.00", "currency": "EUR"},
        ],
        "payments": [{"from": "A", "to": "B", "amount": "10.00", "currency": "EUR"}],
        "gross": [{"amount": "10.00", "currency": "EUR"}],
        "net": [{"amount": "10.00", "currency": "EUR"}],
    }


def test_no_obligations_net_to_nothing() -> None:
    assert json.loads(run({"obligations": []}).stdout) == {
        "positions": [],
        "payments": [],
        "gross": [],
        "net": [],
    }


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({}, "obligations"),
        ({"obligations": [], "note": 1}, "note"),
        ({"obligations": [owed(amount="10")]}, "obligations[0].amount"),
        ({"obligations": [owed(amount="-1.00")]}, "obligations[0].amount"),
        ({"obligations": [owed(amount=10.0)]}, "obligations[0].amount"),
        ({"obligations": [owed(currency="euro")]}, "obligations[0].currency"),
        ({"obligations": [owed(to="A")]}, "obligations[0].to"),
        ({"obligations": [owed(), owed(vat="1")]}, "obligations[1].vat"),
        ({"obligations": ["A owes B"]}, "obligations[0]"),
        ('{"obligations": [], "obligations": []}', ""),
        ('{"obligations": [NaN]}', ""),
        ('{"obligations": [], "\\ud800": 1}', ""),
    ],
)
def test_a_bad_request_is_a_problem_that_names_the_path(document: Any, path: str) -> None:
    result = run(document)

    assert (result.exit_code, result.stdout) == (2, "")
    assert path in [fault["path"] for fault in json.loads(result.stderr)["errors"]]


def test_lines_are_answered_in_order_and_a_bad_one_does_not_stop_the_rest() -> None:
    result = run(
        "\n".join([json.dumps({"obligations": []}), "nonsense", json.dumps({"obligations": []})]), "--jsonl"
    )

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [("errors" in answer) for answer in answers] == [False, True, False]


def test_a_line_ends_with_a_line_feed_alone_and_one_that_is_no_text_stops_nothing() -> None:
    name = "A\u2028\x85B"
    owed = {"from": name, "to": "C", "amount": "1.00", "currency": "EUR"}
    good = json.dumps({"obligations": [owed]}, ensure_ascii=False).encode()
    request = b"\n".join([good, b"\xff", b"\r\n" + good + b"\r"])

    result = CliRunner().invoke(command, ["net", "-", "--jsonl"], input=request)

    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [answer.get("title") for answer in answers] == [None, "invalid request", None]
    assert answers[1]["errors"][0]["message"].startswith("'utf-8' codec can't decode byte 0xff")
    assert answers[0] == answers[2]
    assert answers[0]["positions"][0]["operator"] == name
