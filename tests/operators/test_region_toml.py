"""region.toml: whatever stands in it, the answer is a fault with its path, never a crash."""

import copy
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from operators.place_kinds import read_place_kinds
from operators.region_toml import RegionToml, open_toml
from operators.sale_terms import read_companions
from tariffs.findings import Finding

FILE = Path("regions/helsinki-tallinn/region.toml")
GOOD: dict[str, Any] = tomllib.loads(FILE.read_text(encoding="utf-8")) | {
    "place_kinds": {"bicycle": {"eckero": "bicycle"}}
}
STOPS = {row["stop"] for row in GOOD["terminals"]}
JUNK: list[Any] = [0, -1, 1.5, "", "x" * 300, True, [], {}, [1], ["x"], [[1]], {"x": 1}, {"x": {"y": 1}}]


def read(document: dict[str, Any]) -> list[Finding]:
    findings: list[Finding] = []
    toml = RegionToml(document, findings)
    operators = toml.operators()
    riders = toml.riders(operators)
    read_companions(document.get("companions", {}), riders, toml.fault)
    read_place_kinds(document.get("place_kinds", {}), operators, riders, toml.fault)
    toml.terminals(STOPS)
    toml.crossings(STOPS)
    for single in (
        toml.name,
        toml.product,
        toml.member_states,
        toml.currency,
        toml.offer_minutes,
        toml.fee_basis_points,
        toml.walking,
        toml.interchange_seconds,
        toml.guests,
    ):
        single()
    return findings


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(GOOD)
    inner: Any = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def test_the_region_itself_has_no_fault() -> None:
    assert read(GOOD) == []


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_junk_anywhere_is_a_fault_or_harmless_but_never_a_crash(junk: Any) -> None:
    for path in places(GOOD):
        assert all(finding.file == "region.toml" and finding.field for finding in read(changed(path, junk)))


@pytest.mark.parametrize(
    ("path", "value", "field", "code"),
    [
        (("name",), "", "name", "invalid_value"),
        (("member_states",), ["Finland"], "member_states", "invalid_value"),
        (("currency",), "euro", "currency", "invalid_value"),
        (("currency",), "ZLO", "currency", "invalid_value"),
        (("product",), "much-too-long-a-code", "product", "invalid_value"),
        (("offer_minutes",), 61, "offer_minutes", "invalid_value"),
        (("fee_basis_points",), 1.5, "fee_basis_points", "invalid_value"),
        (("walking", "speed_m_per_s"), 0, "walking.speed_m_per_s", "invalid_value"),
        (("walking", "detour_percnt"), 130, "walking.detour_percnt", "unknown_key"),
        (("operators", 1, "id"), "tlt", "operators[1].id", "duplicate_key"),
        (("operators", 1, "id"), "A B", "operators[1].id", "invalid_value"),
        (("operators", 0, "member_state"), "Eesti", "operators[0].member_state", "invalid_value"),
        (("operators", 2, "refund", 0, "percent"), 101, "operators[2].refund[0].percent", "invalid_value"),
        (("rider_categories", "adult", "titanic"), "adult", "rider_categories.adult", "unknown_reference"),
        (("terminals", 1, "stop"), "tallink:HEL-LT2", "terminals[1].stop", "duplicate_key"),
        (("terminals", 0, "stop"), ["x"], "terminals[0].stop", "unknown_reference"),
        (("terminals", 0, "check_in_minutes"), -5, "terminals[0].check_in_minutes", "invalid_value"),
        (("crossings", 0, "stops"), ["tallink:TLL-D"], "crossings[0].stops", "invalid_value"),
        (("crossings", 0, "distance_m", 0, 1), 0, "crossings[0].distance_m", "invalid_value"),
        (("operators", 2, "places"), 0, "operators[2].places", "invalid_value"),
        (("guests", "places_in_an_order"), 31, "guests.places_in_an_order", "invalid_value"),
        (("guests", "percent_of_a_sailing"), 20.5, "guests.percent_of_a_sailing", "invalid_value"),
        (("guests", "percent"), 20, "guests.percent", "unknown_key"),
        (("companions",), "adult", "companions", "invalid_value"),
        (("companions", "infant"), "adult", "companions.infant", "invalid_value"),
        (("companions", "infant"), ["nobody"], "companions.infant", "unknown_reference"),
        (("companions", "infant"), ["infant"], "companions.infant", "invalid_value"),
    ],
)
def test_a_fault_names_its_path(path: tuple[Any, ...], value: Any, field: str, code: str) -> None:
    assert (field, code) in {(finding.field, finding.code) for finding in read(changed(path, value))}


def test_a_key_that_means_nothing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "region.toml"
    file.write_text('nmae = "Typo"\n', encoding="utf-8")
    findings: list[Finding] = []

    open_toml(file, findings)

    assert [(finding.field, finding.code) for finding in findings] == [("nmae", "unknown_key")]


@pytest.mark.parametrize("path", [("operators", 0), ("terminals", 1), ("crossings", 2)])
def test_a_key_of_a_row_that_means_nothing_is_named(path: tuple[Any, ...]) -> None:
    findings = read(changed((*path, "colour"), "red"))

    assert [(found.code, found.field) for found in findings] == [
        ("unknown_key", f"{path[0]}[{path[1]}].colour")
    ]
