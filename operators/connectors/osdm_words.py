"""OSDM's JSON read into the port's words, and our keys made into its own. Pure; what cannot be read is None or left out."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from operators.errors import BadReply, OutcomeUnknown
from operators.journal import Entry
from operators.port import Booking, Cancellation, Departure, Document, HoldRequest, PriceOffer
from operators.transport import Reply
from tariffs.money import Money, MoneyError, exponent

_LONGEST_PAPER, _LONGEST_NUMBER = 2_000_000, 200
_KEYS = uuid.UUID("6f1d9f0e-6f0b-4d1c-9b57-0a8f6f0d1c11")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A refund that the vendor offers."""

    id: str
    fee: Money
    refundable: Money


def idempotency_key(key: str, purpose: str) -> str:
    """OSDM wants a UUID for each call: one made from ours and what it is for."""
    return str(uuid.uuid5(_KEYS, f"{key}/{purpose}"))


def currency_of(request: HoldRequest) -> str:
    """The currency in which we expect to pay."""
    return request.price.currency if request.price else "EUR"


def offer_request(departure: Departure, carrier: str, passengers: list[dict[str, str]]) -> dict[str, Any]:
    """Ask for offers for one departure, by OSDM 3's trip specification."""

    def call(stop: str, at: datetime, name: str) -> dict[str, Any]:
        place = {"objectType": "StopPlaceRef", "stopPlaceRef": stop}
        return {"stopPlaceRef": place, name: {"timetabledTime": at.isoformat()}}

    leg = {
        "externalRef": departure.trip_id,
        "timedLeg": {
            "start": call(departure.from_stop_id, departure.departs_at, "serviceDeparture"),
            "end": call(departure.to_stop_id, departure.arrives_at, "serviceArrival"),
            "service": {"vehicleNumbers": [departure.trip_id], "carriers": [{"ref": carrier}]},
        },
    }
    return {
        "anonymousPassengerSpecifications": passengers,
        "tripSpecifications": [{"externalRef": departure.trip_id, "legs": [leg]}],
    }


def object_of(reply: Reply) -> dict[str, Any]:
    """The object in an answer to a change; raises OutcomeUnknown where there is none."""
    try:
        answer = reply.json()
    except BadReply as error:
        raise OutcomeUnknown(error.detail) from error
    if not isinstance(answer, dict):
        raise OutcomeUnknown("the answer is no object")
    return answer


def rows_of(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects of a list; what is none is left out."""
    value = answer.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def offer_of(row: Mapping[str, Any]) -> PriceOffer | None:
    """An offer that can be read whole; another one is left out."""
    summary = row.get("offerSummary")
    price = money_of(summary.get("minimalPrice")) if isinstance(summary, dict) else None
    expires, identity = moment_of(row.get("preBookableUntil")), row.get("offerId")
    if price is None or price.minor < 0 or expires is None or not isinstance(identity, str):
        return None
    return PriceOffer(identity, price, expires)


def confirmable_of(booking: Mapping[str, Any]) -> list[Any]:
    """Until when each part may be confirmed, where a vendor says so there."""
    return [
        part.get("confirmableUntil")
        for offer in rows_of(booking, "bookedOffers")
        for part in rows_of(offer, "admissions")
    ]


def money_of(value: Any) -> Money | None:
    """A price with its scale; None where it cannot be read or has other digits than the currency."""
    if not isinstance(value, dict) or type(value.get("amount")) is not int:
        return None
    try:
        digits = exponent(value.get("currency", ""))
    except MoneyError:
        return None
    return Money(value["amount"], value["currency"]) if value.get("scale", 2) == digits else None


def moment_of(value: Any) -> datetime | None:
    """An aware moment; None for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def documents_of(answer: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tickets of an answer in the vendor's own form (base64), and the numbers by which its staff find them."""
    papers = [
        {
            "kind": str(row.get("type", "")),
            "media_type": str(row.get("format", "")),
            "content": content,
            "encoding": "base64",
        }
        for row in rows_of(answer, "fulfillmentDocuments")
        if isinstance(content := row.get("content"), str) and len(content) <= _LONGEST_PAPER
    ]
    numbers = [
        {"kind": "number", "media_type": "text/plain", "content": number}
        for row in rows_of(answer, "fulfillments")
        if isinstance(number := row.get("controlNumber"), str) and len(number) <= _LONGEST_NUMBER
    ]
    return papers + numbers


def booking_of(entry: Entry) -> Booking:
    """The booking of an entry that was confirmed."""
    documents = json.loads(entry.document).get("documents", [])
    return Booking(entry.key, str(entry.reference), entry.price, tuple(Document(**row) for row in documents))


def cancellation_of(entry: Entry) -> Cancellation:
    """The cancellation of an entry, with what the vendor gave back."""
    told = json.loads(entry.document)["refund"]
    fee, refunded = (
        None if told[name] is None else Money(told[name], told["currency"]) for name in ("fee", "refunded")
    )
    return Cancellation(entry.key, fee, refunded)
