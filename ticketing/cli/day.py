"""Show the picture of a day in a terminal."""

from collections.abc import Iterator
from datetime import date

from tariffs.money import Money
from ticketing.errors import InvalidRequest
from ticketing.settlement.day import Day
from ticketing.settlement.inert import plain

_PLACES = {
    "gateway": "at the gateway",
    "reserve": "kept back by the gateway",
    "in_transit": "on its way to the bank",
    "bank": "at the bank",
    "owed_to_us": "owed to the scheme",
    "operators": "owed to operators",
    "customers": "owed to customers",
    "tax": "owed as tax",
    "exchange": "in exchange",
    "suspense": "on suspense",
    "scheme": "of the scheme",
}


def wanted_day(text: str | None) -> date | None:
    """Read a day; raises InvalidRequest for what is none."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidRequest.at("day", f"{text!r} is no day like 2026-11-26") from None


def lines_of(day: Day) -> Iterator[str]:
    """The lines of a picture."""
    yield f"the money of {day.day}"
    for place in day.places:
        yield f"  {_PLACES[place.name]:<26}{place.amount!s:>18}"
    yield "unexplained" if day.unexplained else "nothing is unexplained"
    for row in day.unexplained:
        yield f"  {row.kind:<16}{row.amount!s:>18}  {row.subject}  {row.days} days  {plain(row.detail)}"
    if day.debts:
        yield "owed to the scheme"
    for aged in day.debts:
        debt = aged.debt
        measure = f"  {aged.measure.replace('_', ' ')}" if aged.measure else ""
        yield f"  {debt.party:<16}{debt.amount!s:>18}  due {debt.due}, {aged.days} days late{measure}  {debt.reference}"
    for exposure in (row for row in day.exposures if row.is_over):
        yield f"  {exposure.party:<16}{exposure.owed!s:>18}  over its limit of {exposure.limit}, deposit {exposure.deposit}"
    yield from _lines_of_runs(day)


def _lines_of_runs(day: Day) -> Iterator[str]:
    """The lines of what is paid next, what waits for an approval, and what is paid again."""
    if day.next_run:
        yield "the next run"
    for operator, amount in day.next_run:
        yield f"  {operator:<16}{amount!s:>18}"
    for waiting in day.to_approve:
        yield f"to approve: {waiting.run.region} {waiting.run.period} {waiting.run.id}"
        for jump in waiting.jumps:
            yield f"  {jump.party:<16}{jump.after!s:>18}  was {jump.before} in {jump.against}: look before you approve"
    for run, again in day.to_pay_again:
        amount = Money(again.amount_minor, again.currency)
        yield f"to pay again: {again.party} {amount} of {run.period}, {plain(again.because)}: settlement pay-again {run.id}"
