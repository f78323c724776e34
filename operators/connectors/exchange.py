"""The connector of an operator that has nothing but files: we sell from its allotment and send it manifests.

Holds and bookings are kept in an inventory of ours whose capacity is what the operator allots. Confirming is
local and immediate; the manifest is its delivery, written at once and repeated until it is acknowledged. When
the sale of a sailing has ended, and no hold on it can become a booking any more, its manifest is sent whole.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from operators.connectors.basis import Basis, Now
from operators.departures import boarding_ends
from operators.exchange import manifest
from operators.exchange.folder import Alarm, PostOffice
from operators.exchange.format import ExchangeFile, Kind, Record, Refusal
from operators.gtfs.timetable import Timetable
from operators.inventory import Inventory, Reservation, Sailing
from operators.place_kinds import KINDS
from operators.port import (
    Availability,
    Booking,
    Cancellation,
    Capabilities,
    Departure,
    Disruption,
    Disruptions,
    Hold,
    HoldRequest,
    Message,
    RefundOffer,
    Release,
    Standing,
)

_EVENTS = ("CANCELLATION", "DELAY", "BOARDED")
# Sailings of longer ago are history: nothing about them is told any more.
_TOLD_FOR = timedelta(days=2)
# An event is told once, not again and again: it holds for the day.
_DAY_SECONDS = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A trip that no timetable has: it has left by noon (UTC) after its service day, whatever its zone.
_SURELY_LEFT = timedelta(hours=36)


@dataclass(slots=True)
class _Allotments:
    """The allotments that the operator lets us sell, folded from its files; a cancelled record stays cancelled."""

    seen: int = 0
    records: dict[str, Record | None] = field(default_factory=dict)
    seats: dict[Sailing, Counter[str]] = field(default_factory=dict)


class FileExchange(Basis):
    """One operator's folder. `terms` is the inventory, whose capacity becomes what the operator allots."""

    def __init__(
        self, operator: str, published: Timetable | None, now: Now, terms: Inventory, post: PostOffice
    ) -> None:
        super().__init__(operator, published, now)
        inventory = self.inventory = replace(terms, capacity=self.allotted, is_cancelled=self.has_cancelled)
        self._post = post
        self._allotments, self._told = _Allotments(), manifest.Told()
        self._gone: tuple[int, frozenset[Sailing]] = (-1, frozenset())
        self._trips = (
            {trip.trip_id for pattern in published.patterns for trip in pattern.trips} if published else set()
        )
        self.capabilities = Capabilities(
            needs_hold=True,
            cancels="whole",
            releases=True,
            availability=True,
            allots=True,
            counted_here=True,
            places=None,
            disruptions=True,
            told_for_seconds=_DAY_SECONDS,
            finds_by="our_key",
            hold_seconds=int(inventory.hold_life.total_seconds()),
            max_travellers=inventory.max_travellers,
            sale_ends_seconds=int(inventory.sale_ends.total_seconds()),
        )

    def allotted(self, sailing: Sailing) -> Mapping[str, int]:
        """The places that the operator lets us sell on a sailing."""
        with self._post.locked():
            self._fold()
            return dict(self._allotments.seats.get(sailing, Counter()))

    def has_cancelled(self, sailing: Sailing) -> bool:
        """Tell whether the operator's event files say that a sailing does not go; read anew when another one has come."""
        with self._post.locked():
            count = self._post.last("accepted", "EVENTS")
        if count != self._gone[0]:
            told = self.disruptions().items
            gone = (Sailing(self.operator, one.trip_id, one.service_date) for one in told if one.cancelled)
            self._gone = count, frozenset(gone)
        return sailing in self._gone[1]

    def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
        """The allotment less what is sold and held; a sailing without an allotment is left out."""
        now = self.now()
        told = [(departure, self.inventory.free(departure, now)) for departure in departures]
        return [Availability(departure, {**free}, now) for departure, free in told if free]

    def hold(self, request: HoldRequest) -> Hold:
        """Take places of the allotment."""
        return _hold(self.inventory.hold(request, self.now()))

    def confirm(self, key: str) -> Booking:
        """Sell, and write the manifest; a folder that cannot be written delays the manifest, not the sale."""
        sold = self.inventory.confirm(key, self.now())
        self._deliver(sold)
        return Booking(sold.key, sold.key, sold.price)

    def release(self, key: str) -> Release:
        """Give a hold back at once."""
        self.inventory.release(key)
        return Release(key, freed=True)

    def refund_offer(self, key: str) -> RefundOffer:
        """The product's own refund rules decide: a manifest carries no refunds."""
        return RefundOffer(key, None, None)

    def cancel(self, key: str) -> Cancellation:
        """Take a booking back, and tell the operator with the next manifest."""
        self._deliver(self.inventory.cancel(key))
        return Cancellation(key)

    def find(self, key: str) -> Standing | None:
        """Find the booking under our key."""
        known = self.inventory.find(key)
        if known is None:
            return None
        if known.state == "held":
            lasts = known.takes_places(self.now())
            return Standing(key, "held" if lasts else "expired", hold=_hold(known))
        booking = Booking(key, key, known.price) if known.state in {"confirmed", "cancelled"} else None
        return Standing(key, known.state, booking=booking)

    def disruptions(self) -> Disruptions:
        """Read the operator's event files, the newest word on a trip last."""
        if not self._post.folder.is_dir():
            return Disruptions(as_of=_EPOCH, items=(), source="exchange", tells_trips=False)
        with self._post.locked():
            files = list(self._post.files("accepted", "EVENTS"))
        by_run: dict[tuple[str, date], Disruption] = {}
        said_in: dict[tuple[str, date], str] = {}
        records = ((file, record) for file in files for record in file.records)
        counting = ((str(file.name), record) for file, record in records if not self._refusal(file, record))
        for name, record in counting:
            key = (record.trip_id, record.service_date)
            if record.action == "CANCEL":
                by_run.pop(key, None)
            elif record.place != "BOARDED":
                cancelled = record.place == "CANCELLATION"
                late = 0 if cancelled else 60 * record.seats
                by_run[key] = Disruption(record.trip_id, record.service_date, cancelled, late)
                said_in[key] = name
        as_of = max((file.created_at for file in files), default=_EPOCH)
        return Disruptions(
            as_of=as_of,
            items=tuple(by_run.values()),
            source="exchange",
            keeps_past=True,
            messages=tuple(self._messages(files, as_of)),
            said_in=said_in,
        )

    def _messages(self, files: Sequence[ExchangeFile], as_of: datetime) -> Iterator[Message]:
        """The newest files as they came, the last one last; of older ones everything was said when they came."""
        for file in files:
            if as_of - file.created_at <= _TOLD_FOR:
                yield Message((self._post.folder / "accepted" / str(file.name)).read_bytes(), str(file.name))

    def tend(self) -> Sequence[str]:
        """Take in what has come, send what is due; answers what a person should look at."""
        alarms: list[Alarm] = self._post.receive(self._judge)
        since = (self.now() - _TOLD_FOR).date()
        sold = self.inventory.sailings.sold(self.operator, since)
        self._manifest(sold)
        self._close(sold, since)
        alarms += self._post.resend()
        return [f"{alarm.trouble}: {alarm.file}: {alarm.detail}" for alarm in alarms]

    def _deliver(self, changed: Reservation) -> None:
        try:
            self._manifest([changed])
        except OSError:
            return  # the booking stands; `tend` writes the manifest when the folder is there again

    def _manifest(self, reservations: Sequence[Reservation]) -> None:
        """Send what the operator has not been told."""
        with self._post.locked():
            self._recall()
            due = manifest.changes(reservations, self._told)
            if due:
                self._post.send("MANIFEST", due)

    def _close(self, sold: Sequence[Reservation], since: date) -> None:
        """Send the full manifest of each sailing that nobody can book any more; once, whoever does it."""
        with self._post.locked():
            self._recall()
            self._fold()
            offered = {sailing for sailing in self._allotments.seats if sailing.service_date >= since}
            for sailing in sorted(offered | {one.sailing for one in sold}, key=_in_order):
                told = (sailing.trip_id, sailing.service_date) in self._told.closed
                if not told and self._is_over(sailing, sold):
                    self._post.send("MANIFEST", manifest.closing(sailing, sold))

    def _is_over(self, sailing: Sailing, sold: Sequence[Reservation]) -> bool:
        """Tell whether the sale has ended and every place that is taken is one of a booking we know."""
        now, day = self.now(), sailing.service_date
        leaves = boarding_ends(self._published, sailing.trip_id, day) if self._published else None
        ends = leaves or datetime.combine(day, time(0), UTC) + _SURELY_LEFT
        if now < ends - self.inventory.sale_ends:
            return False
        taken = Counter(self.inventory.sailings.taken(sailing, now))
        return taken == manifest.places_sold(sailing, sold)

    def _recall(self) -> None:
        """Bring what was told up to the manifests that were sent."""
        for file in self._post.files("sent", "MANIFEST", after=self._told.seen):
            self._told.read(file)

    def _judge(self, file: ExchangeFile) -> Sequence[Refusal]:
        return [refusal for record in file.records if (refusal := self._refusal(file, record))]

    def _refusal(self, file: ExchangeFile, record: Record) -> Refusal | None:
        """Why a record does not count; None when it does. A cancellation may name what is not known."""
        if self._trips and record.trip_id not in self._trips:
            return Refusal(record.record_id, "UNKNOWN_TRIP", f"{record.trip_id} is not in the timetable")
        known = _EVENTS if file.name.kind == "EVENTS" else KINDS
        if record.place not in known and record.action != "CANCEL":
            return Refusal(
                record.record_id, "UNKNOWN_CLASS", f"{record.place!r} is not one of {', '.join(known)}"
            )
        return None

    def _fold(self) -> None:
        """Bring the allotments up to the files that have been accepted."""
        kinds: tuple[Kind, ...] = ("ALLOTMENT", "CORRECTION")
        count = sum(self._post.last("accepted", kind) for kind in kinds)
        if count == self._allotments.seen:
            return
        files = [file for kind in kinds for file in self._post.files("accepted", kind)]
        folded = _Allotments(seen=count)
        for file in sorted(files, key=lambda one: one.created_at):
            for record in file.records:
                if not self._refusal(file, record):
                    _apply(folded.records, record)
        for record in filter(None, folded.records.values()):
            sailing = Sailing(self.operator, record.trip_id, record.service_date)
            folded.seats.setdefault(sailing, Counter())[record.place] += record.seats
        self._allotments = folded


def _apply(records: dict[str, Record | None], record: Record) -> None:
    """ADD once, CHANGE what is there, CANCEL for good: a later ADD of a cancelled record is void."""
    known = records.get(record.record_id, record if record.action == "ADD" else None)
    if record.action == "CANCEL" or (record.record_id in records and records[record.record_id] is None):
        records[record.record_id] = None
    elif record.action == "ADD":
        records.setdefault(record.record_id, known)
    else:
        records[record.record_id] = record


def _in_order(sailing: Sailing) -> tuple[date, str]:
    return (sailing.service_date, sailing.trip_id)


def _hold(reservation: Reservation) -> Hold:
    return Hold(reservation.key, reservation.key, reservation.expires_at, reservation.price)
