"""Settlement as its callers see it: close a month, read runs, statements and the journal. No price is computed here."""

from collections.abc import Iterator
from dataclasses import dataclass

from tariffs.money import Money
from ticketing.db import Transaction
from ticketing.db.books import books
from ticketing.db.settlement import runs
from ticketing.db.settlement.runs import Run, RunFile, Step
from ticketing.errors import Conflict, InvalidRequest, NotFound
from ticketing.progress import Far, silent
from ticketing.settlement.month import Netting, close, list_blockers
from ticketing.settlement.months import check_month
from ticketing.settlement.office import Office
from ticketing.settlement.run_state import GONE
from ticketing.settlement.statement import Format, journal_of, stream_lines, to_csv

__all__ = [
    "MonthOverview",
    "Office",
    "Run",
    "as_dict",
    "close",
    "find_run_id",
    "get_run",
    "get_trail",
    "list_blockers",
    "list_months",
    "list_runs",
    "list_versions",
    "statement",
    "write_journal",
]
# How many runs are named when an id is not enough.
_MOST_MONTHS = 1200
_NAMED = 5


def get_run(office: Office, run_id: str) -> Run:
    """Read a run; raises NotFound, or Conflict for one that is still being calculated."""
    with office.database.read() as tx:
        run = runs.find_run(tx, run_id)
    if run is None:
        raise NotFound(f"no settlement run {run_id}")
    if run.state == "draft":
        raise Conflict(
            f"the run of {run.period} is still being calculated: close the month again to finish it"
        )
    return run


def list_runs(office: Office, *, after: str | None, limit: int) -> list[Run]:
    """List runs, oldest first."""
    with office.database.read() as tx:
        return runs.list_runs(tx, after=after, limit=limit)


@dataclass(frozen=True, slots=True)
class MonthOverview:
    """A month with its newest run; `can_close` when its turn has come: it is over, and every month before is closed."""

    id: str
    state: str
    run: Run | None
    can_close: bool


def list_months(office: Office, region: str, limit: int = 36) -> list[MonthOverview]:
    """The months of a region, newest first."""
    this_month = books.month_of(office.clock.now())
    with office.database.read() as tx:
        return [
            MonthOverview(
                month, state, run, month < this_month and _is_next_to_close(tx, region, month, state, run)
            )
            for month, state, run in runs.list_months(tx, region, limit)
        ]


def _is_next_to_close(tx: Transaction, region: str, month: str, state: str, run: Run | None) -> bool:
    """Tell whether a month has no calculated run, and no month before it is open."""
    if state == "closed" and run is not None and run.state not in {"draft", *GONE}:
        return False
    return books.find_open_month_before(tx, region, month) is None


def get_trail(office: Office, run_id: str) -> tuple[Run, list[Step], list[RunFile]]:
    """Read a run with its steps and files; raises NotFound."""
    run = get_run(office, run_id)
    with office.database.read() as tx:
        return run, runs.list_steps(tx, run_id), runs.list_files(tx, run_id)


def list_versions(office: Office, run: Run) -> list[Run]:
    """Every version of the run of a month, those that were taken back too."""
    with office.database.read() as tx:
        return runs.list_versions(tx, run.region, run.period)


def find_run_id(office: Office, start: str) -> str:
    """The one run whose id begins (or ends) with these characters.

    Raises NotFound for none, InvalidRequest for several, naming some.
    """
    with office.database.read() as tx:
        ids = [run.id for run in runs.list_runs(tx, after=None, limit=100_000)]
    matches = [one for one in ids if start and (one.startswith(start) or one.endswith(start))]
    if not matches:
        raise NotFound(f"no settlement run has an id that begins or ends with {start!r}")
    if len(matches) > 1:
        more = f" and {len(matches) - _NAMED} more" if len(matches) > _NAMED else ""
        raise InvalidRequest.at(
            "run",
            f"{start!r} is not enough to tell {len(matches)} runs apart: {', '.join(matches[:_NAMED])}{more}",
        )
    return matches[0]


def statement(office: Office, run_id: str, operator: str, language: str = "en") -> Iterator[str]:
    """Give one operator's statement as CSV lines; raises NotFound for an unknown run or operator."""
    run = get_run(office, run_id)
    return to_csv(run, operator, stream_lines(office, run, operator), language)


def write_journal(
    office: Office, region: str, period: str, form: Format, *, until: str = "", far: Far = silent
) -> Iterator[str]:
    """Give the general journal of a closed month as lines, or of all months until another closed one.

    Raises NotFound when a month has no run, InvalidRequest for what is no month, or for an end before the beginning.
    """
    for month in (period, until or period):
        check_month(month)
        with office.database.read() as tx:
            if runs.find_run_of_period(tx, region, month) is None:
                raise NotFound(f"{month} of {region} is not closed: close it first")
    if until and until < period:
        raise InvalidRequest.at("to", f"{until} is before {period}")
    yield from journal_of(office, region, period, form, until=until, far=far)


def list_closed(office: Office, region: str, period: str, until: str) -> tuple[list[str], list[str]]:
    """The closed months from one to another, and the others; raises NotFound where none is closed.

    Raises InvalidRequest for what is no month, or for an end before the beginning.
    """
    for month in (period, until):
        check_month(month)
    if until < period:
        raise InvalidRequest.at("to", f"{until} is before {period}")
    with office.database.read() as tx:
        closed = [
            month
            for month in _months(period, until)
            if runs.find_run_of_period(tx, region, month) is not None
        ]
    if not closed:
        raise NotFound(f"no month of {region} from {period} to {until} is closed")
    return closed, [month for month in _months(period, until) if month not in closed]


def _months(first: str, last: str) -> list[str]:
    """Every month from one to another, at most a hundred years of them."""
    found: list[str] = []
    year, month = int(first[:4]), int(first[5:])
    while (name := f"{year:04d}-{month:02d}") <= last and len(found) < _MOST_MONTHS:
        found.append(name)
        year, month = year + month // 12, month % 12 + 1
    return found


def as_dict(netting: Netting) -> dict[str, object]:
    """The JSON form of the contract `settlement net`."""
    return {
        "positions": [
            {"operator": position.operator, **Money(position.amount_minor, position.currency).as_dict()}
            for position in netting.positions
        ],
        "payments": [
            {
                "from": payment.debtor,
                "to": payment.creditor,
                **Money(payment.amount_minor, payment.currency).as_dict(),
            }
            for payment in netting.payments
        ],
        "gross": [Money(amount, currency).as_dict() for currency, amount in netting.gross],
        "net": [Money(amount, currency).as_dict() for currency, amount in netting.net],
    }
