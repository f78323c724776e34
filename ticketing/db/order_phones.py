"""The phones to which the tickets of an order will be bound: kept only while the order waits."""

import json
from collections.abc import Mapping

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.purchase_tables import order_phone
from ticketing.db.tables import order


def insert_phones(tx: Transaction, order_id: str, keys: Mapping[str, Mapping[str, str]]) -> None:
    """Keep the public key (JWK) of each passenger's phone."""
    rows = [
        {"order_id": order_id, "passenger_ref": ref, "jwk": canonical(dict(jwk))} for ref, jwk in keys.items()
    ]
    if rows:
        tx.execute(sa.insert(order_phone), rows)


def list_phones(tx: Transaction, order_id: str) -> dict[str, dict[str, str]]:
    """The key of each passenger's phone."""
    query = sa.select(order_phone.c.passenger_ref, order_phone.c.jwk).where(
        order_phone.c.order_id == order_id
    )
    return {row.passenger_ref: json.loads(row.jwk) for row in tx.execute(query)}


def forget_phones(tx: Transaction, order_id: str) -> None:
    """The tickets exist and hold the keys."""
    tx.execute(sa.delete(order_phone).where(order_phone.c.order_id == order_id))


def forget_of_ended(tx: Transaction) -> int:
    """Forget the phones of orders that came to nothing; answers how many."""
    ended = sa.select(order.c.id).where(order.c.state.in_(("cancelled", "expired")))
    return tx.execute(sa.delete(order_phone).where(order_phone.c.order_id.in_(ended))).rowcount
