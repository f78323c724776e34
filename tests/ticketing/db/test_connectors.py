"""Connectors keep on both databases: one entry a key, no place sold twice, nothing of a failed block."""

import multiprocessing
import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from operators.connectors.own import OwnInventory
from operators.errors import Refused
from operators.figures import Figure, Figures, Slot
from operators.inventory import Inventory
from operators.journal import Entry, Stale
from tariffs.money import Money
from tests.operators.sample import MORNING, clock, departure, request
from ticketing.db import Database
from ticketing.db.operators.connectors import DatabaseJournal, DatabaseSailings
from ticketing.db.operators.figures import DatabaseFigures


def ferry(database: Database, foot: int = 100) -> OwnInventory:
    inventory = Inventory(
        operator="eckero",
        sailings=DatabaseSailings(database, "gulf"),
        capacity=lambda _: {"foot": foot},
        hold_life=timedelta(minutes=15),
    )
    return OwnInventory("eckero", None, clock().now, inventory)


def test_an_entry_comes_back_as_it_was_written(database: Database) -> None:
    journal = DatabaseJournal(database, "gulf")
    entry = Entry(
        operator="tallink",
        key="k",
        digest="d",
        progress="held",
        asked_at=MORNING,
        reference="R1",
        expires_at=MORNING + timedelta(minutes=15),
        price=Money(2500, "EUR"),
    )

    written = journal.put(entry)

    assert journal.find("tallink", "k") == written == replace(entry, version=1)
    assert journal.find("viking", "k") is None
    assert DatabaseJournal(database, "another").find("tallink", "k") is None


def test_two_writers_of_one_entry_do_not_both_win(database: Database) -> None:
    journal = DatabaseJournal(database, "gulf")
    first = journal.put(Entry(operator="tallink", key="k", digest="d", progress="holding", asked_at=MORNING))
    journal.put(replace(first, progress="held"))

    for late in (first, replace(first, version=0)):
        with pytest.raises(Stale):
            journal.put(late)

    assert journal.find("tallink", "k").progress == "held"


def test_a_booking_lives_in_the_database(database: Database) -> None:
    sold = ferry(database)
    sold.hold(request("k", adults=2))
    sold.confirm("k")
    sold.hold(request("other", adults=3))

    again = ferry(database)
    assert again.confirm("k").price == Money(5000, "EUR")
    assert again.availability([departure()])[0].free == {"foot": 95}
    again.release("other")
    again.cancel("k")
    assert again.availability([departure()])[0].free == {"foot": 100}
    assert [one.state for one in again.inventory.sailings.sold("eckero", date(2026, 10, 13))] == ["cancelled"]


def test_many_buyers_at_once_never_oversell_a_sailing(database: Database) -> None:
    start = threading.Barrier(12)
    refused: list[str] = []

    def buy() -> None:
        mine = ferry(database, foot=7)
        start.wait()
        try:
            mine.confirm(mine.hold(request()).key)
        except Refused as no:
            refused.append(no.reason)

    buyers = [threading.Thread(target=buy) for _ in range(12)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()

    assert refused == ["sold_out"] * 5
    assert len(ferry(database).inventory.sailings.sold("eckero", date(2026, 10, 13))) == 7


def test_a_block_that_fails_keeps_nothing(database: Database) -> None:
    sold = ferry(database)
    sold.hold(request("k"))
    held = sold.inventory.find("k")

    def fail() -> None:
        with sold.inventory.sailings.opened(held.sailing) as opened:
            opened.put(replace(held, state="released"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert sold.find("k").state == "held"


def test_figures_of_several_processes_add_up(database: Database) -> None:
    slot = Slot("gulf", "tallink", "hold", MORNING.replace(minute=0))
    for _ in range(2):
        figures = Figures(DatabaseFigures(database), lambda: 0.0)
        for outcome in ("ok", "unknown"):
            figures.record(slot, outcome, 0.2)
            figures.keep()

    found = Figures(DatabaseFigures(database), lambda: 0.0).since(slot.hour)

    assert found["gulf", "tallink", "hold"].outcomes == {"ok": 2, "unknown": 2}
    assert found["gulf", "tallink", "hold"].total_us == 800_000


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_workers_that_were_forked_from_one_service_keep_figures_of_their_own(database: Database) -> None:
    slot = Slot("gulf", "tallink", "hold", MORNING.replace(minute=0))
    sink, figure = DatabaseFigures(database), Figure()
    figure.count("ok", 0.2)
    database.close()
    workers = [
        multiprocessing.get_context("fork").Process(target=sink.keep, args=({slot: figure},))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(20)

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert [kept for kept, _ in sink.all(slot.hour)] == [slot, slot]
