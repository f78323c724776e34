"""Noise that a test can draw again, and a desk whose region has rides that a test has put there."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any

import sqlalchemy as sa

from operators.open_data_terms import OpenDataTerms
from tests.ticketing.gate.stock import put_ticket
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.tables.disruption import leg_of_ticket
from ticketing.db.tables.gates import ticket_use
from ticketing.publishing import PublishingDesk
from ticketing.publishing.privacy import Rule
from ticketing.regions import Region

# The region of the tickets that `put_ticket` makes.
REGION, MONTH = "r", "2026-10"
TERMS = OpenDataTerms(
    publisher="The scheme",
    homepage="https://scheme.example",
    contact="data@scheme.example",
    licence="https://creativecommons.org/licenses/by/4.0/",
    since="2026-09",
)


class SeededNoise:
    """Discrete Laplace noise from a seed: the difference of two geometric numbers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def add(self, counts: Sequence[int], rule: Rule) -> list[int]:
        return [count + self._draw(rule.scale) for count in counts]

    def _draw(self, scale: float) -> int:
        return self._geometric(scale) - self._geometric(scale)

    def _geometric(self, scale: float) -> int:
        # P(at least k) = exp(-k / scale)
        return int(self._random.expovariate(1 / scale)) if exp(-1 / scale) else 0


class NoNoise:
    """No noise at all, so that a test can see what is counted; no deployment can have it."""

    def add(self, counts: Sequence[int], rule: Rule) -> list[int]:
        return list(counts)


def desk_of(
    database: Database, regions: dict[str, Region], noise: Any, at: str, **terms: Any
) -> PublishingDesk:
    """A desk at a moment, with Helsinki-Tallinn under the name of the region that tickets of tests have."""
    known = regions["helsinki-tallinn"]
    region = replace(known, data=replace(known.data, id=REGION, open_data=replace(TERMS, **terms)))
    return PublishingDesk(
        database=database,
        clock=FixedClock(datetime.fromisoformat(at)),
        regions={REGION: region},
        noise=noise,
        public_url="https://throughfare.example",
    )


def ride(database: Database, jti: str, at: datetime, *, times: int = 1, operator: str = "eckero") -> None:
    """Have a ticket for Eckerö's ship used so many times, a minute apart."""
    _hold(database, jti, at, operator)
    with database.write() as tx:
        for number in range(times):
            row = {
                "jti": jti,
                "gate_key_id": "gate",
                "scan_id": f"{jti}-{at.isoformat()}-{number}",
                "leg": 0,
                "operator": operator,
                "gate": None,
                "kind": "ride",
                "at": at + timedelta(minutes=number),
            }
            tx.execute(sa.insert(ticket_use).values(**row))


def _hold(database: Database, jti: str, at: datetime, operator: str) -> None:
    with database.read() as tx:
        if tx.execute(sa.select(leg_of_ticket.c.jti).where(leg_of_ticket.c.jti == jti)).first():
            return
    put_ticket(database, jti, at=at)
    with database.write() as tx:
        row = {
            "jti": jti,
            "leg": 0,
            "order_id": "order",
            "region": REGION,
            "operator": operator,
            "trip_id": "ECK-TH-0600",
            "service_date": at.date().isoformat(),
            "mode": "ferry",
            "from_stop": "TLL-A",
            "to_stop": "HEL-LT2",
            "departs_at": at,
            "arrives_at": at + timedelta(hours=2),
        }
        tx.execute(sa.insert(leg_of_ticket).values(**row))


SHIP = datetime(2026, 10, 13, 3, 0, tzinfo=UTC)
