"""Keep the future holders of an order's tickets, only while the order waits."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ticketing.db.documents import canonical
from ticketing.db.engine import Transaction
from ticketing.db.tables.purchase import order_holder
from ticketing.db.tables.sale import order

_HOLDERS = sa.select(order_holder).where(order_holder.c.order_id == sa.bindparam("wanted"))
_FORGET = sa.delete(order_holder).where(order_holder.c.order_id == sa.bindparam("wanted"))


@dataclass(frozen=True, slots=True)
class Holder:
    """The public key of a passenger's phone (four members of a JWK), and the hash of a name with its salt."""

    jwk: Mapping[str, str] | None = None
    salt: str | None = None
    idh: str | None = None


def insert_holders(tx: Transaction, order_id: str, holders: Mapping[str, Holder]) -> None:
    """Keep the holder of each passenger's ticket."""
    rows = [
        {
            "order_id": order_id,
            "passenger_ref": ref,
            "jwk": canonical(dict(one.jwk)) if one.jwk else None,
            "salt": one.salt,
            "idh": one.idh,
        }
        for ref, one in holders.items()
    ]
    if rows:
        tx.execute(sa.insert(order_holder), rows)


def list_holders(tx: Transaction, order_id: str) -> dict[str, Holder]:
    """The holder of each passenger's ticket, where one was named."""
    found = tx.execute(_HOLDERS, {"wanted": order_id})
    return {
        row.passenger_ref: Holder(json.loads(row.jwk) if row.jwk else None, row.salt, row.idh)
        for row in found
    }


def take_holders(tx: Transaction, order_id: str) -> dict[str, Holder]:
    """Read the holder of each passenger's ticket and forget it: the tickets that are made now hold what they need."""
    found = list_holders(tx, order_id)
    if found:
        forget_holders(tx, order_id)
    return found


def forget_holders(tx: Transaction, order_id: str) -> None:
    """The tickets exist and hold what they need."""
    tx.execute(_FORGET, {"wanted": order_id})


def forget_of_ended(tx: Transaction) -> int:
    """Forget the holders of orders that came to nothing; answers how many."""
    ended = sa.select(order.c.id).where(order.c.state.in_(("cancelled", "expired")))
    return tx.execute(sa.delete(order_holder).where(order_holder.c.order_id.in_(ended))).rowcount
