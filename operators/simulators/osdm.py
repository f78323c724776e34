"""A simulator of a distributor that speaks OSDM 3: offers, provisional bookings, fulfilments, refund offers. A stand-in.

Keys are honoured: the same Idempotency-Key with the same body gives the first answer. With `pending` the
fulfilment is answered with 202 and is ready when the booking is looked at so many times.
"""

import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from operators.simulators.server import Answer, Request, Route, Simulator

_PROBLEM = "application/problem+json"


@dataclass(slots=True, kw_only=True)
class Booked:
    """A booking as the distributor has it."""

    id: str
    departure: str
    passengers: list[dict[str, str]]
    price: int
    status: str
    expires_at: datetime
    fulfillments: int = 0
    pending: int = 0
    refunds: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sale:
    """The sale of a departure: its places, the price of a passenger by type, the refund fee in percent."""

    places: int = 100
    prices: Mapping[str, int] = field(default_factory=lambda: {"ADULT": 2500})
    currency: str = "EUR"
    fee_percent: int = 10


class OsdmSimulator(Simulator):
    """Keeps bookings in memory."""

    name = "an OSDM distributor"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        sale: Sale | None = None,
        secret: str = "sandbox",  # noqa: S107  a stand-in's, and it says so
        hold_life: timedelta = timedelta(minutes=15),
        pending: int = 0,
    ) -> None:
        super().__init__()
        self.now, self.sale, self.hold_life, self.pending = now, sale or Sale(), hold_life, pending
        self._secret = secret
        self.bookings: dict[str, Booked] = {}
        self.offers: dict[str, tuple[str, int, list[dict[str, str]]]] = {}
        self.cancelled: set[str] = set()
        self._answers: dict[tuple[str, str], tuple[str, Answer]] = {}
        self._tokens: set[str] = set()

    def routes(self) -> list[Route]:
        """The calls of a distributor that a client of ours makes."""
        booking = r"/bookings/([^/]+)"
        return [
            Route("token", "POST", "/token", self._grant),
            Route("offers", "POST", "/offers", self._guarded(self._offer)),
            Route("book", "POST", "/bookings", self._guarded(self._book)),
            Route("look", "GET", booking, self._guarded(self._look)),
            Route("fulfil", "POST", booking + "/fulfillments", self._guarded(self._fulfil)),
            Route("propose", "POST", booking + "/refund-offers", self._guarded(self._propose)),
            Route("refund", "PATCH", booking + "/refund-offers/([^/]+)", self._guarded(self._refund)),
        ]

    def cancel_sailing(self, trip_id: str, day: date) -> None:
        """Neither offer, book nor fulfil a departure any more."""
        self.cancelled.add(f"{trip_id} {day.isoformat()}")

    def _is_cancelled(self, departure: str) -> bool:
        """A departure is named by its trip and its time."""
        return any(departure.startswith(one) for one in self.cancelled)

    def state(self) -> dict[str, Any]:
        """Bookings with what they are now."""
        return {
            "bookings": [
                {
                    "id": one.id,
                    "departure": one.departure,
                    "status": self._status(one),
                    "price": one.price,
                    "passengers": len(one.passengers),
                    "fulfilments": one.fulfillments,
                }
                for one in self.bookings.values()
            ],
            "places": self.sale.places,
        }

    def count(self, status: str) -> int:
        """Count the bookings with a status: PREBOOKED, FULFILLED, REFUNDED or RELEASED."""
        with self.lock:
            return sum(self._status(one) == status for one in self.bookings.values())

    def _grant(self, request: Request) -> Answer:
        form = request.body if isinstance(request.body, dict) else {}
        if not hmac.compare_digest(str(form.get("client_secret")), self._secret):
            return Answer(401, {"error": "invalid_client"})
        token = uuid.uuid4().hex
        self._tokens.add(token)
        return Answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _guarded(self, act: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        """Check the token, answer a repeated key as before, refuse where it is planned."""

        def checked(request: Request) -> Answer:
            if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
                return _problem(401, "UNAUTHORISED")
            if request.planned("refuse"):
                return _problem(409, request.fault.detail if request.fault else "")
            key = request.headers.get("idempotency-key")
            if key is None:
                return act(request)
            body, place = json.dumps(request.body, sort_keys=True), (request.path, key)
            if place in self._answers:
                known, answer = self._answers[place]
                return answer if known == body else _problem(422, "IDEMPOTENCY_MISMATCH")
            answer = act(request)
            self._answers[place] = (body, answer)
            return answer

        return checked

    def _offer(self, request: Request) -> Answer:
        try:
            passengers = request.body["anonymousPassengerSpecifications"]
            leg = request.body["tripSpecifications"][0]["legs"][0]["timedLeg"]
            departure = (
                f"{leg['service']['vehicleNumbers'][0]} {leg['start']['serviceDeparture']['timetabledTime']}"
            )
        except (KeyError, IndexError, TypeError):
            return _problem(400, "VALIDATION_FAILED")
        if self._is_cancelled(departure):
            return Answer(200, {"offers": [], "problems": [{"code": "SERVICE_CANCELLED", "title": "Gone"}]})
        if self._free(departure) < len(passengers):
            return Answer(200, {"offers": [], "problems": [{"code": "FULLY_BOOKED", "title": "Full"}]})
        price = sum(self.sale.prices.get(one["type"], 2500) for one in passengers)
        price += 1 if request.planned("price") else 0
        identity = str(uuid.uuid4())
        self.offers[identity] = (departure, price, passengers)
        shown = {
            "offerId": identity,
            "createdOn": self.now().isoformat(),
            "preBookableUntil": (self.now() + timedelta(minutes=15)).isoformat(),
            "passengerRefs": [one["externalRef"] for one in passengers],
            "offerSummary": {
                "minimalPrice": self._money(price),
                "overallServiceClass": {"type": "STANDARD", "name": "Standard"},
                "overallFlexibility": "SEMI_FLEXIBLE",
            },
            "aFieldOfTomorrow": "A_NEW_VALUE",
        }
        return Answer(200, {"offers": [shown], "problems": []})

    def _book(self, request: Request) -> Answer:
        try:
            departure, price, passengers = self.offers[request.body["offers"][0]["offerId"]]
        except (KeyError, IndexError, TypeError):
            return _problem(400, "UNKNOWN_REFERENCE")
        if self._is_cancelled(departure):
            return _problem(409, "SERVICE_CANCELLED")
        if self._free(departure) < len(passengers):
            return _problem(409, "FULLY_BOOKED")
        booked = Booked(
            id=str(uuid.uuid4()),
            departure=departure,
            passengers=passengers,
            price=price + (1 if request.planned("price") else 0),
            status="PREBOOKED",
            expires_at=self.now() + self.hold_life,
            pending=self.pending,
        )
        self.bookings[booked.id] = booked
        return Answer(200, {"booking": self._shown(booked)})

    def _look(self, request: Request) -> Answer:
        booking = self.bookings.get(request.parts[0])
        if booking is None:
            return _problem(404, "UNKNOWN_REFERENCE")
        if booking.status == "PENDING":
            booking.pending -= 1
            booking.status = "FULFILLED" if booking.pending <= 0 else "PENDING"
        shown = self._shown(booking)
        if request.planned("wrong_identity"):
            shown["id"] = str(uuid.uuid4())
        return Answer(200, {"booking": shown})

    def _fulfil(self, request: Request) -> Answer:
        booking = self.bookings.get(request.parts[0])
        if booking is None:
            return _problem(404, "UNKNOWN_REFERENCE")
        if self._status(booking) == "RELEASED":
            return _problem(400, "BOOKING_EXPIRED")
        if booking.status == "PREBOOKED" and self._is_cancelled(booking.departure):
            return _problem(409, "SERVICE_CANCELLED")
        if booking.status == "PREBOOKED":
            booking.fulfillments += 1
            booking.status = "PENDING" if booking.pending else "FULFILLED"
        if booking.status == "PENDING":
            return Answer(202, {"fulfillments": []})
        shown = self._fulfilled(booking)
        if request.planned("wrong_identity"):
            shown["fulfillments"][0]["bookingRef"] = str(uuid.uuid4())
        return Answer(200, shown)

    def _propose(self, request: Request) -> Answer:
        found = self.bookings.get(request.parts[0])
        if found is None or found.status != "FULFILLED":
            return _problem(409, "STATE_CONFLICT")
        identity = str(uuid.uuid4())
        found.refunds[identity] = "PROPOSED"
        return Answer(200, {"refundOffers": [self._refund_offer(found, identity)]})

    def _refund(self, request: Request) -> Answer:
        found = self.bookings.get(request.parts[0])
        if found is None or request.parts[1] not in found.refunds or found.status != "FULFILLED":
            return _problem(409, "STATE_CONFLICT")
        found.refunds[request.parts[1]] = "CONFIRMED"
        found.status = "REFUNDED"
        return Answer(200, {"refundOffer": self._refund_offer(found, request.parts[1])})

    def _refund_offer(self, found: Booked, identity: str) -> dict[str, Any]:
        fee = found.price * self.sale.fee_percent // 100
        return {
            "id": identity,
            "status": found.refunds[identity],
            "validUntil": (self.now() + timedelta(minutes=15)).isoformat(),
            "refundFee": self._money(fee),
            "refundableAmount": self._money(found.price - fee),
        }

    def _shown(self, booking: Booked) -> dict[str, Any]:
        limit = booking.expires_at.isoformat()
        shown = {
            "id": booking.id,
            "createdOn": self.now().isoformat(),
            "passengers": [{"id": one["externalRef"], **one} for one in booking.passengers],
            "provisionalPrice": self._money(booking.price),
            "confirmationTimeLimit": limit,
            "bookedOffers": [{"offerId": "1", "admissions": [{"id": "1", "confirmableUntil": limit}]}],
            "refundOffers": [self._refund_offer(booking, identity) for identity in booking.refunds],
            "fulfillments": [],
        }
        return shown | (self._fulfilled(booking) if booking.status in {"FULFILLED", "REFUNDED"} else {})

    def _fulfilled(self, booking: Booked) -> dict[str, Any]:
        status = "FULFILLED" if booking.status == "FULFILLED" else booking.status
        return {
            "fulfillments": [{"id": f"F-{booking.id}", "status": status, "bookingRef": booking.id}],
            "fulfillmentDocuments": [
                {
                    "medium": "TICKETLESS",
                    "type": "TICKET",
                    "format": "application/json",
                    "content": "c2ltdWxhdGVk",
                }
            ],
        }

    def _status(self, found: Booked) -> str:
        return "RELEASED" if found.status == "PREBOOKED" and self.now() >= found.expires_at else found.status

    def _free(self, departure: str) -> int:
        taken = sum(
            len(one.passengers)
            for one in self.bookings.values()
            if one.departure == departure and self._status(one) not in {"RELEASED", "REFUNDED"}
        )
        return self.sale.places - taken

    def _money(self, minor: int) -> dict[str, Any]:
        return {"currency": self.sale.currency, "amount": minor, "scale": 2}


def _problem(status: int, code: str) -> Answer:
    body = {"code": code, "title": "In whatever words", "status": status}
    return Answer(status, body, content_type=_PROBLEM)
