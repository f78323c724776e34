"""Read an offer for a quote: its token, the rides that it names in the timetable of its version, and what its party holds now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from operators.gtfs.timetable import Departure
from tariffs.book import build_book
from tariffs.excluded import Excluded
from tariffs.journey import Ride
from tariffs.money import Money
from tariffs.party import Passenger
from tariffs.passes import HeldPass
from throughfare_gate.moments import written
from ticketing import offers as tokens
from ticketing.db import Transaction
from ticketing.db.sale import offers
from ticketing.errors import Conflict, Fault, OfferGone
from ticketing.frozen import Leg, read_leg
from ticketing.offers import Member, OfferBody, OfferTokens, RideName
from ticketing.quote import held
from ticketing.regions import Region
from ticketing.regions.earlier import EarlierRegions
from ticketing.regions.planned import KnownRide, added_ride, excluded_ride, find_ride_on, leg_of

_UNKNOWN = "there is no such offer; search again"
_FAULTS = (Fault("offer_id", _UNKNOWN),)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The shelf that offers are read from: the keys of their tokens, the regions of today and those that were replaced."""

    tokens: OfferTokens
    regions: Mapping[str, Region]
    earlier: EarlierRegions


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """An offer that holds, as it is priced and promised: `region` is the one of its tariff, else today's.

    `person_id` is the account that it counts on, `holder_ref` its owner among the passengers. It comes of a row
    (`offer_id`) or of a token (`digest`).
    """

    region: Region
    made_at: datetime
    expires_at: datetime
    total: Money
    rides: Sequence[Ride]
    legs: Sequence[Leg]
    passengers: Sequence[Passenger]
    excluded: Sequence[Excluded]
    person_id: str | None
    holder_ref: str | None
    sale_channel: str | None
    offer_id: str | None = None
    digest: str | None = None


def read_offer(shelf: Shelf, tx: Transaction, offer_id: str, person_id: str | None, now: datetime) -> Offered:
    """Read an offer that still holds, for whoever calls.

    Raises OfferGone for one that is over, unknown or another account's, Conflict where a ride of it is not there any more.
    """
    if not offer_id.startswith(tokens.PREFIX):
        return _of_row(shelf, tx, offer_id, person_id, now)
    body = shelf.tokens.read(offer_id)
    if body is None or body.region not in shelf.regions or not _may_have(body, person_id):
        raise OfferGone(_UNKNOWN, _FAULTS)
    _require_alive(body.expires_at, now)
    region, known = _found(shelf, tx, body)
    without = _excluded(region, body, known)
    sold = [one for at, one in enumerate(known) if at not in body.excluded]
    return Offered(
        region=region,
        made_at=body.made_at,
        expires_at=body.expires_at,
        total=body.total,
        rides=[one.ride for one in sold],
        legs=[read_leg(leg_of(region.data, one)) for one in sold],
        passengers=_party(tx, body, person_id, now),
        excluded=without,
        person_id=person_id if body.owner else None,
        holder_ref=body.holder_ref,
        sale_channel=body.sale_channel,
        digest=tokens.digest(offer_id),
    )


def _of_row(shelf: Shelf, tx: Transaction, offer_id: str, person_id: str | None, now: datetime) -> Offered:
    """Read an offer that an earlier release has stored."""
    row = offers.find_offer(tx, offer_id)
    if row is None or row.region not in shelf.regions or row.document.person_id not in {None, person_id}:
        raise OfferGone(_UNKNOWN, _FAULTS)
    _require_alive(row.expires_at, now)
    document = row.document
    return Offered(
        region=next(_regions(shelf, tx, row.region, document.tariff_version, row.expires_at)),
        made_at=row.created_at,
        expires_at=row.expires_at,
        total=document.total,
        rides=document.rides,
        legs=document.legs,
        passengers=document.passengers,
        excluded=document.excluded,
        person_id=document.person_id,
        holder_ref=document.holder_ref,
        sale_channel=document.sale_channel,
        offer_id=row.id,
    )


def _may_have(body: OfferBody, person_id: str | None) -> bool:
    """Tell whether an offer is the caller's: one that counts on an account is that account's."""
    return body.owner is None or (
        person_id is not None and body.owner == tokens.owner_of(person_id, body.made_at)
    )


def _require_alive(expires_at: datetime, now: datetime) -> None:
    if now >= expires_at:
        raise OfferGone(f"the offer expired at {written(expires_at)}; search again")


def _found(shelf: Shelf, tx: Transaction, body: OfferBody) -> tuple[Region, list[KnownRide]]:
    """The region of an offer's tariff with its rides: its timetable of then, where that is still known."""
    missing = 0
    for region in _regions(shelf, tx, body.region, body.tariff_version, body.expires_at):
        known: list[KnownRide] = []
        for name in body.rides:
            ride = _find(region, name)
            if ride is None:
                break
            known.append(ride)
        else:
            return region, known
        missing = max(missing, len(known))
    name = body.rides[missing]
    detail = (
        f"the ride of {name.operator} on the trip {name.trip_id} is no longer in the timetable; search again"
    )
    raise Conflict(detail, [Fault(f"legs[{missing}]", detail)])


def _find(region: Region, name: RideName) -> KnownRide | None:
    times = name.departs_at, name.arrives_at
    if name.added is None:
        ends = name.from_stop_id, name.to_stop_id
        return find_ride_on(region, name.operator, name.trip_id, ends, times)
    trip = Departure(start=0, trip_id=name.trip_id, service="", headsign=name.added.headsign)
    return added_ride(
        region.data, name.operator, name.added.route_id, trip, calls=name.added.calls, times=times
    )


def _regions(shelf: Shelf, tx: Transaction, name: str, version: str, until: datetime) -> Iterator[Region]:
    """The regions of a tariff's version: today's, those that it replaced, or one made of the stored version; else today's."""
    today = shelf.regions[name]
    if today.book.version == version:
        yield today
        yield from shelf.earlier.of_version(name, version)
        return
    kept = shelf.earlier.of_version(name, version)
    if not kept and (stored := offers.find_tariff(tx, version)) is not None:
        book, _ = build_book(**stored.document)
        if book is not None:
            kept = [replace(today, book=book, tariff=stored.document)]
            shelf.earlier.keep(kept[0], until)
    yield from kept or [today]


def _excluded(region: Region, body: OfferBody, known: Sequence[KnownRide]) -> list[Excluded]:
    return [excluded_ride(region.data, at, known[at].ride, body.excluded) for at in body.excluded]


def _party(tx: Transaction, body: OfferBody, person_id: str | None, now: datetime) -> list[Passenger]:
    """The party with what counts for it now: passes by their tickets, and the account's proofs and rides for its owner."""
    named = {jti for member in body.members for jti in member.passes}
    passes = held.passes_named(tx, named, now, dict(body.freed))
    holder = body.holder_ref if body.owner else None
    claims = held.claims_of(tx, person_id) if holder is not None and person_id else ()
    paid = held.paid_by(tx, person_id, now) if holder is not None and person_id else ()
    return [
        Passenger(
            member.ref,
            member.rider,
            claims if member.ref == holder else (),
            _passes_of(member, passes),
            paid if member.ref == holder else (),
        )
        for member in body.members
    ]


def _passes_of(member: Member, passes: Mapping[str, HeldPass]) -> tuple[HeldPass, ...]:
    return tuple(passes[jti] for jti in member.passes if jti in passes)
