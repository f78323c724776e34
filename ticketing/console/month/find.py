"""Find: an order, a ticket, a control code, an amount, a day, a reference of the bank, the name of an operator, a line or a dispute.

The form is sent, not linked: a ticket's number stays out of addresses, which logs keep. Finding nothing is an answer.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlencode

from flask import redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from tariffs.money import Money
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.month import hits
from ticketing.console.month.hits import MONTHS, Hit
from ticketing.console.month.lines import amount_of
from ticketing.console.names import operator_names
from ticketing.console.pages import language, page, region, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, NotFound
from ticketing.purchase import looking_up
from ticketing.purchase import service as purchase
from ticketing.settlement import bank, claims, service, statement
from ticketing.settlement.run_state import GONE
from ticketing.settlement.statement import LineFilter, working_page

_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y")
_SHORT_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./]?")
_LEAST_LETTERS = 3


@blueprint.get("/find")
@needs("finance", "admin", "operator_finance")
def find() -> str:
    """Show the form."""
    return page("find", here="find", region=region(), hits=None, hint="")


@blueprint.post("/find")
@needs("finance", "admin", "operator_finance")
def look_up() -> str | Redirect:
    """Show everything that fits; one order alone is shown itself."""
    wanted = " ".join(request.form.get("wanted", "").split())
    fitting: list[Hit] = []
    hint = text("find_letters", language())
    if len(wanted) >= _LEAST_LETTERS:
        try:
            fitting = list(_hits(wanted, staff().principal.operator))
            hint = text("found_nothing", language())
        except NotFound as several:
            hint = several.detail
    if [hit.kind for hit in fitting] == ["order"]:
        return redirect(fitting[0].to)
    return page("find", here="find", region=region(), hits=fitting, hint=hint)


def _hits(wanted: str, limited: str | None) -> Iterator[Hit]:
    """Yield all that fits; an operator's staff find their own lines and statements."""
    runs = _runs()
    day, amount = _day_of(wanted), _amount(wanted)
    yield from _statements(wanted, limited, runs)
    if day is not None:
        yield from _lines_of_day(day, limited, runs)
    if amount is not None:
        yield from _lines_of_amount(amount, limited, runs)
        yield from hits.others(amount, limited, runs)
    if limited is None:
        yield from _of_finance(wanted, amount, runs)
    if day is None and amount is None:
        yield from _lines(wanted, limited, runs)


def _of_finance(wanted: str, amount: Money | None, runs: dict[str, service.Run]) -> Iterator[Hit]:
    """Yield what the scheme's staff alone find: orders, suspense, payments, files and lines of the bank."""
    yield from _orders(wanted, amount)
    if amount is not None:
        yield from hits.on_suspense(amount)
        yield from hits.payments(amount, runs)
    yield from hits.of_message(wanted, runs)
    yield from map(hits.of_bank, bank.find_lines(console().office, wanted, amount.minor if amount else None))


def _runs() -> dict[str, service.Run]:
    months = service.list_months(console().office, region(), limit=1200)
    return {
        month.id: month.run
        for month in months
        if month.run is not None and month.run.state not in {"draft", *GONE}
    }


def _orders(wanted: str, amount: Money | None) -> Iterator[Hit]:
    """The order of an id, of its end or of a ticket, and orders that came to an amount."""
    till, tongue = console().till, language()
    tickets = looking_up.list_tickets_of_code(till, wanted)
    known = {purchase.find_order_of(till, one) for one in (wanted, *tickets)} - {None}
    found = {order.id: order for order in looking_up.list_orders_ending(till, region(), wanted)}
    if amount:
        found |= {order.id: order for order in looking_up.list_orders_of_amount(till, region(), amount)}
    for order_id in sorted({*filter(None, known)} - {*found}):
        yield Hit("order", order_id, url_for("console.order", order_id=order_id))
    for order in found.values():
        words = f"{figures.moment(order.created_at, tongue)} · {figures.of_money(order.total, tongue)}"
        yield Hit("order", f"{words} · {order.id[-8:]}", url_for("console.order", order_id=order.id))


def _lines(wanted: str, limited: str | None, runs: dict[str, service.Run]) -> Iterator[Hit]:
    """The lines of a ticket, of a control code, of a line's id or of a dispute."""
    codes = looking_up.list_tickets_of_code(console().till, wanted) if limited is None else []
    for ticket in (wanted, *codes):
        for month, party, line_id in claims.find_lines(console().office, region(), ticket, limited):
            if month in runs:
                yield hits.of_line(runs[month], party, line_id)


def _statements(wanted: str, limited: str | None, runs: dict[str, service.Run]) -> Iterator[Hit]:
    """The statements of an operator whose name has these words."""
    words = wanted.casefold()
    names = {one: name for one, name in operator_names().items() if limited in {None, one}}
    parties = [one for one, name in names.items() if words in name.casefold() or words == one]
    for party in parties:
        for month, run in list(runs.items())[:MONTHS]:
            if party in statement.list_parties(run):
                to = url_for("console.statement", run_id=run.id, party=party)
                yield Hit("statement", f"{names[party]} · {figures.month(month, language())}", to)


def _lines_of_day(day: date, limited: str | None, runs: dict[str, service.Run]) -> Iterator[Hit]:
    """The lines that were booked on a day."""
    run = runs.get(f"{day:%Y-%m}")
    if run is None:
        return
    wanted = LineFilter(region=run.region, period=run.period, party=limited or "", since=day, until=day)
    yield from _filtered(run, wanted, limited, figures.day(day, language()), since=f"{day}", until=f"{day}")


def _lines_of_amount(amount: Money, limited: str | None, runs: dict[str, service.Run]) -> Iterator[Hit]:
    """The lines whose gross or net is an amount, by month."""
    typed = figures.plain(amount.text, language())
    for run in list(runs.values())[:MONTHS]:
        wanted = LineFilter(
            region=run.region,
            period=run.period,
            party=limited or "",
            least_minor=amount.minor,
            most_minor=amount.minor,
        )
        yield from _filtered(
            run, wanted, limited, figures.of_money(amount, language()), least=typed, most=typed
        )


def _filtered(
    run: service.Run, wanted: LineFilter, limited: str | None, words: str, **given: str
) -> Iterator[Hit]:
    if limited is not None and limited not in statement.list_parties(run):
        return
    count = working_page(console().office, run, wanted, size=1).count
    if not count:
        return
    address = (
        url_for("console.statement", run_id=run.id, party=limited)
        if limited
        else url_for("console.run_lines", run_id=run.id)
    )
    query = urlencode(given)
    counted = text("lines_of_month", language(), month=figures.month(run.period, language()), count=count)
    yield Hit("lines", f"{words} · {counted}", f"{address}?{query}")


def _day_of(wanted: str) -> date | None:
    """A day as any of our languages writes it; without a year it is the last one that is over."""
    for form in _DAYS:
        try:
            return datetime.strptime(f"{wanted} +0000", f"{form} %z").date()
        except ValueError:
            continue
    short = _SHORT_DAY.fullmatch(wanted)
    today = console().office.clock.now().date()
    years = (today.year, today.year - 1) if short else ()
    days = (_day_in(year, short) for year in years)
    return next((day for day in days if day and day <= today), None)


def _day_in(year: int, short: re.Match[str] | None) -> date | None:
    try:
        return date(year, int(short[2]), int(short[1])) if short else None
    except ValueError:
        return None


def _amount(wanted: str) -> Money | None:
    """An amount in the region's currency; whole numbers need a currency or decimals, so that ids are no amounts."""
    currency = console().live.regions[region()].data.currency
    plain = wanted.upper().removesuffix(currency).removesuffix("€").strip()
    if not any(mark in wanted for mark in ",.€") and plain == wanted.upper():
        return None
    try:
        minor = amount_of("wanted", plain, currency)
    except InvalidRequest:
        return None
    return None if minor is None else Money(minor, currency)
