"""Prices as quotes, tickets and refunds keep them: what a passenger is promised, who gets it, and its VAT. Amounts are minor units."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tariffs.caps import Tap
from tariffs.party import Passenger
from tariffs.result import PassengerPrice
from tariffs.taxes import TaxKey
from ticketing.frozen.fields import (
    as_it_is,
    document,
    items,
    rows,
    rows_or_none,
    text,
    text_or_none,
    texts,
    truth,
    whole,
    wholes,
)
from ticketing.frozen.travellers import TRAVELLER, read_tap, traveller, write_tap, write_traveller

_PRICED = TRAVELLER | {"total_minor", "items", "shares", "taxes", "derivation", "taps"}
_ITEM = frozenset(
    {
        "seller",
        "fare_product_id",
        "rider_category_id",
        "fare_media_id",
        "amount_minor",
        "legs",
        "because",
        "held_ticket",
    }
)
_SHARE = frozenset({"operator", "gross_minor", "vat_minor", "fee_minor", "net_minor", "rule"})
_TAX = frozenset(
    {
        "member_state",
        "mode",
        "scope",
        "treatment",
        "rate_bp",
        "verified",
        "distance_m",
        "gross_minor",
        "vat_minor",
    }
)
_LEFT = frozenset({"legs", "items", "total_minor", "shares", "taxes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceItem:
    """One thing that is bought for some legs; `held_ticket` names the pass that pays for it, where one does."""

    seller: str
    fare_product_id: str
    rider_category_id: str | None
    fare_media_id: str | None
    amount_minor: int
    legs: tuple[int, ...]
    because: str
    held_ticket: str | None = None


@dataclass(frozen=True, slots=True)
class PriceShare:
    """The share of one party in a price: gross = vat + fee + net; below zero for who bears a discount."""

    operator: str
    gross_minor: int
    vat_minor: int
    fee_minor: int
    net_minor: int
    rule: str


@dataclass(frozen=True, slots=True)
class PriceTax:
    """The VAT of a price in one row: its gross is taxed at the rate of its key."""

    key: TaxKey
    distance_m: int
    gross_minor: int
    vat_minor: int

    @property
    def name(self) -> str:
        """The key of the row as text, by which rows are sorted."""
        return name_of(self.key)


def name_of(key: TaxKey) -> str:
    """Write the key of a tax row as the text by which rows are sorted."""
    return f"{key.member_state} {key.mode} {key.scope} {key.treatment} {key.rate_bp} {key.verified:d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedPassenger:
    """The price that one passenger is promised; `taps` are the rides that caps count, for what is bought later.

    `derivation` says step by step how the price came about; the first quotes said it in sentences (`told`).
    """

    passenger: Passenger
    total_minor: int
    items: tuple[PriceItem, ...]
    shares: tuple[PriceShare, ...]
    taxes: tuple[PriceTax, ...]
    derivation: tuple[Mapping[str, Any], ...]
    taps: tuple[Tap, ...] = ()
    told: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """The buyer's word for the passenger."""
        return self.passenger.ref

    @property
    def rider(self) -> str:
        """The scheme's rider category."""
        return self.passenger.rider

    @classmethod
    def of(cls, price: PassengerPrice) -> "PricedPassenger":
        """Freeze what pricing has answered."""
        return cls(
            passenger=price.passenger,
            total_minor=price.total.minor if price.total else 0,
            items=tuple(
                PriceItem(
                    seller=item.seller,
                    fare_product_id=item.fare_product_id,
                    rider_category_id=item.rider_category_id,
                    fare_media_id=item.fare_media_id,
                    amount_minor=item.price.minor,
                    legs=tuple(item.legs),
                    because=item.because,
                    held_ticket=item.held_ticket or None,
                )
                for item in price.bought
            ),
            shares=tuple(
                PriceShare(
                    operator=share.operator,
                    gross_minor=share.gross,
                    vat_minor=share.vat,
                    fee_minor=share.fee,
                    net_minor=share.net,
                    rule=share.rule,
                )
                for share in price.shares
            ),
            taxes=tuple(PriceTax(row.key, row.metres, row.gross, row.vat) for row in price.taxes),
            derivation=price.derivation,
            taps=price.taps,
        )


@dataclass(frozen=True, slots=True)
class LeftPrice:
    """The price of the legs that stay of a ticket when others go."""

    legs: tuple[int, ...]
    items: tuple[PriceItem, ...]
    total_minor: int
    shares: tuple[PriceShare, ...]
    taxes: tuple[PriceTax, ...]


def gross_of(shares: Iterable[PriceShare]) -> dict[str, int]:
    """Gross by operator, in minor units."""
    return {share.operator: share.gross_minor for share in shares}


def read_passenger(raw: object) -> PricedPassenger:
    """Read what a passenger is promised."""
    price = document(raw, _PRICED)
    steps = items(price, "derivation")
    is_told = bool(steps) and type(steps[0]) is str
    return PricedPassenger(
        passenger=traveller(price),
        total_minor=whole(price, "total_minor"),
        items=rows(price, "items", _item),
        shares=rows(price, "shares", _share),
        taxes=rows(price, "taxes", _tax),
        derivation=() if is_told else rows(price, "derivation", as_it_is),
        taps=rows_or_none(price, "taps", read_tap),
        told=texts(price, "derivation") if is_told else (),
    )


def write_passenger(price: PricedPassenger) -> dict[str, object]:
    """Write what a passenger is promised."""
    return {
        **write_traveller(price.passenger),
        "total_minor": price.total_minor,
        "items": [_written_item(item) for item in price.items],
        "shares": [_written_share(share) for share in price.shares],
        "taxes": [_written_tax(row) for row in price.taxes],
        "derivation": list(price.derivation or price.told),
        **({"taps": [write_tap(tap) for tap in price.taps]} if price.taps else {}),
    }


def read_left(found: object) -> LeftPrice:
    """Read what is left of a ticket."""
    left = document(found, _LEFT)
    return LeftPrice(
        wholes(left, "legs"),
        rows(left, "items", _item),
        whole(left, "total_minor"),
        rows(left, "shares", _share),
        rows(left, "taxes", _tax),
    )


def write_left(left: LeftPrice) -> dict[str, object]:
    """Write what is left of a ticket."""
    return {
        "legs": list(left.legs),
        "items": [_written_item(item) for item in left.items],
        "total_minor": left.total_minor,
        "shares": [_written_share(share) for share in left.shares],
        "taxes": [_written_tax(row) for row in left.taxes],
    }


def _item(raw: object) -> PriceItem:
    item = document(raw, _ITEM)
    return PriceItem(
        seller=text(item, "seller"),
        fare_product_id=text(item, "fare_product_id"),
        rider_category_id=text_or_none(item, "rider_category_id"),
        fare_media_id=text_or_none(item, "fare_media_id"),
        amount_minor=whole(item, "amount_minor"),
        legs=wholes(item, "legs"),
        because=text(item, "because"),
        held_ticket=text_or_none(item, "held_ticket"),
    )


def _written_item(item: PriceItem) -> dict[str, object]:
    return {
        "seller": item.seller,
        "fare_product_id": item.fare_product_id,
        "rider_category_id": item.rider_category_id,
        "fare_media_id": item.fare_media_id,
        "amount_minor": item.amount_minor,
        "legs": list(item.legs),
        "because": item.because,
        **({"held_ticket": item.held_ticket} if item.held_ticket else {}),
    }


def _share(raw: object) -> PriceShare:
    share = document(raw, _SHARE)
    return PriceShare(
        operator=text(share, "operator"),
        gross_minor=whole(share, "gross_minor"),
        vat_minor=whole(share, "vat_minor"),
        fee_minor=whole(share, "fee_minor"),
        net_minor=whole(share, "net_minor"),
        rule=text(share, "rule"),
    )


def _written_share(share: PriceShare) -> dict[str, object]:
    return {
        "operator": share.operator,
        "gross_minor": share.gross_minor,
        "vat_minor": share.vat_minor,
        "fee_minor": share.fee_minor,
        "net_minor": share.net_minor,
        "rule": share.rule,
    }


def _tax(raw: object) -> PriceTax:
    row = document(raw, _TAX)
    key = TaxKey(
        member_state=text(row, "member_state"),
        mode=text(row, "mode"),
        scope=text(row, "scope"),
        treatment=text(row, "treatment"),
        rate_bp=whole(row, "rate_bp"),
        verified=truth(row, "verified"),
    )
    return PriceTax(key, whole(row, "distance_m"), whole(row, "gross_minor"), whole(row, "vat_minor"))


def _written_tax(row: PriceTax) -> dict[str, object]:
    return {
        "member_state": row.key.member_state,
        "mode": row.key.mode,
        "scope": row.key.scope,
        "treatment": row.key.treatment,
        "rate_bp": row.key.rate_bp,
        "verified": row.key.verified,
        "distance_m": row.distance_m,
        "gross_minor": row.gross_minor,
        "vat_minor": row.vat_minor,
    }
