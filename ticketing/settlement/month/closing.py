"""Close a month: raise the fence, then decide its end, anchor its books and calculate its run.

Three short transactions that write; the long reading lies between them, so that selling goes on (docs/decisions/0010).
Whoever dies leaves a closing month with a draft, and the next call goes on from there. Two that close at once answer
the same run.
"""

from datetime import datetime

from throughfare_gate.ids import new_id
from ticketing.db import Transaction
from ticketing.db.books import books, chain
from ticketing.db.documents import digest
from ticketing.db.patience import take_time
from ticketing.db.sale import undelivered
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict, InvalidRequest
from ticketing.frozen import Ending, write_run
from ticketing.progress import Far, Progress, Stages, silent, unnamed
from ticketing.settlement.month import calculate
from ticketing.settlement.month.anchor import next_block
from ticketing.settlement.month.fx import RateSet, read_rates
from ticketing.settlement.months import check_month
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import GONE, checked_name, checked_reason
from ticketing.settlement.terms import Terms, terms_of

# How many orders a refusal names.
_NAMED = 5
_ENDING, _LINKING, _SUMMING = "ending the month", "linking the entries", "summing the month"
# How long the stages take beside each other.
_WEIGHTS = {_ENDING: 5, _LINKING: 4, _SUMMING: 10}


def close(
    office: Office,
    region: str,
    period: str,
    prepared_by: str,
    progress: Progress = silent,
    *,
    despite: str = "",
    noted: str = "",
) -> Run:
    """Close a month and calculate its run; closing it again answers the same run.

    A run that was rejected or voided makes room for the next version. `despite` is why the month is closed although
    an order is paid and has no ticket, `noted` what else was known of: the run keeps both with the name. Raises InvalidRequest for a region that is
    not served here and for a period that is none or that is not over (UTC), Conflict when an earlier month is not closed, the books do not balance, or such
    an order waits and no reason is given.
    """
    now = office.clock.now()
    check_is_over(period, now)
    run = _begin(
        office,
        office.served(region),
        period,
        prepared_by=checked_name(prepared_by),
        now=now,
        despite=despite.strip(),
        noted=noted.strip(),
    )
    stages = Stages(progress, _WEIGHTS)
    if run.state == "draft" and run.document is None:
        run = _end(office, run, now, stages.begin(_ENDING))
    while run.state == "draft":
        run = _calculate(office, run, now, stages) or run
    return run


def list_blockers(office: Office, region: str) -> list[str]:
    """Say what keeps the months of a region from being closed without a reason: orders that are paid without a ticket."""
    with office.database.read() as tx:
        return _blockers(tx, region)


def _blockers(tx: Transaction, region: str) -> list[str]:
    return [
        f"order {one.order_id} is paid and has no ticket ({one.detail})"
        for one in undelivered.list_undelivered(tx, region)
    ]


def _begin(
    office: Office,
    region: str,
    period: str,
    *,
    prepared_by: str,
    now: datetime,
    despite: str,
    noted: str,
) -> Run:
    with office.database.write() as tx:
        books.lock_period(tx, region, period)
        earlier = runs.find_run_of_period(tx, region, period)
        if earlier is not None and earlier.state not in GONE:
            return earlier
        unfinished = books.find_open_month_before(tx, region, period)
        if unfinished:
            raise Conflict(f"{unfinished} has entries and is not closed: months are closed in order")
        later = None if earlier else books.find_closed_month_after(tx, region, period)
        if later:
            raise Conflict(f"{later} is closed already: nothing was booked in {period}, and nothing will be")
        blockers = _blockers(tx, region)
        if blockers and not despite:
            raise Conflict(
                f"{'; '.join(blockers[:_NAMED])}: settle the case, or say why the month is closed despite it"
            )
        reason = checked_reason(despite, "despite") if despite else ""
        books.close_empty_months_before(tx, region, period)
        books.begin_closing(tx, region, period, now)
        version = earlier.version + 1 if earlier else 1
        run = Run(
            id=new_id(),
            region=region,
            period=period,
            version=version,
            state="draft",
            digest="",
            prepared_by=prepared_by,
            created_at=now,
            document=None,
        )
        runs.insert_run(tx, run)
        unticketed = f"closed despite {len(blockers)} paid without a ticket: {reason}" if blockers else ""
        note = "; ".join(filter(None, (unticketed, noted)))
        runs.insert_step(tx, run.id, state="draft", actor=prepared_by, at=now, digest="", note=note)
    return run


def _end(office: Office, draft: Run, now: datetime, far: Far) -> Run:
    """Decide the month's end and book it, once; the draft keeps by which terms, and what it counted."""
    terms = office.terms(draft.region)
    _rates(office, draft, terms)  # faults of theirs are told before anything is decided
    with office.database.read() as tx:
        take_time(tx)
        earlier = runs.find_version(tx, draft.region, draft.period, draft.version - 1)
        entries, pools = (
            ([], earlier.dataset.pools)
            if earlier
            else calculate.ending(tx, draft.region, draft.period, terms, far)
        )
    with office.database.write() as tx:
        books.lock_period(tx, draft.region, draft.period)
        run = runs.find_run(tx, draft.id)
        if run is None or run.state != "draft" or run.document is not None:
            return run or draft
        for entry in entries:
            books.book(tx, entry, now, into=draft.period)
        runs.set_ended(tx, draft.id, Ending(pools, terms.as_dict()))
        return runs.find_run(tx, draft.id) or draft


def _ending(draft: Run) -> Ending:
    """Read the facts by which the end of a draft's month was decided."""
    match draft.document:
        case Ending() as ending:
            return ending
    raise LookupError(f"the month of the run {draft.id} has not ended")


def _calculate(office: Office, draft: Run, now: datetime, stages: Stages) -> Run | None:
    """Link the entries and sum the month, then close it; None when another anchor came between."""
    with office.database.read() as tx:
        take_time(tx)
        far = stages.begin(_LINKING)
        earlier = runs.find_version(tx, draft.region, draft.period, draft.version - 1)
        block = None if earlier else next_block(tx, office.keys, draft.region, draft.period, now, far=far)
        anchored = _anchored(earlier, block)
        ending = _ending(draft)
        terms = terms_of(ending.terms)
        rates = _rates(office, draft, terms)
        dataset = calculate.dataset(
            tx,
            draft.region,
            draft.period,
            terms,
            anchored=anchored,
            rates=rates,
            pools=ending.pools,
            progress=unnamed(stages.begin(_SUMMING)),
        )
    with office.database.write() as tx:
        state = books.lock_period(tx, draft.region, draft.period)
        run = runs.find_run(tx, draft.id)
        if run is None or run.state != "draft":
            return run or draft
        if block and not chain.insert_block(tx, block):
            return None
        found_digest = digest(write_run(dataset))
        runs.insert_step(
            tx, draft.id, state="calculated", actor=draft.prepared_by, at=now, digest=found_digest
        )
        runs.set_calculated(tx, draft.id, found_digest, dataset)
        if state != "closed":
            books.close_period(tx, draft.region, draft.period, found_digest, now)
        return runs.find_run(tx, draft.id) or draft


def _anchored(earlier: Run | None, block: chain.Block | None) -> str:
    """The state of the books that a version is of: that of the version before it, else of the block at its end."""
    if earlier:
        return earlier.dataset.books
    return block.hash if block else ""


def _rates(office: Office, draft: Run, terms: Terms) -> RateSet:
    return read_rates(office.folder(draft.region), terms, draft.period)


def check_is_over(period: str, now: datetime) -> None:
    """Raise InvalidRequest unless `period` is a month (2026-03) that is over."""
    check_month(period)
    if books.month_of(now) <= period:
        raise InvalidRequest.at("period", f"{period} is not over yet")
