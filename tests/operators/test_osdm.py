"""The OSDM client against the real HTTP of a simulated distributor, under the faults of the catalogue."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from operators.connectors.osdm import Osdm, OsdmSettings
from operators.errors import BadReply, Expired, OutcomeUnknown, PriceChanged, Refused, Unavailable
from operators.fault_plan import Fault, plan
from operators.journal import Entry
from operators.memory import MemoryJournal
from operators.port import OfferRequest
from operators.simulators.osdm import OsdmSimulator, Sale
from operators.transport import Limits
from tariffs.money import Money
from tests.operators.sample import clock, departure, request


class Vendor:
    """A simulated distributor, a client and the clock of both."""

    def __init__(self) -> None:
        self.clock = clock()
        self.simulator = OsdmSimulator(self.clock.now, sale=Sale(places=10))
        self.url = self.simulator.start()
        self.journal = MemoryJournal()
        self.rail = self.client()

    def client(self, **changes: object) -> Osdm:
        values = {
            "url": self.url,
            "token_url": f"{self.url}/token",
            "client_id": "throughfare",
            "client_secret": "sandbox",
            "passenger_types": {"adult": "ADULT"},
            "allow_private": True,
            "limits": Limits(call_seconds=0.4),
            **changes,
        }
        return Osdm("rail", None, self.clock.now, OsdmSettings(**values), self.journal)

    def fails(self, call: str, kind: str, nth: int | None = 1, **more: object) -> None:
        self.simulator.plan = plan([Fault(call, kind, nth, **more)])

    def counts(self) -> tuple[int, int, int]:
        return tuple(self.simulator.count(status) for status in ("PREBOOKED", "FULFILLED", "REFUNDED"))

    def buy(self, key: str) -> None:
        self.rail.hold(request(key))
        self.rail.confirm(key)


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor()
    yield made
    made.simulator.stop()


def test_a_booking_goes_from_offer_to_refund(vendor: Vendor) -> None:
    offers = vendor.rail.offers(OfferRequest(departure(), request(adults=2).travellers, "EUR"))
    hold = vendor.rail.hold(request("k", adults=2))
    booking = vendor.rail.confirm("k")

    assert [offer.price for offer in offers.offers] == [Money(5000, "EUR")]
    assert hold.price == booking.price == Money(5000, "EUR")
    assert booking.documents[0].kind == "TICKET"
    assert vendor.rail.refund_offer("k").refundable == Money(4500, "EUR")
    cancelled = vendor.rail.cancel("k")
    assert (cancelled.fee, cancelled.refunded) == (Money(500, "EUR"), Money(4500, "EUR"))
    assert vendor.client().cancel("k") == cancelled
    assert vendor.rail.find("k").state == "cancelled"
    assert vendor.counts() == (0, 0, 1)


@pytest.mark.parametrize("kind", ["error_after", "reset_after", "hang_after", "malformed", "truncated"])
def test_a_booking_whose_answer_is_lost_is_found_by_its_key(vendor: Vendor, kind: str) -> None:
    vendor.fails("book", kind)
    with pytest.raises(OutcomeUnknown):
        vendor.rail.hold(request("k"))

    vendor.client().hold(request("k"))

    assert vendor.counts() == (1, 0, 0)


@pytest.mark.parametrize(
    "kind", ["error_after", "reset_after", "hang_after", "malformed", "error_before", "duplicate"]
)
def test_a_fulfilment_is_made_once_whatever_becomes_of_its_answer(vendor: Vendor, kind: str) -> None:
    vendor.rail.hold(request("k"))
    vendor.fails("fulfil", kind)
    if kind != "duplicate":
        with pytest.raises(OutcomeUnknown):
            vendor.rail.confirm("k")

    vendor.client().confirm("k")

    assert vendor.counts() == (0, 1, 0)
    assert [booked.fulfillments for booked in vendor.simulator.bookings.values()] == [1]


@pytest.mark.parametrize("kind", ["error_after", "reset_after", "malformed", "error_before"])
def test_a_refund_is_taken_once_whatever_becomes_of_its_answer(vendor: Vendor, kind: str) -> None:
    vendor.buy("k")
    vendor.fails("refund", kind)
    with pytest.raises(OutcomeUnknown):
        vendor.rail.cancel("k")

    assert vendor.client().cancel("k").refunded == Money(2250, "EUR")
    assert vendor.counts() == (0, 0, 1)


def test_a_refund_that_arrives_after_we_have_looked_is_not_taken_for_a_no(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.buy("k")
    vendor.fails("refund", "error_before")
    with pytest.raises(OutcomeUnknown):
        vendor.rail.cancel("k")
    again = vendor.client()
    look = again._look

    def arrives(entry: Entry) -> Any:
        seen = look(entry)
        for booked in vendor.simulator.bookings.values():
            booked.refunds = dict.fromkeys(booked.refunds, "CONFIRMED")
            booked.status = "REFUNDED"
        return seen

    monkeypatch.setattr(again, "_look", arrives)

    assert again.cancel("k").refunded == Money(2250, "EUR")
    assert again.find("k").state == "cancelled"


def test_a_pending_fulfilment_is_waited_for(vendor: Vendor) -> None:
    vendor.simulator.pending = 3
    vendor.rail.hold(request("k"))

    assert vendor.rail.confirm("k").reference
    assert vendor.counts() == (0, 1, 0)


def test_a_fulfilment_that_stays_pending_is_unknown_and_found_later(vendor: Vendor) -> None:
    vendor.simulator.pending = 7
    vendor.rail.hold(request("k"))

    with pytest.raises(OutcomeUnknown, match="pending"):
        vendor.rail.confirm("k")
    vendor.rail.find("k")

    assert vendor.rail.find("k").state == "confirmed"


@pytest.mark.parametrize("call", ["offers", "book"])
def test_a_price_that_has_changed_is_not_taken(vendor: Vendor, call: str) -> None:
    vendor.fails(call, "price")

    with pytest.raises(PriceChanged) as changed:
        vendor.rail.hold(request("k"))

    assert changed.value.found == Money(2501, "EUR")
    vendor.clock.advance(timedelta(minutes=15))
    assert vendor.counts() == (0, 0, 0)


def test_refusals_have_their_reasons(vendor: Vendor) -> None:
    vendor.rail.hold(request("group", adults=8))
    with pytest.raises(Refused) as full:
        vendor.rail.hold(request("k", adults=3))
    vendor.fails("book", "refuse", detail="FULLY_BOOKED")
    with pytest.raises(Refused) as late:
        vendor.rail.hold(request("m"))
    vendor.fails("fulfil", "refuse", detail="A_NEW_CODE")
    with pytest.raises(Refused) as unknown:
        vendor.rail.confirm("group")

    assert (full.value.reason, late.value.reason, unknown.value.reason) == ("sold_out", "sold_out", "refused")


def test_a_booking_that_is_not_confirmed_in_time_expires(vendor: Vendor) -> None:
    hold = vendor.rail.hold(request("k"))
    vendor.clock.set(hold.expires_at)

    with pytest.raises(Expired):
        vendor.rail.confirm("k")
    vendor.clock.advance(timedelta(minutes=2))
    assert vendor.counts() == (0, 0, 0)


def test_an_expired_token_is_renewed_once(vendor: Vendor) -> None:
    vendor.rail.hold(request("k"))
    vendor.fails("fulfil", "unauthorised")

    assert vendor.rail.confirm("k")
    with pytest.raises((Refused, Unavailable)):
        vendor.client(client_secret="wrong").hold(request("m"))


def test_another_booking_in_the_answer_is_not_ours(vendor: Vendor) -> None:
    vendor.rail.hold(request("k"))
    vendor.fails("fulfil", "wrong_identity")

    with pytest.raises(OutcomeUnknown, match="another booking"):
        vendor.rail.confirm("k")


@pytest.mark.parametrize("kind", ["malformed", "huge", "redirect", "error_before", "not_found"])
def test_s38_a_bad_answer_to_a_question_changes_nothing(vendor: Vendor, kind: str) -> None:
    vendor.fails("offers", kind)

    with pytest.raises((BadReply, Unavailable, Refused)):
        vendor.rail.hold(request("k"))

    assert vendor.rail.find("k") is None
    assert vendor.rail.hold(request("k"))
