"""The connector of an operator that has no system: its places are kept in our own inventory."""

from collections.abc import Collection, Sequence

from operators.connectors.basis import Basis, Now
from operators.gtfs.timetable import Timetable
from operators.inventory import Inventory, Reservation
from operators.port import (
    Availability,
    Booking,
    Cancellation,
    Capabilities,
    Departure,
    Hold,
    HoldRequest,
    PlaceKind,
    RefundOffer,
    Release,
    Standing,
)


class OwnInventory(Basis):
    """Holds and bookings are rows of ours: every call is atomic, so no outcome is ever unknown."""

    def __init__(
        self,
        operator: str,
        published: Timetable | None,
        now: Now,
        inventory: Inventory,
        kinds: Collection[PlaceKind] | None = None,
    ) -> None:
        super().__init__(operator, published, now)
        self.inventory = inventory
        self.capabilities = Capabilities(
            needs_hold=True,
            cancels="whole",
            releases=True,
            availability=True,
            counted_here=True,
            finds_by="our_key",
            hold_seconds=int(inventory.hold_life.total_seconds()),
            max_travellers=inventory.max_travellers,
            sale_ends_seconds=int(inventory.sale_ends.total_seconds()),
            places=None if kinds is None else frozenset(kinds),
        )

    def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
        """Free places as they are at this moment."""
        now = self.now()
        free = [(departure, self.inventory.free(departure, now)) for departure in departures]
        return [
            Availability(departure, {**left}, now, self.inventory.total(departure))
            for departure, left in free
            if left
        ]

    def hold(self, request: HoldRequest) -> Hold:
        """Take places."""
        return _hold(self.inventory.hold(request, self.now()))

    def confirm(self, key: str) -> Booking:
        """Make a hold a booking."""
        return _booking(self.inventory.confirm(key, self.now()))

    def release(self, key: str) -> Release:
        """Give a hold back at once."""
        self.inventory.release(key)
        return Release(key, freed=True)

    def refund_offer(self, key: str) -> RefundOffer:
        """The product's own refund rules decide: the inventory keeps no money."""
        return RefundOffer(key, None, None)

    def cancel(self, key: str) -> Cancellation:
        """Take a booking back."""
        self.inventory.cancel(key)
        return Cancellation(key)

    def find(self, key: str) -> Standing | None:
        """Find the booking under our key."""
        known = self.inventory.find(key)
        if known is None:
            return None
        if known.state == "held":
            lasts = known.takes_places(self.now())
            return Standing(key, "held" if lasts else "expired", hold=_hold(known))
        booked = _booking(known) if known.state in {"confirmed", "cancelled"} else None
        return Standing(key, known.state, booking=booked)


def _hold(reservation: Reservation) -> Hold:
    return Hold(reservation.key, reservation.key, reservation.expires_at, reservation.price)


def _booking(reservation: Reservation) -> Booking:
    return Booking(reservation.key, reservation.key, reservation.price)
