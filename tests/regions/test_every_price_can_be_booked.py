"""Every price that a shipped region can make adds up for each party, and can be booked and given back, leg by leg."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tariffs.journey import Ride
from tariffs.party import Passenger
from tariffs.pricing import price_journey
from tests.regions.every_way import another, operators_of, orders_of, rides_of, travellers
from ticketing.db.documents import canonical
from ticketing.db.sale.offers import Quote
from ticketing.frozen import (
    LeftPrice,
    LineDocument,
    PricedPassenger,
    QuoteDocument,
    is_unverified,
    read_quote,
    write_quote,
)
from ticketing.purchase import trial
from ticketing.purchase.allocation import shares_of, taxes_of
from ticketing.purchase.refund.reversal import take_back
from ticketing.regions import Region
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import KeyStore

REGIONS = sorted(path.parent.name for path in Path("regions").glob("*/region.toml"))
NOW = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Press:
    keys = KeyStore(tmp_path_factory.mktemp("keys"), "a passphrase for the tests")
    keys.create_missing(NOW)
    return Press(keys, "https://throughfare.example", "https://throughfare.example", demo=True)


def frozen(
    region: Region, rides: Sequence[Ride], passengers: Sequence[Passenger], **more: Any
) -> Quote | None:
    """A quote of these rides; None where they have no price."""
    price = price_journey(region.book, rides, passengers, at=NOW, **more)
    if price.total is None:
        return None
    passengers = tuple(map(PricedPassenger.of, price.passengers))
    document = QuoteDocument(
        product=region.data.product,
        rides=tuple(rides),
        legs=(),
        passengers=passengers,
        tax_unverified=is_unverified(passengers),
    )
    stored = canonical(write_quote(document))
    assert canonical(write_quote(read_quote(json.loads(stored)))) == stored
    return Quote(
        id="q",
        offer_id=None,
        region=region.data.id,
        tariff_version=price.tariff_version,
        total_minor=price.total.minor,
        currency=price.total.currency,
        created_at=NOW,
        expires_at=NOW,
        document=document,
    )


def give_back_by_legs(region: Region, rides: Sequence[Ride], passenger: Passenger, quote: Quote) -> None:
    """Give the legs back one by one in several orders; every step balances, and nothing is left at the end."""
    person = quote.document.passengers[0]
    for order in orders_of(len(rides)):
        shares, taxes = shares_of("j", quote, person), taxes_of("j", quote, person)
        was, staying = None, list(range(len(rides)))
        for seq, leg in enumerate(order, 1):
            going, rest = [leg], [at for at in staying if at != leg]
            left = None
            if rest:
                alone = frozen(region, [rides[at] for at in rest], [passenger], currency=quote.currency)
                assert alone is not None, f"what is left of {order} after {leg} has no price"
                assert alone.currency == quote.currency
                found = alone.document.passengers[0]
                left = LeftPrice(tuple(rest), found.items, found.total_minor, found.shares, found.taxes)
            worth = sum(row.gross_minor for row in shares) - (left.total_minor if left else 0)
            if worth < 0:
                break  # the rest costs more than was paid: refused
            line = LineDocument(
                jti="j",
                passenger_ref=person.ref,
                percent=100,
                amount_minor=worth,
                because="all of it",
                legs=tuple(going),
                operators=tuple(sorted({row.operator for row in shares})),
                was=was,
                left=left,
            )
            back = take_back(shares, taxes, worth, seq, [line])
            shares, taxes = [*shares, *back.shares], [*taxes, *back.taxes]
            assert sum(row.gross_minor for row in shares) == sum(row.gross_minor for row in taxes)
            assert sum(row.vat_minor for row in shares) == sum(row.vat_minor for row in taxes)
            was, staying = left, rest
        else:
            nets: dict[str, int] = {}
            for row in shares:
                nets[row.operator] = nets.get(row.operator, 0) + row.net_minor
            assert not any(nets.values()), (order, nets)


@pytest.mark.parametrize("name", REGIONS)
def test_every_agreement_with_every_traveller(
    name: str, every_region: dict[str, Region], press: Press
) -> None:
    region = every_region[name]
    tried = 0
    for agreement in region.book.agreements:
        rides = rides_of(region, agreement)
        if rides is None:
            continue
        ways = [rides]
        for operator in operators_of(region.data):
            further = another(region, operator, rides[-1])
            ways += [[*rides, further]] if further else []
        for way in ways:
            for passenger in travellers(region, way[0]):
                quote = frozen(region, way, [passenger])
                if quote is None:
                    continue
                tried += 1
                assert trial.why_not(press, quote, NOW) is None, (agreement.id, passenger)
                if way is rides:
                    give_back_by_legs(region, way, passenger, quote)
    assert tried >= min(100, 10 * len(region.book.agreements))


@pytest.mark.parametrize("size", [2, 3, 5, 9])
@pytest.mark.parametrize("name", REGIONS)
def test_every_agreement_with_a_party(
    name: str, size: int, every_region: dict[str, Region], press: Press
) -> None:
    region = every_region[name]
    tried = 0
    for agreement in region.book.agreements:
        rides = rides_of(region, agreement)
        if rides is None:
            continue
        people = [replace(one, ref=f"p{at}") for at, one in enumerate(travellers(region, rides[0]))]
        for start in range(0, len(people), size):
            quote = frozen(region, rides, people[start : start + size])
            if quote is not None:
                tried += 1
                assert trial.why_not(press, quote, NOW) is None, (agreement.id, people[start : start + size])
    assert tried
