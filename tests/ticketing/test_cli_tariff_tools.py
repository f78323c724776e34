"""The tools of a tariff clerk."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ticketing.cli.tariff.commands import command

HSL = "regions/helsinki-tallinn/feeds/hsl"
CAPS = "cap_id,networks,rider,medium,window,window_arg,amount,currency,party_scope\nday,,,,service_day,04:00,3.00,EUR,holder\n"


def run(*arguments: str, document: Any = None) -> Result:
    return CliRunner().invoke(command, list(arguments), input=json.dumps(document))


def test_a_price_is_explained_with_what_lost() -> None:
    leg = {"areas_travelled": ["A"], "departure": "2026-03-04T10:00:00", "arrival": "2026-03-04T10:20:00"}

    text = run(
        "explain", HSL, "-", document={"legs": [leg], "rider_category_id": "adult", "fare_media_id": "app"}
    ).stdout

    assert text.splitlines()[0] == "total  3.20 EUR"
    assert "exactly the zones A" in text
    assert "4.40 EUR  single_ABC: not cheaper" in text


def test_a_fare_that_is_unknown_is_explained_as_such() -> None:
    leg = {"departure": "2026-03-04T10:00:00", "arrival": "2026-03-04T10:20:00"}

    told = run("explain", HSL, "-", document={"legs": [leg]}).stdout.splitlines()

    assert told[:3] == [
        "no price: unknown_fare, no_rule",
        "  legs[0]: network none, from no area to no area",
        "  legs[0]: fare_leg_rules.txt:2 (single_AB) wants exactly the areas of A: the ride passes none",
    ]
    assert len(told) == 5


def test_the_zones_of_helsinki_make_a_table() -> None:
    rows = [
        line.split() for line in run("matrix", HSL, "--rider", "adult", "--medium", "app").stdout.splitlines()
    ]

    assert rows[0] == ["A", "B", "C", "D"]
    assert rows[1] == ["A", "3.20", "EUR", "3.20", "EUR", "4.40", "EUR", "4.80", "EUR"]
    assert rows[4][-2:] == ["3.20", "EUR"]


@pytest.mark.parametrize(("form", "start"), [("csv", ",A,B,C,D"), ("html", "<table>")])
def test_the_table_comes_in_other_forms(form: str, start: str) -> None:
    assert run("matrix", HSL, "--format", form, "--day", "2026-03-04").stdout.startswith(start)


def tap(identity: str, at: str, **more: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "at": at,
        "amount": "2.00",
        "currency": "EUR",
        "network": "t",
        "rider": "a",
        "medium": "c",
        **more,
    }


@pytest.fixture
def caps(tmp_path: Path) -> str:
    (tmp_path / "caps.csv").write_text(CAPS, encoding="utf-8")
    return str(tmp_path / "caps.csv")


def test_taps_are_charged_under_the_caps(caps: str) -> None:
    taps = [tap("2", "2026-03-04T09:00:00"), tap("1", "2026-03-04T08:00:00"), tap("3", "2026-03-05T08:00:00")]

    answer = json.loads(run("rate", caps, "-", document={"timezone": "Europe/Tallinn", "taps": taps}).stdout)

    assert [(charge["tap"], charge["amount"], charge["cap"]) for charge in answer["charges"]] == [
        ("1", "2.00", None),
        ("2", "1.00", "day"),
        ("3", "2.00", None),
    ]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({}, "taps"),
        ({"taps": ["x"]}, "taps[0]"),
        ({"taps": [tap("1", "soon")]}, "taps[0].at"),
        ({"taps": [tap("1", "2026-03-04T08:00:00", amount="2")]}, "taps[0].amount"),
        ({"taps": [tap("1", "2026-03-04T08:00:00", x=1)]}, "taps[0].x"),
        ({"taps": [], "timezone": "Mars"}, "timezone"),
        ({"taps": [], "x": 1}, "x"),
        ({"taps": [tap("1", "2026-03-04T08:00:00"), tap("1", "2026-03-04T09:00:00")]}, "taps"),
    ],
)
def test_a_bad_request_names_the_path(caps: str, document: Any, path: str) -> None:
    result = run("rate", caps, "-", document=document)

    assert (result.exit_code, result.stdout) == (2, "")
    assert path in [fault["path"] for fault in json.loads(result.stderr)["errors"]]


def test_caps_with_a_fault_are_refused(tmp_path: Path) -> None:
    (tmp_path / "caps.csv").write_text(CAPS.replace("3.00", "3"), encoding="utf-8")

    assert run("rate", str(tmp_path / "caps.csv"), "-", document={"taps": []}).exit_code == 2
