"""Read what a rehearsal left behind, with plain SQL of its own: nothing of the code that wrote it is asked."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

_SQLITE = "sqlite:///"


# Paid over the payment as refunds are, and borne by an operator: no price is given back by it.
_COMPENSATED = """
SELECT p.currency, sum(p.amount_minor) FROM posting p JOIN entry e ON e.period = p.period AND e.id = p.entry_id
WHERE e.kind = 'compensation' AND p.amount_minor > 0 GROUP BY p.currency
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Sums of minor units by currency, and what hangs. `captured` and `refunded` are the gateway's own.

    `shares`, `net`, `fee` and `vat` are what tickets were allocated, `owed` what tax offices were; `entries` are those
    that do not balance. `orders` are (id, state, total), `unpaid` those of them whose time is over.
    """

    captured: Counter[str] = field(default_factory=Counter)
    refunded: Counter[str] = field(default_factory=Counter)
    compensated: Counter[str] = field(default_factory=Counter)
    shares: Counter[str] = field(default_factory=Counter)
    net: Counter[str] = field(default_factory=Counter)
    fee: Counter[str] = field(default_factory=Counter)
    vat: Counter[str] = field(default_factory=Counter)
    owed: Counter[str] = field(default_factory=Counter)
    unbalanced: tuple[str, ...] = ()
    paid_without_ticket: tuple[str, ...] = ()
    hanging_orders: tuple[str, ...] = ()
    hanging_refunds: tuple[str, ...] = ()
    hanging_bookings: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    months: tuple[str, ...] = ()


def read_facts(database_url: str) -> Facts:
    """Read them from the database of a rehearsal, which has one region."""
    with _open(database_url) as ask:
        return Facts(
            captured=_sums(ask, "SELECT currency, sum(captured_minor) FROM demo_charge GROUP BY currency"),
            refunded=_sums(ask, "SELECT currency, sum(refunded_minor) FROM demo_charge GROUP BY currency"),
            compensated=_sums(ask, _COMPENSATED),
            shares=_sums(ask, "SELECT currency, sum(gross_minor) FROM alloc_share GROUP BY currency"),
            net=_sums(ask, "SELECT currency, sum(net_minor) FROM alloc_share GROUP BY currency"),
            fee=_sums(ask, "SELECT currency, sum(fee_minor) FROM alloc_share GROUP BY currency"),
            vat=_sums(ask, "SELECT currency, sum(vat_minor) FROM alloc_share GROUP BY currency"),
            owed=_sums(ask, "SELECT currency, sum(vat_minor) FROM alloc_tax GROUP BY currency"),
            unbalanced=_lines(ask, _UNBALANCED),
            paid_without_ticket=_lines(ask, _WITHOUT_TICKET),
            hanging_orders=_lines(ask, _HANGING_ORDERS),
            hanging_refunds=_lines(
                ask, "SELECT id, state, amount_minor FROM refund WHERE state NOT IN ('confirmed')"
            ),
            hanging_bookings=_lines(ask, _HANGING_BOOKINGS),
            alerts=_lines(ask, _ALERTS),
            months=_lines(ask, "SELECT DISTINCT period FROM entry ORDER BY period"),
        )


Ask = Any


@contextmanager
def _open(database_url: str) -> Iterator[Ask]:
    if database_url.startswith(_SQLITE):
        with closing(sqlite3.connect(database_url.removeprefix(_SQLITE))) as connection:
            yield connection
        return
    import psycopg  # noqa: PLC0415  most rehearsals are on SQLite

    with psycopg.connect(database_url) as server:
        yield server


def _sums(ask: Ask, statement: str) -> Counter[str]:
    return Counter({currency: int(minor or 0) for currency, minor in ask.execute(statement).fetchall()})


def _lines(ask: Ask, statement: str) -> tuple[str, ...]:
    rows: Sequence[Sequence[Any]] = ask.execute(statement).fetchall()
    return tuple(" ".join(map(str, row)) for row in rows)


_UNBALANCED = """
SELECT entry_id, currency, sum(amount_minor) FROM posting GROUP BY period, entry_id, currency
HAVING sum(amount_minor) <> 0
"""
# Money that has gone back whole is none that was kept.
_WITHOUT_TICKET = """
SELECT o.id, o.state, o.total_minor FROM ticket_order o
WHERE (SELECT coalesce(sum(p.amount_minor), 0) FROM payment p WHERE p.order_id = o.id AND p.state = 'captured')
    > (SELECT coalesce(sum(r.amount_minor), 0) FROM refund r WHERE r.order_id = o.id AND r.state = 'confirmed')
  AND NOT EXISTS (SELECT 1 FROM ticket t WHERE t.order_id = o.id)
"""
_HANGING_ORDERS = """
SELECT id, state FROM ticket_order
WHERE state IN ('holding', 'awaiting_payment', 'payment_failed', 'payment_unknown', 'authorised', 'unwinding')
"""
# Where an operator takes nothing back by machine the place stays, and a person is told: that is its end here.
_ALERTS = "SELECT kind, detail FROM alert WHERE resolved_at IS NULL AND kind <> 'booking_stuck'"
_HANGING_BOOKINGS = """
SELECT operator, state, reference FROM booking
WHERE state NOT IN ('confirmed', 'released', 'cancelled', 'refused', 'stuck')
   OR (state = 'stuck' AND NOT EXISTS (SELECT 1 FROM alert WHERE kind = 'booking_stuck' AND subject = booking.id))
"""
