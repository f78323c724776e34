"""Every refusal has the figures that explain it, and every ticket that is good the notes at which staff should look."""

from typing import Any

import pytest

from tests.ticketing.gate.plain_gate import (
    DAY,
    HOUR,
    JTI,
    KEY,
    NEW,
    NOW,
    decide,
    knowing,
    rides,
    ticket,
    used,
)
from throughfare_gate.gate.decision import Decision, Gate, Policy, ProductRule, Reading, Seen, Standing, Use
from throughfare_gate.gate.model import Extras, Ordered, OrderedRide
from throughfare_gate.tickets.claims import Leg, Proof

TRAM = Gate(operator="tlt", id="g1", stop_id="a")


def told(decision: Decision) -> tuple[str, dict[str, Any]]:
    assert not decision.admit
    return decision.reason, dict(decision.values)


def notes(decision: Decision) -> dict[str, dict[str, Any]]:
    assert decision.admit
    return {code: dict(values) for code, values in decision.notes}


def test_a_gate_whose_clock_is_behind_reads_nothing_and_says_by_how_much() -> None:
    decision = decide(ticket(), gate=Gate(operator="tlt", clock_behind_seconds=31))

    assert told(decision) == ("clock_behind", {"seconds": 31})
    assert (decision.jti, decision.leg) == (None, None)
    assert "31 s" in decision.staff


def test_a_code_that_is_not_read_is_refused_by_what_reading_it_said() -> None:
    assert told(decide(Reading("bad_type", None))) == ("bad_type", {})
    assert told(decide(Reading(None, None))) == ("malformed", {})
    claimed = decide(Reading("bad_claims", None, jti=JTI, values={"claim": "exp"}))
    assert (told(claimed), claimed.jti) == (("bad_claims", {"claim": "exp"}), JTI)


def test_the_gate_where_a_leg_began_that_was_given_back_is_told_so() -> None:
    reading = Reading("wrong_audience", None, values={"operators": ("hsl",)}, given_back=("a",))

    assert told(decide(reading, gate=TRAM)) == ("wrong_audience", {"operators": ("hsl",), "given_back": True})
    elsewhere = Gate(operator="tlt", stop_id="b")
    assert told(decide(reading, gate=elsewhere)) == ("wrong_audience", {"operators": ("hsl",)})


def test_a_refusal_names_the_ticket_and_the_leg_once_it_was_chosen() -> None:
    legs = (*rides("cd", operator="hsl"), *rides("ab"))

    spent = decide(ticket(legs=legs), seen=Seen([used(leg=1)]))
    early = decide(ticket(legs=legs, not_before=NOW + HOUR))

    assert (spent.reason, spent.leg, spent.jti) == ("already_used", 1, JTI)
    assert (early.reason, early.leg, early.jti) == ("not_yet_valid", None, JTI)
    assert decide(ticket(), seen=Seen([used()])).leg == 0


def test_a_ticket_that_is_good_says_which_leg_it_opens_and_nothing_else() -> None:
    decision = decide(ticket(legs=(*rides("cd", operator="hsl"), *rides("ab"))))

    assert decision == Decision(admit=True, reason="ok", staff="welcome", leg=1, jti=JTI)


def test_what_staff_should_look_at_is_noted_in_its_order() -> None:
    known = knowing(extras=Extras(categories={"chil": "child"}))
    decision = decide(ticket(category="chil", holder_hash="h", passengers=2), known)

    assert decision.notes == (("category", {"category": "child"}), ("personal", {}), ("group", {"count": 2}))
    assert (decision.reason, decision.staff) == ("ok_attention", decision.attention)
    assert decision.attention is not None
    assert decision.attention.startswith("fare category child, ")


def test_a_category_that_nobody_spells_out_is_told_as_it_stands() -> None:
    assert notes(decide(ticket(category="chil"))) == {"category": {"category": "chil"}}


def test_what_is_left_of_a_carnet_is_told_and_needs_no_look() -> None:
    carnet = ticket(uses_per_leg=0, uses=10)
    decision = decide(carnet, seen=Seen([used(900), used(1800)], ordered={JTI: Ordered(3)}))

    assert notes(decision) == {"uses_left": {"left": 4, "count": 10}}
    assert (decision.reason, decision.attention) == ("ok", None)
    assert decision.staff != "welcome"
    assert "4" in decision.staff


def test_orders_take_no_uses_of_a_ticket_whose_legs_are_counted() -> None:
    both = ticket(uses_per_leg=2, uses=3)

    assert notes(decide(both)) == {"uses_left": {"left": 2, "count": 3}}
    assert notes(decide(both, seen=Seen([used()]))) == {"uses_left": {"left": 1, "count": 3}}


def test_a_ticket_that_is_not_valid_yet_says_in_how_many_seconds() -> None:
    assert told(decide(ticket(not_before=NOW + 31))) == ("not_yet_valid", {"seconds": 31})


@pytest.mark.parametrize(
    ("at", "known"),
    [
        (HOUR + 30, 121),
        # A bundle of two minutes knows of every delay; a day after its end no ticket goes on.
        (HOUR + 30, None),
        (HOUR + DAY - 1, DAY),
        (HOUR + DAY, None),
    ],
)
def test_an_expired_ticket_says_since_when_and_how_old_the_gates_knowledge_of_delays_is(
    at: int, known: int | None
) -> None:
    age = 120 if known is None and at < DAY else known or DAY
    bundle = knowing(issued_at=NOW + at - age)

    values = {"seconds": at - HOUR} | ({} if known is None else {"known_seconds": known})
    assert told(decide(ticket(), bundle, at=at)) == ("expired", values)


def test_a_ticket_whose_vehicle_is_late_is_good_and_says_since_when_it_would_have_ended() -> None:
    longer = knowing(extended={JTI: NOW + 2 * HOUR})

    assert notes(decide(ticket(), at=HOUR + 29)) == {}
    assert notes(decide(ticket(), longer, at=HOUR + 30)) == {"late": {"seconds": 30}}
    assert notes(decide(ticket(), longer, at=2 * HOUR + 29)) == {"late": {"seconds": HOUR + 29}}
    assert told(decide(ticket(), longer, at=2 * HOUR + 30))[1]["seconds"] == 30


def test_staff_may_let_somebody_in_who_is_under_way_and_a_gate_alone_may_not() -> None:
    known = knowing(under_way={JTI: NOW + 2 * HOUR})
    by_hand = Gate(operator="tlt", by_hand=True)

    found = decide(ticket(), known, at=2 * HOUR + 29, gate=by_hand)

    assert notes(found) == {"under_way": {"seconds": HOUR + 29}, "found_by_hand": {}}
    assert decide(ticket(), known, at=2 * HOUR + 30, gate=by_hand).reason == "expired"
    assert decide(ticket(), known, at=2 * HOUR + 29).reason == "expired"
    assert decide(ticket(), at=HOUR + 30, gate=by_hand).reason == "expired"


def test_an_end_that_was_told_earlier_than_the_tickets_own_takes_nothing_away() -> None:
    assert decide(ticket(), knowing(extended={JTI: NOW}), at=HOUR).reason == "ok"


def test_what_a_list_says_is_refused_with_its_figures() -> None:
    outside = knowing(standing=Standing(None, NOW, NOW + HOUR))
    old = knowing(standing=Standing(0, NOW - DAY - 1, NOW + HOUR))

    assert told(decide(ticket(), outside)) == ("status_stale", {"index": 5})
    assert told(decide(ticket(), knowing(standing=Standing(2, NOW, NOW)))) == ("suspended", {})
    assert told(decide(ticket(), knowing(standing=Standing(1, NOW, NOW)))) == ("revoked", {})
    assert told(decide(ticket(), old)) == ("status_stale", {"seconds": DAY + 1})
    assert told(decide(ticket(), knowing(standing=None))) == ("status_stale", {})


@pytest.mark.parametrize(
    ("standing", "known", "fresh"),
    [
        (Standing(0, NOW - DAY, NOW + 1), {}, True),
        (Standing(0, NOW - DAY - 1, NOW + 1), {}, False),
        (Standing(0, NOW, NOW), {}, False),
        (NEW, {"expires_at": NOW + 1}, True),
        (NEW, {"expires_at": NOW}, False),
        (None, {}, False),
    ],
)
def test_a_list_proves_a_ticket_while_it_and_its_bundle_are_fresh(
    standing: Standing | None, known: dict[str, int], fresh: bool
) -> None:
    opened = knowing(standing=standing, policy=Policy(degrade="fail_open"), **known)

    assert notes(decide(ticket(), opened)) == ({} if fresh else {"stale_list": {}})
    assert decide(ticket(), knowing(standing=standing, **known)).admit == fresh


@pytest.mark.parametrize(("ago", "opens"), [(DAY - 1, True), (DAY, False)])
def test_a_gate_that_fails_open_does_so_for_a_day_after_its_bundle(ago: int, opens: bool) -> None:
    known = knowing(standing=None, policy=Policy(degrade="fail_open"), expires_at=NOW - ago)

    assert decide(ticket(), known).admit == opens


def test_a_proof_is_needed_where_the_ticket_is_bound_or_its_product_says_so() -> None:
    required = knowing(ProductRule(binding="required"))

    assert told(decide(ticket(binding_key=KEY))) == ("proof_missing", {})
    assert told(decide(ticket(), required)) == ("proof_missing", {})
    assert told(decide(ticket(product="gone"))) == ("product_not_accepted", {"product": "gone"})
    assert decide(ticket()).admit


def test_a_ticket_that_staff_find_by_hand_needs_no_proof() -> None:
    by_hand = Gate(operator="tlt", by_hand=True)

    assert notes(decide(ticket(binding_key=KEY), gate=by_hand)) == {"found_by_hand": {}}


@pytest.mark.parametrize(
    ("proof", "reason", "values"),
    [
        (Proof(NOW, "tlt", "n"), "ok", {}),
        (Proof(NOW - 45, "tlt", "n"), "ok", {}),
        (Proof(NOW - 46, "tlt", "n"), "proof_expired", {"difference": "-46"}),
        (Proof(NOW + 30, "tlt", "n"), "ok", {}),
        (Proof(NOW + 31, "tlt", "n"), "proof_expired", {"difference": "+31"}),
        (Proof(NOW, "hsl", "n"), "proof_wrong_operator", {"operator": "hsl"}),
        (Proof(NOW, "tlt", "old"), "proof_replayed", {}),
        (None, "proof_invalid", {}),
    ],
)
def test_a_proof_is_fresh_and_this_gates_and_shown_once(
    proof: Proof | None, reason: str, values: dict[str, str]
) -> None:
    seen = Seen(proofs=frozenset({(JTI, "old"), ("B" * 22, "n")}))

    decision = decide(ticket(binding_key=KEY), knowing(proof=proof), seen=seen, proof="proof")

    assert (decision.reason, decision.values) == (reason, values)
    assert decision.nonce == ("n" if decision.admit else None)


def test_a_proof_of_a_ticket_that_is_bound_to_no_phone_is_none() -> None:
    known = knowing(proof=Proof(NOW, "tlt", "n"))

    assert told(decide(ticket(), known, proof="proof")) == ("proof_invalid", {})


def test_a_gate_that_is_not_sure_of_its_clock_takes_no_proof() -> None:
    unsure = Gate(operator="tlt", clock_is_sure=False)
    known = knowing(proof=Proof(NOW, "tlt", "n"))

    decision = decide(ticket(binding_key=KEY), known, gate=unsure, proof="proof")

    assert told(decision) == ("proof_expired", {"off": True})


def test_a_product_is_refused_with_its_name_its_class_or_as_pretended_money() -> None:
    first = knowing(ProductRule(classes=("1",)))
    second_class = (Leg("tlt", "a", "b", "2"),)

    assert told(decide(ticket(), first)) == ("wrong_class", {"class": "none"})
    assert told(decide(ticket(legs=second_class), first)) == ("wrong_class", {"class": "2"})
    assert told(decide(ticket(demo=True))) == ("product_not_accepted", {"demo": True})


def test_hours_are_those_of_the_operators_own_clock() -> None:
    second = NOW % DAY
    known = knowing(
        ProductRule(hours=((second, second + 60),)), offsets=((0, 0), (NOW, 7200)), expires_at=NOW + 9 * DAY
    )

    assert told(decide(ticket(), known)) == ("outside_time_rule", {})
    assert decide(ticket(), known, at=-1).reason == "outside_time_rule"
    assert decide(ticket(expires_at=NOW + DAY), known, at=DAY - 7200).admit
    weekend = knowing(ProductRule(days=tuple({1, 2, 3, 4, 5, 6, 7} - {(NOW // DAY + 3) % 7 + 1})))
    assert decide(ticket(), weekend).reason == "outside_time_rule"


def test_a_use_too_many_names_the_use_before_it() -> None:
    carnet = ticket(uses_per_leg=0, uses=1)

    assert told(decide(ticket(), gate=TRAM, seen=Seen([used()]))) == (
        "already_used",
        {"seconds": 600, "gate": "g0"},
    )
    assert told(decide(carnet, gate=TRAM, seen=Seen([used()]))) == ("uses_exhausted", {"count": 1})
    again = decide(ticket(uses_per_leg=2), gate=TRAM, seen=Seen([used(59)]))
    assert told(again) == ("passback", {"gate": "g0"})


@pytest.mark.parametrize("gate", ["g1", "a"])
def test_a_gate_and_its_stop_are_one_place(gate: str) -> None:
    assert decide(ticket(uses_per_leg=2), gate=TRAM, seen=Seen([used(59, gate=gate)])).admit


def test_uses_are_looked_at_in_order_of_time() -> None:
    seen = Seen([used(60), used(7200)])

    decision = decide(ticket(uses_per_leg=2), seen=seen)

    assert told(decision) == ("already_used", {"seconds": 60, "gate": "g0"})


def test_a_use_says_what_it_was() -> None:
    hour = knowing(ProductRule(transfer_seconds=HOUR))
    swiped = knowing(ProductRule(check="in_out"))

    transfer = decide(ticket(uses_per_leg=0), hour, seen=Seen([used()]))
    check_in = decide(ticket(), swiped, gate=Gate(operator="tlt", direction="in"))
    check_out = decide(ticket(), swiped, gate=Gate(operator="tlt", direction="out"))

    assert (transfer.kind, notes(transfer)) == ("transfer", {"transfer": {}})
    assert (check_in.kind, notes(check_in)) == ("in", {})
    assert (check_out.kind, notes(check_out)) == ("out", {"no_check_in": {}})


def test_a_window_holds_also_for_a_ticket_of_one_use_a_leg() -> None:
    day = knowing(ProductRule(window_seconds=HOUR))

    assert decide(ticket(uses_per_leg=2), day, seen=Seen([used(HOUR - 1)])).admit
    assert told(decide(ticket(uses_per_leg=2), day, seen=Seen([used(HOUR)]))) == (
        "expired",
        {"seconds": HOUR, "gate": "g0"},
    )


RIDE = OrderedRide(
    ticket="B" * 22, leg=0, departs=NOW - 60, arrives=NOW + 540, starts=NOW - HOUR, ends=NOW + HOUR
)


def test_a_pass_on_which_somebody_rides_says_which_ride_and_until_when() -> None:
    seen = Seen([Use("B" * 22, 0, NOW - 60)], ordered={JTI: Ordered(0, (RIDE,))})
    known = knowing(offsets=((0, 7200),))

    reason, values = told(decide(ticket(uses_per_leg=0), known, seen=seen))

    assert (reason, set(values)) == ("ride_of_an_order", {"departure", "until"})
    assert values["departure"] == known.local_time(NOW - 60)
    assert values["until"] == known.local_time(NOW - 60 + 300)


def test_the_ticket_of_an_order_says_where_its_pass_travels() -> None:
    seen = Seen([used(60, gate="Kopli", jti="P" * 22)], ordered={"P" * 22: Ordered(0, (RIDE,))})

    decision = decide(ticket(jti="B" * 22), seen=seen)

    assert told(decision) == ("pass_on_another_ride", {"seconds": 60, "gate": "Kopli"})


def test_a_ride_that_has_begun_goes_on_whatever_its_pass_does() -> None:
    seen = Seen([used(60, jti="P" * 22), used(120, jti="B" * 22)], ordered={"P" * 22: Ordered(0, (RIDE,))})

    assert decide(ticket(jti="B" * 22, uses_per_leg=2), seen=seen).admit


def test_an_inspector_uses_nothing_up_and_sees_what_a_gate_would_refuse() -> None:
    inspector = Gate(operator="tlt", inspects=True)
    known = knowing(offsets=((0, 7200),))
    seen = Seen([Use("B" * 22, 0, NOW - 60)], ordered={JTI: Ordered(0, (RIDE,))})

    fresh = decide(ticket(), gate=inspector)
    ridden = decide(ticket(), gate=inspector, seen=Seen([used()]))
    both = decide(ticket(uses_per_leg=0), known, gate=inspector, seen=seen)
    other_leg = decide(ticket(uses_per_leg=0), gate=inspector, seen=Seen([used(leg=1)]))

    assert (fresh.kind, notes(fresh)) == ("inspection", {"no_use_known": {}})
    assert (ridden.kind, notes(ridden)) == ("inspection", {})
    assert notes(both) == {
        "ride_of_an_order": {
            "departure": known.local_time(NOW - 60),
            "until": known.local_time(NOW - 60 + 600),
        },
        "no_use_known": {},
    }
    assert notes(other_leg) == {"no_use_known": {}}


def test_who_was_checked_in_with_a_pass_goes_out_whatever_an_order_took() -> None:
    swiped = knowing(ProductRule(check="in_out"))
    ridden = [used(900, kind="in"), Use("B" * 22, 0, NOW - 60)]
    seen = Seen(ridden, ordered={JTI: Ordered(0, (RIDE,))})

    out = decide(ticket(uses_per_leg=0), swiped, gate=Gate(operator="tlt", direction="out"), seen=seen)
    in_again = decide(ticket(uses_per_leg=0), swiped, gate=Gate(operator="tlt", direction="in"), seen=seen)

    assert (out.admit, out.kind, in_again.reason) == (True, "out", "ride_of_an_order")
