"""`throughfare worker`: carry on what waits, in jobs of which none can end the worker."""

import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TypeVar

import click
import structlog

from ticketing import claims, disruption, guarantees, logs, notices, publishing, rerouting, telemetry
from ticketing.cli.deployment import settings
from ticketing.cli.jobs import Aside, Items, Job, Tally
from ticketing.cli.supervisor import notify
from ticketing.config import Settings
from ticketing.db.operators import worker_jobs
from ticketing.db.operators.worker_jobs import WorkerJob
from ticketing.db.trouble import is_away, trouble
from ticketing.gate import carrying_on, retention
from ticketing.identity.privacy import forget_what_is_due
from ticketing.incidents import delivering, reporting, triggers
from ticketing.purchase import service as purchase
from ticketing.purchase.gateway import reports
from ticketing.purchase.refund.reversal import take_back
from ticketing.regions import poll_live
from ticketing.regions.history import FeedHistory
from ticketing.rooms import Rooms, announce, build_rooms
from ticketing.settlement import outlook, proof

_log = structlog.get_logger(__name__)
_Item = TypeVar("_Item")
# After so many rounds the state of the jobs is told though nothing has changed.
_TELL_ROUNDS = 6
_FORGETTING_RESTS = timedelta(minutes=1)
# Pools are summed from the books, and orders of other ways looked for among all: not in every round.
_SEARCHING_RESTS = timedelta(minutes=1)
_INCIDENTS_REST = timedelta(seconds=30)


@click.command()
@click.option("--once", is_flag=True, help="One round, then end.")
@click.option(
    "--pause",
    "pause_seconds",
    type=click.FloatRange(0.1, 60),
    default=5.0,
    show_default=True,
    help="Seconds between two rounds.",
)
def command(*, once: bool, pause_seconds: float) -> None:
    """Carry orders and refunds to their end, round after round, until it is told to stop.

    It outlives a database that is away and a disk that is full; only a wrong configuration ends its start. A
    supervisor (docs/operate.md) starts it again after a fault of the machine.

    \b
    Example:
      throughfare worker
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    logs.configure(configured.log_format)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    telemetry.begin(configured, "worker")
    rooms = _built(configured, stopped, None if once else pause_seconds)
    if rooms is None:
        return
    announce(rooms)
    jobs, teller = (
        list_jobs(rooms, configured.regions, once=once),
        _Teller(rooms, pause_seconds * _TELL_ROUNDS),
    )
    while not stopped.is_set():
        for job in jobs:
            job.go(rooms.clock.now())
            if stopped.is_set():
                break
        teller.tell(jobs)
        notify("READY=1\nWATCHDOG=1")
        if once or stopped.wait(pause_seconds):
            return


def list_jobs(rooms: Rooms, regions: Sequence[str], *, once: bool = False) -> list[Job]:
    """Every job of the worker, in the order of a round."""
    history = FeedHistory(rooms.live.database, rooms.clock, rooms.planner.regions)
    return [
        *_purchase_jobs(rooms.till),
        Job(name="paying who carried on", run=lambda: Tally(carrying_on.book_rides(rooms.gatehouse))),
        Job(name="tending operators", run=lambda: _tended(rooms)),
        Job(name="noting feeds", run=lambda: Tally(history.note())),
        Job(name="polling live data", run=lambda: _counted(poll_live(rooms.live))),
        Job(name="confirming disruptions", run=lambda: Tally(rooms.watcher.confirm_waiting())),
        Job(name="judging changes", run=lambda: Tally(rooms.watcher.judge_changes())),
        _legs_job(rooms),
        *_moves_jobs(rooms),
        *_claims_jobs(rooms),
        Job(name="writing messages", run=lambda: Tally(notices.write_new(rooms.post_office))),
        Job(
            name="writing late messages",
            run=lambda: Tally(notices.write_due(rooms.post_office)),
            rest=notices.NEW_FOR,
        ),
        _delivery_job(rooms, "delivering mail", notices.MAIL, wait=once),
        _delivery_job(rooms, "delivering push and webhooks", notices.HTTP, wait=once),
        *_incidents_jobs(rooms, wait=once),
        *_forgetting_jobs(rooms),
        *(_books_job(rooms, region) for region in regions),
        _proofs_job(rooms),
        _office_job(rooms),
        _publishing_job(rooms),
    ]


def run_round(till: purchase.Till) -> None:
    """Deal with reports, let unpaid orders go, advance every unfinished order and refund, once."""
    for job in _purchase_jobs(till):
        job.go(till.clock.now())


def _forgetting_jobs(rooms: Rooms) -> list[Job]:
    """Let go what has been kept long enough: that looks through whole tables, and nobody waits for it."""
    gatehouse, office = rooms.gatehouse, rooms.post_office
    return [
        _forgetting_job("personal data", lambda: forget_what_is_due(rooms.privacy)),
        _forgetting_job("gate facts", lambda: retention.forget_what_is_due(gatehouse)),
        _forgetting_job("contacts", lambda: notices.forget_what_is_due(office)),
    ]


def _forgetting_job(what: str, forget: Callable[[], Mapping[str, int]]) -> Job:
    return Job(name=f"forgetting {what}", run=lambda: _counted(forget()), rest=_FORGETTING_RESTS)


def _each(
    name: str,
    kind: str,
    due: Callable[[], Iterable[_Item]],
    act: Callable[[_Item], object],
    key: Callable[[_Item], str] = str,
    *,
    rest: timedelta = timedelta(0),
) -> Job:
    """A job that acts on each item that is due by itself: one that fails rests, and the others go on."""
    items = Items(kind)
    return Job(name=name, run=lambda: items.each(due(), act, key), rest=rest)


def _purchase_jobs(till: purchase.Till) -> list[Job]:
    return [
        Job(name="dealing with reports", run=lambda: Tally(reports.work_off(till))),
        _each(
            "expiring orders",
            "unpaid order",
            lambda: purchase.list_expired(till),
            lambda one: purchase.expire_order(till, one),
        ),
        _each(
            "advancing orders",
            "order",
            lambda: purchase.list_unfinished(till)[0],
            lambda one: purchase.advance(till, one),
        ),
        _each(
            "paying back",
            "refund",
            lambda: purchase.list_unfinished(till)[1],
            lambda one: purchase.settle_refund(till, one),
            lambda one: one.id,
        ),
    ]


def _books_job(rooms: Rooms, region: str) -> Job:
    return Job(name=f"books of {region}", run=lambda: _counted(proof.tend_region(rooms.office, region)))


def _legs_job(rooms: Rooms) -> Job:
    """Once when the worker starts and once a day: an older release may have sold tickets meanwhile."""
    noted_on: list[date] = []

    def run() -> Tally:
        now = rooms.clock.now()
        if noted_on == [now.date()]:
            return Tally()
        with rooms.live.database.write() as tx:
            count = disruption.note_missing_legs(tx, now)
        noted_on[:] = [now.date()]
        return Tally(count)

    return Job(name="noting legs of tickets", run=run)


def _moves_jobs(rooms: Rooms) -> list[Job]:
    """Carry on moves and holds that a crash or a silent operator has left under way, end holds that are over, make those that are due."""
    desk = rooms.rerouting
    return [
        _each(
            "moving tickets",
            "move",
            lambda: rerouting.list_unfinished(desk),
            lambda move: rerouting.finish(desk, move),
            lambda move: move.id,
        ),
        _each(
            "carrying on holds",
            "hold",
            lambda: rerouting.list_asked(desk),
            lambda hold: rerouting.carry_on_hold(desk, hold),
            lambda hold: hold.id,
        ),
        _each(
            "ending holds",
            "hold that is over",
            lambda: rerouting.list_over(desk),
            lambda hold: rerouting.settle(desk, hold),
            lambda hold: hold.id,
        ),
        _each(
            "repaying other ways",
            "order of another way",
            lambda: rerouting.list_to_repay(desk),
            lambda order_id: rerouting.repay(desk, order_id),
            rest=_SEARCHING_RESTS,
        ),
        Job(name="holding places", run=lambda: Tally(rerouting.hold_due(desk))),
    ]


def _claims_jobs(rooms: Rooms) -> list[Job]:
    """Open claims run by run, and carry each on by one step."""
    desk = rooms.claims
    return [
        _each(
            "opening claims",
            "run with claims",
            lambda: claims.list_runs_due(desk),
            lambda run: claims.open_of_run(desk, run),
        ),
        _each(
            "carrying on claims",
            "claim",
            lambda: claims.list_to_carry_on(desk),
            lambda claim: claims.carry_on(desk, claim),
            lambda claim: f"{claim.id} {claim.state}",
        ),
        _each(
            "settling guarantees",
            "missed connection",
            lambda: guarantees.list_broken(desk),
            lambda broken: guarantees.settle(desk, broken),
            lambda broken: f"{broken.jti} {broken.after_leg}",
        ),
        Job(name="watching pools", run=lambda: Tally(guarantees.watch_pools(desk)), rest=_SEARCHING_RESTS),
    ]


def _delivery_job(rooms: Rooms, name: str, kinds: Sequence[notices.ContactKind], *, wait: bool) -> Job:
    """Deliver beside the other jobs: a receiver that is slow holds up nobody's order."""
    aside = Aside(lambda: Tally(notices.deliver_due(rooms.post_office, kinds)), wait=wait)
    return Job(name=name, run=aside.run)


def _incidents_jobs(rooms: Rooms, *, wait: bool) -> list[Job]:
    """Draft incidents from facts, bring them to partners and fetch theirs: beside the other jobs, for a partner may be slow."""
    desk = rooms.incidents
    sending = Aside(lambda: Tally(delivering.deliver_due(desk)), wait=wait)
    fetching = Aside(lambda: Tally(delivering.fetch_all(desk)), wait=wait)
    return [
        Job(name="drafting incidents", run=lambda: Tally(triggers.draft_all(desk)), rest=_INCIDENTS_REST),
        Job(name="watching deadlines", run=lambda: Tally(reporting.note_missed(desk)), rest=_INCIDENTS_REST),
        Job(name="sending incidents", run=sending.run),
        Job(name="fetching incidents", run=fetching.run, rest=_INCIDENTS_REST),
    ]


def _proofs_job(rooms: Rooms) -> Job:
    office = rooms.office
    database = rooms.claims.database
    beside = {
        "claims": lambda region: claims.verify_claims(database, region),
        "guarantees": lambda region: guarantees.verify_guarantees(database, region),
    }
    return _each(
        "proving books",
        "proof of the books",
        lambda: proof.list_asked(office),
        lambda check: proof.carry_out(office, check, take_back, beside),
        lambda check: check.id,
    )


def _office_job(rooms: Rooms) -> Job:
    """Close and export what somebody has asked for on a page."""
    return _each(
        "work of the office",
        "work of the office",
        lambda: outlook.list_asked_work(rooms.office),
        lambda work: outlook.carry_out_work(rooms.office, work),
        lambda work: work.id,
    )


def _publishing_job(rooms: Rooms) -> Job:
    """Publish the months that have settled; a deployment without the library for it publishes no numbers about people."""
    desk = rooms.publishing
    return _each(
        "publishing open data",
        "month of open data",
        lambda: publishing.list_due(desk) if publishing.is_installed() else [],
        lambda due: publishing.make(desk, due.region, due.dataset, due.month),
        lambda due: f"{due.region} {due.dataset} {due.month}",
        rest=_SEARCHING_RESTS,
    )


def _counted(done: Mapping[str, int]) -> Tally:
    return Tally(sum(done.values()))


def _tended(rooms: Rooms) -> Tally:
    rooms.connectors.tend()
    return Tally()


def _built(configured: Settings, stopped: threading.Event, pause_seconds: float | None) -> Rooms | None:
    """Build what the jobs need; a database that is away is waited for, a wrong configuration ends the start.

    Without a pause nothing is waited for. None where the worker was told to stop meanwhile.
    """
    while True:
        try:
            return build_rooms(configured)
        except Exception as error:
            if pause_seconds is None or not is_away(error):
                raise
            _log.warning("waiting for the database", reason=trouble(error))
        if stopped.wait(pause_seconds):
            return None


class _Teller:
    """Writes down how the jobs fare: when something has changed, and every so many seconds.

    A clock that was put forward counts too, as after a machine slept: else the worker would seem silent for as long.
    """

    def __init__(self, rooms: Rooms, every_seconds: float) -> None:
        self._rooms, self._every_seconds = rooms, every_seconds
        self._told: dict[str, tuple[int, int, str]] = {}
        self._ran_at: datetime | None = None
        self._next = 0.0

    def tell(self, jobs: Sequence[Job]) -> None:
        """Write what has changed; a database that is away hears it in a later round."""
        now = {job.name: (job.failures, job.failing, job.detail) for job in jobs if job.ran_at}
        ran_at = max((job.ran_at for job in jobs if job.ran_at), default=None)
        if now == self._told and time.monotonic() < self._next and not self._has_jumped(ran_at):
            return
        rows = [
            WorkerJob(
                name=job.name,
                ran_at=job.ran_at,
                succeeded_at=job.succeeded_at,
                failures=job.failures,
                failing=job.failing,
                detail=job.detail[:500],
            )
            for job in jobs
            if job.ran_at
        ]
        with suppress(Exception):
            with self._rooms.till.database.write() as tx:
                worker_jobs.put_jobs(tx, rows)
            self._told, self._ran_at, self._next = now, ran_at, time.monotonic() + self._every_seconds

    def _has_jumped(self, ran_at: datetime | None) -> bool:
        """Tell whether the jobs ran later, by their clock, than should go by without a word."""
        if ran_at is None or self._ran_at is None:
            return False
        return (ran_at - self._ran_at).total_seconds() > self._every_seconds
