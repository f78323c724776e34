"""A month of sales in few words, for the tests of settlement: tickets, shares and entries without the whole shop."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tariffs.passes import Scope
from tariffs.taxes import TaxKey
from tests.documents import leg, promise, quoted
from ticketing.books import postings
from ticketing.clock import FixedClock
from ticketing.db import Database, Transaction
from ticketing.db.books import books
from ticketing.db.books.as_priced import share_as_priced
from ticketing.db.books.books import Entry, Share, Tax
from ticketing.db.documents import canonical
from ticketing.db.settlement.runs import Run
from ticketing.db.tables import sale as tables
from ticketing.db.tables.gates import ticket_use
from ticketing.frozen import (
    Leg,
    LineDocument,
    PriceTax,
    RefundDocument,
    SoldPass,
    TicketDocument,
    write_quote,
    write_refund,
    write_run,
    write_ticket,
)
from ticketing.settlement.office import Office

AT = datetime(2026, 9, 14, 12, tzinfo=UTC)
AFTER = datetime(2026, 10, 5, 9, tzinfo=UTC)


def office(database: Database, at: datetime = AFTER) -> Office:
    """A settlement room whose clock stands after the month."""
    return Office(database=database, clock=FixedClock(at))


def dataset_of(run: Run) -> dict[str, Any]:
    """The dataset of a run as its outputs tell it."""
    found: Any = write_run(run.document)
    return found


@dataclass(frozen=True)
class Sold:
    """A ticket that was sold and booked."""

    jti: str
    shares: tuple[Share, ...]
    taxes: tuple[Tax, ...]


def sell(
    database: Database,
    jti: str,
    parts: dict[str, int],
    *,
    at: datetime = AT,
    fee: int = 0,
    vat: int = 0,
    region: str = "r",
    currency: str = "EUR",
    product: str = "through",
    gateway: str = "stripe",
    channel: str | None = None,
    uses: int | None = None,
) -> Sold:
    """Sell one ticket: `parts` are the operators' gross shares; the first one bears VAT and fee.

    `channel` is the point of sale, `uses` makes a carnet of it.
    """
    first = min(parts)
    shares = tuple(
        Share(
            ticket_jti=jti,
            region=region,
            operator=name,
            currency=currency,
            kind="sale",
            seq=0,
            gross_minor=part,
            vat_minor=vat * (name == first),
            fee_minor=fee * (name == first),
            net_minor=part - (vat + fee) * (name == first),
            rule="agreement test v1",
        )
        for name, part in sorted(parts.items())
    )
    whole = sum(parts.values())
    tax = Tax(
        ticket_jti=jti,
        region=region,
        member_state="EE",
        mode="tram",
        scope="domestic",
        treatment="taxable",
        rate_bp=2400,
        verified=1,
        distance_m=5000,
        currency=currency,
        kind="sale",
        seq=0,
        gross_minor=whole,
        vat_minor=vat,
    )
    with database.write() as tx:
        _ticket(tx, jti, shares, at=at, product=product, channel=channel, uses=uses)
        books.allocate(tx, [*shares, tax], at, at)
        taken = postings.capture(jti, region=region, gateway=gateway, amount=whole, currency=currency, at=at)
        issued = postings.allocation(jti, region=region, shares=shares, taxes=[tax], at=at)
        book(tx, taken, issued, at=at)
    return Sold(jti, shares, (tax,))


def give_back(database: Database, sold: Sold, refund_id: str, *, at: datetime = AT) -> None:
    """Refund a ticket whole."""
    shares = [
        _mirror(
            share,
            gross_minor=-share.gross_minor,
            vat_minor=-share.vat_minor,
            fee_minor=-share.fee_minor,
            net_minor=-share.net_minor,
        )
        for share in sold.shares
    ]
    taxes = [
        replace(tax, kind="refund", seq=1, gross_minor=-tax.gross_minor, vat_minor=-tax.vat_minor)
        for tax in sold.taxes
    ]
    whole = sum(share.gross_minor for share in sold.shares)
    line = LineDocument(jti=sold.jti, passenger_ref="p", percent=100, amount_minor=whole, because="all of it")
    with database.write() as tx:
        tx.execute(
            sa.insert(tables.refund).values(
                id=refund_id,
                order_id=f"o-{sold.jti}",
                seq=1,
                request_key="k",
                state="decided",
                amount_minor=whole,
                currency=shares[0].currency,
                created_at=at,
                document=canonical(write_refund(RefundDocument((line,)))),
            )
        )
        books.allocate(tx, [*shares, *taxes], at, at)
        book(
            tx,
            postings.refund_decided(
                refund_id, sold.jti, region=shares[0].region, shares=shares, taxes=taxes, at=at
            ),
            at=at,
        )


def book(tx: Transaction, *entries: Entry | None, at: datetime = AT) -> None:
    """Book what there is to book."""
    for entry in entries:
        if entry:
            assert books.book(tx, entry, at)


def ride(database: Database, jti: str, operator: str, *, at: datetime = AT, use_no: int = 1) -> None:
    """A gate accepted a ticket."""
    with database.write() as tx:
        tx.execute(
            sa.insert(ticket_use).values(
                jti=jti,
                leg=0,
                operator=operator,
                gate_key_id="g",
                scan_id=f"{jti}{use_no}",
                gate=None,
                kind="ride",
                at=at,
            )
        )


def _mirror(share: Share, **amounts: int) -> Share:
    return replace(share, kind="refund", seq=1, **amounts)  # type: ignore[arg-type]  amounts only


def _ticket(
    tx: Transaction,
    jti: str,
    shares: tuple[Share, ...],
    *,
    at: datetime,
    product: str,
    channel: str | None,
    uses: int | None,
) -> None:
    region, currency = shares[0].region, shares[0].currency
    whole = sum(share.gross_minor for share in shares)
    tax = PriceTax(
        TaxKey("EE", "tram", "domestic", "taxable", 2400, verified=True),
        5000,
        whole,
        sum(share.vat_minor for share in shares),
    )
    legs = tuple(_leg(share.operator) for share in shares)
    document = quoted([promise("p", map(share_as_priced, shares), [tax])], legs=legs, sale_channel=channel)
    if not tx.execute(sa.select(tables.tariff_version).where(tables.tariff_version.c.version == "v")).first():
        tx.execute(
            sa.insert(tables.tariff_version).values(
                version="v", region=region, first_used_at=at, document="{}"
            )
        )
    common = {
        "region": region,
        "currency": currency,
        "created_at": at,
        "expires_at": at,
        "total_minor": whole,
    }
    tx.execute(
        sa.insert(tables.quote).values(
            id=f"q-{jti}", tariff_version="v", document=canonical(write_quote(document)), **common
        )
    )
    tx.execute(sa.insert(tables.order).values(id=f"o-{jti}", quote_id=f"q-{jti}", state="ticketed", **common))
    tx.execute(
        sa.insert(tables.ticket).values(
            jti=jti,
            order_id=f"o-{jti}",
            passenger_ref="p",
            status="valid",
            token="t",
            product=product,
            amount_minor=whole,
            currency=currency,
            status_list="l",
            status_index=abs(hash(jti)) % 2**40,
            issued_at=at,
            not_before=at,
            expires_at=at,
            document=canonical(
                write_ticket(
                    TicketDocument(
                        legs=legs,
                        rider="adult",
                        operators=tuple(sorted(share.operator for share in shares)),
                        season=_carnet(product, uses, at) if uses else None,
                    )
                )
            ),
        )
    )


def _carnet(product: str, uses: int, at: datetime) -> SoldPass:
    return SoldPass(
        product=product,
        version=1,
        kind="carnet",
        scope=Scope(frozenset()),
        uses=uses,
        valid_from=at,
        valid_until=at,
    )


def _leg(operator: str) -> Leg:
    departure = datetime.fromisoformat("2026-09-14T15:00:00+03:00")
    return leg(
        operator,
        operator_name=operator.upper(),
        departure=departure,
        arrival=departure + timedelta(minutes=20),
        time_zone="Europe/Tallinn",
        arrival_time_zone="Europe/Tallinn",
    )
