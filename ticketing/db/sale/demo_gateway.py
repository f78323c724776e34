"""The demo gateway's own records, kept apart from ours as another company's would be."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ticketing.db.engine import Transaction
from ticketing.db.rows import columns, fetch, find, get, insert, put_once
from ticketing.db.tables.demo import demo_call, demo_charge, demo_object

_WANTED: sa.BindParameter[str] = sa.bindparam("wanted")
_CALL = sa.select(demo_call).where(demo_call.c.idempotency_key == _WANTED)
_CHARGE = sa.select(demo_charge).where(demo_charge.c.id == _WANTED)
_LOCKED_CHARGE = _CHARGE.with_for_update()
_CHANGE_CHARGE = sa.update(demo_charge).where(demo_charge.c.id == _WANTED)
_FORGET_THING = sa.delete(demo_object).where(demo_object.c.id == _WANTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One pretended card payment."""

    id: str
    method: str
    state: str
    amount_minor: int
    captured_minor: int
    refunded_minor: int
    currency: str
    created_at: datetime
    order_id: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class Thing:
    """A refund, a dispute or a line of the gateway's account; `document` is its JSON."""

    id: str
    kind: str
    charge_id: str
    created_at: datetime
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One call by its idempotency key: what was asked, and the answer as JSON."""

    idempotency_key: str
    request: str
    document: dict[str, Any]


def insert_call(tx: Transaction, call: Call) -> bool:
    """Remember a call with its answer; False where its key was used before. One that runs meanwhile is waited for."""
    return put_once(tx, demo_call, columns(call))


def get_call(tx: Transaction, key: str) -> Call:
    """Read an earlier call; raises NotFound."""
    return get(tx, _CALL, Call, wanted=key)


def get_charge(tx: Transaction, charge_id: str) -> Charge:
    """Read a charge and hold its row; raises LookupError for one that was never made."""
    found = find(tx, _LOCKED_CHARGE, Charge, wanted=charge_id)
    if found is None:
        raise LookupError(f"the demo gateway knows no charge {charge_id}")
    return found


def find_charge(tx: Transaction, charge_id: str) -> Charge | None:
    """Read a charge."""
    return find(tx, _CHARGE, Charge, wanted=charge_id)


def find_charge_of_payment(tx: Transaction, payment_id: str) -> Charge | None:
    """Read the charge of one of our payments; a payment makes at most one."""
    query = sa.select(demo_charge).where(demo_charge.c.payment_id == payment_id)
    return find(tx, query.order_by(demo_charge.c.id).limit(1), Charge)


def list_charges(tx: Transaction, methods: tuple[str, ...], limit: int) -> list[Charge]:
    """List the latest charges of some methods, newest first."""
    query = sa.select(demo_charge).where(demo_charge.c.method.in_(methods))
    return fetch(tx, query.order_by(demo_charge.c.created_at.desc(), demo_charge.c.id).limit(limit), Charge)


def insert_thing(tx: Transaction, thing: Thing) -> None:
    """Store a new thing."""
    insert(tx, demo_object, thing)


def put_thing(tx: Transaction, thing: Thing) -> None:
    """Store a thing, or its new state."""
    tx.execute(_FORGET_THING, {"wanted": thing.id})
    insert(tx, demo_object, thing)


def find_thing(tx: Transaction, thing_id: str) -> Thing | None:
    """Read a thing by its id."""
    return find(tx, sa.select(demo_object).where(demo_object.c.id == thing_id), Thing)


def list_things(tx: Transaction, kind: str, since: datetime, until: datetime) -> list[Thing]:
    """List the things of a kind that were made in `[since, until)`, oldest first."""
    made = demo_object.c.created_at
    query = sa.select(demo_object).where(demo_object.c.kind == kind, made >= since, made < until)
    return fetch(tx, query.order_by(made, demo_object.c.id), Thing)


def insert_charge(tx: Transaction, charge: Charge) -> None:
    """Store a new charge."""
    insert(tx, demo_charge, charge)


def update_charge(tx: Transaction, charge: Charge, **changes: Any) -> Charge:
    """Change a charge and answer the new one."""
    changed = replace(charge, **changes)
    tx.execute(_CHANGE_CHARGE, {"wanted": charge.id, **changes})
    return changed
