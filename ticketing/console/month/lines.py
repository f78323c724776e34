"""The lines of a run as a table to work with: the filters as an address has them, order, pages, sums and CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from flask import Response, g, request, url_for

from ticketing.console.amounts import read_amount
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs, own
from ticketing.console.names import party_name
from ticketing.console.pages import begun, download, language, page
from ticketing.console.words import text
from ticketing.errors import InvalidRequest
from ticketing.settlement import service
from ticketing.settlement.service import Run
from ticketing.settlement.statement import SORTS, LineFilter, WorkingPage, csv_of_lines, working_page

SIZES = (50, 200)
KINDS = ("sale", "refund", "exchange", "chargeback", "correction")
_FIELDS = ("since", "until", "kind", "line", "beside", "least", "most", "ticket")
_MOST_LETTERS = 60
_MOST_DIGITS = 8
# The end of a ticket's number is enough, and the whole one stays out of addresses.
TICKET_LETTERS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A page of lines with its filter, as the template shows it; `of_party` is in the address where the path has no party."""

    run: Run
    party: str
    shown: WorkingPage
    given: Mapping[str, str]
    sort: str
    descending: bool
    size: int
    of_party: Mapping[str, str] = field(default_factory=dict)
    operators: Sequence[str] = ()

    @property
    def is_filtered(self) -> bool:
        """True where any filter is set."""
        return any(self.given.values())

    def to(self, *, sort: str = "", number: int = 0) -> str:
        """The address of another page, or of this one in another order."""
        turned = self.sort == sort and not self.descending
        down = turned if sort else self.descending
        more = {
            "sort": sort or self.sort,
            "down": "1" if down else "",
            "page": str(number) if number else "",
            "size": str(self.size) if self.size != SIZES[0] else "",
        }
        return f"{request.path}?{_query({**self.of_party, **self.given, **more})}"

    @property
    def without_filter(self) -> str:
        """The address of all lines."""
        return f"{request.path}?{_query(self.of_party)}"

    @property
    def csv(self) -> str:
        """The address of the lines of the filter as CSV."""
        address = url_for("console.lines_csv", run_id=self.run.id)
        return f"{address}?{_query({**self.given, 'party': self.party})}"

    def order_of(self, sort: str) -> str:
        """The order of a column, as `aria-sort` says it."""
        if sort != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"


@blueprint.get("/runs/<run_id>/lines")
@needs("finance", "admin")
def run_lines(run_id: str) -> str:
    """Show the lines of all parties of a run."""
    run = service.get_run(console().office, run_id)
    party = request.args.get("party", "")
    return page("lines", here="months", table=table_of(run, party, of_party={"party": party}))


@blueprint.get("/runs/<run_id>/lines.csv")
@needs("finance", "admin", "operator_finance")
def lines_csv(run_id: str) -> Response:
    """Send the lines of a filter as CSV."""
    run = service.get_run(console().office, run_id)
    party = request.args.get("party", "")
    own(party)
    wanted = read_filter(run, party)
    name = f"{run.region}-{run.period}-{party or 'all'}-lines.csv"
    rows = begun(csv_of_lines(console().office, run, wanted, language()))
    content = (part.encode() for part in rows)
    return download(content, name, "text/csv; charset=utf-8")


def table_of(run: Run, party: str, *, of_party: Mapping[str, str] | None = None) -> Table:
    """Read the page of lines that the address asks for; a filter that cannot be read is told, and left out."""
    try:
        wanted = read_filter(run, party)
    except InvalidRequest as error:
        g.problem = error
        wanted = LineFilter(region=run.region, period=run.period, party=party)
    sort = next((one for one in SORTS if one == request.args.get("sort")), SORTS[0])
    descending = request.args.get("down") == "1"
    size = next((one for one in SIZES if str(one) == request.args.get("size")), SIZES[0])
    number = request.args.get("page", "1")
    shown = working_page(
        console().office,
        run,
        wanted,
        sort=sort,
        descending=descending,
        number=int(number) if number.isdecimal() and len(number) < _MOST_DIGITS else 1,
        size=size,
    )
    tongue = language()
    return Table(
        run=run,
        party=party,
        shown=shown,
        given={name: request.args.get(name, "").strip() for name in _FIELDS},
        sort=sort,
        descending=descending,
        size=size,
        of_party=of_party or {},
        operators=sorted(console().office.operators_of(run.region), key=lambda one: party_name(one, tongue)),
    )


def read_filter(run: Run, party: str) -> LineFilter:
    """Read the filter of an address; raises InvalidRequest that names the field."""
    given = {name: request.args.get(name, "").strip()[:_MOST_LETTERS] for name in _FIELDS}
    currency = next((line.net.currency for line in run.dataset.operators), "EUR")
    return LineFilter(
        region=run.region,
        period=run.period,
        party=party,
        since=_day("since", given["since"]),
        until=_day("until", given["until"]),
        kind=given["kind"] if given["kind"] in KINDS else "",
        line=given["line"],
        beside=given["beside"],
        least_minor=amount_of("least", given["least"], currency),
        most_minor=amount_of("most", given["most"], currency),
        ticket_end=given["ticket"][-TICKET_LETTERS:],
    )


def _query(given: Mapping[str, str]) -> str:
    return urlencode([(name, value) for name, value in given.items() if value])


def _day(name: str, given: str) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise InvalidRequest.at(name, text("day_needed", language())) from None


def amount_of(name: str, given: str, currency: str) -> int | None:
    """Read an amount of a filter, without its sign; None where none is given. Raises InvalidRequest."""
    if not given.strip():
        return None
    return abs(read_amount(name, given, currency, language()).minor)
