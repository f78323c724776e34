"""The first page: what waits for somebody, a month in figures and pictures, and the months with their runs."""

from collections.abc import Iterator

from flask import request

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.month import pictures
from ticketing.console.month.waiting import tasks_of
from ticketing.console.pages import page, region, staff
from ticketing.settlement import service, statement
from ticketing.settlement.run_state import GONE


@blueprint.get("/")
@needs("finance", "admin", "operator_finance")
def months() -> str:
    """The first page of a region; an operator's staff see their own statements."""
    operator = staff().principal.operator
    if operator is not None:
        return _statements_of(operator)
    place = region()
    known = service.list_months(console().office, place)
    shown = _shown(known)
    return page(
        "home",
        here="months",
        region=place,
        months=known,
        tasks=tasks_of(known, place),
        shown=pictures.of_month(console().office, place, shown) if shown else None,
    )


def _shown(known: list[service.MonthOverview]) -> str | None:
    """The month in figures: the one that is asked for, else the one to close, else the newest that is over, else the newest."""
    wanted = request.args.get("month", "")
    over = [month.id for month in known if month.can_close or month.state == "closed"]
    to_close = [month.id for month in known if month.can_close]
    chosen = [month.id for month in known if month.id == wanted]
    return next(iter([*chosen, *to_close, *over, *(month.id for month in known)]), None)


def _statements_of(operator: str) -> str:
    statements = [
        (place, run, statement.sum_lines(run, operator)) for place, run in _runs_with_statements(operator)
    ]
    return page("statements", here="months", operator=operator, statements=statements)


def _runs_with_statements(operator: str) -> Iterator[tuple[str, service.Run]]:
    """Yield the calculated runs that have a statement of an operator, each with its region."""
    for place in console().regions:
        for month in service.list_months(console().office, place):
            run = month.run
            if run is None or run.state in {"draft", *GONE}:
                continue
            if operator in statement.list_parties(run):
                yield place, run
