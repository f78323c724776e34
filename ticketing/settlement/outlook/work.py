"""Long work of the office: asked for on a page, done by the worker, and told as it goes."""

import json
import time
from collections.abc import Mapping

from throughfare_gate.ids import new_id
from ticketing.db.settlement import office_work
from ticketing.db.settlement.office_work import Kind, Work
from ticketing.errors import NotFound, ThroughfareError
from ticketing.progress import Progress
from ticketing.settlement.month import close
from ticketing.settlement.office import Office
from ticketing.settlement.outlook.paying import export_unless_held
from ticketing.settlement.run_state import checked_name

# Progress is written down so often at most.
_EVERY_SECONDS = 1.0


def ask(office: Office, kind: Kind, region: str, subject: str, *, by: str, wishes: Mapping[str, str]) -> Work:
    """Ask the worker to close a month or to export a run; asked again before it has, nothing is added."""
    work = Work(
        id=new_id(),
        kind=kind,
        region=office.served(region),
        subject=subject,
        asked_by=checked_name(by),
        asked_at=office.clock.now(),
        wish=json.dumps(dict(wishes), ensure_ascii=False),
    )
    with office.database.write() as tx:
        waits = office_work.find_open_work(tx, kind, region, subject)
        if waits is None:
            office_work.insert_work(tx, work)
    return waits or work


def get_work(office: Office, work_id: str) -> Work:
    """Read a piece of work; raises NotFound."""
    with office.database.read() as tx:
        work = office_work.find_work(tx, work_id)
    if work is None:
        raise NotFound(f"no work {work_id}")
    return work


def list_asked(office: Office) -> list[Work]:
    """List what the worker has before it."""
    with office.database.read() as tx:
        return office_work.list_open_work(tx)


def carry_out(office: Office, work: Work) -> None:
    """Do it; a refusal ends it with its words, any other error leaves it for the next round."""
    try:
        run_id = _done(office, work)
    except ThroughfareError as refusal:
        with office.database.write() as tx:
            office_work.end_work(tx, work.id, office.clock.now(), fault=refusal.detail)
        return
    with office.database.write() as tx:
        office_work.end_work(tx, work.id, office.clock.now(), result=run_id)


def _done(office: Office, work: Work) -> str:
    wishes, progress = work.wishes, _told(office, work)
    if work.kind == "export":
        return export_unless_held(
            office,
            work.subject,
            work.asked_by,
            office.files,
            language=wishes.get("language", "en"),
            despite=wishes.get("despite", ""),
            progress=progress,
        ).id
    return close(
        office,
        work.region,
        work.subject,
        work.asked_by,
        progress,
        despite=wishes.get("despite", ""),
        noted=wishes.get("noted", ""),
    ).id


def _told(office: Office, work: Work) -> Progress:
    """Write down how far the work is, once a second at most."""
    last = 0.0

    def tell(stage: str, done: int, whole: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY_SECONDS:
            last = now
            with office.database.write() as tx:
                office_work.tell_work(tx, work.id, stage, done, whole)

    return tell
