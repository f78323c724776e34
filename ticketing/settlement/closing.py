"""Close a month: raise the fence, then decide its end, anchor its books and calculate its run.

Two short transactions. Whoever dies between them leaves a closing month with a draft; the next call goes on from
there. Two that close at once wait for each other and answer the same run.
"""

from datetime import datetime

from ticketing.db import Transaction, books, runs
from ticketing.db.documents import digest
from ticketing.db.patience import take_time
from ticketing.db.runs import Run
from ticketing.errors import Conflict, InvalidRequest
from ticketing.ids import new_id
from ticketing.progress import Far, Progress, Stages, silent, unnamed
from ticketing.settlement import calculate
from ticketing.settlement.anchor import add_block
from ticketing.settlement.fx import read_rates
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import GONE, checked_name
from ticketing.settlement.terms import Terms

_ENDING, _LINKING, _SUMMING = "ending the month", "linking the entries", "summing the month"


def close(office: Office, region: str, period: str, prepared_by: str, progress: Progress = silent) -> Run:
    """Close a month and calculate its run; closing it again answers the same run.

    A run that was rejected or voided makes room for the next version. Raises InvalidRequest for a period that
    is none or that is not over (UTC), Conflict when an earlier month is not closed or the books do not balance.
    """
    now = office.clock.now()
    check_is_over(period, now)
    begun = _begin(office, region, period, checked_name(prepared_by), now)
    return _finish(office, begun, now, progress) if begun.state == "draft" else begun


def _begin(office: Office, region: str, period: str, prepared_by: str, now: datetime) -> Run:
    with office.database.write() as tx:
        books.lock_period(tx, region, period)
        earlier = runs.find_run_of_period(tx, region, period)
        if earlier is not None and earlier.state not in GONE:
            return earlier
        unfinished = books.find_open_month_before(tx, region, period)
        if unfinished:
            raise Conflict(f"{unfinished} has entries and is not closed: months are closed in order")
        books.begin_closing(tx, region, period, now)
        version = earlier.version + 1 if earlier else 1
        made = Run(new_id(), region, period, version, "draft", "", prepared_by, now, {})
        runs.insert_run(tx, made)
        runs.insert_step(tx, made.id, state="draft", actor=prepared_by, at=now, digest="")
    return made


def _finish(office: Office, draft: Run, now: datetime, progress: Progress) -> Run:
    terms = office.terms(draft.region)
    stages = Stages(progress, _weights(terms))
    rates = read_rates(office.folder(draft.region), terms.settlement_currency, draft.period)
    with office.database.write() as tx:
        take_time(tx)
        state = books.lock_period(tx, draft.region, draft.period)
        found = runs.find_run(tx, draft.id)
        if found is None or found.state != "draft":
            return found or draft
        if state == "closing":
            calculate.end_month(tx, draft.region, draft.period, terms, now, far=stages.begin(_ENDING))
        earlier = _version_before(tx, draft)
        far = stages.begin(_LINKING)
        anchored = _anchored(tx, office, draft, now, far) if earlier is None else earlier.document["books"]
        document = calculate.dataset(
            tx, draft.region, draft.period, terms, anchored=anchored, rates=rates, earlier=earlier,
            progress=unnamed(stages.begin(_SUMMING)),
        )  # fmt: skip
        found_digest = digest(document)
        runs.set_calculated(tx, draft.id, found_digest, document)
        runs.insert_step(
            tx, draft.id, state="calculated", actor=draft.prepared_by, at=now, digest=found_digest
        )
        if state != "closed":
            books.close_period(tx, draft.region, draft.period, found_digest, now)
        return runs.find_run(tx, draft.id) or draft


def _weights(terms: Terms) -> dict[str, int]:
    """How long the stages of a close take beside each other."""
    return {_ENDING: 5 if calculate.decides_at_the_end(terms) else 0, _LINKING: 4, _SUMMING: 10}


def _version_before(tx: Transaction, draft: Run) -> Run | None:
    if draft.version == 1:
        return None
    return runs.find_version(tx, draft.region, draft.period, draft.version - 1)


def _anchored(tx: Transaction, office: Office, draft: Run, now: datetime, far: Far) -> str:
    block = add_block(tx, office.keys, draft.region, draft.period, now, far=far)
    return block.hash if block else ""


def check_is_over(period: str, now: datetime) -> None:
    """Raise InvalidRequest unless `period` is a month (2026-03) that is over."""
    try:
        start = datetime.strptime(f"{period}-01 +0000", "%Y-%m-%d %z")
    except ValueError:
        raise InvalidRequest.at("period", f"{period!r} is not a month like 2026-03") from None
    if books.month_of(start) != period:
        raise InvalidRequest.at("period", f"{period!r} is not a month like 2026-03")
    if books.month_of(now) <= period:
        raise InvalidRequest.at("period", f"{period} is not over yet")
