"""Manifests: the operator learns of each change at once, and of each sailing as a whole when its sale has ended. Pure.

A full manifest begins with a row of the place `CLOSING`, whose seats are the sum of the rows after it: every
booking of that sailing that stands. Nobody sails is told as well, as 0. What was told is read back from what
was sent, so a crash repeats nothing and forgets nothing.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from operators.exchange.format import ExchangeFile, Record
from operators.inventory import Reservation, Sailing

CLOSING = "CLOSING"


@dataclass(slots=True)
class Told:
    """The content of our manifests so far: the last action by record, and the sailings that are closed."""

    seen: int = 0
    actions: dict[str, str] = field(default_factory=dict)
    closed: set[tuple[str, date]] = field(default_factory=set)

    def read(self, file: ExchangeFile) -> None:
        """Fold the next manifest that was sent."""
        self.seen = file.name.sequence
        for record in file.records:
            if record.place == CLOSING:
                self.closed.add((record.trip_id, record.service_date))
            else:
                self.actions[record.record_id] = record.action


def changes(reservations: Iterable[Reservation], manifests: Told) -> list[Record]:
    """List the changes that the operator has not been told: sold and not cancelled, or cancelled and told as sold."""
    due: list[Record] = []
    for sold in reservations:
        for record in _rows(sold):
            last = manifests.actions.get(record.record_id)
            if sold.state == "confirmed" and last is None:
                due.append(record)
            elif sold.state == "cancelled" and last == "ADD":
                due.append(replace(record, action="CANCEL", amount_minor=-record.amount_minor))
    return due


def closing(sailing: Sailing, reservations: Iterable[Reservation]) -> list[Record]:
    """The full manifest of a sailing: its closing row, then every row of a booking that stands."""
    standing = [sold for sold in reservations if sold.sailing == sailing and sold.state == "confirmed"]
    rows = [record for sold in standing for record in _rows(sold)]
    trip, day = sailing.trip_id, sailing.service_date
    seats = sum(row.seats for row in rows)
    return [
        Record(
            record_id=f"closing:{trip}:{day}",
            action="ADD",
            ticket_id="",
            trip_id=trip,
            service_date=day,
            from_stop="",
            to_stop="",
            category="",
            place=CLOSING,
            seats=seats,
        ),
        *rows,
    ]


def places_sold(sailing: Sailing, reservations: Sequence[Reservation]) -> Counter[str]:
    """The places of the bookings of a sailing that stand, by kind."""
    counted: Counter[str] = Counter()
    for sold in reservations:
        if sold.sailing == sailing and sold.state == "confirmed":
            counted.update(sold.places)
    return counted


def _rows(sold: Reservation) -> list[Record]:
    """The rows of one booking: one for each category and kind of place; the first has the price."""
    price = sold.price
    counted = Counter(sold.travellers)
    return [
        Record(
            record_id=f"{sold.key}:{at}",
            action="ADD",
            ticket_id=sold.key,
            trip_id=sold.sailing.trip_id,
            service_date=sold.sailing.service_date,
            from_stop=sold.from_stop_id,
            to_stop=sold.to_stop_id,
            category=category,
            place=kind,
            seats=seats,
            amount_minor=price.minor if price and at == 0 else 0,
            currency=price.currency if price else "XXX",
        )
        for at, ((category, kind), seats) in enumerate(sorted(counted.items()))
    ]
