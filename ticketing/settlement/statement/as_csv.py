"""One operator's statement as CSV: each share of each ticket, then the totals; safe to open in a spreadsheet."""

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

from tariffs.money import Money
from ticketing.db.settlement.runs import Run
from ticketing.settlement.inert import row
from ticketing.settlement.statement.lines import AMOUNTS, Line, foot, totals
from ticketing.settlement.statement.words import word

Cell = str | int


def _amount(name: str) -> Callable[[Line], Cell]:
    """Make the function that writes an amount of a line as a decimal string."""
    return lambda line: Money(getattr(line, name), line.currency).text


# Each column: its name, by which `words.py` has its heading, and its cell of a line.
_CELLS: tuple[tuple[str, Callable[[Line], Cell]], ...] = (
    ("booked_at", attrgetter("booked_at")),
    ("kind", attrgetter("kind")),
    ("ticket", attrgetter("ticket")),
    ("journey", attrgetter("journey")),
    ("seq", attrgetter("seq")),
    ("rule", attrgetter("rule")),
    ("original_period", attrgetter("original_period")),
    ("gross", _amount("gross_minor")),
    ("vat", _amount("vat_minor")),
    ("fee", _amount("fee_minor")),
    ("net", _amount("net_minor")),
    ("net_minor", attrgetter("net_minor")),
    ("currency", attrgetter("currency")),
    ("line", attrgetter("id")),
)
COLUMNS = tuple(name for name, _ in _CELLS)


def to_csv(run: Run, party: str, lines: Iterable[Line], language: str = "en") -> Iterator[str]:
    """Yield the lines of a statement (RFC 4180, UTF-8, decimal point), without holding them all.

    A statement of demo payments opens with a line that says so. The last lines are the totals by currency, what
    was carried in, what is carried on and what is paid.
    """
    if run.dataset.demo:
        yield row([word("specimen", language)])
    yield row(
        [word("statement", language), party, run.region, run.period, f"run {run.id}", f"digest {run.digest}"]
    )
    yield row([word(name, language) for name in COLUMNS])
    for line in lines:
        yield row(cells(line).values())
    yield from (row(told.values()) for told in foot_rows(run, party, language))


def cells(line: Line) -> dict[str, Cell]:
    """The cells of one line, in the order of the columns."""
    return {name: cell(line) for name, cell in _CELLS}


def foot_rows(run: Run, party: str, language: str) -> list[dict[str, Cell]]:
    """Totals, what was carried in, what is carried on, what is paid: by currency, each with its label in the first column."""
    rows: list[dict[str, Cell]] = []
    for currency, sums in sorted(totals(run, party).items()):
        texts = {name.removesuffix("_minor"): Money(getattr(sums, name), currency).text for name in AMOUNTS}
        label = f"{word('total', language)} {currency}"
        rows.append(_foot_row(label, currency=currency, net_minor=sums.net_minor, **texts))
    for currency, ends in sorted(foot(run, party).items()):
        labels = {
            "opening": f"{word('opening', language)} {ends.from_period}".strip(),
            "carried": word("carried", language),
            "position": word("owes", language, party=party) if ends.owes else word("position", language),
        }
        for name, amount in (
            ("opening", ends.opening),
            ("carried", ends.carried),
            ("position", ends.position),
        ):
            if amount is not None:
                rows.append(_foot_row(labels[name], currency=currency, net=amount.text))
    return rows


def _foot_row(label: str, **told: Cell) -> dict[str, Cell]:
    """A row with a cell in each column that is named, and its label in the first."""
    return {**dict.fromkeys(COLUMNS, ""), **told, COLUMNS[0]: label}
