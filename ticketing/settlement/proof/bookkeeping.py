"""Keep the books in the worker: expired carnets, an anchor a day, anchors kept elsewhere, checks asked for."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from throughfare_gate.ids import new_id
from ticketing.db.books import book_checks, chain
from ticketing.db.books.book_checks import BookCheck
from ticketing.settlement.month import anchor_chain, end_carnets
from ticketing.settlement.office import Office
from ticketing.settlement.proof import anchor_files
from ticketing.settlement.proof.verify import TakeBack, verify
from ticketing.settlement.run_state import checked_name

EVERY = timedelta(hours=24)


def tend_region(office: Office, region: str) -> dict[str, int]:
    """End expired carnets, anchor what a day has brought, keep every new anchor outside; answers what was done.

    A round that dies is made up for by the next: it looks at what is there, not at what it has done.
    """
    done = {"carnets": end_carnets(office, region), "anchored": 0, "kept": 0}
    if _is_due(office, region):
        done["anchored"] = len(anchor_chain(office, region))
    if office.anchors is not None:
        with office.database.read() as tx:
            blocks = chain.list_all_blocks(tx, region)
        done["kept"] = anchor_files.keep(anchor_files.file_of(office.anchors, region), blocks)
    return done


def list_asked(office: Office) -> list[BookCheck]:
    """The proofs of the books that somebody has asked for and that wait."""
    with office.database.read() as tx:
        return book_checks.list_wanted(tx)


# Proves something else of a region beside its books: how much of what was looked at, and every fault.
Beside = Callable[[str], tuple[int, list[str]]]


def carry_out(
    office: Office, check: BookCheck, take_back: TakeBack, beside: Mapping[str, Beside] = MappingProxyType({})
) -> None:
    """Prove a region's books as somebody has asked, with what is proven `beside` them, and keep what was found."""
    found = verify(office, check.region, take_back)
    checked, faults = dict(found.checked), list(found.faults)
    for name, prove in beside.items():
        checked[name], more = prove(check.region)
        faults += more
    document = {"checked": checked, "faults": faults[:200], "notes": found.notes[:200]}
    with office.database.write() as tx:
        book_checks.finish_check(tx, check.id, office.clock.now(), document)


def ask(office: Office, region: str, by: str) -> None:
    """Ask the worker to prove a region's books; asked again before it has, nothing is added."""
    now, by, region = office.clock.now(), checked_name(by), office.served(region)
    with office.database.write() as tx:
        newest = book_checks.list_checks(tx, region, 1)
        if not newest or newest[0].done_at is not None:
            book_checks.insert_check(
                tx,
                BookCheck(id=new_id(), region=region, asked_by=by, asked_at=now, done_at=None, document={}),
            )


def list_checks(office: Office, region: str, limit: int = 10) -> list[BookCheck]:
    """The newest checks with what they found, newest first."""
    with office.database.read() as tx:
        return book_checks.list_checks(tx, region, limit)


def list_anchors(office: Office, region: str, limit: int = 10) -> list[chain.Block]:
    """The newest anchors of a region, newest first."""
    with office.database.read() as tx:
        return chain.list_all_blocks(tx, region)[: -limit - 1 : -1]


def anchors_file(office: Office, region: str) -> Path | None:
    """Return the file of a region's anchors outside of the database, where the deployment keeps them."""
    return anchor_files.file_of(office.anchors, region) if office.anchors else None


def _is_due(office: Office, region: str) -> bool:
    """Tell whether the last anchor is a day old, or there is none yet."""
    with office.database.read() as tx:
        last = chain.find_last_made(tx, region)
    return last is None or office.clock.now() - last >= EVERY
