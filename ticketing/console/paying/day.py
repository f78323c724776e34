"""The money of a day: where it is, what is unexplained, who owes since when, what the next run pays, what is paid again."""

from collections.abc import Iterable
from datetime import date

from flask import Response, request, url_for

from tariffs.money import Money, total
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, page, region, staff
from ticketing.errors import InvalidRequest, NotFound
from ticketing.settlement import payout
from ticketing.settlement.day import Place, read_day

# Places that are owed to somebody, or earned, where their money is below zero.
_OWED = ("operators", "customers", "tax", "scheme")


@blueprint.get("/day")
@needs("finance", "admin")
def day() -> str:
    """Show the picture of a day, today's by default."""
    picture = read_day(console().office, region(), _wanted())
    currencies = sorted({place.amount.currency for place in picture.places})
    return page(
        "day",
        here="day",
        region=region(),
        picture=picture,
        place_keys=[_key_of(place) for place in picture.places],
        totals=[_sum_of(picture.places, currency) for currency in currencies],
        today=console().office.clock.now().date(),
    )


def _key_of(place: Place) -> str:
    """The words for a place by the sign of its money: a loss is none of the scheme's own money, a claim is no debt."""
    is_turned = place.name in _OWED and place.amount.minor > 0
    return f"day_turned.{place.name}" if is_turned else f"day_place.{place.name}"


def _sum_of(places: Iterable[Place], currency: str) -> Money:
    """The sum of all places in a currency: nothing, as the books balance."""
    amounts = (place.amount for place in places if place.amount.currency == currency)
    return total(amounts, currency)


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
