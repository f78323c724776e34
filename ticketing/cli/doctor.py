"""`throughfare doctor`: try everything that a deployment needs, and say what is wrong with the remedy."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

import click

from ticketing import config
from ticketing.cli.shown import AS_JSON
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_current, is_served
from ticketing.db.operators import worker_jobs
from ticketing.db.people import audit_trail
from ticketing.db.trouble import trouble
from ticketing.errors import ThroughfareError
from ticketing.identity import list_keys, second_factor
from ticketing.identity.principal import STAFF_ROLES
from ticketing.identity.staff import StaffDesk, list_members
from ticketing.tickets import known_keys
from ticketing.tickets.keys import KINDS, SECRET_KINDS, KeyRecord, key_store

Verdict = Literal["well", "look", "ill"]
_LEAST_FREE_MB = 500
_MOST_SKEW_SECONDS = 2.0
_OLD_KEY_DAYS = 365
_SILENCE = timedelta(minutes=5)


class Finding(NamedTuple):
    """One thing that was tried: `ill` keeps the service from its work, `look` needs a person soon."""

    verdict: Verdict
    what: str
    said: str


@click.command()
@AS_JSON
def command(*, as_json: bool) -> None:
    """Try settings, database, schema, keys, clock, disk, worker, people and the audit trail; exit 1 where something is ill.

    It changes nothing. Run it as the account of the service, after an upgrade and after a restore.

    \b
    Example:
      throughfare doctor
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    findings = list(examine())
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        for verdict, what, said in findings:
            click.echo(f"{verdict:<5} {what:<12} {said}")
    if any(finding.verdict == "ill" for finding in findings):
        sys.exit(1)


def examine() -> Iterator[Finding]:
    """Try one thing after the other; what cannot be tried without an ill one is left out."""
    try:
        settings = config.from_environment()
    except ThroughfareError as error:
        yield Finding("ill", "settings", error.detail)
        return
    yield Finding("well", "settings", f"{settings.environment}, gateway {settings.gateway}")
    yield from (Finding("look", "stand-in", said) for said in settings.warnings())
    yield from _disk(settings)
    database = Database(settings.database_url, is_pooled=settings.pooler == "transaction")
    try:
        yield from _of_database(settings, database)
    finally:
        database.close()


def _of_database(settings: Settings, database: Database) -> Iterator[Finding]:
    checks: tuple[tuple[str, Callable[[Settings, Database], Iterator[Finding]]], ...] = (
        ("schema", _schema),
        ("clock", _clock),
        ("keys", _keys),
        ("people", _people),
        ("worker", _worker),
        ("audit", _audit),
    )
    for what, check in checks:
        try:
            yield from check(settings, database)
        except Exception as error:
            why = error.detail if isinstance(error, ThroughfareError) else trouble(error)
            if why is None and not isinstance(error, OSError):
                raise
            yield Finding("ill", what, (why or str(error)).partition("\n")[0])
            if what == "schema":
                return


def _schema(_settings: Settings, database: Database) -> Iterator[Finding]:
    if not is_served(database):
        yield Finding("ill", "schema", "missing or old: run `throughfare db upgrade`")
        return
    yield Finding(
        "well",
        "schema",
        "the newest" if is_current(database) else "of another release, which serves this one",
    )


def _clock(_settings: Settings, database: Database) -> Iterator[Finding]:
    theirs = database.server_time()
    if theirs is None:
        return
    off = abs((datetime.now(UTC) - theirs).total_seconds())
    yield Finding("look" if off > _MOST_SKEW_SECONDS else "well", "clock", f"{off:.1f} s from the database's")


def _keys(settings: Settings, database: Database) -> Iterator[Finding]:
    keys = key_store(settings)
    known_keys.check(database, keys)
    active = {one.kind for one in keys.records() if one.state == "active"}
    missing = [kind for kind in KINDS if kind not in active]
    now = datetime.now(UTC)
    old = [
        f"{one.kind} ({(now - datetime.fromisoformat(one.since)).days} days)"
        for one in keys.records()
        if one.state == "active" and (now - datetime.fromisoformat(one.since)).days > _OLD_KEY_DAYS
    ]
    if old:
        yield Finding(
            "look", "keys", f"active for more than a year: {', '.join(old)}; `throughfare keys rotate`"
        )
    if missing:
        yield Finding(
            "look", "keys", f"no active key of {', '.join(missing)}: the next start makes or announces it"
        )
    yield from _places_of_keys(settings, keys.records())


def _places_of_keys(settings: Settings, records: Sequence[KeyRecord]) -> Iterator[Finding]:
    here = f"{len(records)} in {settings.keys_folder}"
    if settings.token is None:
        yield Finding("well", "keys", f"{here}, each known to the database")
        return
    held = sum(1 for key in records if key.token_id)
    yield Finding(
        "well",
        "keys",
        f"{here}, of which {held} in the token {settings.token.label!r}, each known to the database",
    )
    unmoved = [
        key.kind
        for key in records
        if key.state == "active" and not key.token_id and key.kind not in SECRET_KINDS
    ]
    if unmoved:
        yield Finding(
            "look", "keys", f"files still sign {', '.join(unmoved)}; `throughfare keys rotate` each"
        )


def _people(settings: Settings, database: Database) -> Iterator[Finding]:
    desk = StaffDesk(database, settings.clock())
    members = [one for one in list_members(desk) if one.ended_at is None]
    with database.read() as tx:
        without = [one.email for one in members if not second_factor.has_factor(tx, one.id)]
    nobodys = [
        one.id
        for one in list_keys(database)
        if one.role in STAFF_ROLES and not one.staff_id and not one.revoked_at
    ]
    if without:
        yield Finding("look", "people", f"without an authenticator app: {', '.join(without)}")
    if nobodys:
        yield Finding("look", "people", f"keys of nobody: {', '.join(nobodys)}; `throughfare access own`")
    yield Finding("well", "people", f"{len(members)} accounts of the console")


def _worker(settings: Settings, database: Database) -> Iterator[Finding]:
    with database.read() as tx:
        jobs = worker_jobs.list_jobs(tx)
    if not jobs:
        yield Finding("look", "worker", "never seen: `throughfare worker` carries orders to their end")
        return
    silent = settings.clock().now() - max(job.ran_at for job in jobs)
    verdict: Verdict = "look" if silent > _SILENCE else "well"
    yield Finding(verdict, "worker", f"last seen {silent.total_seconds():.0f} s ago")
    for job in jobs:
        if job.failures:
            yield Finding("look", "worker", f"the job {job.name!r} fails: {job.failures} in a row")


def _audit(_settings: Settings, database: Database) -> Iterator[Finding]:
    with database.read() as tx:
        broken = list(audit_trail.broken(tx))
    if broken:
        yield Finding("ill", "audit", f"changed, or a row is missing before: {', '.join(broken[:5])}")
    else:
        yield Finding("well", "audit", "the chain of the audit trail is whole")


def _disk(settings: Settings) -> Iterator[Finding]:
    for what, folder in (("keys", settings.keys_folder), ("settlement", settings.settlement_folder)):
        place = folder
        while not place.exists():
            place = place.parent
        if not os.access(place, os.W_OK):
            yield Finding("ill", "disk", f"{what}: {place} cannot be written by this account")
        free = shutil.disk_usage(place).free // 1_000_000
        if free < _LEAST_FREE_MB:
            yield Finding("ill", "disk", f"{what}: {free} MB are left at {place}")
    yield Finding("well", "disk", "folders can be written")
