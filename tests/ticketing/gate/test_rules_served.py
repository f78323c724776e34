"""Serve each member of a rule at an operator that has said no time zone: gates open the bundle, whatever a product asks."""

from dataclasses import replace
from typing import Any

import pytest

from tests.api import Api
from tests.ticketing.gate.processes import house_of
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.tickets.jwk import load_jwks
from throughfare_gate.tickets.products import ProductRule, read_rule, rule_document
from ticketing.gate.publish import bundle

# One value for each member, another one than where nothing is said.
SAID: dict[str, Any] = {
    "binding": "required",
    "passback_seconds": 5,
    "stops": "board",
    "classes": ("1",),
    "hours": ((0, 3600),),
    "days": (6, 7),
    "transfer_seconds": 3600,
    "transfers": 2,
    "window_seconds": 86_400,
    "check": "in_out",
}


def test_every_member_has_a_value_here() -> None:
    assert set(SAID) == set(ProductRule.__dataclass_fields__)
    assert [name for name in SAID if getattr(ProductRule(), name) == SAID[name]] == []


@pytest.mark.parametrize("member", SAID)
def test_a_gate_opens_the_bundle_of_an_operator_without_a_time_zone(api: Api, member: str) -> None:
    rule = ProductRule(**{member: SAID[member]})
    house = replace(house_of(api), rules={"through": rule}, zones={}, boarding={})

    token = bundle(house, "tlt", since=0, form=2).token

    opened = bundles.open_bundle(token, load_jwks(house.keys.jwks("bundle")), "tlt").bundle
    assert opened.rules == {"through": rule}
    assert bool(opened.offsets) is rule.is_timed


@pytest.mark.parametrize("member", SAID)
def test_a_member_is_read_as_it_was_written_and_left_out_only_where_it_says_nothing(member: str) -> None:
    rule = ProductRule(**{member: SAID[member]})

    document = rule_document(rule)

    assert member in document
    assert read_rule(document, "rule") == rule
    assert set(rule_document(ProductRule())) <= set(document)
