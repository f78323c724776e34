"""Uploaded scans: any order, split and repetition ends in the same rides and double uses."""

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throughfare_gate.tickets.products import ProductRule
from ticketing.gate.judgment import Fact, Judged, Terms, Verdict, answer, judge

EXAMPLES = 5000 if os.environ.get("SOAK") else 200
TERMS = {
    "once": Terms(),
    "twice": Terms(uses_per_leg=2),
    "pass": Terms(uses_per_leg=0),
    "carnet": Terms(uses_per_leg=0, uses=2),
    "revoked": Terms(uses_per_leg=0, revoked_at=50),
}
FACTS = st.builds(
    Fact,
    scan_id=st.sampled_from(["s1", "s2", "s3", "s4", "s5"]),
    device=st.sampled_from(["d1", "d2"]),
    jti=st.sampled_from([*TERMS, "nobody's"]),
    leg=st.integers(0, 1),
    device_ts=st.integers(0, 100),
    clock_offset=st.integers(-3, 3),
    admitted=st.booleans(),
    uploaded=st.booleans(),
    list_issued_at=st.none() | st.integers(0, 100),
)


def scan(scan_id: str, at: int = 10, jti: str = "once", *, leg: int = 0, offset: int = 0) -> Fact:
    return Fact(
        scan_id=scan_id,
        device="d1",
        jti=jti,
        leg=leg,
        device_ts=at,
        clock_offset=offset,
        admitted=True,
        uploaded=True,
    )


def verdicts(*facts: Fact) -> list[Verdict]:
    return [entry.verdict for entry in judge(facts, TERMS)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(FACTS, max_size=12), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_order_split_and_repetition_ends_in_the_same_state(
    facts: list[Fact], chance: object, batches: int
) -> None:
    shuffled = facts * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  hypothesis hands over a random.Random
    stored: list[Fact] = []
    for start in range(batches):
        stored += shuffled[start::batches]

    assert judge(stored, TERMS) == judge(facts, TERMS)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(FACTS, max_size=12))
def test_rides_never_exceed_what_the_ticket_allows_and_nothing_is_lost(facts: list[Fact]) -> None:
    judged = judge(facts, TERMS)

    rides = [entry.fact for entry in judged if entry.verdict == "ride"]
    # The gate's report of its own decision replaces the server's online answer.
    told = {(f.scan_id, f.jti, f.device_ts) for f in facts if f.uploaded}
    kept = {(f.scan_id, f.body) for f in facts if f.uploaded or (f.scan_id, f.jti, f.device_ts) not in told}
    assert {(entry.fact.scan_id, entry.fact.body) for entry in judged} == kept
    assert len({ride.scan_id for ride in rides}) == len(rides)
    for leg in (0, 1):
        assert sum(ride.jti == "once" and ride.leg == leg for ride in rides) <= 1
        assert sum(ride.jti == "twice" and ride.leg == leg for ride in rides) <= 2
    assert sum(ride.jti == "carnet" for ride in rides) <= 2
    assert all(ride.at < 50 for ride in rides if ride.jti == "revoked")


def test_the_first_by_corrected_time_is_the_ride_and_the_other_names_it() -> None:
    late, early = scan("a", 20), scan("b", 30, offset=-15)

    assert judge([late, early], TERMS) == (Judged(late, "double_use", early), Judged(early, "ride"))
    assert judge([late, early], TERMS)[0].gap_seconds == 5


def test_at_one_moment_the_scan_id_decides() -> None:
    assert verdicts(scan("b"), scan("a")) == ["ride", "double_use"]


def test_each_leg_and_each_use_is_counted_by_itself() -> None:
    assert verdicts(scan("a"), scan("b", leg=1)) == ["ride", "ride"]
    assert verdicts(scan("a", 1, "twice"), scan("b", 2, "twice"), scan("c", 3, "twice")) == [
        "ride",
        "ride",
        "double_use",
    ]
    assert verdicts(scan("a", 1, "carnet"), scan("b", 2, "carnet", leg=1), scan("c", 3, "carnet")) == [
        "ride",
        "ride",
        "double_use",
    ]


def test_a_scan_with_two_bodies_counts_once() -> None:
    one, other = scan("a", 10), scan("a", 11)

    judged = {entry.fact.body: entry.verdict for entry in judge([one, other], TERMS)}

    assert judged == {min(one.body, other.body): "ride", max(one.body, other.body): "conflicting_body"}


def test_the_upload_says_what_happened_at_the_flap() -> None:
    offered = replace(scan("a"), uploaded=False)
    refused = replace(scan("a"), admitted=False)

    assert verdicts(offered, refused) == verdicts(refused, offered) == ["refused"]


@pytest.mark.parametrize(
    ("at", "listed", "verdict"),
    [(49, 10, "ride"), (50, 49, "revoked_unknown"), (50, None, "revoked_unknown"), (60, 50, "revoked_known")],
)
def test_a_use_after_the_revocation_is_judged_by_what_the_gate_could_know(
    at: int, listed: int | None, verdict: Verdict
) -> None:
    assert verdicts(replace(scan("a", at, "revoked"), list_issued_at=listed)) == [verdict]


def test_the_device_hears_what_became_of_each_item() -> None:
    fact = scan("a", 1000)

    assert answer(fact, [fact], "ride", 1000) == "duplicate"
    assert answer(fact, [scan("a", 999)], "ride", 1000) == "conflicting_body"
    assert answer(fact, [scan("b", 999)], "unknown_ticket", 0) == "unknown_ticket"
    assert answer(fact, [], "ride", 699) == "future_ts"
    assert answer(fact, [], "ride", 700) == "recorded"
    assert answer(fact, [], "double_use", 1000) == "recorded_double_use"
    assert answer(fact, [], "revoked_known", 1000) == "recorded_revoked"
    assert answer(fact, [], "refused", 1000) == "recorded"


def test_a_gate_on_board_that_took_one_leg_for_another_accuses_nobody() -> None:
    two_legs = {"once": Terms(operators=("tlt", "tlt", "hsl"))}

    judged = judge([scan("a", 10), scan("b", 20), scan("c", 30)], two_legs)

    assert [(entry.verdict, entry.leg) for entry in judged] == [("ride", 0), ("ride", 1), ("double_use", 0)]


def test_where_boarding_is_checked_a_leg_is_only_itself() -> None:
    boarding = {"once": Terms(operators=("tlt", "tlt"), rule=ProductRule(stops="board"))}

    assert [entry.verdict for entry in judge([scan("a"), scan("b", 20)], boarding)] == ["ride", "double_use"]


def test_a_ride_on_a_carnet_that_orders_have_emptied_is_one_too_many() -> None:
    carnet = {"carnet": Terms(uses_per_leg=0, uses=2, ordered=1)}

    judged = judge([scan("a", 10, "carnet"), scan("b", 20, "carnet")], carnet)

    assert [entry.verdict for entry in judged] == ["ride", "double_use"]


def of_a_group(facts: list[Fact]) -> list[Fact]:
    """The same scans, those of `once` shown by a code that stands for two tickets."""
    return [
        each
        for fact in facts
        for each in (
            [replace(fact, jti=jti, shown="code") for jti in ("once", "twice")]
            if fact.jti == "once"
            else [fact]
        )
    ]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(FACTS, max_size=12), st.randoms(use_true_random=False))
def test_scans_of_a_group_end_in_the_same_state_in_any_order(facts: list[Fact], chance: object) -> None:
    shuffled = of_a_group(facts) * 2
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  hypothesis hands over a random.Random

    assert judge(shuffled, TERMS) == judge(of_a_group(facts), TERMS)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(FACTS.filter(lambda fact: fact.jti == "once"), max_size=12))
def test_a_scan_of_a_group_is_a_scan_of_each_of_its_tickets_whatever_the_others_have_used(
    facts: list[Fact],
) -> None:
    of_both = judge(of_a_group(facts), TERMS)

    for jti in ("once", "twice"):
        alone = judge([replace(fact, jti=jti, shown="code") for fact in facts], TERMS)
        assert tuple(entry for entry in of_both if entry.fact.jti == jti) == alone
