"""`throughfare drill restore`: a backup is only one once it has been restored, and everything in it proven."""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click

from ticketing.cli.deployment import current_database, office, settings
from ticketing.cli.drill_report import OUT, write_report
from ticketing.config import Settings
from ticketing.db import Database
from ticketing.db.migrate import is_served
from ticketing.db.people import audit_trail
from ticketing.db.restoring import Restored, count_rows, restored
from ticketing.errors import ThroughfareError
from ticketing.tickets import known_keys
from ticketing.tickets.keys import KINDS, key_store


class Proof(NamedTuple):
    """One thing that a restored deployment must hold; `fault` is empty where it does."""

    what: str
    said: str
    fault: str
    seconds: float


@click.command("restore")
@click.option(
    "--programs",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=None,
    help="The folder of PostgreSQL's programs, of the server's version; those of the path by default.",
)
@OUT
def command(programs: Path | None, out: Path) -> None:
    """Back up database and keys, restore both to a moment in a scratch folder, and prove it; exit 1 where anything is ill.

    The deployment sells on meanwhile and is only read. The database's account needs the right of replication.

    \b
    Example:
      throughfare drill restore
      throughfare drill restore --programs /usr/lib/postgresql/17/bin
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    configured = settings()
    now, live = configured.clock().now(), current_database(configured)
    with tempfile.TemporaryDirectory(prefix="throughfare-drill-", ignore_cleanup_errors=True) as scratch:
        place = Path(scratch)
        shutil.copytree(configured.keys_folder, place / "keys")
        with restored(live, place, programs) as there:
            click.echo(f"restored to {there.moment}; now it is proven")
            copied = replace(
                configured,
                database_url=there.url,
                pooler="none",
                keys_folder=place / "keys",
            )
            proofs = list(_prove(copied, there))
    text = "\n".join(_told(there, proofs, f"{now:%Y-%m-%d %H:%M} UTC"))
    document = {**_figures(there), "proofs": [proof._asdict() for proof in proofs]}
    write_report(out, "restore", now, document, text)
    live.close()
    if any(proof.fault for proof in proofs):
        sys.exit(1)


def _prove(copied: Settings, there: Restored) -> Iterator[Proof]:
    """Prove one thing after the other; an error of ours is a fault, and keeps no other proof from being tried."""
    database = Database(copied.database_url)
    proofs: dict[str, Callable[[], tuple[str, str]]] = {
        "rows": lambda: _rows(database, there),
        "schema": lambda: ("served by this release", "" if is_served(database) else "missing or old"),
        "keys": lambda: _keys(copied, database),
        "audit trail": lambda: _audit(database),
        **{f"books of {name}": partial(_books, copied, name) for name in copied.regions},
    }
    for what, prove in proofs.items():
        begin = time.monotonic()
        try:
            said, fault = prove()
        except ThroughfareError as error:
            said, fault = "", error.detail
        yield Proof(what, said, fault, round(time.monotonic() - begin, 2))
    database.close()


def _rows(database: Database, there: Restored) -> tuple[str, str]:
    rows = count_rows(database)
    apart = [
        f"{name}: {rows[name]}, live {least} before and {there.after[name]} after the moment"
        for name, least in there.before.items()
        if not least <= rows[name] <= there.after[name]
    ]
    return ", ".join(f"{name} {count}" for name, count in rows.items()), "; ".join(apart)


def _keys(copied: Settings, database: Database) -> tuple[str, str]:
    keys = key_store(copied)
    known_keys.check(database, keys)
    opened = sum(len(keys.thumbprints(kind)) for kind in KINDS)
    return f"{opened} open, each that the database knows is there", ""


def _audit(database: Database) -> tuple[str, str]:
    with database.read() as tx:
        broken = list(audit_trail.broken(tx))
    return (
        "the chain is whole",
        f"changed, or a row is missing before: {', '.join(broken[:5])}" if broken else "",
    )


def _books(copied: Settings, region: str) -> tuple[str, str]:
    from ticketing.claims import verify_claims  # noqa: PLC0415  as `books verify` does
    from ticketing.guarantees import verify_guarantees  # noqa: PLC0415  see above
    from ticketing.purchase.refund.reversal import take_back  # noqa: PLC0415  see above
    from ticketing.settlement.proof import verify_books  # noqa: PLC0415  see above

    room = office(copied)
    verdict = verify_books(room, region, take_back)
    claims, claim_faults = verify_claims(room.database, region)
    missed, guarantee_faults = verify_guarantees(room.database, region)
    room.database.close()
    checked = {**verdict.checked, "claims": claims, "guarantees": missed}
    faults = [*verdict.faults, *claim_faults, *guarantee_faults]
    return ", ".join(f"{name} {count}" for name, count in checked.items()), "; ".join(faults[:5])


def _figures(there: Restored) -> dict[str, object]:
    return {
        "moment": there.moment,
        "backup_bytes": there.backup_bytes,
        "backup_seconds": round(there.backup_seconds, 2),
        "restore_seconds": round(there.restore_seconds, 2),
    }


def _told(there: Restored, proofs: list[Proof], at: str) -> Iterator[str]:
    yield f"Drill of a restore, {at}"
    yield f"backup: {there.backup_bytes / 1_000_000:.1f} MB in {there.backup_seconds:.1f} s, restored to {there.moment} in {there.restore_seconds:.1f} s"
    for proof in proofs:
        yield f"{'ILL ' if proof.fault else 'well'}  {proof.what}: {proof.fault or proof.said} ({proof.seconds:.1f} s)"
    yield "Not in these figures: the way of the backup to another place and back, and the time until somebody decides."
    yield "ILL" if any(proof.fault for proof in proofs) else "WELL"
