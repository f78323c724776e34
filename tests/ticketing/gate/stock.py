"""Tickets put straight into the database: any product, without the way through the shop."""

import functools
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tests.documents import leg, quoted
from tests.ticketing.tickets.mint import SIGNER, URI
from ticketing.db import Database
from ticketing.db.documents import canonical
from ticketing.db.tables.sale import offer, order, quote, tariff_version
from ticketing.db.ticket import tickets
from ticketing.db.ticket.tickets import Ticket
from ticketing.frozen import TicketDocument, write_quote
from ticketing.tickets.issue import TicketOrder, choose_place, ticket_payload

LEGS = (("tlt", "09005-1", "12227-1"), ("tallink", "TLL-D", "HEL-LT2"), ("hsl", "HSL-T-LT2", "HSL-T-PAS"))


def put_ticket(
    database: Database,
    jti: str,
    *,
    product: str = "through",
    at: datetime,
    signer: Any = SIGNER,
    uri: str | None = None,
    life: timedelta = timedelta(hours=9),
    legs: tuple[tuple[str, ...], ...] = LEGS,
    issuer: str = "throughfare.eu",
    demo: bool = False,
    status_list: str = "261013",
    token: str | None = None,
    **numbers: Any,
) -> Ticket:
    """Sign and store one ticket, with an order of its own if there is none yet."""
    with database.write() as tx:
        if tx.execute(sa.select(order.c.id)).first() is None:
            moment = {"created_at": at, "expires_at": at + life}
            price = {"total_minor": 0, "currency": "EUR"}
            tx.execute(sa.insert(offer).values(id="offer", region="r", document="{}", **moment))
            tx.execute(
                sa.insert(tariff_version).values(version="t", region="r", first_used_at=at, document="{}")
            )
            tx.execute(
                sa.insert(quote).values(
                    id="quote",
                    offer_id="offer",
                    region="r",
                    tariff_version="t",
                    document=canonical(write_quote(quoted())),
                    **price,
                    **moment,
                )
            )
            tx.execute(
                sa.insert(order).values(
                    id="order", quote_id="quote", region="r", state="ticketed", **price, **moment
                )
            )
        status_list, index = choose_place(functools.partial(tickets.has_index, tx), status_list)
        wanted = TicketOrder(
            jti=jti,
            product=product,
            legs=legs,
            passengers=1,
            category=None,
            issued_at=at,
            not_before=at,
            expires_at=at + life,
            status_list=status_list,
            status_index=index,
            **numbers,
        )
        signed = token or signer.sign("ticket+jwt", ticket_payload(wanted, issuer, uri or URI, demo=demo))
        made = Ticket(
            jti=jti,
            order_id="order",
            passenger_ref=jti,
            status="valid",
            token=signed,
            product=product,
            amount_minor=0,
            currency="EUR",
            status_list=status_list,
            status_index=index,
            issued_at=at,
            not_before=at,
            expires_at=at + life,
            revoked_at=None,
            document=TicketDocument(
                legs=tuple(leg(one[0]) for one in legs),
                rider="adult",
                operators=tuple(sorted({one[0] for one in legs})),
            ),
        )
        tickets.insert_ticket(tx, made)
    return made
