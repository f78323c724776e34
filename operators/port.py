"""The port: what the service asks of any operator, in its own words, whatever the operator's protocol.

One booking is one leg for some travellers, known by **our key** from the first call to the last. Every
call that changes something is idempotent by that key and its name: repeated with the same content it gives
the first answer, also after a crash, a timeout or a restart; with other content it is `Refused`
(`key_reused`). After `OutcomeUnknown` the same call may simply be made again: the connector first asks what
the operator knows. A connector never prices by our tariffs, signs no ticket and opens no socket of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from operators.errors import (
    BadReply,
    Expired,
    NotSupported,
    OperatorError,
    OutcomeUnknown,
    PriceChanged,
    Reason,
    Refused,
    Unavailable,
)
from operators.gtfs.timetable import Stop, Timetable
from operators.told import (
    AddedCall,
    AddedTrip,
    Alert,
    CallChange,
    Disruption,
    Disruptions,
    Matching,
    Message,
    ObservedCall,
    Selector,
    Vehicle,
)
from tariffs.money import Money

__all__ = [
    "AddedCall",
    "AddedTrip",
    "Alert",
    "Availability",
    "BadReply",
    "Booking",
    "CallChange",
    "Cancellation",
    "Capabilities",
    "Connector",
    "Departure",
    "Disruption",
    "Disruptions",
    "Document",
    "Expired",
    "Hold",
    "HoldRequest",
    "Matching",
    "Message",
    "NotSupported",
    "ObservedCall",
    "OfferRequest",
    "Offers",
    "OperatorError",
    "OutcomeUnknown",
    "PlaceKind",
    "PriceChanged",
    "PriceOffer",
    "Reason",
    "RefundOffer",
    "Refused",
    "Release",
    "Selector",
    "Standing",
    "TimetableVersion",
    "Traveller",
    "Unavailable",
    "Vehicle",
]

# The place that one traveller takes on board.
PlaceKind = Literal["foot", "bicycle", "car", "cabin", "dog"]
State = Literal["held", "confirmed", "released", "expired", "cancelled", "lapsing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The abilities of an operator's protocol, declared as data and proven by the conformance suite.

    `needs_hold`: without a hold and its confirmation nobody may travel; false means that our ticket is
    enough and hold, confirm and cancel are not supported. `cancels` is whether a confirmed booking can be
    taken back by machine: confirm what cannot be taken back last. `releases` is whether a hold can be given
    back at once, else it lapses. `hold_seconds` is how long a hold lasts at least, `told_for_seconds` how long
    its last word on disruptions holds when nothing newer comes. `allots`: what is sold are the places that it has
    allotted, and `availability` leaves out a departure that has none. `counted_here`: places are counted in our own database, and asking for them calls nobody. `vehicles`: it tells where they are. `places` are the kinds that can be held, None
    where only the operator knows.
    """

    needs_hold: bool
    cancels: Literal["never", "whole", "by_passenger"] = "never"
    releases: bool = False
    offers: bool = False
    availability: bool = False
    disruptions: bool = False
    finds_by: Literal["our_key", "operator_reference", "nothing"] = "nothing"
    hold_seconds: int = 0
    max_travellers: int = 9
    sale_ends_seconds: int = 0
    told_for_seconds: int = 600
    allots: bool = False
    counted_here: bool = False
    vehicles: bool = False
    places: frozenset[PlaceKind] | None = frozenset({"foot"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One trip on one service day between two of its stops; ids are the operator's own, times aware."""

    trip_id: str
    route_id: str
    service_date: date
    from_stop_id: str
    to_stop_id: str
    departs_at: datetime
    arrives_at: datetime


@dataclass(frozen=True, slots=True)
class Traveller:
    """A traveller: `ref` is ours, `category` the operator's own rider category."""

    ref: str
    category: str
    place: PlaceKind = "foot"


@dataclass(frozen=True, slots=True)
class Availability:
    """Free places of a departure by kind; None where the operator does not tell. `as_of` is its own time.

    `total` are its places by kind, taken and free; a kind is left out where the operator does not tell.
    """

    departure: Departure
    free: Mapping[str, int | None]
    as_of: datetime
    total: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """Ask for the operator's own prices of a departure."""

    departure: Departure
    travellers: tuple[Traveller, ...]
    currency: str


@dataclass(frozen=True, slots=True)
class PriceOffer:
    """The operator's own price for all travellers together, until it expires."""

    id: str
    price: Money
    expires_at: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Offers:
    """Offers, or the reasons for having none."""

    offers: tuple[PriceOffer, ...]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Hold places for travellers on a departure; `price` is what we expect to owe, None where we do not know."""

    key: str
    departure: Departure
    travellers: tuple[Traveller, ...]
    price: Money | None = None
    offer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Places that are kept for us until `expires_at`; `reference` is the operator's own."""

    key: str
    reference: str
    expires_at: datetime
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """Control data or a ticket in the operator's own form; it is data, to be escaped wherever it is shown.

    `kind` is the protocol's word (`qr_code`, `number`, `html`, `TICKET`), `encoding` how `content` writes its bytes.
    """

    kind: str
    media_type: str
    content: str
    encoding: Literal["text", "base64"] = "text"


@dataclass(frozen=True, slots=True)
class Booking:
    """A confirmed booking; the reference may differ from the hold's. `tickets` is how many there are, where that is told."""

    key: str
    reference: str
    price: Money | None = None
    documents: tuple[Document, ...] = ()
    tickets: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A hold given back: `freed` now, or it lapses by itself at `lapses_at`."""

    key: str
    freed: bool
    lapses_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefundOffer:
    """The cost and the refund of cancelling; None where the operator does not tell beforehand."""

    key: str
    fee: Money | None
    refundable: Money | None


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A booking taken back, and what the operator gives back for it, where it says so."""

    key: str
    fee: Money | None = None
    refunded: Money | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The operator's present record under our key.

    `lapsing`: a hold whose reference we never learnt, which frees itself at `hold.expires_at`; holding
    again with the same key is safe.
    """

    key: str
    state: State
    hold: Hold | None = None
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class TimetableVersion:
    """A timetable with the version by which it is asked for again; `files` are the texts it was read from."""

    version: str
    timetable: Timetable
    files: Mapping[str, str] = field(default_factory=dict)


class Connector(Protocol):
    """One operator. Raises only what `operators.errors` draws; `Unavailable` wherever nothing was executed."""

    @property
    def operator(self) -> str:
        """The operator's id in its region."""

    @property
    def capabilities(self) -> Capabilities:
        """The calls that are possible."""

    def timetable(self, known_version: str | None = None) -> TimetableVersion | None:
        """The timetable, None when `known_version` still is the newest."""

    def kept_timetable(self) -> TimetableVersion | None:
        """The newest good timetable that was fetched, from an earlier run too; None where none ever was. Asks nobody."""

    def places(self, text: str) -> Sequence[Stop]:
        """Stops by name."""

    def availability(self, departures: Sequence[Departure]) -> Sequence[Availability]:
        """Free places, one answer a departure; a departure that is not known is left out."""

    def offers(self, request: OfferRequest) -> Offers:
        """The operator's own prices; takes nothing."""

    def hold(self, request: HoldRequest) -> Hold:
        """Hold places, all or none. Raises Refused, PriceChanged, Unavailable or OutcomeUnknown."""

    def confirm(self, key: str) -> Booking:
        """Turn the hold into a booking. Raises Expired, Refused, Unavailable or OutcomeUnknown."""

    def release(self, key: str) -> Release:
        """Give a hold back; one that is gone or was never taken counts as released.

        Raises Refused (`already_confirmed`), Unavailable or OutcomeUnknown.
        """

    def refund_offer(self, key: str) -> RefundOffer:
        """Ask for the refund of cancelling a booking; changes nothing."""

    def cancel(self, key: str) -> Cancellation:
        """Take a confirmed booking back. Raises NotSupported, Refused, Unavailable or OutcomeUnknown."""

    def find(self, key: str) -> Standing | None:
        """Find the operator's record under our key; None when it surely has nothing. Changes nothing there.

        Raises Unavailable or OutcomeUnknown when that cannot be told yet.
        """

    def disruptions(self) -> Disruptions:
        """Delays and cancellations as the operator tells them now."""

    def tend(self) -> Sequence[str]:
        """Do what has to be done from time to time; answers what a person should look at."""
