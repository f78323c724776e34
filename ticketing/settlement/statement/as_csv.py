"""One operator's statement as CSV: each share of each ticket, then the totals; safe to open in a spreadsheet."""

from collections.abc import Iterable, Iterator

from tariffs.money import Money
from ticketing.db.settlement.runs import Run
from ticketing.settlement.inert import row
from ticketing.settlement.statement.lines import AMOUNTS, Line, amounts, foot, totals
from ticketing.settlement.statement.words import word

COLUMNS = (
    "booked_at",
    "kind",
    "ticket",
    "journey",
    "seq",
    "rule",
    "original_period",
    "gross",
    "vat",
    "fee",
    "net",
    "net_minor",
    "currency",
    "line",
)


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
        yield row(cells(line))
    yield from (row(cells) for cells in foot_rows(run, party, language))


def cells(line: Line) -> list[str | int]:
    """The cells of one line, in the order of the columns."""
    return [
        line.booked_at,
        line.kind,
        line.ticket,
        line.journey,
        line.seq,
        line.rule,
        line.original_period,
        *amounts(line),
        line.net_minor,
        line.currency,
        line.id,
    ]


def foot_rows(run: Run, party: str, language: str) -> list[list[str | int]]:
    """Totals, what was carried in, what is carried on, what is paid: by currency."""
    found: list[list[str | int]] = []
    blank: list[str | int] = [""] * 6
    for currency, sums in sorted(totals(run, party).items()):
        texts = [Money(getattr(sums, name), currency).text for name in AMOUNTS]
        found.append([f"{word('total', language)} {currency}", *blank, *texts, sums.net_minor, currency, ""])
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
                found.append([labels[name], *blank, "", "", "", amount.text, "", currency, ""])
    return found
