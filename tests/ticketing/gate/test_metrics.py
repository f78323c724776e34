"""The double-use window is measured from the facts and published; each operator's policy comes from its region."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.gate.enrolling import enrol, fact
from throughfare_gate.gate.decision import Policy
from ticketing.errors import Fault, Misconfigured
from ticketing.gate.metrics import Spread, spread
from ticketing.gate.operators import check_gates, load_gates, read_gates
from ticketing.regions import check_region


def test_a_spread_is_of_figures_that_occurred() -> None:
    assert spread(range(1, 101)) == Spread(100, 50, 95, 100)
    assert (spread([7]), spread([])) == (Spread(1, 7, 7, 7), Spread(0, None, None, None))


def a_copied_ticket(api: Api) -> None:
    """Used at one device at 8:00 and at another 90 seconds later; both tell it after ten minutes."""
    jti = api.buy().ticket_of("anna")["jti"]
    one, two = enrol(api), enrol(api, name="Kopli 2")
    at = int(api.clock.now().timestamp())
    api.clock.advance(timedelta(minutes=10))
    for device, moment in ((one, at), (two, at + 90)):
        told = fact(api, jti, device_ts=moment, bundle_version=at - 30)
        api.post("/v1/validations/batch", {"scans": [told]}, device.token())


def test_the_window_is_the_lag_of_one_gate_and_the_age_of_the_others_knowledge(api: Api) -> None:
    a_copied_ticket(api)

    found = api.get("/v1/operators/tlt/gate-metrics", api.key("operator_finance", "tlt")).json or {}

    assert found["measures"]["scan_upload_lag_seconds"] == {"count": 2, "p50": 510, "p95": 600, "max": 600}
    assert found["measures"]["gate_bundle_age_seconds"]["max"] == 120
    assert found["measures"]["double_use_window_seconds"]["max"] == 630
    assert found["measures"]["double_use_gap_seconds"]["p50"] == 90
    assert (found["rides"], found["double_uses"]) == (1, 1)
    assert [(use["first_gate"], use["second_gate"]) for use in found["newest"]] == [("Kopli 1", "Kopli 2")]


def test_prometheus_reads_the_same_with_an_administrators_key(api: Api) -> None:
    a_copied_ticket(api)

    page = api.get("/metrics", api.key("admin")).text

    assert 'double_use_window_seconds{operator="tlt",quantile="0.95"} 630.0' in page
    assert 'gate_double_uses{operator="tlt"} 1.0' in page


def test_figures_are_not_public_and_not_other_operators(api: Api) -> None:
    assert api.get("/metrics").status_code == 401
    assert api.get("/metrics", api.key("operator_finance", "tlt")).status_code == 403
    assert api.get("/v1/operators/tlt/gate-metrics", api.key("operator_finance", "hsl")).status_code == 403
    assert api.get("/v1/operators/tlt/gate-metrics", api.key("gate", "tlt")).status_code == 403


def test_the_region_says_how_each_operators_gates_behave() -> None:
    found = load_gates([Path("regions/helsinki-tallinn")])

    assert (found.policies["tallink"].degrade, found.policies["hsl"].degrade) == ("fail_closed", "fail_open")
    assert found.products["carnet10"].rule.transfer_seconds == 4800
    assert load_gates([Path("regions")]).policies == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[]", "g: must be an object"),
        ("{", "g: not JSON"),
        ('{"x": 1}', "g: x: unknown key"),
        ('{"products": {"day": {"uses": 0}}}', "products.day.uses"),
        ('{"operators": []}', "operators: must be an object"),
        ('{"operators": {"tlt": {"degrade": "never"}}}', "policy.degrade"),
        ('{"operators": {"tlt": {"accept_demo": true}}}', "tlt.accept_demo"),
        ('{"operators": {"tlt": {"time_zone": "Mars"}}}', "time_zone"),
        ('{"operators": {"tlt": {"max_stale_seconds": -1}}}', "policy.max_stale_seconds"),
    ],
)
def test_a_fault_in_the_file_is_named(text: str, named: str) -> None:
    faults: list[Fault] = []
    read_gates(text, "g", faults)

    assert any(named in f"{fault.path}: {fault.message}" for fault in faults)


def test_region_check_holds_what_is_said_of_boarding_against_operators_and_products(tmp_path: Path) -> None:
    region, _ = check_region(Path("regions/lille-kortrijk-tournai"))
    opens = {"opens_seconds": 3600}
    rules = {"sncb": {"through": opens, "day": opens}, "elron": {"through": opens}, "tec": {"through": {}}}
    said = {"operators": {operator: {"boarding": rule} for operator, rule in rules.items()}}
    (tmp_path / "gates.json").write_text(json.dumps(said))

    found = check_gates(tmp_path, region)

    assert {(finding.field, finding.message) for finding in found} == {
        ("operators.sncb.boarding.day", "the region sells no such product"),
        ("operators.elron.boarding", "this operator has no timetable in the region"),
        ("operators.tec.boarding", "boarding.through.opens_seconds must be there"),
    }


def test_a_region_with_a_fault_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "gates.json").write_text('{"products": {"day": {"price": 1}}}')

    with pytest.raises(Misconfigured, match=r"day\.price"):
        load_gates([tmp_path])


def test_each_operators_policy_is_in_its_bundle(api: Api) -> None:
    from throughfare_gate.gate import bundle as bundles  # noqa: PLC0415
    from throughfare_gate.tickets.jwk import load_jwks  # noqa: PLC0415

    trust: Any = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    policies = {
        operator: bundles.read(
            api.get(f"/v1/operators/{operator}/gate-bundle", api.key("gate", operator)).text, trust
        )[0].policy
        for operator in ("tlt", "tallink")
    }

    assert policies == {
        "tlt": Policy(degrade="fail_open", accept_demo=True),
        "tallink": Policy(accept_demo=True),
    }


def test_region_check_names_the_faults_of_gates_too(tmp_path: Path) -> None:
    (tmp_path / "gates.json").write_text('{"operators": {"tlt": {"degrade": "never", "time_zone": "Mars"}}}')

    found = check_gates(tmp_path)

    assert [(finding.file, finding.field) for finding in found] == [
        ("gates.json", "operators.tlt"),
        ("gates.json", "operators.tlt.time_zone"),
    ]
    assert check_gates(tmp_path / "nowhere") == []
