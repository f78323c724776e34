"""A client of another distributor by OSDM 3 (UIC): offers, bookings, fulfilments and refunds.

Every POST carries an Idempotency-Key made from our key, so a booking whose answer was lost is found by
asking again; a vendor that ignores the header leaves a booking that expires by itself. Problem codes are
read, never titles; enumerations that are not known are tolerated; amounts are taken with their scale.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from operators.connectors.basis import Now
from operators.connectors.journaled import CLIENT_ERRORS, OK, SAFETY_SECONDS, Journaled, reference_of
from operators.connectors.osdm_words import (
    Proposal,
    booking_of,
    cancellation_of,
    confirmable_of,
    currency_of,
    documents_of,
    idempotency_key,
    moment_of,
    money_of,
    object_of,
    offer_of,
    offer_request,
    rows_of,
)
from operators.credentials import ClientCredentials
from operators.errors import BadReply, Expired, OutcomeUnknown, PriceChanged, Reason, Refused, Unavailable
from operators.gtfs.timetable import Timetable
from operators.journal import Entry, Journal, Progress
from operators.port import (
    Booking,
    Cancellation,
    Capabilities,
    Hold,
    HoldRequest,
    OfferRequest,
    Offers,
    RefundOffer,
    Release,
    Standing,
    Traveller,
)
from operators.transport import LazyWire, Limits, Reply
from tariffs.money import Money

_PENDING = 202
_POLLS = 5
_REASONS: Mapping[str, Reason] = {
    "FULLY_BOOKED": "sold_out",
    "CLOSED": "sales_closed",
    "SERVICE_CANCELLED": "cancelled",
    "NO_FARE": "not_sellable",
    "NOT_SOLD_HERE": "not_sellable",
    "UNKNOWN_REFERENCE": "not_found",
    "OFFER_EXPIRED": "not_found",
    "VALIDATION_FAILED": "invalid_passenger",
    "STATE_CONFLICT": "refused",
}
_EXPIRED = {"BOOKING_EXPIRED", "CONFIRMATION_CHECK_FAILED"}
_BOOKED = {"confirmed", "cancelling", "cancelled"}
_SOLD = {"FULFILLED", "CONFIRMED", "CHECKEDIN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OsdmSettings:
    """One vendor: its base address, the client credentials, our categories as OSDM passenger types."""

    url: str
    token_url: str
    client_id: str
    client_secret: str
    passenger_types: Mapping[str, str]
    hold_seconds: int = 900
    max_travellers: int = 9
    allow_private: bool = False
    limits: Limits = field(default_factory=Limits)


class Osdm(Journaled):
    """A client of one vendor."""

    def __init__(
        self, operator: str, published: Timetable | None, now: Now, settings: OsdmSettings, journal: Journal
    ) -> None:
        super().__init__(operator, published, now, journal=journal, hold_seconds=settings.hold_seconds)
        self._settings = settings
        self._wire = LazyWire(
            settings.limits, {}, allow_private=settings.allow_private, ready=bool(settings.client_secret)
        )
        self._credentials = ClientCredentials(
            self._wire, settings.token_url, settings.client_id, settings.client_secret
        )
        self.capabilities = Capabilities(
            needs_hold=True,
            cancels="whole",
            offers=True,
            finds_by="our_key",
            hold_seconds=settings.hold_seconds - SAFETY_SECONDS,
            max_travellers=settings.max_travellers,
        )

    def offers(self, request: OfferRequest) -> Offers:
        """The vendor's own prices; takes nothing."""
        answer = self._ask("POST", "/offers", self._offer_request(request))
        found = tuple(
            offer
            for row in rows_of(answer, "offers")
            if (offer := offer_of(row)) and offer.price.currency == request.currency
        )
        codes = [row.get("code") for row in rows_of(answer, "problems")]
        return Offers(found, tuple(_REASONS.get(str(code), "refused") for code in codes) if not found else ())

    def hold(self, request: HoldRequest) -> Hold:
        """Book provisionally. After an unknown outcome the very same request is sent with the same key."""
        with self.locked(request.key):
            entry = self.entry_of(request)
            if self.is_held(entry):
                return self.hold_of(entry)
            if len(request.travellers) > self._settings.max_travellers:
                raise Refused("too_many_passengers", f"at most {self._settings.max_travellers}", "travellers")
            lost = entry.version and entry.progress == "holding" and self.now() < self.lapses_at(entry)
            begun = entry if lost else self._begin(request, entry)
            return self._book(self.write(begun, "holding"), "holding" if lost else "refused")

    def confirm(self, key: str) -> Booking:
        """Have it fulfilled. After an unknown outcome the same call first asks how the booking stands."""
        with self.locked(key):
            entry = self.require(key)
            if entry.progress == "confirmed":
                return booking_of(entry)
            if entry.progress not in {"held", "confirming"}:
                raise Refused("already_released" if entry.progress == "released" else "not_found")
            if entry.progress == "confirming" and (sold := self._sold(entry)):
                return booking_of(sold)
            if self.has_expired(entry):
                raise Expired(f"the booking {entry.reference} was not confirmed in time")
            before = entry.progress
            entry = self.write(entry, "confirming")
            path = f"/bookings/{entry.reference}/fulfillments"
            reply = self._change(entry, before, "confirm", ("POST", path, {}))
            if reply.status == _PENDING:
                return self._await(entry)
            return booking_of(self._write_sold(entry, object_of(reply)))

    def release(self, key: str) -> Release:
        """Let a provisional booking expire."""
        with self.locked(key):
            entry = self.journal.find(self.operator, key)
            if entry is None or entry.progress == "refused":
                return Release(key, freed=True)
            if entry.progress in {"confirmed", "cancelling", "cancelled"}:
                raise Refused("already_confirmed", f"{key} is sold; it can be cancelled")
            if entry.progress == "confirming":
                if self._sold(entry):
                    raise Refused("already_confirmed", f"{key} is sold; it can be cancelled")
                if self.now() < self.gone_at(entry):
                    raise OutcomeUnknown(f"a confirmation of {key} may still arrive")
            if entry.progress != "released":
                self.write(entry, "released")
            return Release(key, freed=self.now() >= self.lapses_at(entry), lapses_at=self.lapses_at(entry))

    def refund_offer(self, key: str) -> RefundOffer:
        """Ask the vendor for its refund; a proposal that nobody confirms expires."""
        proposal = self._proposal(self._require_sold(key), "refund-offer")
        return RefundOffer(key, proposal.fee, proposal.refundable)

    def cancel(self, key: str) -> Cancellation:
        """Have a refund offered and accept it."""
        with self.locked(key):
            entry = self._require_sold(key)
            if entry.progress == "cancelled":
                return cancellation_of(entry)
            if entry.progress == "cancelling" and (done := self._refunded(entry)):
                return cancellation_of(done)
            before = entry.progress
            entry = self.write(entry, "cancelling")
            try:
                proposal = self._proposal(entry, f"cancel-{entry.version}")
                path = f"/bookings/{entry.reference}/refund-offers/{proposal.id}"
                reply = self._change(entry, before, "refund", ("PATCH", path, {"status": "CONFIRMED"}))
            except (Unavailable, BadReply) as error:
                self.write(self.require(key), before)
                raise Unavailable(error.detail) from error
            except Refused:
                # An earlier call that was still on its way may have arrived after we had looked.
                if before == "cancelling" and (done := self._refunded(self.require(key))):
                    return cancellation_of(done)
                raise
            answer = object_of(reply).get("refundOffer")
            if not isinstance(answer, dict) or answer.get("status") != "CONFIRMED":
                raise OutcomeUnknown("the vendor does not say that the refund is confirmed")
            return cancellation_of(self._write_refund(entry, answer))

    def find(self, key: str) -> Standing | None:
        """Find a booking in the journal, and at the vendor where the journal cannot know."""
        with self.locked(key):
            entry = self.journal.find(self.operator, key)
            if entry is None or entry.progress == "refused":
                return None
            if entry.progress == "confirming":
                entry = self._sold(entry) or entry
            if entry.progress == "cancelling":
                entry = self._refunded(entry) or entry
            return self.standing_of(entry, booking_of(entry) if entry.progress in _BOOKED else None)

    def _begin(self, request: HoldRequest, entry: Entry) -> Entry:
        """Choose an offer and write down the whole request, so that it can be repeated to the letter."""
        try:
            offers = self.offers(OfferRequest(request.departure, request.travellers, currency_of(request)))
        except BadReply as error:
            raise Unavailable(error.detail) from error  # nothing was asked to change yet
        wanted = [offer for offer in offers.offers if request.offer_id in {None, offer.id}]
        if not wanted:
            raise Refused(
                offers.reasons[0] if offers.reasons else "not_sellable", "the vendor has no such offer"
            )
        cheapest = min(wanted, key=lambda offer: offer.price.minor)
        if request.price is not None and cheapest.price != request.price:
            raise PriceChanged(request.price, cheapest.price)
        body = {
            "offers": [{"offerId": cheapest.id, "passengerRefs": [one.ref for one in request.travellers]}],
            "passengerSpecifications": self._passengers(request.travellers),
        }
        return replace(
            entry,
            asked_at=self.now(),
            reference=None,
            expires_at=None,
            price=cheapest.price,
            document=json.dumps({"request": body, "attempt": entry.version}),
        )

    def _book(self, entry: Entry, before: Progress) -> Hold:
        document = json.loads(entry.document)
        purpose = f"hold-{document['attempt']}"
        reply = self._change(entry, before, purpose, ("POST", "/bookings", document["request"]))
        booking = object_of(reply).get("booking")
        if not isinstance(booking, dict):
            raise OutcomeUnknown("the answer has no booking")
        price = money_of(booking.get("provisionalPrice"))
        limits = [
            moment
            for value in (booking.get("confirmationTimeLimit"), *confirmable_of(booking))
            if (moment := moment_of(value))
        ]
        held = replace(
            entry,
            reference=reference_of(booking.get("id")),
            expires_at=min(limits, default=self.lapses_at(entry)),
        )
        if price is not None and entry.price is not None and price != entry.price:
            self.write(held, "released")
            raise PriceChanged(entry.price, price)
        return self.hold_of(self.write(held, "held"))

    def _await(self, entry: Entry) -> Booking:
        """The vendor works on it: ask a few times, then leave it to the next call."""
        for poll in range(_POLLS):
            if sold := self._sold(entry):
                return booking_of(sold)
            time.sleep(min(0.05 * 2**poll, 1.0))
        raise OutcomeUnknown(f"the fulfilment of {entry.reference} is still pending")

    def _sold(self, entry: Entry) -> Entry | None:
        """The entry as confirmed, None when the vendor says that it is not."""
        answer = self._look(entry)
        states = [str(row.get("status")) for row in rows_of(answer, "fulfillments")]
        if states and all(state in _SOLD for state in states):
            return self._write_sold(entry, answer)
        return None

    def _refunded(self, entry: Entry) -> Entry | None:
        for row in rows_of(self._look(entry), "refundOffers"):
            if row.get("status") == "CONFIRMED":
                return self._write_refund(entry, row)
        return None

    def _look(self, entry: Entry) -> dict[str, Any]:
        """The booking as it stands; what cannot be read leaves the outcome unknown."""
        try:
            booking = self._ask("GET", f"/bookings/{entry.reference}", None).get("booking")
        except (BadReply, Refused) as error:
            raise OutcomeUnknown(error.detail) from error
        if not isinstance(booking, dict) or reference_of(booking.get("id")) != entry.reference:
            raise OutcomeUnknown("the vendor answered with another booking")
        return booking

    def _write_sold(self, entry: Entry, answer: Mapping[str, Any]) -> Entry:
        rows = rows_of(answer, "fulfillments")
        states = [str(row.get("status")) for row in rows]
        if not rows or not all(state in _SOLD for state in states):
            raise OutcomeUnknown(f"the fulfilments are {', '.join(states) or 'none'}")
        if any(row.get("bookingRef") not in {None, entry.reference} for row in rows):
            raise OutcomeUnknown("the vendor answered with another booking's fulfilments")
        known = json.loads(entry.document)
        known["fulfillments"] = [reference_of(row.get("id")) for row in rows]
        known["documents"] = documents_of(answer)
        return self.write(replace(entry, document=json.dumps(known)), "confirmed")

    def _write_refund(self, entry: Entry, row: Mapping[str, Any]) -> Entry:
        fee, refundable = money_of(row.get("refundFee")), money_of(row.get("refundableAmount"))
        known = json.loads(entry.document)
        known["refund"] = {
            "fee": fee.minor if fee else None,
            "refunded": refundable.minor if refundable else None,
            "currency": (refundable or fee or Money(0, "XXX")).currency,
        }
        return self.write(replace(entry, document=json.dumps(known)), "cancelled")

    def _require_sold(self, key: str) -> Entry:
        entry = self.require(key)
        if entry.progress == "confirming":
            entry = self._sold(entry) or entry
        if entry.progress not in {"confirmed", "cancelling", "cancelled"}:
            raise Refused("not_found", f"{key} was never confirmed")
        return entry

    def _proposal(self, entry: Entry, purpose: str) -> "Proposal":
        body = {"fulfillmentIds": json.loads(entry.document)["fulfillments"]}
        path = f"/bookings/{entry.reference}/refund-offers"
        answer = self._ask("POST", path, body, key=idempotency_key(entry.key, purpose))
        rows = rows_of(answer, "refundOffers")
        fee, refundable = (
            money_of(rows[0].get(name)) if rows else None for name in ("refundFee", "refundableAmount")
        )
        if fee is None or refundable is None or fee.minor < 0 or refundable.minor < 0:
            raise BadReply("the vendor's refund offer has no fee or no amount")
        if entry.price is not None and fee + refundable != entry.price:
            raise BadReply(
                f"the fee of {fee} and the refund of {refundable} are not the price of {entry.price}"
            )
        return Proposal(reference_of(rows[0].get("id")), fee, refundable)

    def _ask(self, method: str, path: str, body: Any, key: str | None = None) -> dict[str, Any]:
        """A call that changes nothing that matters."""
        reply = self._call(method, path, body, changes=False, key=key)
        self._refuse(reply)
        answer = reply.json()
        if reply.status not in OK or not isinstance(answer, dict):
            raise BadReply(f"{method} {path} was answered with {reply.status}")
        return answer

    def _change(self, entry: Entry, before: Progress, purpose: str, call: tuple[str, str, Any]) -> Reply:
        """A call that changes something; `before` is what stays true when it was refused or never arrived."""
        method, path, body = call
        try:
            reply = self._call(method, path, body, changes=True, key=idempotency_key(entry.key, purpose))
            self._refuse(reply)
        except Unavailable:
            self.write(entry, before)
            raise
        except Expired:
            self.write(replace(entry, expires_at=min(self.lapses_at(entry), self.now())), "held")
            raise
        except Refused:
            self.write(entry, {"holding": "refused", "confirming": "held"}.get(before, before))  # type: ignore[arg-type]
            raise
        if reply.status not in OK:
            raise OutcomeUnknown(f"{method} {path} was answered with {reply.status}")
        return reply

    def _call(
        self, method: str, path: str, body: Any, *, changes: bool, key: str | None, fresh: bool = False
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self._credentials.token(fresh=fresh)}"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            url = f"{self._settings.url}{path}"
            return self._wire.call(method, url, changes=changes, body=body, headers=headers)
        except Refused as error:
            if error.reason == "unauthorised" and not fresh:
                return self._call(method, path, body, changes=changes, key=key, fresh=True)
            raise

    def _refuse(self, reply: Reply) -> None:
        """Raise what a problem says by its code."""
        if reply.status not in CLIENT_ERRORS:
            return
        try:
            problem = reply.json()
        except BadReply:
            problem = {}
        code = str(problem.get("code", "")) if isinstance(problem, dict) else ""
        if code in _EXPIRED:
            raise Expired(f"the vendor says {code}")
        raise Refused(_REASONS.get(code, "refused"), f"{reply.status} {code}")

    def _offer_request(self, request: OfferRequest) -> dict[str, Any]:
        passengers = self._passengers(request.travellers)
        return offer_request(request.departure, self.operator, passengers)

    def _passengers(self, travellers: Sequence[Traveller]) -> list[dict[str, str]]:
        types = self._settings.passenger_types
        return [{"externalRef": one.ref, "type": types.get(one.category, "PERSON")} for one in travellers]
