"""The maritime connector against the real HTTP of its simulator, under every fault of the catalogue."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from operators.connectors.journaled import reference_of
from operators.connectors.maritime import Maritime, MaritimeSettings
from operators.errors import BadReply, Expired, OperatorError, OutcomeUnknown, Refused, Unavailable
from operators.fault_plan import Fault, plan
from operators.memory import MemoryJournal
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.transport import Limits
from tariffs.money import Money
from tests.operators.sample import clock, departure, request
from ticketing.clock import FixedClock


class Harbour:
    """A simulator, a connector and the clock of both."""

    def __init__(self) -> None:
        self.clock: FixedClock = clock()
        self.simulator = MaritimeSimulator(self.clock.now, ship=Ship(places=10, prices={"adult": 2500}))
        self.url = self.simulator.start()
        self.journal = MemoryJournal()
        self.ferry = self.connector()

    def connector(self, **changes: object) -> Maritime:
        """A connector with the same journal: another process, or the same one after a crash."""
        values = {
            "bookings_url": f"{self.url}/bookings/",
            "availability_url": f"{self.url}/availability/",
            "api_key": "sandbox",
            "maas_operator_id": "throughfare",
            "ticket_types": {"foot": "deck"},
            "allow_private": True,
            "limits": Limits(call_seconds=0.4),
            **changes,
        }
        return Maritime("tallink", None, self.clock.now, MaritimeSettings(**values), self.journal)

    def fails(self, call: str, kind: str, nth: int | None = 1, **more: object) -> None:
        """The nth call from now on fails so."""
        self.simulator.plan = plan([Fault(call, kind, nth, **more)])

    def buy(self, key: str) -> None:
        """Hold and confirm."""
        self.ferry.hold(request(key))
        self.ferry.confirm(key)

    def counts(self) -> tuple[int, int]:
        """Count the operator's own reserved and confirmed bookings."""
        return self.simulator.count("RESERVED"), self.simulator.count("CONFIRMED")


@pytest.fixture
def harbour() -> Iterator[Harbour]:
    made = Harbour()
    yield made
    made.simulator.stop()


def test_a_booking_is_held_and_confirmed_once(harbour: Harbour) -> None:
    hold = harbour.ferry.hold(request("k", adults=2))
    booking = harbour.ferry.confirm("k")

    assert (hold.reference, booking.reference) == ("R000001", "B000001")
    assert booking.price == Money(5000, "EUR")
    assert [one.content for one in booking.documents] == ["SIMULATED:B000001-1", "SIMULATED:B000001-2"]
    assert harbour.ferry.hold(request("k", adults=2)) == hold
    assert harbour.ferry.confirm("k") == booking
    assert harbour.connector().confirm("k") == booking
    assert harbour.counts() == (0, 1)
    assert harbour.ferry.find("k").booking == booking


def test_availability_is_one_call_for_many_departures(harbour: Harbour) -> None:
    harbour.ferry.hold(request(adults=3))
    asked = [departure(), *(departure(f"T{number}") for number in range(99))]

    told = harbour.ferry.availability(asked)

    assert [one.free["foot"] for one in told] == [7, *[10] * 99]
    assert harbour.simulator.plan.counts["availability"] == 1


@pytest.mark.parametrize(
    "kind", ["error_after", "reset_after", "hang_after", "malformed", "truncated", "huge"]
)
def test_a_confirmation_whose_answer_is_lost_is_found_and_never_repeated(harbour: Harbour, kind: str) -> None:
    harbour.ferry.hold(request("k"))
    harbour.fails("confirm", kind)

    with pytest.raises(OutcomeUnknown):
        harbour.ferry.confirm("k")

    assert harbour.connector().confirm("k").reference == "B000001"
    assert harbour.counts() == (0, 1)
    assert harbour.simulator.plan.counts["confirm"] == 1


@pytest.mark.parametrize("kind", ["error_before", "reset_before", "hang_before", "redirect"])
def test_a_confirmation_that_was_not_carried_out_is_repeated_after_asking(
    harbour: Harbour, kind: str
) -> None:
    harbour.ferry.hold(request("k"))
    harbour.fails("confirm", kind)

    with pytest.raises(OutcomeUnknown):
        harbour.ferry.confirm("k")

    assert harbour.counts() == (1, 0)
    assert harbour.ferry.find("k").state == "held"
    assert harbour.ferry.confirm("k").reference == "B000001"
    assert harbour.counts() == (0, 1)


@pytest.mark.parametrize("kind", ["duplicate", "slow"])
def test_a_duplicate_or_slow_confirmation_is_one_booking(harbour: Harbour, kind: str) -> None:
    harbour.ferry.hold(request("k"))
    harbour.fails("confirm", kind, seconds=0.1)

    assert harbour.ferry.confirm("k").reference == "B000001"
    assert harbour.counts() == (0, 1)


def test_a_late_confirmation_meets_its_repetition_and_is_one_booking(harbour: Harbour) -> None:
    harbour.ferry.hold(request("k"))
    harbour.fails("confirm", "late", seconds=0.6)

    with pytest.raises(OutcomeUnknown):
        harbour.ferry.confirm("k")
    with pytest.raises(OutcomeUnknown):
        harbour.ferry.release("k")

    assert harbour.ferry.confirm("k").reference == "B000001"
    assert harbour.counts() == (0, 1)


@pytest.mark.parametrize("kind", ["error_after", "reset_after", "hang_after", "malformed", "duplicate"])
def test_a_lost_reservation_lapses_by_itself_and_another_is_taken(harbour: Harbour, kind: str) -> None:
    harbour.fails("reserve", kind)
    if kind != "duplicate":
        with pytest.raises(OutcomeUnknown):
            harbour.ferry.hold(request("k"))
        assert harbour.ferry.find("k").state == "lapsing"

    harbour.ferry.hold(request("k"))
    harbour.ferry.confirm("k")

    assert harbour.counts() == (1, 1)
    harbour.clock.advance(timedelta(minutes=15))
    assert harbour.counts() == (0, 1)


@pytest.mark.parametrize(
    ("call", "code", "reason"),
    [
        ("reserve", "MAX_CAPACITY_EXCEEDED", "sold_out"),
        ("reserve", "MAX_NUMBER_OF_TICKETS_REQUESTED_EXCEEDED", "too_many_passengers"),
        ("reserve", "TICKET_SALES_ENDED", "sales_closed"),
        ("reserve", "A_NEW_CODE", "refused"),
        ("confirm", "TICKET_SALES_ENDED", "sales_closed"),
        ("confirm", "A_NEW_CODE", "refused"),
    ],
)
def test_each_code_is_a_reason(harbour: Harbour, call: str, code: str, reason: str) -> None:
    harbour.fails(call, "refuse", detail=code)

    with pytest.raises(Refused) as no:
        harbour.buy("k")

    assert no.value.reason == reason
    harbour.ferry.release("k")
    harbour.clock.advance(timedelta(minutes=15))
    assert harbour.counts() == (0, 0)


def test_a_full_ship_refuses_the_whole_group(harbour: Harbour) -> None:
    harbour.ferry.hold(request(adults=8))

    with pytest.raises(Refused) as no:
        harbour.ferry.hold(request("k", adults=3))

    assert no.value.reason == "sold_out"
    assert harbour.ferry.find("k") is None
    assert harbour.simulator.state()["taken"] == {"T0730 2026-10-13": 8}


def test_an_expired_hold_is_not_confirmed_not_even_in_its_last_moments(harbour: Harbour) -> None:
    hold = harbour.ferry.hold(request("k"))
    harbour.clock.set(hold.expires_at)

    with pytest.raises(Expired):
        harbour.ferry.confirm("k")

    assert harbour.simulator.plan.counts["confirm"] == 0


def test_the_operator_may_let_a_hold_expire_earlier(harbour: Harbour) -> None:
    harbour.simulator.hold_life = timedelta(minutes=1)
    harbour.ferry.hold(request("k"))
    harbour.clock.advance(timedelta(minutes=2))

    with pytest.raises(Expired):
        harbour.ferry.confirm("k")

    assert harbour.ferry.find("k").state == "expired"


@pytest.mark.parametrize("call", ["reserve", "confirm"])
@pytest.mark.parametrize(
    ("kind", "error"), [("unavailable", Unavailable), ("rate_limit", Unavailable), ("unauthorised", Refused)]
)
def test_what_was_surely_not_carried_out_may_be_tried_again(
    harbour: Harbour, call: str, kind: str, error: type[OperatorError]
) -> None:
    harbour.fails(call, kind)

    with pytest.raises(error):
        harbour.buy("k")

    harbour.buy("k")
    assert harbour.counts() == (0, 1)


def test_a_closed_port_is_unavailable(harbour: Harbour) -> None:
    harbour.simulator.stop()

    with pytest.raises(Unavailable):
        harbour.ferry.hold(request("k"))

    assert harbour.ferry.find("k") is None


def test_somebody_elses_booking_is_refused(harbour: Harbour) -> None:
    harbour.ferry.hold(request("k"))
    harbour.fails("confirm", "wrong_identity")

    with pytest.raises(OutcomeUnknown, match="somebody else"):
        harbour.ferry.confirm("k")

    assert harbour.ferry.confirm("k").reference == "B000001"


@pytest.mark.parametrize("identity", ["..", "a/b", "x?y", "a b", "", "x" * 256, "%2e", None, 1.5, {"a": 1}])
def test_an_id_that_could_lead_elsewhere_is_no_id(identity: object) -> None:
    with pytest.raises(OutcomeUnknown):
        reference_of(identity)


def test_a_price_that_differs_is_told_and_the_ticket_stays_valid(harbour: Harbour) -> None:
    harbour.ferry.hold(request("k"))
    harbour.fails("confirm", "price")

    assert harbour.ferry.confirm("k").price == Money(2501, "EUR")


@pytest.mark.parametrize("kind", ["malformed", "truncated", "huge", "drip", "redirect", "error_before"])
def test_s38_a_bad_answer_to_a_question_changes_nothing(harbour: Harbour, kind: str) -> None:
    harbour.fails("availability", kind, seconds=0.05)

    with pytest.raises((BadReply, Unavailable)):
        harbour.ferry.availability([departure()])

    assert harbour.ferry.availability([departure()])[0].free == {"foot": 10}


def test_release_lets_a_hold_lapse_and_a_sold_one_is_not_released(harbour: Harbour) -> None:
    harbour.ferry.hold(request("held"))
    harbour.ferry.hold(request("sold"))
    harbour.ferry.confirm("sold")

    release = harbour.ferry.release("held")
    with pytest.raises(Refused, match="sold"):
        harbour.ferry.release("sold")

    assert not release.freed
    with pytest.raises(Refused):
        harbour.ferry.confirm("held")
    assert harbour.ferry.release("never asked").freed
    harbour.clock.set(release.lapses_at)
    assert harbour.counts() == (0, 1)


def test_another_request_with_the_same_key_is_a_mistake(harbour: Harbour) -> None:
    harbour.ferry.hold(request("k"))

    with pytest.raises(Refused) as no:
        harbour.ferry.hold(request("k", adults=2))

    assert no.value.reason == "key_reused"


def test_a_crash_between_the_operator_and_our_journal_is_resumed(harbour: Harbour) -> None:
    class Crash(BaseException):
        pass

    def crash(_entry: object) -> None:
        raise Crash

    put = harbour.journal.put
    for step in ("hold", "confirm"):
        if step == "confirm":
            harbour.journal.put = put
            harbour.ferry.hold(request("k"))
        writes = iter([put, crash])
        harbour.journal.put = lambda entry, writes=writes: next(writes)(entry)
        with pytest.raises(Crash):
            harbour.ferry.hold(request("k")) if step == "hold" else harbour.ferry.confirm("k")
    harbour.journal.put = put

    assert harbour.connector().confirm("k").reference == "B000002"
    harbour.clock.advance(timedelta(minutes=15))
    assert harbour.counts() == (0, 1)


def test_nothing_is_reached_that_the_table_does_not_allow(harbour: Harbour) -> None:
    careful = harbour.connector(allow_private=False)

    with pytest.raises(Unavailable, match="not a public address"):
        careful.hold(request("k"))

    assert harbour.counts() == (0, 0)
