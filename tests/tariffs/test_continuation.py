"""Agreements of the kind continuation: read strictly, refused without somebody who pays, and no part of any price."""

from datetime import date
from typing import Any

import pytest

from tariffs.agreements import between, load, load_continuations, load_other_ways, other_way_for
from tariffs.money import Money

OPERATORS = ("tallink", "viking", "eckero")
GULF: dict[str, Any] = {
    "id": "gulf",
    "kind": "continuation",
    "version": 1,
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
    "from": ["tallink", "viking"],
    "to": ["viking", "eckero"],
    "when": ["cancelled"],
    "until_hours": 24,
    "fare": "12.00",
    "bearer": "causing_operator",
}


def test_an_agreement_joins_operators_in_one_direction_and_none_with_itself() -> None:
    (agreement,), findings = load_continuations([GULF], OPERATORS, "EUR")
    day = date(2026, 6, 1)

    assert findings == []
    assert agreement.fare == Money(1200, "EUR")
    assert between([agreement], "tallink", "eckero", day) == agreement
    assert between([agreement], "viking", "viking", day) is None
    assert between([agreement], "eckero", "viking", day) is None
    assert between([agreement], "tallink", "eckero", date(2027, 1, 1)) is None


def test_a_missed_departure_needs_an_agreement_that_names_it_and_the_operator_that_was_late() -> None:
    broken = {**GULF, "when": ["cancelled", "connection_broken"], "broken_by": ["eckero"]}
    (plain, missed), findings = load_continuations([GULF, {**broken, "id": "missed"}], OPERATORS, "EUR")
    ends, day = ("tallink", "eckero"), date(2026, 6, 1)

    assert findings == []
    assert between([plain], *ends, day, broken_by="viking") is None
    assert between([missed], *ends, day, broken_by="viking") == missed
    assert between([missed], *ends, day, broken_by="eckero") == missed
    assert between([missed], *ends, day, broken_by="tallinn-airport") is None


def test_of_two_versions_the_newer_one_holds() -> None:
    newer = {**GULF, "version": 2, "fare": "9.00"}
    agreements, _ = load_continuations([newer, GULF], OPERATORS, "EUR")

    found = between(agreements, "tallink", "eckero", date(2026, 6, 1))

    assert found is not None
    assert found.fare == Money(900, "EUR")


def test_pricing_does_not_see_it() -> None:
    assert load([GULF], OPERATORS, ["adult"]) == ([], [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bearer": None}, "bearer"),
        ({"bearer": "nobody"}, "bearer"),
        ({"fare": "12"}, "fare"),
        ({"fare": "-1.00"}, "fare"),
        ({"fare": None}, "fare"),
        ({"when": ["late"]}, "when"),
        ({"when": None}, "when"),
        ({"when": []}, "when"),
        ({"broken_by": ["viking"]}, "broken_by"),
        ({"when": ["connection_broken"], "broken_by": ["mars"]}, "broken_by[0]"),
        ({"from": []}, "from"),
        ({"to": ["mars"]}, "to[0]"),
        ({"from": ["viking"], "to": ["viking"]}, "to"),
        ({"until_hours": 0}, "until_hours"),
        ({"until_hours": 49}, "until_hours"),
        ({"valid_to": "2025-01-01"}, "valid_to"),
        ({"places": "free_only"}, "places"),
        ({"version": 0}, "version"),
        ({"id": ""}, "id"),
    ],
)
def test_each_fault_is_named_by_its_field(change: dict[str, Any], field: str) -> None:
    agreements, findings = load_continuations([{**GULF, **change}], OPERATORS, "EUR")

    assert agreements == ()
    assert [finding.field for finding in findings] == [field]


OTHER_WAY: dict[str, Any] = {
    "id": "other",
    "kind": "other_way",
    "version": 1,
    "valid_from": "2026-01-01",
    "valid_to": None,
    "from": ["tallink"],
    "when": ["cancelled", "connection_broken"],
    "broken_by": ["eckero"],
    "cap": "40.00",
    "bearer": "scheme",
}


def test_another_way_is_for_the_departures_of_its_operators_and_sets_no_price() -> None:
    (agreement,), findings = load_other_ways([GULF, OTHER_WAY], OPERATORS, "EUR")
    day = date(2026, 6, 1)

    assert (findings, agreement.cap) == ([], Money(4000, "EUR"))
    assert load([OTHER_WAY], OPERATORS, ["adult"]) == ([], [])
    assert load_continuations([OTHER_WAY], OPERATORS, "EUR") == ((), [])
    assert other_way_for([agreement], "tallink", day) == agreement
    assert other_way_for([agreement], "tallink", day, broken_by="eckero") == agreement
    assert other_way_for([agreement], "tallink", day, broken_by="viking") is None
    assert other_way_for([agreement], "viking", day) is None


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"bearer": None}, "bearer"),
        ({"cap": "-1.00"}, "cap"),
        ({"cap": None}, "cap"),
        ({"from": []}, "from"),
        ({"to": ["viking"]}, "to"),
        ({"when": ["cancelled"]}, "broken_by"),
        ({"valid_to": "2025-01-01"}, "valid_to"),
    ],
)
def test_another_way_that_nobody_bears_or_that_is_unclear_is_refused(
    changed: dict[str, Any], field: str
) -> None:
    agreements, findings = load_other_ways([{**OTHER_WAY, **changed}], OPERATORS, "EUR")

    assert agreements == ()
    assert [one.field.partition("[")[0] for one in findings] == [field]
