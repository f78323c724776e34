"""One code travels on a pass at one second: the newest use of any of its codes, for half of its ride; an inspector asks for another."""

from dataclasses import replace

import pytest

from throughfare_gate.gate.model import Ordered, OrderedRide, Seen
from throughfare_gate.gate.one_traveller import RideInTheWay, ride_in_the_way, ride_to_ask_for, use_in_the_way
from throughfare_gate.gate.usage import Kind, Use

PASS, OTHER = "P" * 22, "Q" * 22
NOW = 1_800_000_000
# Forty minutes: twenty of them nobody else can travel.
LONG = OrderedRide(ticket="L" * 22, leg=1, departs=NOW, arrives=NOW + 2400, starts=NOW - 100, ends=NOW + 5000)
# Ten minutes.
SHORT = OrderedRide(
    ticket="S" * 22, leg=0, departs=NOW + 60, arrives=NOW + 660, starts=NOW - 50, ends=NOW + 5000
)


def use(ride: OrderedRide, at: int, kind: Kind = "ride", leg: int | None = None) -> Use:
    return Use(ride.ticket, ride.leg if leg is None else leg, NOW + at, "g0", kind)


def of_pass(at: int, kind: Kind = "ride", jti: str = PASS) -> Use:
    return Use(jti, 0, NOW + at, "g0", kind)


def knowing(*uses: Use, rides: tuple[OrderedRide, ...] = (LONG, SHORT)) -> Seen:
    return Seen(uses, ordered={PASS: Ordered(0, rides)})


def test_a_ride_in_the_way_is_told_by_its_moments_and_one_to_come_by_its_departure() -> None:
    assert RideInTheWay(5, 9).values(str) == {"departure": "5", "until": "9"}
    assert RideInTheWay(5).values(str) == {"departure": "5"}
    assert RideInTheWay(5, 0).values(str) == {"departure": "5", "until": "0"}


class TestPassShown:
    """The pass's own code is shown."""

    @pytest.mark.parametrize(("at", "in_the_way"), [(0, True), (1199, True), (1200, False)])
    def test_half_of_a_ride_that_was_begun_keeps_it_out(self, at: int, in_the_way: bool) -> None:
        found = ride_in_the_way(PASS, NOW + at, knowing(use(LONG, 0)))

        assert found == (RideInTheWay(NOW, NOW + 1200) if in_the_way else None)

    def test_the_half_is_counted_from_the_use_and_not_from_the_plan(self) -> None:
        found = ride_in_the_way(PASS, NOW + 1499, knowing(use(LONG, 300)))

        assert found == RideInTheWay(NOW, NOW + 1500)

    @pytest.mark.parametrize(("lasts", "least"), [(0, 60), (119, 60), (120, 60), (122, 61), (123, 61)])
    def test_a_ride_lasts_a_minute_at_least_and_whole_seconds(self, lasts: int, least: int) -> None:
        memory = knowing(use(SHORT, 0), rides=(replace(SHORT, departs=NOW, arrives=NOW + lasts),))

        assert ride_in_the_way(PASS, NOW + least - 1, memory) == RideInTheWay(NOW, NOW + least)
        assert ride_in_the_way(PASS, NOW + least, memory) is None

    def test_the_ride_that_is_half_over_last_counts_in_whatever_order_it_is_told(self) -> None:
        for uses in ((use(LONG, 0), use(SHORT, 100)), (use(SHORT, 100), use(LONG, 0))):
            assert ride_in_the_way(PASS, NOW + 200, knowing(*uses)) == RideInTheWay(NOW, NOW + 1200)
        assert ride_in_the_way(PASS, NOW + 200, knowing(use(LONG, 0), of_pass(100))) is None
        assert ride_in_the_way(PASS, NOW + 200, knowing(use(LONG, 100), of_pass(0))) is not None

    def test_only_uses_of_the_leg_that_the_order_took_count(self) -> None:
        assert ride_in_the_way(PASS, NOW + 1, knowing(use(LONG, 0, leg=0))) is None

    def test_who_was_checked_out_travels_no_more(self) -> None:
        assert ride_in_the_way(PASS, NOW + 200, knowing(use(LONG, 0, "in"), use(LONG, 100, "out"))) is None
        assert ride_in_the_way(PASS, NOW + 200, knowing(use(LONG, 0, "in"))) is not None

    @pytest.mark.parametrize(("ahead", "counts"), [(300, True), (301, False)])
    def test_a_use_that_is_told_more_than_five_minutes_ahead_is_a_wrong_clock(
        self, ahead: int, counts: bool
    ) -> None:
        assert (ride_in_the_way(PASS, NOW, knowing(use(LONG, ahead))) is not None) == counts

    def test_a_wrong_clock_hides_no_other_use(self) -> None:
        found = ride_in_the_way(PASS, NOW, knowing(use(LONG, -10), of_pass(9000)))

        assert found == RideInTheWay(NOW, NOW + 1190)

    def test_a_ride_that_has_not_begun_is_in_nobodys_way(self) -> None:
        assert ride_in_the_way(PASS, NOW, knowing()) is None
        assert ride_in_the_way(OTHER, NOW, knowing(use(LONG, 0))) is None


class TestInspector:
    """An inspector looks at a pass."""

    @pytest.mark.parametrize(("at", "under_way"), [(0, True), (2399, True), (2400, False)])
    def test_a_ride_is_under_way_for_all_of_its_time(self, at: int, under_way: bool) -> None:
        memory = knowing(use(LONG, 0), rides=(LONG,))

        found = ride_to_ask_for(PASS, NOW + at, memory)

        assert found == (RideInTheWay(NOW, NOW + 2400) if under_way else None)

    def test_a_short_ride_is_under_way_for_a_minute(self) -> None:
        memory = knowing(use(SHORT, 0), rides=(replace(SHORT, arrives=SHORT.departs + 59),))

        assert ride_to_ask_for(PASS, NOW + 59, memory) == RideInTheWay(NOW + 60, NOW + 60)
        assert ride_to_ask_for(PASS, NOW + 60, memory) is None

    @pytest.mark.parametrize(("at", "asked"), [(-101, None), (-100, NOW), (4999, NOW), (5000, None)])
    def test_a_ride_that_is_to_begin_is_asked_for_while_its_ticket_is_good(
        self, at: int, asked: int | None
    ) -> None:
        found = ride_to_ask_for(PASS, NOW + at, knowing(rides=(LONG,)))

        assert found == (None if asked is None else RideInTheWay(asked))

    def test_of_rides_to_begin_the_first_is_asked_for_that_has_not_begun(self) -> None:
        begun = use(LONG, -4000)

        assert ride_to_ask_for(PASS, NOW, knowing()) == RideInTheWay(NOW)
        assert ride_to_ask_for(PASS, NOW, knowing(begun)) == RideInTheWay(NOW + 60)
        assert ride_to_ask_for(PASS, NOW, knowing(begun, use(SHORT, -2000))) is None
        assert ride_to_ask_for(PASS, NOW, knowing(use(LONG, -4000, leg=0))) == RideInTheWay(NOW)

    def test_a_pass_that_was_shown_itself_leaves_the_rides_to_come(self) -> None:
        assert ride_to_ask_for(PASS, NOW, knowing(of_pass(-10), rides=(LONG,))) == RideInTheWay(NOW)


class TestTicketShown:
    """The ticket of an order on a pass is shown."""

    @pytest.mark.parametrize(("at", "in_the_way"), [(1199, True), (1200, False)])
    def test_the_pass_that_was_shown_keeps_it_out_for_half_of_its_own_ride(
        self, at: int, in_the_way: bool
    ) -> None:
        """The wanted ride tells how long to wait, since the ride of the pass is not known."""
        shown = of_pass(0)

        found = use_in_the_way(LONG.ticket, LONG.leg, NOW + at, knowing(shown))

        assert found == (shown if in_the_way else None)

    @pytest.mark.parametrize(("at", "in_the_way"), [(1199, True), (1200, False)])
    def test_the_ticket_of_another_order_keeps_it_out_for_half_of_that_ones_ride(
        self, at: int, in_the_way: bool
    ) -> None:
        shown = use(LONG, 0)

        found = use_in_the_way(SHORT.ticket, SHORT.leg, NOW + at, knowing(shown))

        assert found == (shown if in_the_way else None)

    @pytest.mark.parametrize(
        ("begun", "wanted", "at", "in_the_way"),
        [("long", "short", 299, True), ("long", "short", 300, False), ("short", "long", 300, False)],
    )
    def test_of_two_rides_of_one_ticket_the_shorter_one_counts(
        self, begun: str, wanted: str, at: int, in_the_way: bool
    ) -> None:
        rides = {"long": LONG, "short": replace(SHORT, ticket=LONG.ticket)}
        shown = use(rides[begun], 0)
        memory = knowing(shown, rides=tuple(rides.values()))

        found = use_in_the_way(LONG.ticket, rides[wanted].leg, NOW + at, memory)

        assert found == (shown if in_the_way else None)

    def test_a_leg_that_no_pass_pays_for_is_in_nobodys_way(self) -> None:
        assert use_in_the_way(LONG.ticket, 0, NOW, knowing(of_pass(0))) is None
        assert use_in_the_way("X" * 22, 1, NOW, knowing(of_pass(0))) is None

    def test_where_nothing_was_shown_nobody_travels(self) -> None:
        assert use_in_the_way(LONG.ticket, LONG.leg, NOW, knowing()) is None

    def test_each_of_several_passes_behind_a_ticket_counts(self) -> None:
        rides = Ordered(0, (LONG,))
        shown = of_pass(0, jti=OTHER)
        elsewhere = Ordered(0, (replace(LONG, leg=0),))

        for ordered in ({PASS: rides, OTHER: rides}, {PASS: elsewhere, OTHER: rides}):
            memory = Seen([shown], ordered=ordered)
            assert use_in_the_way(LONG.ticket, LONG.leg, NOW, memory) == shown
