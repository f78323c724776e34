"""Keep the connectors' data in the database: their journal and the places of our own inventory."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from operators.inventory import Reservation, Sailing
from operators.journal import Entry, Stale
from operators.place_kinds import KINDS
from tariffs.money import Money
from ticketing.db.documents import canonical
from ticketing.db.engine import Database, Transaction
from ticketing.db.rows import insert_once
from ticketing.db.tables.operators import connector_entry, reservation, sailing


@dataclass(frozen=True, slots=True)
class DatabaseJournal:
    """The journal of one region's connectors; the version in a row decides between two writers."""

    database: Database
    region: str

    def find(self, operator: str, key: str) -> Entry | None:
        """The entry under a key of an operator."""
        query = sa.select(connector_entry).where(*self._same(operator, key))
        with self.database.read() as tx:
            row = tx.execute(query).mappings().one_or_none()
        if row is None:
            return None
        names = ("digest", "progress", "asked_at", "reference", "expires_at", "document", "version")
        return Entry(operator=operator, key=key, price=_price(row), **{name: row[name] for name in names})

    def put(self, entry: Entry) -> Entry:
        """Write an entry that nobody else wrote in between; raises Stale."""
        written = entry.next()
        row = {
            "region": self.region,
            "operator": entry.operator,
            "key": entry.key,
            "digest": entry.digest,
            "progress": entry.progress,
            "asked_at": entry.asked_at,
            "reference": entry.reference,
            "expires_at": entry.expires_at,
            **_priced(entry.price),
            "document": entry.document,
            "version": written.version,
        }
        with self.database.write() as tx:
            change: sa.Insert | sa.Update = insert_once(tx, connector_entry, row)
            if entry.version:
                unchanged = connector_entry.c.version == entry.version
                same = self._same(entry.operator, entry.key)
                change = sa.update(connector_entry).where(*same, unchanged).values(**row)
            if tx.execute(change.returning(connector_entry.c.key)).one_or_none() is None:
                raise Stale(entry.key)
        return written

    def _same(self, operator: str, key: str) -> list[sa.ColumnElement[bool]]:
        table = connector_entry.c
        return [table.region == self.region, table.operator == operator, table.key == key]


@dataclass(frozen=True, slots=True)
class DatabaseSailings:
    """The reservations of one region's operators; a sailing's row is the lock on its places."""

    database: Database
    region: str

    @contextmanager
    def opened(self, wanted: Sailing) -> Iterator["_Opened"]:
        """Lock one sailing until the block ends."""
        key = {"region": self.region, **_key(wanted)}
        with self.database.write() as tx:
            tx.execute(insert_once(tx, sailing, key))
            same = [sailing.c[name] == value for name, value in key.items()]
            tx.execute(sa.select(sailing).where(*same).with_for_update()).one()
            yield _Opened(tx, self.region, wanted)

    def find(self, operator: str, key: str) -> Reservation | None:
        """The reservation under a key of an operator."""
        with self.database.read() as tx:
            return _find(tx, self.region, operator, key)

    def taken(self, wanted: Sailing, now: datetime) -> Mapping[str, int]:
        """The places taken now, by kind."""
        with self.database.read() as tx:
            return _taken(tx, self.region, wanted, now)

    def sold(self, operator: str, since: date) -> Sequence[Reservation]:
        """Every reservation that is or was confirmed."""
        table = reservation.c
        query = (
            sa.select(reservation)
            .where(table.region == self.region, table.operator == operator)
            .where(table.state.in_(["confirmed", "cancelled"]), table.service_date >= since.isoformat())
            .order_by(table.key)
        )
        with self.database.read() as tx:
            return [_value(row) for row in tx.execute(query).mappings()]


@dataclass(frozen=True, slots=True)
class _Opened:
    tx: Transaction
    region: str
    sailing: Sailing

    def taken(self, now: datetime) -> Mapping[str, int]:
        return _taken(self.tx, self.region, self.sailing, now)

    def find(self, key: str) -> Reservation | None:
        return _find(self.tx, self.region, self.sailing.operator, key)

    def put(self, wanted: Reservation) -> None:
        row = {
            "digest": wanted.digest,
            **_key(wanted.sailing),
            "state": wanted.state,
            "expires_at": wanted.expires_at,
            **{str(kind): wanted.places.get(kind, 0) for kind in KINDS},
            **_priced(wanted.price),
            "document": canonical(
                {
                    "travellers": [list(pair) for pair in wanted.travellers],
                    "from": wanted.from_stop_id,
                    "to": wanted.to_stop_id,
                }
            ),
        }
        same = _same(self.region, wanted.sailing.operator, wanted.key)
        changed = self.tx.execute(sa.update(reservation).where(*same).values(**row))
        if changed.rowcount == 0:
            self.tx.execute(sa.insert(reservation).values(region=self.region, key=wanted.key, **row))


def _taken(tx: Transaction, region: str, wanted: Sailing, now: datetime) -> dict[str, int]:
    table = reservation.c
    takes = (table.state == "confirmed") | ((table.state == "held") & (table.expires_at > now))
    same = [table[name] == value for name, value in _key(wanted).items()]
    sums = [sa.func.coalesce(sa.func.sum(table[kind]), 0) for kind in KINDS]
    row = tx.execute(sa.select(*sums).where(table.region == region, *same, takes)).one()
    return {kind: int(places) for kind, places in zip(KINDS, row, strict=True)}


def _find(tx: Transaction, region: str, operator: str, key: str) -> Reservation | None:
    row = tx.execute(sa.select(reservation).where(*_same(region, operator, key))).mappings().one_or_none()
    return None if row is None else _value(row)


def _value(row: sa.RowMapping) -> Reservation:
    document = json.loads(row["document"])
    return Reservation(
        key=row["key"],
        digest=row["digest"],
        sailing=Sailing(row["operator"], row["trip_id"], date.fromisoformat(row["service_date"])),
        places={kind: row[kind] for kind in KINDS if row[kind]},
        state=row["state"],
        expires_at=row["expires_at"],
        price=_price(row),
        travellers=tuple((category, place) for category, place in document["travellers"]),
        from_stop_id=document["from"],
        to_stop_id=document["to"],
    )


def _same(region: str, operator: str, key: str) -> list[sa.ColumnElement[bool]]:
    table = reservation.c
    return [table.region == region, table.operator == operator, table.key == key]


def _key(wanted: Sailing) -> dict[str, Any]:
    return {
        "operator": wanted.operator,
        "trip_id": wanted.trip_id,
        "service_date": wanted.service_date.isoformat(),
    }


def _price(row: sa.RowMapping) -> Money | None:
    return None if row["price_minor"] is None else Money(row["price_minor"], row["price_currency"])


def _priced(price: Money | None) -> dict[str, Any]:
    return {
        "price_minor": price.minor if price else None,
        "price_currency": price.currency if price else None,
    }
