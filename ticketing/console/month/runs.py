"""A run: what it pays, who took it how far, its files; approve, reject, void, export, mark as sent."""

import mimetypes
from collections import defaultdict
from collections.abc import Callable

from flask import Response, request, url_for

from tariffs.money import total
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, download, page, staff
from ticketing.errors import NotFound
from ticketing.frozen import TaxSum
from ticketing.settlement import payout, service, statement
from ticketing.settlement.payout import due_date
from ticketing.settlement.service import Run
from ticketing.settlement.statement import export_run, exported_parts

STATES = ("draft", "calculated", "approved", "exported", "sent", "reconciled")
_LANGUAGES = ("en", "et", "fi", "sv")


@blueprint.get("/runs/<run_id>")
@needs("finance", "admin")
def run(run_id: str) -> str:
    """Show a run."""
    run_found, taken, files = service.get_trail(console().office, run_id)
    return page(
        "run",
        here="months",
        run=run_found,
        steps=taken,
        files=files,
        states=STATES,
        languages=_LANGUAGES,
        parties=[
            (party, statement.sum_lines(run_found, party)) for party in statement.list_parties(run_found)
        ],
        due=due_date(run_found),
        mine=run_found.prepared_by == staff().name,
        versions=service.list_versions(console().office, run_found),
    )


@blueprint.post("/runs/<run_id>/steps/<step>")
@needs("finance")
def take_step(run_id: str, step: str) -> Response:
    """Take a run a step further; the page that is shown afterwards says how it stands."""
    acts: dict[str, Callable[[], object]] = {
        "approved": lambda: payout.approve(
            console().office, run_id, staff().name, request.form.get("digest", "")
        ),
        "rejected": lambda: payout.reject(
            console().office, run_id, staff().name, request.form.get("reason", "")
        ),
        "voided": lambda: payout.void(console().office, run_id, staff().name, request.form.get("reason", "")),
        "exported": lambda: export_run(
            console().office, run_id, staff().name, console().office.files, language=_language()
        ),
        "sent": lambda: payout.mark_sent(
            console().office, run_id, staff().name, request.form.get("message_id", "").strip()
        ),
    }
    if step not in acts:
        raise NotFound(f"no step {step}")
    return attempt(
        acts[step], lambda: run(run_id), to=lambda: url_for("console.run", run_id=run_id, done=step)
    )


@blueprint.get("/runs/<run_id>/vat")
@needs("finance", "admin")
def vat(run_id: str) -> str:
    """Show the VAT of a run by Member State, mode and rate."""
    found, _, files = service.get_trail(console().office, run_id)
    return page(
        "vat", here="months", run=found, totals=_vat_totals(found), files={file.name for file in files}
    )


@blueprint.get("/runs/<run_id>/files")
@needs("finance", "admin")
def file(run_id: str) -> Response:
    """Send an exported file as it was written."""
    name = request.args.get("name", "")
    content = exported_parts(console().office, run_id, name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return download(content, name.rpartition("/")[2], kind)


def _language() -> str:
    wanted = request.form.get("language", "en")
    return wanted if wanted in _LANGUAGES else "en"


def _vat_totals(run_shown: Run) -> dict[str, dict[str, str]]:
    """Gross and VAT by currency, as decimal strings."""
    by_currency: dict[str, list[TaxSum]] = defaultdict(list)
    for row in run_shown.dataset.taxes:
        by_currency[row.gross.currency].append(row)
    return {currency: _vat_total(rows, currency) for currency, rows in by_currency.items()}


def _vat_total(rows: list[TaxSum], currency: str) -> dict[str, str]:
    return {
        "gross": total((row.gross for row in rows), currency).text,
        "vat": total((row.vat for row in rows), currency).text,
    }
