"""Transfers of compensation: prepared by one person, read and released by another, downloaded for the bank."""

from flask import Response, g, request, url_for

from ticketing import claims
from ticketing.console.blueprint import blueprint, console
from ticketing.console.door import needs
from ticketing.console.pages import attempt, download, page, region, staff
from ticketing.errors import NotFound
from ticketing.settlement.run_state import is_same_person


@blueprint.get("/payouts")
@needs("finance", "admin")
def payouts() -> str:
    """Show the claims that wait for a transfer, and the runs."""
    office, place = console().office, region()
    return page(
        "payouts",
        here="claims",
        region=place,
        waiting=claims.list_waiting(office, place),
        runs=claims.list_runs(office, place),
    )


@blueprint.post("/payouts")
@needs("finance")
def prepare_payouts() -> Response:
    """Put all that waits into a run."""

    def act() -> None:
        g.made = claims.prepare(console().office, region(), staff().name)

    return attempt(
        act, payouts, to=lambda: url_for("console.payout_run", run_id=g.made.id, done="payouts_prepared")
    )


@blueprint.get("/payouts/<run_id>")
@needs("finance", "admin")
def payout_run(run_id: str) -> str:
    """Show a run with its transfers."""
    run, lines = claims.get_run(console().office, run_id)
    return page(
        "payout_run",
        here="claims",
        run=run,
        lines=lines,
        message_id=claims.message_id(run),
        prepared_by_you=is_same_person(run.prepared_by, staff().name),
    )


@blueprint.post("/payouts/<run_id>/<step>")
@needs("finance")
def decide_payouts(run_id: str, step: str) -> Response:
    """Release a run as another person, or take it back."""
    office, by = console().office, staff().name
    acts = {
        "released": lambda: claims.release(office, run_id, by, request.form.get("digest", "")),
        "withdrawn": lambda: claims.withdraw(office, run_id, by, request.form.get("reason", "")),
    }
    if step not in acts:
        raise NotFound(f"no step {step}")
    return attempt(
        acts[step],
        lambda: payout_run(run_id),
        to=lambda: url_for("console.payout_run", run_id=run_id, done=f"payouts_{step}"),
    )


@blueprint.get("/payouts/<run_id>/file")
@needs("finance")
def payouts_file(run_id: str) -> Response:
    """Send the file for the bank; it has names and accounts, so an account that only reads does not get it."""
    run, _ = claims.get_run(console().office, run_id)
    content = claims.payouts_file(console().office, run_id)
    return download([content], f"compensation-{claims.message_id(run)}.xml", "application/xml")
