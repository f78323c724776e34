"""Quotes: what was frozen, and the tariff that it was made from; and the offers that earlier releases have stored."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, get, insert, kept_as, put_once
from ticketing.db.tables.sale import offer, quote, tariff_version
from ticketing.frozen import OfferDocument, QuoteDocument, read_offer, read_quote, write_quote

_WANTED: sa.BindParameter[str] = sa.bindparam("wanted")
_OFFER = sa.select(offer).where(offer.c.id == _WANTED)
_QUOTE = sa.select(quote).where(quote.c.id == _WANTED)
_TARIFF = sa.select(tariff_version).where(tariff_version.c.version == _WANTED)
_KNOWN_TARIFF = sa.select(tariff_version.c.version).where(tariff_version.c.version == _WANTED)


@dataclass(frozen=True, slots=True)
class Offer:
    """A price for an itinerary as earlier releases stored it; none is written any more."""

    id: str
    region: str
    created_at: datetime
    expires_at: datetime
    document: OfferDocument = field(metadata=kept_as(read_offer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A frozen offer; `document` is what was promised and never changes.

    It comes of an offer that was stored (`offer_id`), of an offer's token (`offer_digest`), or is a pass (neither).
    """

    id: str
    offer_id: str | None
    region: str
    tariff_version: str
    total_minor: int
    currency: str
    created_at: datetime
    expires_at: datetime
    document: QuoteDocument = field(metadata=kept_as(read_quote, write_quote))
    offer_digest: str | None = None

    @property
    def priced_at(self) -> datetime:
        """The moment that its price is of: that of the search that offered it, as far as it was written down."""
        return self.document.priced_at or self.created_at


@dataclass(frozen=True, slots=True)
class TariffVersion:
    """The inputs of a price, kept for as long as its quotes."""

    version: str
    region: str
    first_used_at: datetime
    document: dict[str, Any]


def keep_tariff(tx: Transaction, used: TariffVersion) -> None:
    """Store a tariff version unless it is there."""
    if tx.execute(_KNOWN_TARIFF, {"wanted": used.version}).first() is None:
        put_once(tx, tariff_version, columns(used))


def get_tariff(tx: Transaction, version: str) -> TariffVersion:
    """Read a tariff version; raises NotFound."""
    return get(tx, _TARIFF, TariffVersion, wanted=version)


def find_tariff(tx: Transaction, version: str) -> TariffVersion | None:
    """Read a tariff version, where a quote was made from it here."""
    return find(tx, _TARIFF, TariffVersion, wanted=version)


def find_offer(tx: Transaction, offer_id: str) -> Offer | None:
    """Read one offer."""
    return find(tx, _OFFER, Offer, wanted=offer_id)


def delete_offers_expired_before(tx: Transaction, moment: datetime) -> int:
    """Forget offers that nobody froze; answers how many."""
    frozen = sa.select(quote.c.offer_id).where(quote.c.offer_id == offer.c.id)
    unused = sa.delete(offer).where(offer.c.expires_at < moment, ~sa.exists(frozen))
    return tx.execute(unused).rowcount


def insert_quote(tx: Transaction, frozen: Quote) -> None:
    """Store a quote."""
    insert(tx, quote, frozen)


def find_quote(tx: Transaction, quote_id: str) -> Quote | None:
    """Read one quote."""
    return find(tx, _QUOTE, Quote, wanted=quote_id)


def get_quote(tx: Transaction, quote_id: str) -> Quote:
    """Read one quote; raises NotFound."""
    return get(tx, _QUOTE, Quote, wanted=quote_id)


def list_quotes(tx: Transaction, quote_ids: Collection[str]) -> list[Quote]:
    """Read some quotes; one that is not there is left out."""
    return fetch(tx, sa.select(quote).where(quote.c.id.in_(list(quote_ids))), Quote)
