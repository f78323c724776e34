"""The VAT report: by Member State, rate and operator, with every supporting line.

VAT follows distance (docs/decisions/0003): the VAT of a tax row is withheld from the operators whose rides lie in it,
by their metres. The report names them the same way, row by row; its totals are those of the run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tariffs.apportion import by_weights
from tariffs.money import Money
from ticketing.db.books import tax_lines
from ticketing.db.books.tax_lines import TaxLine
from ticketing.db.patience import take_time
from ticketing.db.settlement.runs import Run
from ticketing.errors import Conflict
from ticketing.progress import Far, silent, told
from ticketing.settlement.inert import row
from ticketing.settlement.office import Office

LINES = (
    "member_state",
    "rate",
    "treatment",
    "mode",
    "scope",
    "operator",
    "taxable",
    "vat",
    "gross",
    "currency",
    "ticket",
    "kind",
    "original_period",
    "booked_at",
    "line",
)
SUMMARY = (
    "member_state",
    "rate",
    "treatment",
    "rate_verified",
    "operator",
    "taxable",
    "vat",
    "gross",
    "currency",
    "lines",
)
Key = tuple[str, int, str, int, str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a tax row that lies on one operator's rides."""

    line: TaxLine
    operator: str
    gross_minor: int
    vat_minor: int


class Report:
    """Streams the supporting lines once and keeps the sums of the summary."""

    def __init__(self, office: Office, run: Run) -> None:
        self._office, self._run = office, run
        self._sums: dict[Key, list[int]] = {}

    def lines(self, far: Far = silent) -> Iterator[str]:
        """Yield the supporting lines as CSV; the summary is complete when they are all read."""
        yield row(LINES)
        with self._office.database.read() as tx:
            take_time(tx)
            rows = tax_lines.stream(tx, self._run.region, self._run.period)
            for line in told(rows, far, self._expected()):
                for part in split(line):
                    self._count(part)
                    yield row(_cells(part))
        self._compare()

    def summary(self) -> Iterator[str]:
        """Yield the summary as CSV, sorted by Member State, rate and operator."""
        yield row(SUMMARY)
        for (state, rate, treatment, verified, operator, currency), sums in sorted(self._sums.items()):
            gross, vat, count = sums
            yield row(
                [
                    state,
                    percent(rate),
                    treatment,
                    "yes" if verified else "no",
                    operator,
                    Money(gross - vat, currency).text,
                    Money(vat, currency).text,
                    Money(gross, currency).text,
                    currency,
                    count,
                ]
            )

    def _expected(self) -> int:
        """About how many tax rows there are: a ticket has about as many as shares."""
        return sum(line.lines for line in self._run.dataset.operators)

    def _count(self, part: Part) -> None:
        line = part.line
        key = (line.member_state, line.rate_bp, line.treatment, line.verified, part.operator, line.currency)
        sums = self._sums.setdefault(key, [0, 0, 0])
        for at, amount in enumerate((part.gross_minor, part.vat_minor, 1)):
            sums[at] += amount

    def _compare(self) -> None:
        """The report's VAT is the run's, by Member State, rate and currency."""
        mine: dict[tuple[str, int, str], int] = {}
        for (state, rate, _, _, _, currency), (_, vat, _) in self._sums.items():
            mine[state, rate, currency] = mine.get((state, rate, currency), 0) + vat
        run: dict[tuple[str, int, str], int] = {}
        for tax in self._run.dataset.taxes:
            key = (tax.key.member_state, tax.key.rate_bp, tax.vat.currency)
            run[key] = run.get(key, 0) + tax.vat.minor
        if mine != run:
            raise Conflict(f"the VAT lines of {self._run.period} do not sum to what the run says")


def split(line: TaxLine) -> list[Part]:
    """Give a tax row to the operators whose rides lie in it, by their metres; unknown rides leave it to `scheme`.

    What is split is the sum of the rows so far, with and without this one: so each operator's rows of a ticket that
    was given back, in whatever parts, sum to zero (settlement model, section 6).
    """
    metres = _metres(line)
    gross = _moved(line.gross_before, line.gross_minor, metres)
    vat = _moved(line.vat_before, line.vat_minor, metres)
    return [Part(line, operator, gross[operator], vat[operator]) for operator in sorted(metres)]


def _moved(before: int, amount: int, metres: Mapping[str, Fraction]) -> dict[str, int]:
    """Compute the change of each operator's part by a row."""
    was, now = by_weights(before, metres), by_weights(before + amount, metres)
    return {operator: now[operator] - was[operator] for operator in metres}


def percent(rate_bp: int) -> str:
    """Basis points as percent: 1350 is 13.50."""
    return f"{rate_bp // 100}.{rate_bp % 100:02}"


def _metres(line: TaxLine) -> Mapping[str, Fraction]:
    found: dict[str, Fraction] = {}
    for ride in line.rides:
        if ride.mode == line.mode:
            for state, metres in ride.distance_m:
                if state == line.member_state and metres:
                    found[ride.operator] = found.get(ride.operator, Fraction(0)) + metres
    return found or {"scheme": Fraction(1)}


def _cells(part: Part) -> list[str | int]:
    line = part.line
    texts = [
        Money(amount, line.currency).text
        for amount in (part.gross_minor - part.vat_minor, part.vat_minor, part.gross_minor)
    ]
    return [
        line.member_state,
        percent(line.rate_bp),
        line.treatment,
        line.mode,
        line.scope,
        part.operator,
        *texts,
        line.currency,
        line.ticket_jti,
        line.kind,
        line.original_period,
        line.booked_at.isoformat(timespec="seconds"),
        line.id,
    ]
