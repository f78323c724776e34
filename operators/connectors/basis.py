"""Serve every connector by default: the published feed, and a plain no to the rest."""

from collections.abc import Callable, Sequence
from datetime import datetime

from operators.errors import NotSupported
from operators.gtfs.timetable import Stop, Timetable
from operators.port import (
    Availability,
    Booking,
    Cancellation,
    Capabilities,
    Departure,
    Disruptions,
    Hold,
    HoldRequest,
    OfferRequest,
    Offers,
    RefundOffer,
    Release,
    Standing,
    TimetableVersion,
)

Now = Callable[[], datetime]


class Basis:
    """A connector over a published timetable that can do nothing else; protocols override what they can."""

    capabilities = Capabilities(needs_hold=False)

    def __init__(self, operator: str, published: Timetable | None, now: Now) -> None:
        self.operator = operator
        self.now = now
        self._published = published

    def timetable(self, known_version: str | None = None) -> TimetableVersion | None:
        """The published timetable, as the region loaded it."""
        if self._published is None:
            raise NotSupported(f"{self.operator} publishes no timetable")
        return None if known_version == "published" else TimetableVersion("published", self._published)

    def kept_timetable(self) -> TimetableVersion | None:
        """Return the region's own timetable, since nothing is fetched."""
        return None

    def places(self, text: str) -> Sequence[Stop]:
        """Stops whose name has the text in it, in any language."""
        if self._published is None:
            return ()
        wanted = text.casefold()
        return [stop for stop in self._published.stops.values() if _has_in_name(stop, wanted)]

    def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
        """Not told by this protocol."""
        raise NotSupported(f"{self.operator} does not report free places")

    def offers(self, request: OfferRequest) -> Offers:
        """Not told by this protocol."""
        raise NotSupported(f"{self.operator} makes no offers of its own")

    def hold(self, request: HoldRequest) -> Hold:
        """Not needed by this protocol."""
        raise NotSupported(f"{self.operator} needs no hold")

    def confirm(self, key: str) -> Booking:
        """Not needed by this protocol."""
        raise NotSupported(f"{self.operator} needs no confirmation")

    def release(self, key: str) -> Release:
        """Not needed by this protocol."""
        raise NotSupported(f"{self.operator} has no holds")

    def refund_offer(self, key: str) -> RefundOffer:
        """Not told by this protocol."""
        raise NotSupported(f"{self.operator} does not report the refund of a cancellation")

    def cancel(self, key: str) -> Cancellation:
        """Not possible by this protocol."""
        raise NotSupported(f"{self.operator} takes nothing back by machine")

    def find(self, key: str) -> Standing | None:
        """Find nothing, because nothing is ever booked here."""
        return None

    def disruptions(self) -> Disruptions:
        """Not told by this protocol."""
        raise NotSupported(f"{self.operator} reports no delays")

    def tend(self) -> Sequence[str]:
        """Do nothing from time to time."""
        return ()


def _has_in_name(stop: Stop, text: str) -> bool:
    return any(text in name.casefold() for name in stop.names.values())
