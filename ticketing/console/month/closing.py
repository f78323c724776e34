"""Close a month: look at it first, give each hindrance its reason, then close it; a large month is closed by the worker."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, g, make_response, redirect, request, url_for

from tariffs.money import Money
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.look import SEEN, digest_of, is_seen
from ticketing.console.month.pictures import LARGE, tiles_of
from ticketing.console.names import party_name
from ticketing.console.pages import attempt, language, page, region, staff
from ticketing.console.words import text
from ticketing.errors import InvalidRequest, NotFound
from ticketing.purchase.gateway import alerts
from ticketing.settlement import outlook, service
from ticketing.settlement.outlook import Hindrance, Preview
from ticketing.settlement.run_state import checked_reason

# A month of more tickets is closed by the worker, and an export of more lines is written by it.
LONG = LARGE
# Cases that say that the gateway and the books do not agree.
_OF_GATEWAY = ("reconciliation", "payment_mismatch", "external_refund")
_REFRESH_SECONDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A month as the page before its close shows it."""

    preview: Preview
    hindrances: tuple[Hindrance, ...]
    cases: int

    @property
    def digest(self) -> str:
        """The digest of everything that somebody should have seen."""
        return digest_of(
            [
                ("preview", repr((self.preview.figures, self.preview.earlier, self.preview.without_account))),
                ("hindrances", repr(self.hindrances)),
                ("cases", str(self.cases)),
            ]
        )


@blueprint.get("/months/<period>/close")
@needs("finance", "admin")
def close(period: str) -> str:
    """Show a month before it is closed."""
    return _look(period, _read(period))


@blueprint.post("/months/<period>/close")
@needs("finance")
def close_month(period: str) -> Response:
    """Close a month and calculate its run; one that has changed since it was looked at is shown anew."""
    closing = _read(period)
    if not is_seen(closing.digest):
        return make_response(_look(period, closing, has_changed=SEEN in request.form))
    place, by = region(), staff().name
    if closing.preview.figures.tickets > LONG and _worker_runs():
        return attempt(
            lambda: _ask_close(place, period, by, _reasons(closing)),
            lambda: _look(period, closing),
            to=lambda: url_for("console.work", work_id=g.made.id),
        )
    return attempt(
        lambda: _close(place, period, by, _reasons(closing)),
        lambda: _look(period, closing),
        to=lambda: url_for("console.run", run_id=g.made.id, done="closed"),
    )


@blueprint.get("/progress/<work_id>")
@needs("finance", "admin")
def work(work_id: str) -> Response:
    """Show how far the worker is; the page asks again by itself, and leads on to the run at the end."""
    shown = outlook.get_work(console().office, work_id)
    done = {"close": "closed", "export": "exported"}[shown.kind]
    if shown.result:
        return make_response(redirect(url_for("console.run", run_id=shown.result, done=done), 303))
    response = make_response(page("work", here="months", work=shown))
    if not shown.fault:
        response.headers["Refresh"] = str(_REFRESH_SECONDS)
    return response


def long_export(run: service.Run) -> bool:
    """Tell whether the worker writes the files of a run."""
    return sum(line.lines for line in run.dataset.operators) > LONG and _worker_runs()


def ask_export(run: service.Run, tongue: str, despite: str) -> Callable[[], None]:
    """Ask the worker to write the files of a run."""

    def act() -> None:
        g.made = outlook.ask_work(
            console().office,
            "export",
            run.region,
            run.id,
            by=staff().name,
            wishes={"language": tongue, "despite": despite},
        )

    return act


def _read(period: str) -> Closing:
    """Read the month, and the cases; raises NotFound for a month that the region does not have."""
    place = region()
    if period not in {month.id for month in service.list_months(console().office, place)}:
        raise NotFound(text("no_such_month", language()))
    preview = outlook.look_ahead(console().office, place, period)
    waiting = alerts.list_waiting(console().till)
    of_gateway = tuple(alert.detail for alert in waiting if alert.kind in _OF_GATEWAY)
    gateway = (Hindrance("gateway", of_gateway),) if of_gateway else ()
    return Closing(preview=preview, hindrances=(*preview.hindrances, *gateway), cases=len(waiting))


def _look(period: str, closing: Closing, *, has_changed: bool = False) -> str:
    months = {month.id: month for month in service.list_months(console().office, region())}
    tongue = language()
    return page(
        "close",
        here="months",
        region=region(),
        period=period,
        closing=closing,
        preview=closing.preview,
        tiles=tiles_of(closing.preview.figures, closing.preview.before),
        can_close=months[period].can_close,
        has_changed=has_changed,
        without=", ".join(party_name(party, tongue) for party in closing.preview.without_account),
        waiting=", ".join(party_name(party, tongue) for party in closing.preview.waiting_accounts),
        net=[
            (party_name(party, tongue), figures.of_money(Money(minor, currency), tongue))
            for (party, currency), minor in sorted(closing.preview.figures.net.items())
        ],
    )


def _reasons(closing: Closing) -> dict[str, str]:
    """Read the reason of each hindrance; raises InvalidRequest that names the field."""
    reasons: dict[str, str] = {}
    for hindrance in closing.hindrances:
        field = f"reason_{hindrance.kind}"
        given = request.form.get(field, "").strip()
        if not given:
            raise InvalidRequest.at(field, text("reason_needed", language()))
        reasons[hindrance.kind] = checked_reason(given, field)
    return reasons


def _close(place: str, period: str, by: str, reasons: dict[str, str]) -> None:
    g.made = service.close(
        console().office,
        place,
        period,
        by,
        despite=reasons.get("paid_without_ticket", ""),
        noted=_noted(reasons),
    )


def _ask_close(place: str, period: str, by: str, reasons: dict[str, str]) -> None:
    wishes = {"despite": reasons.get("paid_without_ticket", ""), "noted": _noted(reasons)}
    g.made = outlook.ask_work(console().office, "close", place, period, by=by, wishes=wishes)


def _noted(reasons: dict[str, str]) -> str:
    """The reasons as the run keeps them; the one of orders without tickets is kept by the close itself."""
    kept = (f"{kind}: {reason}" for kind, reason in reasons.items() if kind != "paid_without_ticket")
    return "; ".join(kept)


def _worker_runs() -> bool:
    seen = alerts.worker_seen(console().till)
    return seen is not None and not seen.silent
