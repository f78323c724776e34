"""Look in a region's runs, books and bank for whatever has an amount, or the MsgId of a payment file. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import url_for

from tariffs.money import Money
from ticketing.console import figures
from ticketing.console.blueprint import console
from ticketing.console.names import party_name
from ticketing.console.pages import language, region
from ticketing.console.words import named, text
from ticketing.settlement import bank, payout, service, statement
from ticketing.settlement.bank import BankLine, Waiting
from ticketing.settlement.statement import LineFilter, working_page

MONTHS = 24
# The lines of a statement that belong to no ticket are few: month ends, corrections, continuations.
_MOST_OTHERS = 1000


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that fits: its kind, its words, and its address."""

    kind: str
    words: str
    to: str


def on_suspense(amount: Money) -> Iterator[Hit]:
    """Amounts that wait on suspense."""
    tongue = language()
    for waiting in bank.list_suspense(console().office, region()):
        if _is(amount, waiting.amount_minor, waiting.currency):
            yield Hit("suspense", _suspended(waiting, tongue), _to_line(waiting.line.id))


def _suspended(waiting: Waiting, tongue: str) -> str:
    money = figures.of_money(Money(waiting.amount_minor, waiting.currency), tongue)
    return f"{money} · {figures.day(waiting.line.booking_date, tongue)} · {waiting.line.counterparty or '–'}"


def of_bank(line: BankLine) -> Hit:
    """A line of the bank."""
    money = figures.of_money(Money(line.amount_minor, line.currency), language())
    words = f"{money} · {figures.day(line.booking_date, language())} · {line.counterparty or '–'}"
    return Hit("bank", f"{words} · {line.end_to_end_id}".removesuffix(" · "), _to_line(line.id))


def payments(amount: Money, runs: Mapping[str, service.Run]) -> Iterator[Hit]:
    """Payments of runs."""
    tongue = language()
    for month, run in list(runs.items())[:MONTHS]:
        for one in run.dataset.payments:
            if _is(amount, one.amount.minor, one.amount.currency):
                parties = f"{party_name(one.debtor, tongue)} → {party_name(one.creditor, tongue)}"
                words = f"{figures.of_money(one.amount, tongue)} · {parties} · {figures.month(month, tongue)}"
                yield Hit("payment", words, url_for("console.run", run_id=run.id) + "#payments")


def others(amount: Money, limited: str | None, runs: Mapping[str, service.Run]) -> Iterator[Hit]:
    """Lines of statements that belong to no ticket."""
    for run in list(runs.values())[:MONTHS]:
        parties = {row.operator for row in run.dataset.other}
        for party in sorted(parties if limited is None else parties & {limited}):
            for line in statement.other_lines(console().office, run, party, limit=_MOST_OTHERS):
                if any(_is(amount, getattr(line, name), line.currency) for name in statement.AMOUNTS):
                    yield of_other(run, party, line)


def of_other(run: service.Run, party: str, line: statement.Line) -> Hit:
    """A line that belongs to no ticket, with its amount, kind and day."""
    tongue = language()
    words = (
        figures.of_money(Money(line.net_minor, line.currency), tongue),
        named("kind", line.kind, tongue),
        party_name(party, tongue),
        figures.day(line.booked_at, tongue),
    )
    to = url_for("console.line", run_id=run.id, party=party, line_id=line.id)
    return Hit("line", " · ".join(words), to)


def of_line(run: service.Run, party: str, line_id: str) -> Hit:
    """A line of a statement with its amount, kind and day."""
    tongue = language()
    wanted = LineFilter(region=run.region, period=run.period, party=party, share_id=line_id)
    for line in working_page(console().office, run, wanted, size=1).lines:
        words = (
            figures.of_money(line.gross, tongue),
            named("kind", line.kind, tongue),
            party_name(party, tongue),
            figures.day(line.booked_at, tongue),
            line_id[-8:],
        )
        to = url_for("console.line", run_id=run.id, party=party, line_id=line_id)
        return Hit("line", " · ".join(words), to)
    rest = statement.other_lines(console().office, run, party, limit=_MOST_OTHERS)
    return next(of_other(run, party, line) for line in rest if line.id == line_id)


def of_message(wanted: str, runs: Mapping[str, service.Run]) -> Iterator[Hit]:
    """The run whose payment file has a MsgId."""
    for month, run in runs.items():
        if wanted.casefold() in {one.casefold() for one in payout.list_message_ids(run)}:
            words = text("run_of", language(), month=figures.month(month, language()))
            yield Hit("run", f"{words} v{run.version}", url_for("console.run", run_id=run.id))


def _is(amount: Money, minor: int, currency: str) -> bool:
    return currency == amount.currency and abs(minor) == abs(amount.minor)


def _to_line(line_id: str) -> str:
    return url_for("console.bank_line", line_id=line_id, region=region())
