"""An inventory of our own: capacity per sailing for foot passengers, cars and cabins; holds that expire.

The rules are here and pure but for the store, which keeps one sailing locked while it is changed. A hold
takes its places at once and loses them at `expires_at`; a booking keeps them until it is cancelled.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from operators.errors import Expired, Refused
from operators.port import Departure, HoldRequest
from tariffs.money import Money

ReservationState = Literal["held", "confirmed", "released", "cancelled"]
Capacity = Callable[["Sailing"], Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Sailing:
    """One trip of an operator on one service day: what its capacity belongs to."""

    operator: str
    trip_id: str
    service_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Places taken under our key; `digest` tells the same request from another one with the same key.

    `travellers` pairs each rider category with the kind of its place.
    """

    key: str
    digest: str
    sailing: Sailing
    places: Mapping[str, int]
    state: ReservationState
    expires_at: datetime
    price: Money | None = None
    travellers: tuple[tuple[str, str], ...] = ()
    from_stop_id: str = ""
    to_stop_id: str = ""

    def takes_places(self, now: datetime) -> bool:
        """Tell whether its places are taken now."""
        return self.state == "confirmed" or (self.state == "held" and now < self.expires_at)


class OpenSailing(Protocol):
    """One sailing, locked against everybody else until its block ends."""

    def taken(self, now: datetime) -> Mapping[str, int]:
        """The places taken now, by kind."""

    def find(self, key: str) -> Reservation | None:
        """The reservation under a key."""

    def put(self, reservation: Reservation) -> None:
        """Write a reservation, new or changed."""


class Sailings(Protocol):
    """The place of reservations: in memory for tests, in the database for the service."""

    def opened(self, sailing: Sailing) -> AbstractContextManager[OpenSailing]:
        """Lock one sailing; what was put is kept when the block ends and lost when it raises."""

    def find(self, operator: str, key: str) -> Reservation | None:
        """The reservation under a key of an operator."""

    def taken(self, sailing: Sailing, now: datetime) -> Mapping[str, int]:
        """The places taken now, by kind, without a lock."""

    def sold(self, operator: str, since: date) -> Sequence[Reservation]:
        """Every reservation of a service day from `since` on that is or was confirmed, in the order of keys."""


def _goes(_sailing: Sailing) -> bool:
    """Say that every sailing goes, since nothing tells of cancellations."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The rules over a store. `capacity` gives the places of a sailing by kind; an empty one is not sold.

    `is_cancelled` says of a sailing whether its operator has cancelled it: then nothing of it is held or confirmed.
    """

    operator: str
    sailings: Sailings
    capacity: Capacity
    hold_life: timedelta
    sale_ends: timedelta = timedelta(0)
    max_travellers: int = 9
    is_cancelled: Callable[[Sailing], bool] = _goes

    def free(self, departure: Departure, now: datetime) -> dict[str, int]:
        """The places left on a departure."""
        sailing = self._sailing(departure)
        if self.is_cancelled(sailing):
            return dict.fromkeys(self.capacity(sailing), 0)
        taken = self.sailings.taken(sailing, now)
        return {kind: max(0, places - taken.get(kind, 0)) for kind, places in self.capacity(sailing).items()}

    def total(self, departure: Departure) -> dict[str, int]:
        """The places of a departure, taken and free."""
        return dict(self.capacity(self._sailing(departure)))

    def hold(self, request: HoldRequest, now: datetime) -> Reservation:
        """Take places, all or none. Raises Refused: sold_out, sales_closed, cancelled, not_found, key_reused."""
        departure, sailing = request.departure, self._sailing(request.departure)
        wanted = Counter[str](traveller.place for traveller in request.travellers)
        gone = self.is_cancelled(sailing)
        with self.sailings.opened(sailing) as opened:
            known = opened.find(request.key)
            if known and known.digest != digest(request):
                raise Refused("key_reused", f"{request.key} was used for another request")
            if known and known.takes_places(now):
                return known
            if known and known.state in {"released", "cancelled"}:
                raise Refused("already_released", f"{request.key} was given back")
            if not wanted:
                raise Refused("invalid_passenger", "a hold needs somebody who travels", "travellers")
            if len(request.travellers) > self.max_travellers:
                raise Refused("too_many_passengers", f"at most {self.max_travellers}", "travellers")
            if gone:
                raise Refused("cancelled", f"{sailing.trip_id} on {sailing.service_date} is cancelled")
            if now >= departure.departs_at - self.sale_ends:
                raise Refused("sales_closed", f"the sale of {sailing.trip_id} has ended")
            self._require_room(sailing, wanted, opened.taken(now))
            reservation = Reservation(
                key=request.key,
                digest=digest(request),
                sailing=sailing,
                places=dict(wanted),
                state="held",
                expires_at=now + self.hold_life,
                price=request.price,
                travellers=tuple((traveller.category, traveller.place) for traveller in request.travellers),
                from_stop_id=departure.from_stop_id,
                to_stop_id=departure.to_stop_id,
            )
            opened.put(reservation)
        return reservation

    def confirm(self, key: str, now: datetime) -> Reservation:
        """Make a hold a booking. Raises Expired, or Refused: not_found, already_released, already_cancelled, cancelled."""
        with self._open(key) as (opened, known):
            if known.state == "confirmed":
                return known
            if known.state == "cancelled":
                raise Refused("already_cancelled")
            if known.state == "released":
                raise Refused("already_released")
            if self.is_cancelled(known.sailing):
                raise Refused("cancelled", f"{known.sailing.trip_id} was cancelled since {key} was held")
            if now >= known.expires_at:
                raise Expired(f"the hold {key} ran out at {known.expires_at.isoformat()}")
            return _put(opened, replace(known, state="confirmed"))

    def release(self, key: str) -> Reservation | None:
        """Give a hold back; None when there never was one. Raises Refused: already_confirmed."""
        if self.sailings.find(self.operator, key) is None:
            return None
        with self._open(key) as (opened, known):
            if known.state in {"confirmed", "cancelled"}:
                raise Refused(
                    "already_confirmed", f"{key} is {known.state}; it can be cancelled, not released"
                )
            return _put(opened, replace(known, state="released"))

    def cancel(self, key: str) -> Reservation:
        """Take a booking back, its places are free at once. Raises Refused: not_found."""
        with self._open(key) as (opened, known):
            if known.state not in {"confirmed", "cancelled"}:
                raise Refused("not_found", f"{key} was never confirmed")
            return _put(opened, replace(known, state="cancelled"))

    def find(self, key: str) -> Reservation | None:
        """The reservation under our key."""
        return self.sailings.find(self.operator, key)

    def _require_room(self, sailing: Sailing, wanted: Mapping[str, int], taken: Mapping[str, int]) -> None:
        capacity = self.capacity(sailing)
        if not capacity:
            raise Refused(
                "not_found", f"no places are allotted to us on {sailing.trip_id} on {sailing.service_date}"
            )
        for kind, places in wanted.items():
            if kind not in capacity:
                raise Refused("not_sellable", f"{sailing.trip_id} has no places of the kind {kind}")
            if taken.get(kind, 0) + places > capacity[kind]:
                raise Refused(
                    "sold_out", f"{places} {kind} asked for, {capacity[kind] - taken.get(kind, 0)} left"
                )

    def _sailing(self, departure: Departure) -> Sailing:
        return Sailing(self.operator, departure.trip_id, departure.service_date)

    @contextmanager
    def _open(self, key: str) -> Iterator[tuple[OpenSailing, Reservation]]:
        """Lock the sailing that a key belongs to and read its reservation under the lock."""
        known = self.sailings.find(self.operator, key)
        if known is None:
            raise Refused("not_found", f"nothing is held under {key}")
        with self.sailings.opened(known.sailing) as opened:
            yield opened, opened.find(key) or known


def digest(request: HoldRequest) -> str:
    """Digest the parts that make two requests the same: departure, travellers and price."""
    departure = request.departure
    parts = [
        departure.trip_id,
        departure.service_date.isoformat(),
        departure.from_stop_id,
        departure.to_stop_id,
        str(request.price),
        str(request.offer_id),
        *(f"{one.ref}/{one.category}/{one.place}" for one in request.travellers),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _put(opened: OpenSailing, reservation: Reservation) -> Reservation:
    opened.put(reservation)
    return reservation
