"""A run: what it pays, who took it how far, its files; approve, reject, void, export, mark as sent."""

import mimetypes
from collections import defaultdict
from collections.abc import Callable
from functools import partial

from flask import Response, g, make_response, request, url_for

from tariffs.money import total
from ticketing.console import figures
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.look import Look, look_then_do
from ticketing.console.month.closing import ask_export, long_export
from ticketing.console.names import party_name, region_name
from ticketing.console.pages import TONGUES, attempt, download, language, page, staff
from ticketing.console.words import text
from ticketing.errors import NotFound, ThroughfareError
from ticketing.frozen import RunPayment, TaxSum
from ticketing.settlement import outlook, payout, service, statement
from ticketing.settlement.day import Aged
from ticketing.settlement.payout import due_date
from ticketing.settlement.run_state import checked_reason
from ticketing.settlement.service import Run
from ticketing.settlement.statement import exported_parts, zip_of_run

STATES = ("draft", "calculated", "approved", "exported", "sent", "reconciled")
LOOKED_AT = ("approved", "exported", "voided")
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
        payees=payout.list_payees(console().office, run_found),
        mine=run_found.prepared_by == staff().name,
        versions=service.list_versions(console().office, run_found),
    )


@blueprint.post("/runs/<run_id>/steps/<step>")
@needs("finance")
def take_step(run_id: str, step: str) -> Response:
    """Take a run a step further; to approve and to export is looked at first."""
    office, by = console().office, staff().name
    acts: dict[str, Callable[[], object]] = {
        "approved": lambda: payout.approve(office, run_id, by, request.form.get("digest", "")),
        "rejected": lambda: payout.reject(office, run_id, by, request.form.get("reason", "")),
        "voided": lambda: payout.void(office, run_id, by, request.form.get("reason", "")),
        "exported": lambda: outlook.export_unless_held(
            office, run_id, by, office.files, language=_language(), despite=request.form.get("despite", "")
        ),
        "sent": lambda: payout.mark_sent(office, run_id, by, request.form.get("message_id", "").strip()),
    }
    if step not in acts:
        raise NotFound(f"no step {step}")
    to: Callable[[], str] = partial(url_for, "console.run", run_id=run_id, done=step)
    act, shown = acts[step], partial(run, run_id)
    if step not in LOOKED_AT:
        return attempt(act, shown, to=to)
    if step == "voided":
        g.problem = _reason_problem()
        if g.problem:
            return make_response(shown(), console().status_of(g.problem))
    taken = service.get_run(office, run_id)
    if step == "exported" and long_export(taken):
        despite = request.form.get("despite", "")
        act, to = (
            ask_export(taken, _language(), despite),
            lambda: url_for("console.work", work_id=g.made.id),
        )
    return look_then_do(_before(taken, step), act, shown, to=to, here="months")


def _reason_problem() -> ThroughfareError | None:
    """The fault of the reason that is given; None where it is one."""
    try:
        checked_reason(request.form.get("reason", ""))
    except ThroughfareError as error:
        return error
    return None


def _payments(taken: Run, tongue: str) -> str:
    """Each payment in words, with the account that gets it."""
    accounts = payout.list_payees(console().office, taken)
    paid_to = {party: f" ({account.name}, {account.iban})" for party, account in accounts.items()}
    return "\n".join(_payment(one, paid_to.get(one.creditor, ""), tongue) for one in taken.dataset.payments)


def _payment(one: RunPayment, to: str, tongue: str) -> str:
    """A payment in words, with the account that gets it."""
    parties = f"{party_name(one.debtor, tongue)} → {party_name(one.creditor, tongue)}"
    return f"{parties}{to}: {figures.of_money(one.amount, tongue)}"


def _before(taken: Run, step: str) -> Look:
    """Show a step of a run before it is taken: the payments, their sum, and the digest that is approved."""
    tongue = language()
    known = taken.dataset
    month = figures.month(taken.period, tongue)
    facts = [
        (text("run", tongue), f"{month}, v{taken.version}, {region_name(taken.region)}"),
        (text("payments", tongue), _payments(taken, tongue) or text("nobody_is_paid", tongue)),
        (text("net_total", tongue), ", ".join(figures.of_money(one, tongue) for one in known.net) or "–"),
        (text("due_day", tongue), figures.day(due_date(taken), tongue)),
    ]
    fields, asks = {}, {}
    if step == "approved":
        fields = {"digest": request.form.get("digest", "")}
        facts.append((text("digest_of_run", tongue), taken.digest))
    elif step == "voided":
        fields = {"reason": request.form.get("reason", "")}
        facts.append((text("reason", tongue), fields["reason"]))
    else:
        fields = {"language": _language()}
        facts.append((text("language_of_statements", tongue), TONGUES[_language()]))
        held = outlook.list_held(console().office, taken)
        if held:
            facts.append((text("held_payments", tongue), "\n".join(_held(row, tongue) for row in held)))
            asks = {"despite": text("pay_despite", tongue)}
    return Look(
        title=text(f"look.{step}", tongue, month=month),
        facts=facts,
        consequence=text(f"follows.{step}", tongue),
        button=_button(step, taken.state, tongue),
        fields=fields,
        asks=asks,
    )


def _button(step: str, state: str, tongue: str) -> str:
    if step == "voided":
        return text(f"take_back.{state}", tongue)
    return text("approve" if step == "approved" else "export", tongue)


def _held(row: Aged, tongue: str) -> str:
    """A late debt for which a payment is held back, in words."""
    amount = figures.of_money(row.debt.amount, tongue)
    return text("owes_since", tongue, party=party_name(row.debt.party, tongue), amount=amount, days=row.days)


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


@blueprint.get("/runs/<run_id>/files.zip")
@needs("finance", "admin")
def zipped(run_id: str) -> Response:
    """Send every exported file of a run in one ZIP."""
    office = console().office
    zipped_run = service.get_run(office, run_id)
    name = f"{zipped_run.region}-{zipped_run.period}-v{zipped_run.version}.zip"
    return download(zip_of_run(office, run_id), name, "application/zip")


def _language() -> str:
    wanted = request.form.get("language", language())
    return wanted if wanted in _LANGUAGES else language()


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
