"""The checks, by area: each tries one promise of the port and raises what it saw instead."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from operators.conformance.bench import Bench, NotApplicable, befalling, expect, refused
from operators.errors import NotSupported, OperatorError, Refused
from operators.port import Connector, HoldRequest, OfferRequest

Area = Literal["data", "sale", "idempotency", "uncertainty", "errors", "after_sales", "status", "performance"]
POINTS: dict[Area, int] = {
    "data": 15,
    "sale": 20,
    "idempotency": 20,
    "uncertainty": 20,
    "errors": 10,
    "after_sales": 5,
    "status": 5,
    "performance": 5,
}
_MANY = 100


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, in words that an operator's engineer understands."""

    area: Area
    promise: str
    run: Callable[[Bench], None]


CHECKS: list[Check] = []


def _promise(area: Area, promise: str) -> Callable[[Callable[[Bench], None]], Callable[[Bench], None]]:
    def add(run: Callable[[Bench], None]) -> Callable[[Bench], None]:
        CHECKS.append(Check(area, promise, run))
        return run

    return add


@_promise("data", "the timetable can be read and keeps its ids")
def _timetable(bench: Bench) -> None:
    first = bench.connect().timetable()
    expect(first is not None, "there is no timetable")
    again = bench.connect().timetable()
    expect(
        again is not None
        and first is not None
        and again.timetable.stops.keys() == first.timetable.stops.keys(),
        "the ids of stops changed between two readings",
    )


@_promise("data", "a timetable that is known is not sent again")
def _known(bench: Bench) -> None:
    connector = bench.connect()
    first = connector.timetable()
    expect(first is not None and connector.timetable(first.version) is None, "it was sent again")


@_promise("data", "every stop of a departure is found by its name")
def _places(bench: Bench) -> None:
    connector = bench.connect()
    known = connector.timetable()
    if known is None:
        raise NotApplicable
    for stop_id in (bench.departures[0].from_stop_id, bench.departures[0].to_stop_id):
        stop = known.timetable.stops[stop_id]
        expect(stop_id in {found.id for found in connector.places(stop.name)}, f"{stop.name} is not found")


@_promise("sale", "a hold becomes a booking")
def _sell(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request(2)
    before = bench.free(connector)
    hold = connector.hold(request)
    expect(hold.expires_at > bench.now(), "the hold has run out at once")
    booking = connector.confirm(request.key)
    expect(bool(booking.reference), "the booking has no reference")
    standing = connector.find(request.key)
    expect(standing is not None and standing.state == "confirmed", "the booking is not found by our key")
    if before is not None:
        expect(bench.free(connector) == before - 2, "two places were sold and another number is free")
    _give_back(connector, request)


@_promise("sale", "the price of a hold is the price that was asked for")
def _price(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    hold = connector.hold(request)
    expect(hold.price in {None, request.price} or request.price is None, f"it is {hold.price}")
    connector.release(request.key)


@_promise("sale", "a group that is too large is refused whole")
def _group(bench: Bench) -> None:
    connector = bench.selling()
    before = bench.free(connector)
    with refused("the group", Refused):
        connector.hold(bench.request(connector.capabilities.max_travellers + 1))
    expect(bench.free(connector) == before, "places were taken all the same")


@_promise("sale", "declared calls are supported, and no others")
def _capabilities(bench: Bench) -> None:
    connector, request = bench.connect(), bench.request()
    able = connector.capabilities
    asked: list[tuple[bool, str, Callable[[], object]]] = [
        (able.availability, "availability", lambda: connector.availability(bench.departures[:1])),
        (able.offers, "offers", lambda: connector.offers(_offer_request(bench))),
        (able.disruptions, "disruptions", connector.disruptions),
    ]
    if not able.needs_hold:
        asked += [
            (False, "hold", lambda: connector.hold(request)),
            (False, "cancel", lambda: connector.cancel("k")),
        ]
    for declared, name, act in asked:
        if declared:
            act()
        else:
            with refused(name, NotSupported):
                act()


@_promise("sale", "the operator's own offers have a price and an end")
def _offers(bench: Bench) -> None:
    connector = bench.connect()
    if not connector.capabilities.offers:
        raise NotApplicable
    told = connector.offers(_offer_request(bench))
    expect(bool(told.offers or told.reasons), "there is neither an offer nor a reason")
    expect(all(offer.expires_at > bench.now() for offer in told.offers), "an offer has expired already")


@_promise("sale", "a hold that is given back is not sold")
def _release(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    connector.hold(request)
    release = connector.release(request.key)
    expect(release.freed or release.lapses_at is not None, "it is neither free nor known when it will be")
    expect(
        release.freed or not connector.capabilities.releases, "it was declared that holds are freed at once"
    )
    with refused("confirming it", Refused):
        connector.confirm(request.key)


@_promise("sale", "a departure that the operator has cancelled is neither held nor confirmed")
def _cancelled(bench: Bench) -> None:
    connector, departure = bench.selling(), bench.departures[-1]
    if bench.cancel is None:
        raise NotApplicable
    held = replace(bench.request(), departure=departure)
    connector.hold(held)
    bench.cancel(departure)
    knows = connector.capabilities.disruptions
    acts: dict[str, Callable[[Connector], object]] = {
        "confirming it": lambda asked: asked.confirm(held.key),
        "holding it": lambda asked: asked.hold(replace(bench.request(), departure=departure)),
    }
    for what, act in acts.items():
        try:
            act(bench.connect())
        except Refused as error:
            expect(not knows or error.reason == "cancelled", f"{what} was refused as {error.reason}")
        else:
            expect(kept=False, seen=f"{what} was not refused")
    connector.release(held.key)


@_promise("idempotency", "holding twice with one key is one hold")
def _hold_twice(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    before = bench.free(connector)
    expect(connector.hold(request) == connector.hold(request), "the two answers differ")
    if before is not None:
        expect(bench.free(connector) == before - 1, "more than one place was taken")
    connector.release(request.key)


@_promise("idempotency", "the same key after a restart gives the same answers")
def _restart(bench: Bench) -> None:
    request = bench.request()
    first = bench.selling().hold(request)
    expect(bench.connect().hold(request) == first, "the hold differs")
    booking = bench.connect().confirm(request.key)
    expect(bench.connect().confirm(request.key) == booking, "the booking differs")
    _give_back(bench.connect(), request)


@_promise("idempotency", "many at once with one key are one booking")
def _parallel(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    before = bench.free(connector)
    answers: list[object] = []

    def buy() -> None:
        try:
            connector.hold(request)
            answers.append(connector.confirm(request.key).reference)
        except OperatorError as error:
            answers.append(error)

    buyers = [threading.Thread(target=buy) for _ in range(6)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()
    expect(len(set(map(str, answers))) == 1 and isinstance(answers[0], str), f"the answers differ: {answers}")
    if before is not None:
        expect(bench.free(connector) == before - 1, "more than one place was sold")
    _give_back(connector, request)


@_promise("idempotency", "one key with two contents is refused")
def _reused(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    connector.hold(request)
    with refused("the second content", Refused):
        connector.hold(bench.request(2, request.key))
    connector.release(request.key)


@_promise("idempotency", "confirming twice is one booking")
def _confirm_twice(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    connector.hold(request)
    expect(connector.confirm(request.key) == connector.confirm(request.key), "the two answers differ")
    _give_back(connector, request)


@_promise("idempotency", "cancelling twice gives back once")
def _cancel_twice(bench: Bench) -> None:
    connector, request = _sold(bench)
    expect(connector.cancel(request.key) == connector.cancel(request.key), "the two answers differ")


def _lost(call: Literal["hold", "confirm", "cancel"], kind: Literal["request_lost", "answer_lost"]) -> None:
    what = "request" if kind == "request_lost" else "answer"

    @_promise("uncertainty", f"a {call} whose {what} is lost may be repeated and happens once")
    def _check(bench: Bench) -> None:
        if not bench.over_http:
            raise NotApplicable
        connector, request = bench.selling(), bench.request()
        if call == "cancel" and connector.capabilities.cancels == "never":
            raise NotApplicable
        acts: dict[str, Callable[[Connector], object]] = {
            "hold": lambda asked: asked.hold(request),
            "confirm": lambda asked: asked.confirm(request.key),
            "cancel": lambda asked: asked.cancel(request.key),
        }
        before = bench.free(connector)
        for name, act in acts.items():
            if name == call:
                with befalling(kind):
                    act(connector)
                connector = bench.connect()
            if name != "cancel" or call == "cancel":
                act(connector)
        standing = connector.find(request.key)
        wanted = "cancelled" if call == "cancel" else "confirmed"
        expect(standing is not None and standing.state == wanted, f"it is {standing and standing.state}")
        if before is not None and call == "confirm":
            expect(bench.free(connector) == before - 1, "more or less than one place was sold")
        if call != "cancel":
            _give_back(connector, request)


for _call in ("hold", "confirm", "cancel"):
    for _kind in ("request_lost", "answer_lost"):
        _lost(_call, _kind)


@_promise("uncertainty", "a hold whose confirmation is unknown is never told as freed while it may be sold")
def _release_unknown(bench: Bench) -> None:
    if not bench.over_http:
        raise NotApplicable
    connector, request = bench.selling(), bench.request()
    connector.hold(request)
    with befalling("answer_lost"):
        connector.confirm(request.key)
    with refused("giving it back", Refused):
        bench.connect().release(request.key)
    expect(bool(connector.confirm(request.key).reference), "the sale was lost")
    _give_back(connector, request)


@_promise("errors", "a trip that does not exist is refused")
def _no_trip(bench: Bench) -> None:
    connector, request = bench.selling(), bench.request()
    nowhere = replace(request.departure, trip_id="no-such-trip", service_date=request.departure.service_date)
    try:
        connector.hold(replace(request, departure=nowhere))
    except Refused:
        return
    # A ticketing system that does not check its trips still has to give the places back.
    connector.release(request.key)


@_promise("errors", "a key that was never used is nothing, and nothing happens to it")
def _no_key(bench: Bench) -> None:
    connector = bench.selling()
    expect(connector.find("never-used") is None, "something was found")
    expect(connector.release("never-used").freed, "it is not free")
    with refused("confirming it", Refused):
        connector.confirm("never-used")


@_promise("errors", "no secret is told in an error")
def _secrets(bench: Bench) -> None:
    connector = bench.selling()
    try:
        connector.confirm("never-used")
    except OperatorError as error:
        expect(
            not any(secret and secret in repr(error) for secret in bench.secrets), "a secret is in the text"
        )


@_promise("after_sales", "the refund of a cancellation is told before, and holds")
def _cancel(bench: Bench) -> None:
    connector, request = _sold(bench)
    before = bench.free(connector)
    offer = connector.refund_offer(request.key)
    done = connector.cancel(request.key)
    expect((offer.fee, offer.refundable) == (done.fee, done.refunded), f"told {offer}, given {done}")
    standing = connector.find(request.key)
    expect(standing is not None and standing.state == "cancelled", "it is not cancelled")
    if before is not None:
        expect(bench.free(connector) == before + 1, "the place is not free again")


@_promise("status", "disruptions say when they were told")
def _disruptions(bench: Bench) -> None:
    connector = bench.connect()
    if not connector.capabilities.disruptions:
        raise NotApplicable
    expect(connector.disruptions().as_of.tzinfo is not None, "the time has no zone")


@_promise("status", "a departure that is cancelled is told as cancelled, on its day")
def _told_cancelled(bench: Bench) -> None:
    departure = bench.departures[-2]
    if not bench.connect().capabilities.disruptions or bench.cancel is None:
        raise NotApplicable
    bench.cancel(departure)
    told = bench.connect().disruptions().items
    wanted = (departure.trip_id, departure.service_date, True)
    expect(wanted in {(one.trip_id, one.service_date, one.cancelled) for one in told}, "it is not told")


@_promise("performance", "a hundred departures are answered at once")
def _bulk(bench: Bench) -> None:
    connector = bench.connect()
    if not connector.capabilities.availability:
        raise NotApplicable
    asked = [bench.departures[at % len(bench.departures)] for at in range(_MANY)]
    told = connector.availability(asked)
    expect(len(told) == _MANY, f"{len(told)} were answered")


def _sold(bench: Bench) -> tuple[Connector, HoldRequest]:
    connector, request = bench.selling(), bench.request()
    if connector.capabilities.cancels == "never":
        raise NotApplicable
    connector.hold(request)
    connector.confirm(request.key)
    return connector, request


def _give_back(connector: Connector, request: HoldRequest) -> None:
    """Leave as little behind as the protocol allows."""
    if connector.capabilities.cancels != "never":
        connector.cancel(request.key)


def _offer_request(bench: Bench) -> OfferRequest:
    currency = bench.price.currency if bench.price else "EUR"
    return OfferRequest(bench.departures[0], bench.request().travellers, currency)
