"""A whole journey priced from the command line, with all that passengers bring."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ticketing.cli.tariff.commands import command
from ticketing.cli.tariff.journey import answer
from ticketing.errors import InvalidRequest
from ticketing.regions import Region

REGION = Path("regions/helsinki-tallinn")
TRAM = {
    "operator": "tlt",
    "route_id": "tram-2",
    "from_stop_id": "09005-1",
    "to_stop_id": "12227-1",
    "departure": "2026-12-01T06:24:00",
    "arrival": "2026-12-01T06:43:00",
}
FERRY = {
    "operator": "tallink",
    "route_id": "TLL-D_HEL-LT2",
    "from_stop_id": "TLL-D",
    "to_stop_id": "HEL-LT2",
    "departure": "2026-12-01T07:30:00",
    "arrival": "2026-12-01T09:30:00",
}
RESIDENT = {"claim": "tallinn_resident", "valid_until": "2026-12-31", "proof": "sha256:1"}
PASS = {"ticket": "t1", "product": "tll-30d", "start": "2026-11-20T08:00:00+02:00"}
OFFER = {
    "id": "o1",
    "operator": "tallink",
    "legs": [1],
    "fare_class": "P",
    "amount": "55.00",
    "currency": "EUR",
    "valid_until": "2026-11-23T12:15:00+00:00",
}


def ask(document: Any, region: Path = REGION) -> tuple[int, dict[str, Any]]:
    found = CliRunner().invoke(command, ["journey", str(region), "-"], input=json.dumps(document))
    return found.exit_code, json.loads(found.stdout or found.stderr)


def journey(*rides: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"rides": list(rides or [TRAM]), "passengers": [{"ref": "anna", **more.pop("brings", {})}], **more}


def total(document: Any, region: Path = REGION) -> str | None:
    code, found = ask(document, region)
    assert code == 0, found
    return found["total"] and found["total"]["amount"]


@pytest.mark.parametrize(
    ("brings", "price"),
    [
        ({}, "2.00"),
        ({"rider_category": "child"}, "1.00"),
        ({"claims": [RESIDENT]}, "0.00"),
        ({"passes": [PASS]}, "0.00"),
        ({"claims": [RESIDENT | {"valid_until": "2026-11-30"}]}, "2.00"),
        ({"passes": [PASS | {"start": "2026-10-20T08:00:00+03:00"}]}, "2.00"),
    ],
)
def test_a_tram_costs_what_the_passenger_brings(
    regions: dict[str, Region], brings: dict[str, Any], price: str
) -> None:
    found = answer(regions["helsinki-tallinn"], journey(brings=brings))

    assert found["total"] == {"amount": price, "currency": "EUR"}


def test_a_ferrys_own_offer_replaces_its_tariff_and_bounds_the_price_in_time() -> None:
    code, found = ask(journey(TRAM, FERRY, offers=[OFFER], at="2026-11-23T12:00:00+00:00"))

    assert code == 0
    assert found["total"]["amount"] == "56.00"  # the tram at half price, by the add-on agreement
    assert found["expires_at"] == "2026-11-23T12:15:00+00:00"


def test_an_expired_offer_has_a_reason_and_no_price() -> None:
    _, found = ask(journey(TRAM, FERRY, offers=[OFFER], at="2026-11-23T12:15:00+00:00"))

    assert (found["total"], found["reason"]) == (None, "offer_expired")


def test_a_region_with_caps_counts_what_was_paid(tmp_path: Path) -> None:
    region = tmp_path / "capped"
    shutil.copytree(REGION, region)
    caps = "cap_id,operators,window,window_arg,amount,currency\nday,tlt,service_day,04:00,5.50,EUR\n"
    (region / "caps.csv").write_text(caps, encoding="utf-8")
    paid = [
        {
            "id": f"t{at}",
            "at": f"2026-12-01T05:{at}:00+02:00",
            "operator": "tlt",
            "amount": "2.00",
            "currency": "EUR",
        }
        for at in (10, 20)
    ]

    assert total(journey(brings={"paid": paid}), region) == "1.50"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], ""),
        ({}, "rides"),
        (journey(TRAM | {"colour": 1}), "rides[0].colour"),
        (journey(TRAM | {"operator": "mars"}), "rides[0].operator"),
        (journey(TRAM | {"from_stop_id": "x"}), "rides[0].from_stop_id"),
        (journey(TRAM | {"route_id": "x"}), "rides[0].route_id"),
        (
            journey(TRAM | {"from_stop_id": TRAM["to_stop_id"], "to_stop_id": TRAM["from_stop_id"]}),
            "rides[0]",
        ),
        (journey(TRAM | {"arrival": "2026-12-01T06:00:00"}), "rides[0].arrival"),
        (journey(brings={"rider_category": "dog"}), "passengers[0].rider_category"),
        (journey(brings={"passes": [PASS | {"product": "x"}]}), "passengers[0].passes[0].product"),
        (journey(brings={"claims": [{"claim": "x"}]}), "passengers[0].claims[0].valid_until"),
        (journey(offers=[OFFER | {"amount": "55"}]), "offers[0].amount"),
        (
            journey(
                brings={
                    "paid": [
                        {
                            "id": "1",
                            "at": "2026-12-01T05:00:00+02:00",
                            "operator": "x",
                            "amount": "2.00",
                            "currency": "EUR",
                        }
                    ]
                }
            ),
            "passengers[0].paid[0].operator",
        ),
    ],
)
def test_a_fault_of_the_request_is_named(regions: dict[str, Region], document: Any, path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        answer(regions["helsinki-tallinn"], document)

    assert path in [fault.path for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Your entitlement tallinn_resident: 0.00 EUR."),
        ("et", "Teie soodusõigus tallinn_resident: 0,00 EUR."),
        ("fi", "Etuutesi tallinn_resident: 0,00 EUR."),
        ("sv", "Din rätt tallinn_resident: 0,00 EUR."),
    ],
)
def test_a_price_explains_itself_in_the_passengers_language(
    regions: dict[str, Region], language: str, sentence: str
) -> None:
    document = journey(brings={"claims": [RESIDENT]}, language=language)

    found = answer(regions["helsinki-tallinn"], document)

    assert found["passengers"][0]["explanation"][-1] == sentence


def test_a_bad_request_is_a_problem_document() -> None:
    code, problem = ask({"rides": [], "passengers": [{"ref": "anna"}]})

    assert (code, problem["errors"][0]["path"]) == (2, "rides")
