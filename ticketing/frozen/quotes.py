"""The document of a quote: the price of a journey or of a pass, and everything that was promised with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tariffs.excluded import Excluded
from tariffs.journey import Ride
from tariffs.money import Money, MoneyError, exponent
from tariffs.party import Passenger
from ticketing.frozen.fields import (
    Document,
    Unreadable,
    as_it_is,
    document,
    items,
    moment_or_none,
    part_or_none,
    rows,
    rows_or_none,
    text,
    text_or_none,
    truth,
    whole,
)
from ticketing.frozen.legs import Leg, read_leg, write_leg
from ticketing.frozen.prices import PricedPassenger, read_passenger, write_passenger
from ticketing.frozen.rides import read_ride, write_ride
from ticketing.frozen.seasons import SoldPass, read_pass, write_pass
from ticketing.frozen.travellers import traveller

_NAMES = frozenset(
    {
        "person_id",
        "holder_ref",
        "sale_channel",
        "excluded",
        "priced_at",
        "product",
        "rides",
        "legs",
        "pass",
        "passengers",
        "tax_unverified",
    }
)
_EXCLUDED = frozenset(
    {"leg", "before", "operator", "operator_name", "from_name", "to_name", "departure", "on_board"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDocument:
    """The promise of a quote: `rides` as they were priced, `legs` as people read them; a `season` has neither.

    `person_id` is the account that it counts on, `holder_ref` its owner among the passengers, `excluded` the rides that
    it does not pay for, `priced_at` the moment of the search that offered it.
    """

    product: str
    rides: tuple[Ride, ...]
    legs: tuple[Leg, ...]
    passengers: tuple[PricedPassenger, ...]
    tax_unverified: bool
    season: SoldPass | None = None
    person_id: str | None = None
    holder_ref: str | None = None
    sale_channel: str | None = None
    excluded: tuple[Excluded, ...] = ()
    priced_at: datetime | None = None

    def passenger(self, ref: str) -> PricedPassenger:
        """One of the passengers; raises LookupError for a stranger."""
        found = self.find_passenger(ref)
        if found is None:
            raise LookupError(f"{ref!r} is no passenger of this quote")
        return found

    def find_passenger(self, ref: str | None) -> PricedPassenger | None:
        """One of the passengers; None for a stranger."""
        return next((one for one in self.passengers if one.ref == ref), None)

    @property
    def holder(self) -> PricedPassenger | None:
        """The owner of the account among the passengers."""
        return self.find_passenger(self.holder_ref) if self.holder_ref else None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDocument:
    """An offer as earlier releases have stored it: a price that a quote promises when it is the same again."""

    tariff_version: str
    total: Money
    rides: tuple[Ride, ...]
    legs: tuple[Leg, ...]
    passengers: tuple[Passenger, ...]
    person_id: str | None
    holder_ref: str | None
    sale_channel: str | None
    excluded: tuple[Excluded, ...]


def is_unverified(passengers: Sequence[PricedPassenger]) -> bool:
    """Tell whether nobody has verified a tax rate of some prices."""
    return any(not row.key.verified for one in passengers for row in one.taxes)


def read_quote(raw: object) -> QuoteDocument:
    """Read the document of a quote; raises Unreadable, naming the field."""
    quote = document(raw, _NAMES)
    return QuoteDocument(
        product=text(quote, "product"),
        rides=rows(quote, "rides", read_ride),
        legs=rows(quote, "legs", read_leg),
        passengers=rows(quote, "passengers", read_passenger),
        tax_unverified=truth(quote, "tax_unverified"),
        season=part_or_none(quote, "pass", read_pass),
        person_id=text_or_none(quote, "person_id"),
        holder_ref=text_or_none(quote, "holder_ref"),
        sale_channel=text_or_none(quote, "sale_channel"),
        excluded=rows_or_none(quote, "excluded", _excluded),
        priced_at=moment_or_none(quote, "priced_at"),
    )


def find_promise(found: object, ref: str) -> PricedPassenger | None:
    """Read what one passenger is promised out of the document of a quote; None for a stranger."""
    known = (one for one in items(as_it_is(found), "passengers") if as_it_is(one).get("ref") == ref)
    mine = next(known, None)
    return None if mine is None else read_passenger(mine)


def write_quote(quote: QuoteDocument) -> dict[str, object]:
    """Write the document of a quote; what it does not have is left out."""
    known = {
        "person_id": quote.person_id,
        "holder_ref": quote.holder_ref,
        "sale_channel": quote.sale_channel,
        "excluded": [one.to_json() for one in quote.excluded],
        "priced_at": quote.priced_at.isoformat() if quote.priced_at else None,
        "pass": write_pass(quote.season) if quote.season else None,
    }
    return {
        **{name: value for name, value in known.items() if value},
        "product": quote.product,
        "rides": [write_ride(ride) for ride in quote.rides],
        "legs": [write_leg(leg) for leg in quote.legs],
        "passengers": [write_passenger(one) for one in quote.passengers],
        "tax_unverified": quote.tax_unverified,
    }


def read_offer(raw: object) -> OfferDocument:
    """Read an offer that an earlier release has stored; what a quote does not promise is not asked for."""
    offer = as_it_is(raw)
    return OfferDocument(
        tariff_version=text(offer, "tariff_version"),
        total=_total(offer),
        rides=rows(offer, "rides", read_ride),
        legs=tuple(leg for leg in rows(offer, "legs", _leg_of_ride) if leg is not None),
        passengers=rows(offer, "passengers", _traveller),
        person_id=text_or_none(offer, "person_id"),
        holder_ref=text_or_none(offer, "holder_ref"),
        sale_channel=text_or_none(offer, "sale_channel"),
        excluded=rows_or_none(offer, "excluded", _excluded),
    )


def _total(found: Document) -> Money:
    currency = text(found, "currency")
    try:
        exponent(currency)
    except MoneyError as error:
        raise Unreadable("currency", str(error)) from None
    return Money(whole(found, "total_minor"), currency)


def _leg_of_ride(found: object) -> Leg | None:
    """A leg of an offer; None for a walk, which no quote promises."""
    return read_leg(found) if as_it_is(found).get("kind") == "ride" else None


def _traveller(found: object) -> Passenger:
    """A traveller of an offer, which may say more of them than what they bring."""
    return traveller(as_it_is(found))


def _excluded(raw: object) -> Excluded:
    ride = document(raw, _EXCLUDED)
    return Excluded(
        leg=whole(ride, "leg"),
        before=whole(ride, "before"),
        operator=text(ride, "operator"),
        operator_name=text(ride, "operator_name"),
        from_name=text(ride, "from_name"),
        to_name=text(ride, "to_name"),
        departure=text(ride, "departure"),
        on_board="on_board" in ride and truth(ride, "on_board"),
    )
