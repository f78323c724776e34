"""One code of a pass opens a gate, decided purely: its own, or the ticket of one of its orders."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ticketing.gate.deciding import AT, bundle, facts, judge
from tests.ticketing.tickets.mint import NOW, RING, SIGNER, ticket
from tests.ticketing.validator.bench import Bench
from throughfare_gate.gate import bundle as bundles
from throughfare_gate.gate.additions import ordered_of
from throughfare_gate.gate.bundle import BadBundle, Delta, Opened
from throughfare_gate.gate.decision import Gate, ProductRule, Seen, Use
from throughfare_gate.gate.model import NOTHING_ORDERED, Extras, Ordered, OrderedRide
from throughfare_gate.gate.one_traveller import ride_in_the_way, use_in_the_way
from throughfare_gate.gate.usage import Direction
from throughfare_gate.validator.courier import merged

pytestmark = pytest.mark.usefixtures("quick_hashes")


JTI = "A" * 22
EXAMPLES = 20_000 if os.environ.get("SOAK") else 200


def test_strokes_that_orders_took_leave_the_times_of_a_carnet_alone() -> None:
    carnet = ticket(u=0, c=3)
    held = bundle({}, rules={"through": ProductRule(window_seconds=3600, transfer_seconds=600)})

    def reason(strokes: int, *uses: Use) -> str:
        return judge(carnet, held, seen=Seen(uses, ordered={JTI: Ordered(strokes)})).reason

    assert reason(2) == "ok"
    assert reason(3) == "uses_exhausted"
    assert reason(2, Use(JTI, 0, NOW - 1200, "g0")) == "uses_exhausted"


def test_a_page_that_names_a_pass_says_all_that_orders_took_of_it(tmp_path: Path) -> None:
    ride = OrderedRide(
        ticket="B" * 22,
        leg=0,
        departs=NOW,
        arrives=NOW + 600,
        starts=NOW - 7200,
        ends=NOW + 10_800,
    )
    bench = Bench(tmp_path, extras=Extras(), ordered={JTI: Ordered(2), "C" * 22: Ordered(0, (ride,))})

    def page(since: int, **ordered: Ordered) -> Opened:
        delta = Delta(since, since + 1, complete=True, cleared=(JTI,))
        told = facts(extras=Extras(), delta=delta, ordered=ordered)
        return bundles.open_bundle(bundles.sign(SIGNER, told, AT), RING)

    both = merged([page(1, **{JTI: Ordered(3)}), page(2)])
    before = bench.store.ordered(JTI).strokes
    bench.store.apply("token", both, "", {})

    assert (before, both.ordered, bench.store.ordered(JTI)) == (2, {}, NOTHING_ORDERED)
    assert bench.store.ordered("C" * 22).rides == (ride,)
    assert bench.store.passes_behind("B" * 22) == ["C" * 22]


@pytest.mark.parametrize(
    "ordered",
    [
        [["A", -1, []]],
        [["A", 1]],
        [[1, 1, []]],
        [["A", 1, [["B", 0, 1, 2, 3]]]],
        [["A", 1, [["B", 8, 1, 2, 3, 4]]]],
    ],
)
def test_a_bundle_whose_passes_are_not_understood_is_refused(ordered: list[Any]) -> None:
    with pytest.raises(BadBundle, match=r"ordered"):
        ordered_of({"ordered": ordered})


def test_a_use_that_a_wrong_clock_tells_hours_ahead_holds_nobody_back() -> None:
    """Nobody's ride begins hours from now, and a ticket that is used opens no gate instead of its pass."""
    rides = tuple(
        OrderedRide(
            ticket=one * 22,
            leg=0,
            departs=NOW,
            arrives=NOW + 600,
            starts=NOW - 7200,
            ends=NOW + 10_800,
        )
        for one in "BC"
    )

    def reason(shown: str, used: str, *ordered: OrderedRide) -> str:
        seen = Seen([Use(used * 22, 0, NOW + 5 * 3600, "g0")], ordered={JTI: Ordered(0, ordered)})
        return judge(ticket(jti=shown * 22, u=0 if shown == "A" else 1), seen=seen).reason

    assert reason("C", "A", *rides) == "ok"
    assert reason("C", "B", *rides) == "ok"
    assert reason("A", "B", rides[0]) == "ok"


def test_a_ride_of_no_minutes_takes_one_person() -> None:
    """Timetables count in minutes: neighbouring stops have the same one."""
    ride = OrderedRide(
        ticket="B" * 22,
        leg=0,
        departs=NOW,
        arrives=NOW,
        starts=NOW - 7200,
        ends=NOW + 10_800,
    )

    def reason(shown: str, used: str, ago: int) -> str:
        seen = Seen([Use(used * 22, 0, NOW - ago, "g0")], ordered={JTI: Ordered(0, (ride,))})
        return judge(ticket(jti=shown * 22, u=0 if shown == "A" else 1), seen=seen).reason

    assert (reason("A", "B", 0), reason("A", "B", 60)) == ("ride_of_an_order", "ok")
    assert (reason("B", "A", 0), reason("B", "A", 60)) == ("pass_on_another_ride", "ok")


def test_a_ticket_that_was_checked_out_frees_its_pass() -> None:
    ride = OrderedRide(
        ticket="B" * 22,
        leg=0,
        departs=NOW,
        arrives=NOW + 600,
        starts=NOW - 7200,
        ends=NOW + 10_800,
    )
    ridden = [Use("B" * 22, 0, NOW - 300, "g0", "in"), Use("B" * 22, 0, NOW - 60, "g0", "out")]

    assert judge(ticket(u=0), seen=Seen(ridden, ordered={JTI: Ordered(0, (ride,))})).reason == "ok"


def test_an_exit_lets_a_pass_out_whatever_an_order_took() -> None:
    """The ticket of an order was shown after the pass went in."""
    ride = OrderedRide(
        ticket="B" * 22,
        leg=0,
        departs=NOW - 600,
        arrives=NOW + 1800,
        starts=NOW - 6600,
        ends=NOW + 12_600,
    )
    ridden = [Use(JTI, 0, NOW - 1500, "g0", "in"), Use("B" * 22, 0, NOW - 600, "g0")]
    seen = Seen(ridden, ordered={JTI: Ordered(0, (ride,))})
    swiped = bundle({}, rules={"through": ProductRule(check="in_out")})

    def reason(direction: Direction | None) -> str:
        return judge(ticket(u=0), swiped, gate=Gate(operator="tlt", direction=direction), seen=seen).reason

    assert [reason("out"), reason(None), reason("in")] == ["ok", "ok", "ride_of_an_order"]


def riding(ticket: str, seconds: int, leg: int = 0) -> OrderedRide:
    """A ride of an order that leaves now and is planned to take so long."""
    return OrderedRide(
        ticket=ticket * 22,
        leg=leg,
        departs=NOW,
        arrives=NOW + seconds,
        starts=NOW - 7200,
        ends=NOW + 86_400,
    )


@dataclass(frozen=True)
class Held:
    """A pass, the rides that orders took with it, and what was shown of its codes so far."""

    rides: tuple[OrderedRide, ...]
    shown: tuple[Use, ...] = ()

    def opens(self, code: str, leg: int, at: int) -> bool:
        """Tell whether nobody else is on the way with this pass when a code of it is shown for a leg."""
        memory = Seen(self.shown, ordered={JTI: Ordered(0, self.rides)})
        if code == JTI:
            return ride_in_the_way(JTI, at, memory) is None
        return use_in_the_way(code, leg, at, memory) is None

    def show(self, code: str, leg: int, at: int) -> "Held":
        return replace(self, shown=(*self.shown, Use(code, leg, at, "g0")))


@st.composite
def rides_of_a_pass(draw: st.DrawFn) -> tuple[OrderedRide, ...]:
    """Up to five rides of very different length on up to three tickets."""
    tickets = draw(st.lists(st.sampled_from("BCD"), min_size=1, max_size=5))
    minutes = draw(st.lists(st.sampled_from([0, 1, 2, 10, 25, 120]), min_size=5, max_size=5))
    return tuple(
        riding(one, 60 * lasts, tickets[:at].count(one))
        for at, (one, lasts) in enumerate(zip(tickets, minutes, strict=False))
    )


STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7200)), max_size=8)


@settings(max_examples=EXAMPLES, deadline=None)
@given(rides_of_a_pass(), STEPS)
def test_a_holder_is_never_left_standing(
    rides: tuple[OrderedRide, ...], steps: list[tuple[int, int]]
) -> None:
    """The code that was shown last goes on, and after half of a ride the pass opens every gate, however the codes were mixed."""
    held, now = Held(rides), NOW
    for choice, waited in steps:
        now += waited
        if choice < len(rides) and held.opens(rides[choice].ticket, rides[choice].leg, now):
            ride = rides[choice]
            held = held.show(ride.ticket, ride.leg, now)
            now += max(60, (ride.arrives - ride.departs) // 2)
            assert held.opens(JTI, 0, now)
        elif held.opens(JTI, 0, now):
            held = held.show(JTI, 0, now)
            assert held.opens(JTI, 0, now + waited)
        else:
            raise AssertionError("neither the pass nor the ticket opens the gate")


@settings(max_examples=EXAMPLES, deadline=None)
@given(rides_of_a_pass(), STEPS, st.integers(0, 5), st.floats(0, 0.999))
def test_nobody_else_travels_on_a_pass_while_its_holder_is_on_board(
    rides: tuple[OrderedRide, ...], steps: list[tuple[int, int]], other: int, part: float
) -> None:
    held, now = Held(rides), NOW
    for choice, waited in steps:
        now += waited
        ride = rides[choice % len(rides)]
        if not held.opens(ride.ticket, ride.leg, now):
            continue
        held = held.show(ride.ticket, ride.leg, now)
        within = now + int(part * max(60, (ride.arrives - ride.departs) // 2))
        codes = [(JTI, 0), *((one.ticket, one.leg) for one in rides if one.ticket != ride.ticket)]
        assert not held.opens(*codes[other % len(codes)], within)


def test_the_short_leg_of_a_ticket_does_not_free_the_pass_from_its_long_one() -> None:
    """Two people with two copies of one ticket would let a third one in with the pass."""
    long, short = riding("B", 1320, 0), riding("B", 180, 1)
    held = Held((long, short)).show("B" * 22, 0, NOW).show("B" * 22, 1, NOW + 90)

    assert [held.opens(JTI, 0, NOW + after) for after in (180, 659, 660)] == [False, False, True]


def test_a_check_out_of_one_ride_leaves_another_one_under_way() -> None:
    rides = riding("B", 1200), riding("C", 1200)
    shown = (
        Use("B" * 22, 0, NOW - 100, "g0", "in"),
        Use("C" * 22, 0, NOW - 50, "g0"),
        Use("B" * 22, 0, NOW, "g0", "out"),
    )

    assert not Held(rides, shown).opens(JTI, 0, NOW + 10)
