"""Random faults, seeded: at the end ours is theirs, nothing is sold twice, nothing is sold that we do not know of.

The buyer here does what a purchase does: it repeats by key what is unknown, gives up what is refused or too
often unavailable, and looks again later at what it could not resolve.
"""

import os
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from operators.breaker import Trip
from operators.connectors.exchange import FileExchange
from operators.connectors.maritime import Maritime, MaritimeSettings
from operators.connectors.osdm import Osdm, OsdmSettings
from operators.errors import Expired, OperatorError, OutcomeUnknown, Refused, Unavailable
from operators.exchange.folder import PostOffice
from operators.fault_plan import FaultPlan
from operators.figures import Figures
from operators.guard import Guarded, Patience
from operators.inventory import Inventory
from operators.journal import Journal
from operators.memory import MemoryJournal, MemorySailings
from operators.port import Connector
from operators.simulators.exchange import ExchangeSimulator
from operators.simulators.maritime import MaritimeSimulator, Ship
from operators.simulators.osdm import OsdmSimulator, Sale
from operators.transport import Limits
from tests.operators.sample import clock, departure, request
from ticketing.clock import FixedClock
from ticketing.db import Database
from ticketing.db.operators.connectors import DatabaseJournal

SOAK = bool(os.environ.get("SOAK"))
BOOKINGS = 5_000 if SOAK else 60
SEEDS = range(2) if SOAK else range(1)
KINDS = [
    "error_before",
    "error_after",
    "reset_before",
    "reset_after",
    "duplicate",
    "malformed",
    "truncated",
    "unavailable",
    "rate_limit",
    "redirect",
]
PATIENT = Patience(
    wait_initial=0.0, wait_max=0.0, wait_jitter=0.0, trip=Trip(failures=10_000), budget_seconds=5.0
)


@dataclass(kw_only=True)
class Buyer:
    """A buyer that remembers what we believe, by key."""

    connector: Connector
    clock: FixedClock
    random: random.Random
    sold: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    parked: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)

    def buy(self, key: str) -> None:
        """Hold, then confirm or think better of it; later perhaps cancel."""
        try:
            self.connector.hold(request(key, self.random.randint(1, 3)))
            if self.random.random() < 0.15:
                self.connector.release(key)
                self.given_up.add(key)
                return
            self.connector.confirm(key)
        except (Refused, Expired):
            self.resolve(key)
            return
        except (Unavailable, OutcomeUnknown):
            self.parked.add(key)
            return
        self.sold.add(key)
        if self.connector.capabilities.cancels != "never" and self.random.random() < 0.3:
            self.take_back(key)

    def take_back(self, key: str) -> None:
        try:
            self.connector.cancel(key)
        except OperatorError:
            self.parked.add(key)
            return
        self.sold.discard(key)
        self.cancelled.add(key)

    def resolve(self, key: str) -> None:
        """Find out how a booking stands, and write it down."""
        try:
            standing = self.connector.find(key)
        except OperatorError:
            self.parked.add(key)
            return
        self.parked.discard(key)
        self.sold.discard(key)
        state = standing.state if standing else "nothing"
        kept = {"confirmed": self.sold, "cancelled": self.cancelled}.get(state, self.given_up)
        kept.add(key)


def guarded(connector: Connector, time: FixedClock) -> Guarded:
    return Guarded("gulf", connector, time.now, Figures(None, lambda: 0.0), patience=PATIENT)


def trade(buyer: Buyer, restart: Callable[[], Guarded], bookings: int = BOOKINGS) -> None:
    """Make the bookings, with a new process now and then; resolve what is open when the holds have run out."""
    keys = [str(uuid.UUID(int=buyer.random.getrandbits(128), version=4)) for _ in range(bookings)]
    for number, key in enumerate(keys):
        if number % 10 == 9:
            buyer.connector = restart()
        buyer.buy(key)
        buyer.clock.advance(timedelta(milliseconds=200))
    buyer.clock.advance(timedelta(minutes=30))
    for _ in range(20):
        for key in sorted(buyer.parked):
            buyer.resolve(key)
    assert buyer.parked == set()
    assert buyer.sold | buyer.given_up | buyer.cancelled == set(keys)


def trade_with_a_ferry(journal: Journal, seed: int, bookings: int) -> None:
    time = clock()
    with MaritimeSimulator(time.now, ship=Ship(places=bookings * 4, prices={"adult": 2500})) as simulator:
        url = simulator.start()
        simulator.plan = FaultPlan.from_json({"seed": seed, "rate": 0.3, "kinds": KINDS})
        settings = MaritimeSettings(
            bookings_url=f"{url}/bookings/",
            availability_url=None,
            api_key="sandbox",
            maas_operator_id="throughfare",
            ticket_types={"foot": "deck"},
            allow_private=True,
            limits=Limits(call_seconds=2.0),
        )

        def restart() -> Guarded:
            return guarded(Maritime("tallink", None, time.now, settings, journal), time)

        buyer = Buyer(connector=restart(), clock=time, random=random.Random(seed))
        trade(buyer, restart, bookings)

        theirs = Counter(
            sold.request_id for sold in simulator.bookings.values() if sold.status == "CONFIRMED"
        )
        assert set(theirs) == buyer.sold
        assert set(theirs.values()) == {1}
        assert simulator.count("RESERVED") == 0
        assert buyer.given_up


@pytest.mark.parametrize("seed", SEEDS)
def test_a_maritime_operator_and_we_agree_after_random_faults(seed: int) -> None:
    trade_with_a_ferry(MemoryJournal(), seed, BOOKINGS)


def test_so_they_do_with_the_journal_in_the_database(database: Database) -> None:
    trade_with_a_ferry(DatabaseJournal(database, "gulf"), 3, 25)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_osdm_distributor_and_we_agree_after_random_faults(seed: int) -> None:
    time = clock()
    with OsdmSimulator(time.now, sale=Sale(places=BOOKINGS * 4)) as simulator:
        url = simulator.start()
        simulator.plan = FaultPlan.from_json({"seed": seed, "rate": 0.2, "kinds": KINDS})
        settings = OsdmSettings(
            url=url,
            token_url=f"{url}/token",
            client_id="throughfare",
            client_secret="sandbox",
            passenger_types={"adult": "ADULT"},
            allow_private=True,
            limits=Limits(call_seconds=2.0),
        )
        journal = MemoryJournal()

        def restart() -> Guarded:
            return guarded(Osdm("rail", None, time.now, settings, journal), time)

        buyer = Buyer(connector=restart(), clock=time, random=random.Random(seed))
        trade(buyer, restart)

        references = {key: journal.find("rail", key).reference for key in buyer.sold | buyer.cancelled}
        fulfilled = {one.id for one in simulator.bookings.values() if one.status == "FULFILLED"}
        refunded = {one.id for one in simulator.bookings.values() if one.status == "REFUNDED"}
        assert fulfilled == {references[key] for key in buyer.sold}
        assert refunded == {references[key] for key in buyer.cancelled}
        assert simulator.count("PREBOOKED") == 0
        assert all(one.fulfillments <= 1 for one in simulator.bookings.values())
        assert buyer.sold
        assert buyer.cancelled


@pytest.mark.parametrize("seed", SEEDS)
def test_a_files_only_operator_and_we_agree_after_random_faults(seed: int, tmp_path: Path) -> None:
    time, day = clock(), date(2026, 10, 13)
    folder = tmp_path / "viking"
    clerk = ExchangeSimulator(time.now, folder, "viking")
    clerk.allot("T0730", day, {"foot": 100_000})
    kinds = ["late", "duplicate", "wrong_identity", "hang_after"]
    clerk.plan = FaultPlan.from_json({"seed": seed, "rate": 0.4, "kinds": kinds})
    sailings = MemorySailings()

    def restart() -> Guarded:
        terms = Inventory(
            operator="viking", sailings=sailings, capacity=lambda _: {}, hold_life=timedelta(minutes=20)
        )
        post = PostOffice(folder=folder, me="throughfare", other="viking", now=time.now)
        clerk.turn()
        made = FileExchange("viking", None, time.now, terms, post)
        made.tend()
        return guarded(made, time)

    buyer = Buyer(connector=restart(), clock=time, random=random.Random(seed))
    later = replace(departure(), departs_at=departure().departs_at + timedelta(days=1))
    buyer.connector.availability([later])
    # Every new process reads the whole folder again: a thousand sales are a hundred such starts.
    trade(buyer, restart, min(BOOKINGS, 1_000))
    clerk.plan = FaultPlan()
    for _ in range(4):
        time.advance(timedelta(minutes=70))
        clerk.turn()
        buyer.connector.tend()

    theirs = {record.ticket_id for record in clerk.desk.manifest.values()}
    assert theirs == buyer.sold
    assert sum(clerk.seats().values()) == sum(
        sum(sailings.find("viking", key).places.values()) for key in buyer.sold
    )
    assert buyer.cancelled
