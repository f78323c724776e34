"""Bring a changed `gates.json` to gates that hold a bundle already, and ask with its tag."""

from dataclasses import replace
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.gate.processes import house_of
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.decision import Policy, ProductRule
from throughfare_gate.gate.model import Boarding
from throughfare_gate.tickets.jwk import load_jwks
from ticketing.gate.publish import bundle

CHANGES: dict[str, dict[str, Any]] = {
    "a rule": {"rules": {"through": ProductRule(passback_seconds=300)}},
    "another product": {"rules": {"through": ProductRule(), "day": ProductRule()}},
    "the policy": {"policies": {"tlt": Policy(leeway_seconds=60)}},
    "pretended money": {"accept_demo": False},
    "the time zone": {"zones": {"tlt": "Asia/Tokyo"}},
    "how a product boards": {"boarding": {"tlt": {"through": Boarding(3600)}}},
    "the name of a category": {"categories": {"chil": "anybody below 7"}},
}


def restarted(api: Api, **changes: Any) -> None:
    """The service after a restart with other files, at the same database and keys."""
    app = api.client.application
    rooms = app.extensions["throughfare"]
    app.extensions["throughfare"] = replace(rooms, gatehouse=replace(house_of(api), **changes))


def test_a_gate_that_asks_with_its_tag_gets_the_new_rule_and_policy(api: Api) -> None:
    gate = api.key("gate", "tlt")
    held = api.get("/v1/operators/tlt/gate-bundle?format=2", gate)
    restarted(api, **CHANGES["a rule"], **CHANGES["the policy"])

    again = api.client.get(
        "/v1/operators/tlt/gate-bundle?format=2",
        headers={"Authorization": f"Bearer {gate}", "If-None-Match": held.headers["ETag"]},
    )

    trust = load_jwks(api.get("/.well-known/gate-bundle-jwks.json").json or {})
    assert again.status_code == 200
    fresh, _ = bundles.read(again.text, trust, "tlt")
    assert (fresh.rules["through"].passback_seconds, fresh.policy.leeway_seconds) == (300, 60)


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_file_changes_is_another_bundle(api: Api, change: str) -> None:
    house = house_of(api)

    before, same, after = (
        bundle(each, "tlt", since=0, form=2) for each in (house, house, replace(house, **CHANGES[change]))
    )

    assert before.etag == same.etag != after.etag
