"""A gate takes one leg of a ticket: by the gate's own word, by its stop or zone, by what is used, and by its departure."""

from typing import Any

import pytest

from tests.ticketing.gate.plain_gate import HOUR, NOW, decide, knowing, rides, ticket, used
from throughfare_gate.gate.decision import Gate, ProductRule, Seen
from throughfare_gate.gate.model import Boarding, Extras, Waiver
from throughfare_gate.tickets.claims import NOBODY, Leg, TicketClaims

BOARD = ProductRule(stops="board")


def tram(**named: Any) -> Gate:
    return Gate(operator="tlt", id="g1", **named)


def chosen(legs: tuple[Leg, ...], gate: Gate | None = None, **known: Any) -> int | str | None:
    """The leg that a gate takes, or the reason why it takes none."""
    decision = decide(ticket(legs=legs), knowing(**known), gate=gate or tram())
    return decision.leg if decision.admit else decision.reason


def gone(*ends: str) -> tuple[Leg, ...]:
    return rides(*ends, operator=NOBODY)


def test_a_gate_takes_the_leg_that_begins_at_its_stop_and_else_the_first_of_its_operator() -> None:
    legs = (*rides("ab"), *rides("cd", operator="hsl"), *rides("de"))

    assert chosen(legs, tram(stop_id="a")) == 0
    assert chosen(legs, tram(stop_id="d")) == 2
    assert chosen(legs, tram(stop_id="x")) == 0
    assert chosen(legs) == 0


def test_a_gate_that_names_a_leg_takes_that_one_and_no_other_operators() -> None:
    legs = (*rides("ab"), *rides("cd", operator="hsl"), *rides("de"))

    assert chosen(legs, tram(leg=2)) == 2
    assert chosen(legs, tram(leg=1)) == "wrong_leg"


def test_where_boarding_is_checked_a_leg_begins_at_the_gate_or_opens_nothing() -> None:
    assert chosen(rides("ab"), tram(stop_id="a"), rule=BOARD) == 0
    assert chosen(rides("ab"), tram(stop_id="x"), rule=BOARD) == "wrong_leg"
    bound = Extras(boarding={"through": Boarding(HOUR)})
    assert chosen(rides("ab"), tram(stop_id="x"), extras=bound) == "wrong_leg"
    others = Extras(boarding={"other": Boarding(HOUR)})
    assert chosen(rides("ab"), tram(stop_id="x"), extras=others) == 0


def test_a_product_without_a_rule_is_told_as_such_wherever_it_is_shown() -> None:
    assert chosen(rides("ab"), tram(stop_id="x"), rules={}) == "product_not_accepted"


def test_where_a_leg_ends_nobody_boards_unless_they_are_checked_out() -> None:
    swiped = ProductRule(check="in_out")

    assert chosen(rides("ab"), tram(stop_id="b")) == "wrong_leg"
    assert chosen(rides("ab"), tram(stop_id="b"), rule=swiped) == 0
    assert chosen(rides("ab", "cd"), tram(stop_id="d")) == "wrong_leg"


def test_a_zone_ticket_opens_where_its_zone_is_and_a_gate_without_zones_asks_for_no_stop() -> None:
    zones = (Leg("tlt", "z:AB", None, None),)

    assert [chosen(zones, tram(zone=zone), rule=BOARD) for zone in "ABC"] == [0, 0, "wrong_zone"]
    assert chosen(zones, tram(zone="z"), rule=BOARD) == "wrong_zone"
    assert chosen(zones, rule=BOARD) == 0
    assert chosen(zones, tram(stop_id="a"), rule=BOARD) == "wrong_zone"
    assert chosen(zones, tram(zone="A", stop_id="a"), rule=BOARD) == 0
    assert chosen(zones, tram(zone="C")) == 0
    assert chosen((*rides("ab"), *zones), tram(stop_id="x"), rule=BOARD) == "wrong_zone"


def test_what_was_given_back_where_the_gate_is_is_told() -> None:
    legs = (*rides("ab"), *gone("xb"))

    there = decide(ticket(legs=legs), gate=tram(stop_id="x"))
    elsewhere = decide(ticket(legs=legs), gate=tram(stop_id="y"))
    at_its_end = decide(ticket(legs=legs), gate=tram(stop_id="b"))

    assert (there.reason, there.values) == ("wrong_leg", {"given_back": True})
    assert elsewhere.admit
    assert (at_its_end.reason, at_its_end.values) == ("wrong_leg", {})


def test_a_ticket_of_others_names_those_it_is_good_with() -> None:
    legs = (*rides("cd", operator="hsl"), *gone("ab"))
    shown = ticket(legs=legs, audience=("hsl", NOBODY))

    there = decide(shown, gate=tram(stop_id="a"))
    elsewhere = decide(shown, gate=tram(stop_id="c"))

    assert (there.reason, there.values) == ("wrong_audience", {"operators": ("hsl",), "given_back": True})
    assert elsewhere.values == {"operators": ("hsl",)}


def test_the_first_leg_that_has_uses_left_is_taken_and_else_the_first() -> None:
    shown = ticket(legs=rides("ab", "ab", "ab"))

    def leg(*taken: int, **claims: Any) -> int | None:
        seen = Seen([used(600 - at, leg=one) for at, one in enumerate(taken)])
        return decide(ticket(legs=shown.legs, **claims), seen=seen).leg

    assert [leg(), leg(0), leg(0, 1), leg(0, 1, 2)] == [0, 1, 2, 0]
    assert [leg(0, uses_per_leg=2), leg(0, 0, uses_per_leg=2)] == [0, 1]
    assert leg(0, 0, uses_per_leg=0) == 0


def test_of_two_legs_from_one_stop_the_one_that_sails_now_is_taken() -> None:
    legs = (*rides("ab", departure=NOW + HOUR), *rides("ab", departure=NOW))

    assert chosen(legs) == 0
    assert chosen(legs, tram(departure=NOW + 59)) == 1
    sailings = Extras(sailings={"t1": (("a", NOW),)})
    assert chosen(legs, tram(trip_id="t1"), extras=sailings) == 1
    assert chosen(legs, tram(departure=NOW - HOUR)) == 0


BOUND = rides("ab", departure=NOW)
SAILS = Extras(
    boarding={"through": Boarding(HOUR, 900)},
    sailings={"t1": (("a", NOW),), "t2": (("a", NOW + 2 * HOUR),)},
)


def waived(accept: tuple[str, str] = ("tlt", "any"), missed: str = "a", **more: Any) -> Extras:
    """A waiver for those who missed the departure of now."""
    waiver = Waiver("e1", frozenset({("tlt", missed, NOW)}), accept, NOW + 3 * HOUR)
    return Extras(boarding=SAILS.boarding, sailings=SAILS.sailings, waivers=(waiver,), **more)


def boarding(extras: Extras, shown: TicketClaims | None = None, *, at: int = HOUR, **named: Any) -> Any:
    """The notes of a ticket that boards, or the reason and the figures of its refusal."""
    late = shown or ticket(legs=BOUND, expires_at=NOW + 9 * HOUR)
    decision = decide(late, knowing(extras=extras), at=at, gate=tram(**{"stop_id": "a"} | named))
    if decision.admit:
        return {code: dict(values) for code, values in decision.notes}
    return decision.reason, dict(decision.values)


LOCAL = knowing().local_time
HERS = {"departure": LOCAL(NOW)}


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        (-HOUR - 1, ("check_in_not_open", HERS | {"opens": LOCAL(NOW - HOUR)})),
        (-HOUR, {}),
        (900, {}),
        (901, ("wrong_sailing", HERS | {"closed": LOCAL(NOW + 900)})),
    ],
)
def test_a_bound_ticket_boards_from_its_opening_until_a_quarter_of_an_hour_after(
    at: int, answer: Any
) -> None:
    early = ticket(legs=BOUND, not_before=NOW - 9 * HOUR, expires_at=NOW + 9 * HOUR)

    assert boarding(SAILS, early, at=at) == answer


def test_a_ticket_of_before_departures_were_named_boards_and_is_looked_at() -> None:
    assert boarding(SAILS, ticket(legs=rides("ab"), expires_at=NOW + 9 * HOUR)) == {"no_departure": {}}


def test_a_gate_that_names_another_sailing_says_which_boards() -> None:
    other = ("wrong_sailing", HERS | {"boarding": LOCAL(NOW + 2 * HOUR)})

    assert boarding(SAILS, at=0, departure=NOW + 2 * HOUR) == other
    assert boarding(SAILS, at=0, trip_id="t2") == other
    assert boarding(SAILS, at=0, trip_id="t1") == {}
    assert boarding(SAILS, at=0, departure=NOW + 59) == {}


def test_a_trip_that_no_timetable_knows_is_looked_at() -> None:
    assert boarding(SAILS, at=0, trip_id="t9") == {"unknown_sailing": {"trip": "t9"}}
    assert boarding(SAILS, at=0) == {}


def test_an_inspector_asks_for_the_sailing_and_for_no_hours() -> None:
    assert boarding(SAILS, inspects=True) == {"no_use_known": {}}
    assert boarding(SAILS, inspects=True, trip_id="t2")[0] == "wrong_sailing"


def test_the_hours_of_another_operators_leg_are_not_this_gates() -> None:
    """A waiver sent them here; their own departure has long gone."""
    legs = rides("ab", operator="hsl", departure=NOW)
    waiver = Waiver("e1", frozenset({("hsl", "a", NOW)}), ("tlt", "any"), NOW + 3 * HOUR)
    shown = ticket(legs=legs, audience=("hsl",), expires_at=NOW + 9 * HOUR)
    sent = Extras(boarding=SAILS.boarding, waivers=(waiver,))

    assert boarding(sent, shown, at=2 * HOUR) == {"rerouted": HERS}


@pytest.mark.parametrize(
    ("extras", "named", "opens"),
    [
        (waived(), {}, True),
        (waived(), {"at": 3 * HOUR - 1}, True),
        (waived(), {"at": 3 * HOUR}, False),
        (waived(("hsl", "any")), {}, False),
        (waived(missed="x"), {}, False),
        (waived(("tlt", "t2")), {"trip_id": "t2"}, True),
        (waived(("tlt", "t2")), {"departure": NOW + 2 * HOUR + 59}, True),
        (waived(("tlt", "t2")), {"departure": NOW + HOUR}, False),
        (waived(("tlt", "t2")), {"trip_id": "t3"}, False),
        (waived(("tlt", "t2")), {}, False),
        (SAILS, {}, False),
    ],
)
def test_a_waiver_opens_the_departures_that_it_names_until_it_ends(
    extras: Extras, named: dict[str, Any], opens: bool
) -> None:
    answer = boarding(extras, **named)

    if opens:
        assert answer == {"rerouted": HERS}
    else:
        assert answer[0] == "wrong_sailing"


def test_of_several_waivers_one_is_enough() -> None:
    first = waived(("hsl", "any")).waivers
    both = Extras(boarding=SAILS.boarding, waivers=(*first, *waived().waivers))

    assert boarding(both) == {"rerouted": HERS}


def test_a_waiver_opens_no_check_in_before_its_time() -> None:
    early = ticket(legs=BOUND, not_before=NOW - 9 * HOUR)

    assert boarding(waived(), early, at=-HOUR - 1)[0] == "check_in_not_open"
