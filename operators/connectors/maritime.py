"""The City of Helsinki's maritime ticketing-system API: ferries that reserve, confirm and show bookings over HTTP.

The protocol (github.com/City-of-Helsinki/maritime-maas) has no idempotency key, no expiry in its answers, no
look-up by our key, no release and no cancellation. The journal stands in for the key; the expiry is a
configured one, counted from before the call; a reservation whose answer was lost lapses by itself.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from operators.connectors.basis import Now
from operators.connectors.journaled import CLIENT_ERRORS, OK, SAFETY_SECONDS, Journaled, reference_of
from operators.errors import (
    BadReply,
    Expired,
    OutcomeUnknown,
    Reason,
    Refused,
    Unavailable,
)
from operators.gtfs.timetable import Timetable
from operators.journal import Entry, Journal, Progress
from operators.place_kinds import kinds_in
from operators.port import (
    Availability,
    Booking,
    Capabilities,
    Departure,
    Document,
    Hold,
    HoldRequest,
    Release,
    Standing,
)
from operators.transport import LazyWire, Limits, Reply
from tariffs.money import Money, MoneyError, parse

_NOT_FOUND = 404
# The fields of a ticket that its holder shows, with the most characters that are kept.
_SHOWN = {"qr_code": 100_000, "receipt_number": 200, "html": 200_000}
_DATA_IMAGE = re.compile(r"data:(image/(?:png|jpeg|gif|svg\+xml));base64,([A-Za-z0-9+/=]+)")
_REASONS: Mapping[str, Reason] = {
    "MAX_CAPACITY_EXCEEDED": "sold_out",
    "MAX_NUMBER_OF_TICKETS_REQUESTED_EXCEEDED": "too_many_passengers",
    "TICKET_SALES_ENDED": "sales_closed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MaritimeSettings:
    """One operator's system: addresses end with a slash; `hold_seconds` is how long it keeps a reservation."""

    bookings_url: str
    availability_url: str | None
    api_key: str
    maas_operator_id: str
    ticket_types: Mapping[str, str]
    hold_seconds: int = 900
    sale_ends_seconds: int = 0
    max_travellers: int = 9
    locale: str = "en"
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)


class Maritime(Journaled):
    """A client of one operator's maritime API."""

    def __init__(
        self,
        operator: str,
        published: Timetable | None,
        now: Now,
        settings: MaritimeSettings,
        journal: Journal,
    ) -> None:
        super().__init__(operator, published, now, journal=journal, hold_seconds=settings.hold_seconds)
        self._settings = settings
        headers = {"Authorization": f"Bearer {settings.api_key}"}
        self._wire = LazyWire(
            settings.limits,
            headers,
            allow_private=settings.allow_private,
            ready=bool(settings.api_key),
        )
        self.capabilities = Capabilities(
            needs_hold=True,
            availability=settings.availability_url is not None,
            finds_by="operator_reference",
            hold_seconds=settings.hold_seconds - SAFETY_SECONDS,
            max_travellers=settings.max_travellers,
            sale_ends_seconds=settings.sale_ends_seconds,
            places=frozenset(kinds_in(settings.ticket_types)),
        )

    def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
        """One call for all; a departure that the operator leaves out is left out."""
        if self._settings.availability_url is None:
            return super().availability(departures)
        body = {"departures": [_departure(one) for one in departures]}
        as_of = self.now()
        reply = self._call("POST", self._settings.availability_url, body, changes=False)
        rows = reply.json()
        if reply.status not in OK or not isinstance(rows, list):
            raise BadReply(f"availability was answered with {reply.status}, not with a list")
        free = {_row_key(row): _free(row) for row in rows if isinstance(row, dict)}
        return [
            Availability(one, {"foot": free[one.trip_id, one.service_date.isoformat()]}, as_of)
            for one in departures
            if (one.trip_id, one.service_date.isoformat()) in free
        ]

    def hold(self, request: HoldRequest) -> Hold:
        """Reserve. After an unknown outcome the same call reserves anew: the lost one lapses by itself."""
        with self.locked(request.key):
            entry = self.entry_of(request)
            if self.is_held(entry):
                return self.hold_of(entry)
            if len(request.travellers) > self._settings.max_travellers:
                raise Refused("too_many_passengers", f"at most {self._settings.max_travellers}", "travellers")
            return self._reserve(request, entry)

    def confirm(self, key: str) -> Booking:
        """Confirm. After an unknown outcome the same call first asks whether it was sold."""
        with self.locked(key):
            entry = self.require(key)
            if entry.progress == "confirmed":
                return _booking(entry)
            if entry.progress == "released":
                raise Refused("already_released", f"{key} was given back")
            if entry.progress not in {"held", "confirming"}:
                raise Refused("not_found", f"nothing is held under {key}")
            if entry.progress == "confirming" and (sold := self._retrieve(entry, changes=True)):
                return _booking(self._sold(entry, sold))
            if self.has_expired(entry):
                raise Expired(f"the hold {entry.reference} ran out")
            return self._confirm(self.write(entry, "confirming"), entry.progress)

    def release(self, key: str) -> Release:
        """Forget a hold: the protocol has no release, so it lapses by itself."""
        with self.locked(key):
            entry = self.journal.find(self.operator, key)
            if entry is None or entry.progress == "refused":
                return Release(key, freed=True)
            if entry.progress == "confirmed":
                raise Refused("already_confirmed", f"{key} is sold; this operator takes nothing back")
            lapses_at = self.lapses_at(entry)
            if entry.progress == "confirming":
                if sold := self._retrieve(entry, changes=True):
                    self._sold(entry, sold)
                    raise Refused("already_confirmed", f"{key} is sold; this operator takes nothing back")
                if self.now() < self.gone_at(entry):
                    # A confirmation that timed out may still be on its way: only expiry makes it harmless.
                    raise OutcomeUnknown(
                        f"a confirmation of {key} may still arrive until {lapses_at.isoformat()}"
                    )
            if entry.progress != "released":
                self.write(entry, "released")
            return Release(key, freed=self.now() >= lapses_at, lapses_at=lapses_at)

    def find(self, key: str) -> Standing | None:
        """Find a booking in the journal, and at the operator where the journal cannot know."""
        with self.locked(key):
            entry = self.journal.find(self.operator, key)
            if entry is None or entry.progress == "refused":
                return None
            if entry.progress == "confirming" and (sold := self._retrieve(entry, changes=True)):
                entry = self._sold(entry, sold)
            return self.standing_of(entry, _booking(entry) if entry.progress == "confirmed" else None)

    def _reserve(self, request: HoldRequest, entry: Entry) -> Hold:
        settings, departure = self._settings, request.departure
        body = {
            "maas_operator_id": settings.maas_operator_id,
            "route_id": departure.route_id,
            "departures": [_departure(departure)],
            "tickets": [
                {"ticket_type_id": settings.ticket_types[one.place], "customer_type_id": one.category}
                for one in request.travellers
                if one.place in settings.ticket_types
            ],
            **self._tracing(request.key),
        }
        if len(body["tickets"]) != len(request.travellers):
            raise Refused("not_sellable", "this operator sells no such place")
        # An earlier reservation whose answer was lost may still be there when this one does not even arrive.
        before: Progress = "holding" if entry.version and entry.progress == "holding" else "refused"
        begun = replace(entry, asked_at=self.now(), reference=None, expires_at=None, price=request.price)
        begun = self.write(begun, "holding")
        reply = self._change(begun, before, settings.bookings_url, body)
        answer = self._read_change(reply)
        if answer.get("status") != "RESERVED":
            raise OutcomeUnknown(f"the reservation was answered with the status {answer.get('status')!r}")
        held = replace(begun, reference=reference_of(answer.get("id")), expires_at=self.lapses_at(begun))
        return self.hold_of(self.write(held, "held"))

    def _confirm(self, entry: Entry, before: Progress) -> Booking:
        body = {"maas_operator_id": self._settings.maas_operator_id, **self._tracing(entry.key)}
        reply = self._change(entry, before, f"{self._settings.bookings_url}{entry.reference}/confirm/", body)
        if _code(reply) == "BOOKING_ALREADY_CONFIRMED":
            sold = self._retrieve(entry, changes=True)
            if sold is None:
                raise OutcomeUnknown(f"{entry.reference} is both confirmed and not confirmed")
            return _booking(self._sold(entry, sold))
        return _booking(self._sold(entry, self._checked(self._read_change(reply))))

    def _retrieve(self, entry: Entry, *, changes: bool) -> dict[str, Any] | None:
        """The booking as it was sold, None when it is not confirmed; anything else leaves the outcome unknown."""
        try:
            reply = self._wire.call(
                "GET",
                f"{self._settings.bookings_url}{entry.reference}/",
                changes=changes,
                query=self._tracing(entry.key),
            )
            if _code(reply) == "BOOKING_NOT_CONFIRMED":
                return None
            return self._checked(self._read_change(reply))
        except Refused as error:
            if error.reason == "unauthorised":
                raise OutcomeUnknown(error.detail) from error
            raise

    def _change(self, entry: Entry, before: Progress, url: str, body: Mapping[str, Any]) -> Reply:
        """Make a call that changes something; a clear no is written down and raised.

        `before` is what stays true when the call never arrived.
        """
        try:
            reply = self._call("POST", url, body, changes=True)
            self._refuse(reply)
        except Unavailable:
            self.write(entry, before)
            raise
        except Expired:
            self.write(replace(entry, expires_at=min(self.lapses_at(entry), self.now())), "held")
            raise
        except Refused:
            self.write(entry, "refused" if entry.progress == "holding" else "held")
            raise
        return reply

    def _refuse(self, reply: Reply) -> None:
        """Raise what a 4xx with an error code says; another 4xx is a request that the operator cannot read."""
        if reply.status not in CLIENT_ERRORS or _code(reply) == "BOOKING_ALREADY_CONFIRMED":
            return
        code = _code(reply)
        if code == "BOOKING_EXPIRED":
            raise Expired("the operator says that the reservation has run out")
        if code and code in _REASONS:
            raise Refused(_REASONS[code], code)
        if reply.status == _NOT_FOUND:
            raise Refused("not_found", "the operator does not know the booking")
        raise Refused("refused", f"{reply.status} {code or _text(reply)}")

    def _read_change(self, reply: Reply) -> dict[str, Any]:
        """A success that can be read; one that cannot leaves the outcome unknown."""
        if reply.status not in OK:
            raise OutcomeUnknown(f"the operator answered {reply.status}")
        try:
            answer = reply.json()
        except BadReply as error:
            raise OutcomeUnknown(error.detail) from error
        if not isinstance(answer, dict):
            raise OutcomeUnknown("the answer is no object")
        return answer

    def _checked(self, answer: dict[str, Any]) -> dict[str, Any]:
        """A confirmed booking that is ours: at least one ticket, none for another seller."""
        tickets = answer.get("tickets")
        if answer.get("status") != "CONFIRMED" or not isinstance(tickets, list) or not tickets:
            raise OutcomeUnknown("the confirmation has no tickets")
        owners = {row.get("maas_operator_id") for row in tickets if isinstance(row, dict)}
        if owners - {None, self._settings.maas_operator_id}:
            raise OutcomeUnknown("the operator answered with somebody else's booking")
        return answer

    def _sold(self, entry: Entry, answer: dict[str, Any]) -> Entry:
        tickets = answer["tickets"]
        document = {
            "id": reference_of(answer.get("id")),
            "documents": _documents(tickets),
            "tickets": len(tickets),
        }
        price = _price(answer["tickets"]) or entry.price
        return self.write(replace(entry, price=price, document=json.dumps(document)), "confirmed")

    def _tracing(self, key: str) -> dict[str, str]:
        return {"request_id": key, "transaction_id": key, "locale": self._settings.locale}

    def _call(self, method: str, url: str, body: Any, *, changes: bool) -> Reply:
        return self._wire.call(method, url, body=body, changes=changes)


def _departure(departure: Departure) -> dict[str, str]:
    return {"trip_id": departure.trip_id, "date": departure.service_date.isoformat()}


def _row_key(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row.get("trip_id"), row.get("date")


def _free(row: Mapping[str, Any]) -> int:
    free = row.get("available")
    if type(free) is not int or free < 0:
        raise BadReply(f"{free!r} is no number of free places")
    return free


def _code(reply: Reply) -> str | None:
    """The code of a refusal; None where there is none to be read."""
    if reply.status not in CLIENT_ERRORS:
        return None
    try:
        body = reply.json()
    except BadReply:
        return None
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None


def _text(reply: Reply) -> str:
    return reply.content[:200].decode("utf-8", "replace")


def _price(tickets: Sequence[Any]) -> Money | None:
    """The sum of the tickets' prices; None where any of them tells none that can be read."""
    total: Money | None = None
    for ticket in tickets:
        quoted = ticket.get("price") if isinstance(ticket, dict) else None
        if not isinstance(quoted, dict):
            return None
        try:
            price = parse(quoted["amount_total"], quoted["currency"])
            total = price if total is None else total + price
        except (KeyError, MoneyError, TypeError):
            return None
    return total


def _documents(tickets: Sequence[Any]) -> list[dict[str, str]]:
    """Read the code, number and page that each ticket shows at the quay; leave out those that are missing or far too long."""
    readable = [ticket for ticket in tickets if isinstance(ticket, dict)]
    return [document for ticket in readable for document in _documents_of(ticket)]


def _documents_of(ticket: Mapping[str, object]) -> Iterator[dict[str, str]]:
    for name, longest in _SHOWN.items():
        content = ticket.get(name)
        if isinstance(content, str) and 0 < len(content) <= longest:
            yield _document(name, content)


def _document(name: str, content: str) -> dict[str, str]:
    if name == "html":
        return {"kind": "html", "media_type": "text/html", "content": content}
    if name == "receipt_number":
        return {"kind": "number", "media_type": "text/plain", "content": content}
    image = _DATA_IMAGE.fullmatch(content)
    if image:
        media_type, encoded = image.groups()
        return {"kind": name, "media_type": media_type, "content": encoded, "encoding": "base64"}
    return {"kind": name, "media_type": "text/plain", "content": content}


def _booking(entry: Entry) -> Booking:
    document = json.loads(entry.document)
    documents = tuple(Document(**row) for row in document["documents"])
    return Booking(entry.key, document["id"], entry.price, documents, document.get("tickets"))
