"""The money of a day: where it is, what is unexplained, who owes since when, what the next run pays, what is paid again."""

from datetime import date

from flask import Response, request, url_for

from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, page, region, staff
from ticketing.errors import InvalidRequest, NotFound
from ticketing.settlement import payout
from ticketing.settlement.day import read_day


@blueprint.get("/day")
@needs("finance", "admin")
def day() -> str:
    """Show the picture of a day, today's by default."""
    return page(
        "day",
        here="day",
        region=region(),
        picture=read_day(console().office, region(), _wanted()),
        today=console().office.clock.now().date(),
    )


@blueprint.post("/day/runs/<run_id>/again")
@needs("finance")
def pay_again(run_id: str) -> Response:
    """Make the payments of a run that the bank has returned or refused once more."""
    return attempt(
        lambda: payout.pay_again(console().office, run_id, staff().name, request.form.get("reason", "")),
        day,
        to=lambda: url_for("console.day", region=region(), done="paid_again"),
    )


@blueprint.get("/day/runs/<run_id>/again/<number>/<name>")
@needs("finance")
def again_file(run_id: str, number: str, name: str) -> Response:
    """Give the file of payments that were made again."""
    content = (
        payout.again_files(console().office, run_id, int(number)).get(name) if number.isdecimal() else None
    )
    if content is None:
        raise NotFound(f"the run {run_id} has no file {name} of payments made again")
    head = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype="application/xml", headers=head)


def _wanted() -> date | None:
    text = request.args.get("day", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidRequest.at("day", f"{text!r} is no day like 2026-11-26") from None
