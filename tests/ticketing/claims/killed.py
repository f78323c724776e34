"""A process that does the worker's rounds on claims, or pays them out, and forks one that is killed at each edge of its transactions."""

import json
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.killing import copies_by_edge, is_killed, prepare
from tests.ticketing.claims.coast import REGION
from tests.ticketing.claims.paying_out import statement_of
from tests.ticketing.rerouting.harbour import BORNE
from ticketing import claims
from ticketing.claims import verify_claims
from ticketing.cli.worker import list_jobs
from ticketing.clock import FixedClock
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.guarantees import verify_guarantees
from ticketing.purchase.refund.reversal import take_back
from ticketing.regions import Region, load_regions
from ticketing.rooms import Rooms, build_rooms
from ticketing.settlement import bank
from ticketing.settlement.proof.verify import verify

ROUNDS = 4
# Of the statements on PostgreSQL the everyday run takes every third one of a guarantee, `make soak` all of them.
_EVERY = 1 if os.environ.get("SOAK") else 3


class Stage:
    """A deployment at a moment: its keys, its regions, its database. `jobs` are those that work, `every` how many statements lie between two kills."""

    jobs = frozenset({"paying back", "opening claims", "carrying on claims"})
    rounds, every = ROUNDS, 1

    def __init__(self, keys: str, moment: str) -> None:
        self.keys, self.moment = Path(keys), datetime.fromisoformat(moment)
        self.regions: dict[str, Region] = load_regions(Settings(database_url="sqlite://"))

    def work(self, url: str, deadly_at: int | None = None) -> list[int]:
        """Do some rounds; answers after how many statements each transaction was committed. Killed at the statement `deadly_at`."""
        settings = Settings(database_url=url, keys_folder=self.keys)
        rooms = build_rooms(settings, clock=FixedClock(self.moment), regions=self.regions, connectors={})
        passed, commits = 0, []

        def count(*_: object) -> None:
            nonlocal passed
            passed += 1
            if passed == deadly_at:
                os.kill(os.getpid(), signal.SIGKILL)

        engine = rooms.till.database.engine
        sa.event.listen(engine, "before_cursor_execute", count)
        sa.event.listen(engine, "commit", lambda _: commits.append(passed))
        self.act(rooms)
        rooms.till.database.close()
        return commits

    def act(self, rooms: Rooms) -> None:
        """Do what is killed."""
        for _ in range(self.rounds):
            for job in list_jobs(rooms, (REGION,)):
                if job.name in self.jobs:
                    job.go(self.moment)
                    assert job.detail == "", job.detail

    def kill(self, url: str, deadly_at: int) -> bool:
        """Let a process of its own work until it is killed there; False where it came to its end before."""
        return is_killed(lambda: self.work(url, deadly_at))

    def told(self, url: str) -> dict[str, Any]:
        """Say what the database holds."""
        settings = Settings(database_url=url, keys_folder=self.keys)
        rooms = build_rooms(settings, clock=FixedClock(self.moment), regions=self.regions, connectors={})
        with rooms.till.database.read() as tx:
            counts = {
                name: tx.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one()
                for name, table, where in (
                    ("paid", "claim", "state = 'paid'"),
                    ("claims", "claim", "1 = 1"),
                    ("refunds", "refund", "state = 'confirmed'"),
                    ("entries", "entry", "kind IN ('compensation', 'refund_confirmed')"),
                    ("steps", "claim_step", "1 = 1"),
                    ("transfers", "claim_payout", "state = 'paid'"),
                    ("moved", "entry", "kind IN ('compensation_sent', 'compensation_paid')"),
                    ("guaranteed", "guarantee_case", "1 = 1"),
                    ("pool", "entry", "kind IN ('guarantee_paid', 'guarantee_recourse')"),
                )
            }
        faults = verify_claims(rooms.till.database, REGION)[1]
        faults += verify_guarantees(rooms.till.database, REGION)[1]
        faults += verify(rooms.office, REGION, take_back).faults
        rooms.till.database.close()
        return {**counts, "faults": faults}


class PayoutStage(Stage):
    """Two people and the bank, who pay compensation to accounts, beside the worker."""

    def act(self, rooms: Rooms) -> None:
        """Prepare what waits, release what is prepared, import the bank's lines of all that was released."""
        office = rooms.office
        if claims.list_waiting(office, REGION):
            claims.prepare(office, REGION, "Anna")
        for run, parts in claims.list_runs(office, REGION):
            if run.state == "prepared":
                claims.release(office, run.id, "Bertil", run.digest)
            for part in parts:
                bank.import_statement(
                    office, REGION, statement_of(part, part.id, f"{self.moment:%Y-%m-%d}"), "Clara"
                )
        super().act(rooms)


class GuaranteeStage(Stage):
    """A worker that settles the guarantee of a missed connection, and pays it back."""

    jobs = frozenset({"paying back", "settling guarantees"})
    rounds, every = 2, _EVERY


class OtherWayStage(Stage):
    """A worker that repays what another way has cost more."""

    jobs = frozenset({"paying back", "repaying other ways"})
    rounds, every = 2, _EVERY

    def __init__(self, keys: str, moment: str) -> None:
        super().__init__(keys, moment)
        region = self.regions[REGION]
        book = replace(region.book, continuations=(), other_ways=(BORNE,))
        self.regions = {REGION: replace(region, book=book)}

    def told(self, url: str) -> dict[str, Any]:
        """Say what the database holds, the entries of other ways too."""
        database = Database(url)
        with database.read() as tx:
            entries = tx.exec_driver_sql("SELECT count(*) FROM entry WHERE kind = 'other_way'").scalar_one()
        database.close()
        return {**super().told(url), "other_ways": entries}


STAGES = {
    "claims": Stage,
    "payouts": PayoutStage,
    "guarantees": GuaranteeStage,
    "other_ways": OtherWayStage,
}


def main(url: str, keys: str, moment: str, what: str = "claims") -> None:
    """Print a line for each edge: what is there once another worker has gone on after the kill."""
    prepare(url)
    stage = STAGES[what](keys, moment)
    if not url.startswith("sqlite"):
        # One database: each kill goes on from where the one before has left it.
        deadly_at = 1
        while stage.kill(url, deadly_at):
            deadly_at += stage.every
        stage.work(url)
        sys.stdout.write(json.dumps(stage.told(url)) + "\n")
        return
    for copied, edge in copies_by_edge(url, stage.work):
        stage.kill(copied, edge)
        stage.work(copied)
        sys.stdout.write(json.dumps(stage.told(copied)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
