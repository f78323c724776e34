"""A simulator of a ferry operator's ticketing system: the server side of the maritime API. A stand-in.

Reserve, confirm, retrieve and availability with the error codes of the City of Helsinki's client
(github.com/City-of-Helsinki/maritime-maas). Reservations expire; an id changes when it is confirmed.
"""

import hmac
import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from operators.simulators.server import Answer, Request, Route, Simulator
from tariffs.money import Money

_LONGEST_ID = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A booking as the operator has it."""

    id: str
    status: str
    route_id: str
    departures: tuple[tuple[str, str], ...]
    tickets: tuple[tuple[str, str], ...]
    expires_at: datetime
    request_id: str
    reserved_id: str
    confirms: int = 0


@dataclass(slots=True)
class Ship:
    """The ship that the operator sells: places by trip, the price by customer type, the largest group.

    With `html` its tickets have a page and a number beside their code.
    """

    places: int = 100
    max_tickets: int = 9
    prices: Mapping[str, int] = field(default_factory=dict)
    currency: str = "EUR"
    html: str = ""


class MaritimeSimulator(Simulator):
    """Keeps bookings in memory. `now` is its own clock, which may be skewed."""

    name = "a maritime ticketing system"

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        ship: Ship | None = None,
        api_key: str = "sandbox",
        hold_life: timedelta = timedelta(minutes=15),
        maas_operator_id: str = "throughfare",
    ) -> None:
        super().__init__()
        self.now, self.ship, self.hold_life = now, ship or Ship(), hold_life
        self._api_key, self._maas_operator_id = api_key, maas_operator_id
        self.bookings: dict[str, Sold] = {}
        self.cancelled: set[tuple[str, str]] = set()
        self._numbers = itertools.count(1)

    def routes(self) -> list[Route]:
        """The four calls of the API."""
        booking = r"/bookings/([^/]+)/"
        return [
            Route("availability", "POST", "/availability/", self._guarded(self._availability)),
            Route("reserve", "POST", "/bookings/", self._guarded(self._reserve)),
            Route("confirm", "POST", booking + "confirm/", self._guarded(self._confirm)),
            Route("retrieve", "GET", booking, self._guarded(self._retrieve)),
        ]

    def cancel_sailing(self, trip_id: str, day: date) -> None:
        """Sell a departure no more; the protocol has no other word for one that is cancelled."""
        self.cancelled.add((trip_id, day.isoformat()))

    def state(self) -> dict[str, Any]:
        """Bookings, with what takes a place now."""
        now = self.now()
        taken: Counter[str] = Counter()
        for sold in self.bookings.values():
            if self._takes_places(sold, now):
                for trip, day in sold.departures:
                    taken[f"{trip} {day}"] += len(sold.tickets)
        return {
            "bookings": [_booking(sold, now) for sold in self.bookings.values()],
            "taken": dict(taken),
            "places": self.ship.places,
        }

    def count(self, status: str) -> int:
        """Count the bookings with a status: RESERVED, CONFIRMED or EXPIRED."""
        with self.lock:
            return sum(row["status"] == status for row in self.state()["bookings"])

    def _guarded(self, act: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def checked(request: Request) -> Answer:
            wanted = f"Bearer {self._api_key}"
            if not hmac.compare_digest(request.headers.get("authorization", ""), wanted):
                return Answer(401, {"detail": "Invalid token."})
            if request.planned("refuse"):
                return _refusal(request.fault.detail if request.fault else "")
            return act(request)

        return checked

    def _availability(self, request: Request) -> Answer:
        departures = _departures(request.body)
        if departures is None:
            return Answer(400, {"departures": ["Must be a list of trip_id and date."]})
        return Answer(
            200,
            [
                {"trip_id": trip, "date": day, "available": self._free(trip, day), "total": self.ship.places}
                for trip, day in departures
            ],
        )

    def _reserve(self, request: Request) -> Answer:
        body = request.body if isinstance(request.body, dict) else {}
        faults = self._faults_of(body)
        if faults:
            return Answer(400, faults)
        departures = tuple(_departures(body) or ())
        wanted = tuple((ticket["ticket_type_id"], ticket["customer_type_id"]) for ticket in body["tickets"])
        no = self._no_to(departures, len(wanted))
        if no:
            return _refusal(no)
        sold = Sold(
            id=f"R{next(self._numbers):06}",
            status="RESERVED",
            route_id=str(body.get("route_id", "")),
            departures=departures,
            tickets=wanted,
            expires_at=self.now() + self.hold_life,
            request_id=str(body.get("request_id", "")),
            reserved_id="",
        )
        self.bookings[sold.id] = replace(sold, reserved_id=sold.id)
        shown = "R999999" if request.planned("wrong_identity") else sold.id
        return Answer(201, {"id": shown, "status": "RESERVED"})

    def _faults_of(self, body: dict[str, Any]) -> dict[str, list[str]]:
        """List the faults of a request by field."""
        faults, tickets = {}, body.get("tickets")
        if body.get("maas_operator_id") != self._maas_operator_id:
            faults["maas_operator_id"] = ["Unknown operator."]
        if _departures(body) is None and not body.get("route_id"):
            faults["departures"] = ["Either departures or route_id is required."]
        if not isinstance(tickets, list) or not tickets or not all(_is_ticket(ticket) for ticket in tickets):
            faults["tickets"] = ["A non-empty list of ticket_type_id and customer_type_id."]
        if len(str(body.get("request_id", ""))) > _LONGEST_ID:
            faults["request_id"] = ["At most 255 characters."]
        return faults

    def _no_to(self, departures: tuple[tuple[str, str], ...], count: int) -> str | None:
        """The protocol's word of refusal for so many tickets; None where they can be had."""
        if count > self.ship.max_tickets:
            return "MAX_NUMBER_OF_TICKETS_REQUESTED_EXCEEDED"
        if self.cancelled.intersection(departures):
            return "TICKET_SALES_ENDED"
        is_full = any(self._free(trip, day) < count for trip, day in departures)
        return "MAX_CAPACITY_EXCEEDED" if is_full else None

    def _confirm(self, request: Request) -> Answer:
        sold = self._find(request.parts[0])
        if sold is None:
            return Answer(404, {"detail": "Not found."})
        if sold.status == "CONFIRMED":
            self._keep(replace(sold, confirms=sold.confirms + 1))
            return _refusal("BOOKING_ALREADY_CONFIRMED")
        if self.cancelled.intersection(sold.departures):
            return _refusal("TICKET_SALES_ENDED")
        if self.now() >= sold.expires_at:
            return _refusal("BOOKING_EXPIRED")
        # The id of a booking is another one than its reservation's: both lead to it.
        confirmed = replace(
            sold, id=f"B{sold.reserved_id[1:]}", status="CONFIRMED", confirms=sold.confirms + 1
        )
        self._keep(confirmed)
        return Answer(200, self._shown(confirmed, request))

    def _retrieve(self, request: Request) -> Answer:
        sold = self._find(request.parts[0])
        if sold is None:
            return Answer(404, {"detail": "Not found."})
        if sold.status != "CONFIRMED":
            return _refusal("BOOKING_NOT_CONFIRMED")
        return Answer(200, self._shown(sold, request))

    def _shown(self, sold: Sold, request: Request) -> dict[str, Any]:
        return {
            "id": sold.id,
            "status": "CONFIRMED",
            "tickets": [self._ticket(sold, at, ticket, request) for at, ticket in enumerate(sold.tickets)],
        }

    def _ticket(self, sold: Sold, at: int, ticket: tuple[str, str], request: Request) -> dict[str, Any]:
        minor = self.ship.prices.get(ticket[1])
        owner = "somebody-else" if request.planned("wrong_identity") else self._maas_operator_id
        return {
            "id": f"{sold.id}-{at + 1}",
            "schema_version": 2,
            "status": "CONFIRMED",
            "locale": "en",
            "maas_operator_id": owner,
            "qr_code": f"SIMULATED:{sold.id}-{at + 1}",
            "customer_type": {"name": ticket[1], "description": ""},
            "ticket_type": {"name": ticket[0], "description": "", "instructions": ""},
            # Every inner field may be absent: of a category without a price none is told.
            **({} if minor is None else {"price": self._price(minor + int(request.planned("price")))}),
            **({"html": self.ship.html, "receipt_number": f"{sold.id}-{at + 1}"} if self.ship.html else {}),
        }

    def _price(self, minor: int) -> dict[str, str]:
        price = Money(minor, self.ship.currency)
        return {
            "amount_total": price.text,
            "amount_excluding_vat": price.text,
            "vat_amount": Money(0, price.currency).text,
            "vat_percentage": "0%",
            "currency": price.currency,
        }

    def _find(self, identity: str) -> Sold | None:
        return next(
            (sold for sold in self.bookings.values() if identity in {sold.id, sold.reserved_id}), None
        )

    def _keep(self, sold: Sold) -> None:
        self.bookings[sold.reserved_id] = sold

    def _free(self, trip: str, day: str) -> int:
        if (trip, day) in self.cancelled:
            return 0
        now = self.now()
        taken = sum(
            len(sold.tickets)
            for sold in self.bookings.values()
            if (trip, day) in sold.departures and self._takes_places(sold, now)
        )
        return max(0, self.ship.places - taken)

    def _takes_places(self, sold: Sold, now: datetime) -> bool:
        return sold.status == "CONFIRMED" or now < sold.expires_at


def _booking(sold: Sold, now: datetime) -> dict[str, object]:
    return {
        "id": sold.id,
        "reserved_id": sold.reserved_id,
        "status": sold.status if sold.status == "CONFIRMED" or now < sold.expires_at else "EXPIRED",
        "departures": [f"{trip} {day}" for trip, day in sold.departures],
        "tickets": len(sold.tickets),
        "expires_at": sold.expires_at.isoformat(),
        "request_id": sold.request_id,
    }


def _departures(body: Any) -> list[tuple[str, str]] | None:
    rows = body.get("departures") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        return None
    try:
        return [(str(row["trip_id"]), date.fromisoformat(row["date"]).isoformat()) for row in rows]
    except (KeyError, TypeError, ValueError):
        return None


def _is_ticket(row: Any) -> bool:
    return isinstance(row, dict) and all(
        isinstance(row.get(name), str) for name in ("ticket_type_id", "customer_type_id")
    )


def _refusal(code: str) -> Answer:
    return Answer(422, {"error": {"code": code, "message": code.replace("_", " ").capitalize()}})
