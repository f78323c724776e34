"""The decision of a gate: every reason at least once, and at its edges."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spoiled import spoiled
from tests.ticketing.gate.deciding import AT, bundle, facts, judge
from tests.ticketing.gate.faults import FAULTS
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, phone_jwk, proof, raw, ticket
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.bundle import BadBundle
from throughfare_gate.gate.decision import Decision, Gate, Policy, ProductRule, Seen, Use


def used(leg: int = 0, at: int = NOW - 600, gate: str = "g0") -> Seen:
    return Seen([Use("AAAAAAAAAAAAAAAAAAAAAA", leg, at, gate)])


def test_a_good_ticket_is_welcome() -> None:
    assert judge(ticket()) == Decision(
        admit=True, reason="ok", staff="welcome", leg=0, jti="AAAAAAAAAAAAAAAAAAAAAA"
    )


BOUND = ticket(cnf={"jwk": phone_jwk()})
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "malformed": ("", {}),
    "bad_type": (SIGNER.sign("at+jwt", {}), {}),
    "bad_alg": (raw(b"{}", {"alg": "HS256", "kid": "26a", "typ": "ticket+jwt"}), {}),
    "unknown_key": (raw(b"{}", {"alg": "EdDSA", "kid": "25z", "typ": "ticket+jwt"}), {}),
    "bad_signature": (spoiled(ticket()), {}),
    "wrong_issuer": (ticket(iss="evil"), {}),
    "wrong_audience": (ticket(), {"gate": Gate(operator="viking")}),
    "bad_claims": (ticket(v=9), {}),
    "not_yet_valid": (ticket(nbf=NOW + 31, exp=NOW + 99), {}),
    "expired": (ticket(exp=NOW - 30), {}),
    "revoked": (ticket(), {"held": bundle({5: 1})}),
    "suspended": (ticket(), {"held": bundle({5: 2})}),
    "replaced": (ticket(), {"held": bundle({5: 3})}),
    "status_stale": (ticket(), {"held": bundle(lists=[])}),
    "proof_missing": (BOUND, {}),
    "proof_invalid": (f"{BOUND}~{proof(ticket())}", {}),
    "proof_expired": (f"{BOUND}~{proof(BOUND, iat=NOW - 46)}", {}),
    "proof_replayed": (
        f"{BOUND}~{proof(BOUND)}",
        {"seen": Seen((), frozenset({("AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAA")}))},
    ),
    "wrong_leg": (ticket(), {"gate": Gate(operator="tlt", leg=1)}),
    "wrong_zone": (
        ticket(l=[["tlt", "z:AB"]], aud=["tlt"]),
        {"held": bundle(rules={"through": ProductRule(stops="board")})},
    ),
    "wrong_class": (ticket(), {"held": bundle(rules={"through": ProductRule(classes=("1",))})}),
    "product_not_accepted": (ticket(p="other"), {}),
    "outside_time_rule": (
        ticket(),
        {"held": bundle(rules={"through": ProductRule(hours=((0, 1),))}, offsets=((0, 10800),))},
    ),
    "already_used": (ticket(), {"seen": used()}),
    "passback": (ticket(u=2), {"seen": used(at=NOW - 59)}),
    "uses_exhausted": (ticket(u=0, c=1), {"seen": used()}),
}


# Reasons that need a departure, an order or another operator: test_order.py has their scenes.
ELSEWHERE = {
    "proof_wrong_operator",
    "check_in_not_open",
    "wrong_sailing",
    "ride_of_an_order",
    "pass_on_another_ride",
}


def test_no_reason_is_forgotten() -> None:
    assert {*CASES, *ELSEWHERE} == {*FAULTS, "wrong_zone"}, (
        "a reason of FAULTS has a case here, or stands in ELSEWHERE"
    )


@pytest.mark.parametrize("reason", CASES)
def test_every_reason_occurs(reason: str) -> None:
    token, given_more = CASES[reason]

    decision = judge(token, **given_more)

    assert (decision.reason, decision.admit) == (reason, False)
    assert decision == judge(token, **given_more)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"nbf": NOW + 30, "exp": NOW + 99}, "ok"),
        ({"nbf": NOW + 31, "exp": NOW + 99}, "not_yet_valid"),
        ({"exp": NOW - 29}, "ok"),
        ({"exp": NOW - 30}, "expired"),
        ({"exp": NOW - 31}, "expired"),
    ],
)
def test_time_has_a_leeway_of_30_seconds(change: dict[str, int], reason: str) -> None:
    assert judge(ticket(**change)).reason == reason


@pytest.mark.parametrize(
    ("iat", "reason"), [(-46, "proof_expired"), (-45, "ok"), (30, "ok"), (31, "proof_expired")]
)
def test_a_proof_lives_from_45_seconds_ago_to_30_ahead(iat: int, reason: str) -> None:
    assert judge(f"{BOUND}~{proof(BOUND, iat=NOW + iat)}").reason == reason


def test_a_proof_for_another_operator_is_not_this_gates() -> None:
    decision = judge(f"{BOUND}~{proof(BOUND, aud='hsl')}")

    assert (decision.reason, decision.values) == ("proof_wrong_operator", {"operator": "hsl"})


def test_an_old_list_still_refuses_what_it_knows_and_the_policy_decides_the_rest() -> None:
    open_policy = Policy(degrade="fail_open", max_stale_seconds=60)
    later = NOW + 120

    assert judge(ticket(), bundle({5: 1}, policy=open_policy), now=later).reason == "revoked"
    assert judge(ticket(), bundle(policy=open_policy), now=later).reason == "ok_attention"
    assert judge(ticket(), bundle(policy=Policy(max_stale_seconds=60)), now=later).reason == "status_stale"


def test_a_demo_ticket_opens_no_gate_that_does_not_accept_pretended_money() -> None:
    assert judge(ticket(demo=True)).reason == "product_not_accepted"
    assert judge(ticket(demo=True), bundle(policy=Policy(accept_demo=True))).reason == "ok"


def test_the_second_leg_of_an_operator_follows_the_first() -> None:
    token = ticket(l=[["tlt", "a", "b"], ["tlt", "b", "c"]], aud=["tlt"])

    first, second = judge(token), judge(token, seen=used(0))
    third = judge(token, seen=Seen([*used(0).uses, *used(1).uses]))

    assert (first.leg, second.leg, third.reason) == (0, 1, "already_used")


def test_staff_see_a_group_and_a_fare_category() -> None:
    decision = judge(ticket(n=4, cat="chil"))

    assert (decision.reason, decision.attention) == ("ok_attention", "fare category chil, group of 4")


def test_a_bundle_of_another_operator_or_key_is_not_applied() -> None:
    token = bundles.sign(SIGNER, facts(), AT)

    with pytest.raises(BadBundle):
        bundles.read(token, RING, "hsl")
    with pytest.raises(BadBundle):
        bundles.read(spoiled(token), RING)
    with pytest.raises(BadBundle):
        bundles.read(ticket(), RING)
    with pytest.raises(BadBundle):
        bundles.read(SIGNER.sign("gate-bundle+jwt", {"iss": "x"}), RING)


@given(
    st.integers(NOW - 10_000, NOW + 10_000),
    st.lists(st.integers(0, 2), max_size=4),
    st.sampled_from([0, 1, 2]),
)
def test_a_decision_depends_on_its_arguments_alone(now: int, legs: list[int], status: int) -> None:
    seen = Seen([Use("AAAAAAAAAAAAAAAAAAAAAA", leg, now - 100, "g") for leg in legs])
    held = bundle({5: status})

    first, second = judge(ticket(), held, now=now, seen=seen), judge(ticket(), held, now=now, seen=seen)

    assert first == second
    assert first.admit == (first.reason in {"ok", "ok_attention"})


FERRY = ticket(aud=["tallink"], l=[["tallink", "TLL-D", "HEL-LT2"]])
RETURN = ticket(aud=["tallink"], l=[["tallink", "TLL-D", "HEL-LT2"], ["tallink", "HEL-LT2", "TLL-D"]])


@pytest.mark.parametrize(
    ("token", "stop", "reason", "leg"),
    [
        (FERRY, "TLL-D", "ok", 0),
        (FERRY, "HEL-LT2", "wrong_leg", None),  # who boards there sails for Tallinn
        (FERRY, "TLL-A", "ok", 0),  # not known to be wrong: a gate may be told another name of its stop
        (FERRY, None, "ok", 0),
        (RETURN, "TLL-D", "ok", 0),
        (RETURN, "HEL-LT2", "ok", 1),
    ],
)
def test_a_gate_where_a_leg_ends_boards_the_other_way(
    token: str, stop: str | None, reason: str, leg: int | None
) -> None:
    held = bundles.read(bundles.sign(SIGNER, facts(operator="tallink"), AT), RING, "tallink")[0]

    found = judge(token, held, gate=Gate(operator="tallink", stop_id=stop, id="g1"))

    assert (found.reason, found.leg) == (reason, leg)


def test_a_gate_where_a_leg_ends_may_check_out() -> None:
    rules = {"through": ProductRule(check="in_out")}
    held = bundles.read(bundles.sign(SIGNER, facts(operator="tallink", rules=rules), AT), RING, "tallink")[0]
    gate = Gate(operator="tallink", stop_id="HEL-LT2", id="g2", direction="out")

    assert judge(FERRY, held, gate=gate, seen=used(gate="g1")).admit
