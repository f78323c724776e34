"""`throughfare settlement` for a month: close, approve, export, sent, statements, journal, simulate, disputes."""

import json
import tomllib
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import click

from ticketing.cli.by import by_option, check_operator
from ticketing.cli.progress import progress
from ticketing.cli.shown import AS_JSON, answer, show_close, show_run
from ticketing.db.settlement.runs import Run
from ticketing.frozen import write_run
from ticketing.progress import Stages, told
from ticketing.settlement.office import Office
from ticketing.settlement.statement import FORMATS, Format

_BY = by_option()
_REGION = click.option("--region", default=None, help="The region; the first configured one by default.")
_OUT = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder of the exported files; THROUGHFARE_SETTLEMENT_FOLDER or var/settlement by default.",
)
_REASON = click.option("--reason", required=True, help="The reason, kept with the run.")


@click.command("close")
@click.argument("period")
@_REGION
@by_option("prepared_by", default="command line", text="The name of the person who prepares the run.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="The folder of one CSV statement per operator; `preview` in THROUGHFARE_SETTLEMENT_FOLDER by default.",
)
@click.option(
    "--despite",
    default="",
    help="The reason to close although an order is paid without a ticket: the run keeps it.",
)
@AS_JSON
def close_command(
    period: str, region: str | None, prepared_by: str, out: Path | None, despite: str, *, as_json: bool
) -> None:
    """Close PERIOD (like 2026-03): positions, payments and a statement per operator.

    On a terminal a summary is shown, in a pipe JSON is written.

    \b
    Example:
      throughfare settlement close 2026-03 --by "Anna Kask"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.cli import deployment  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement import service, statement  # noqa: PLC0415  see above
    from ticketing.settlement.statement import file_name  # noqa: PLC0415  see above

    chosen, desk = deployment.region(region), deployment.office(deployment.settings(), signs=True)
    with progress(f"closing {period}") as tell:
        run = service.close(desk, chosen, period, prepared_by, tell, despite=despite)
    folder = (out or desk.files / "preview") / run.region / run.period
    folder.mkdir(parents=True, exist_ok=True)
    with progress("writing statements") as tell:
        stages = Stages(
            tell, {party: statement.count_lines(run, party) for party in statement.list_parties(run)}
        )
        for party in statement.list_parties(run):
            rows = service.statement(desk, run.id, party)
            with (folder / f"{file_name(party)}.csv").open("w", encoding="utf-8", newline="") as file:
                file.writelines(told(rows, stages.begin(party), statement.count_lines(run, party)))
    summary = {
        "run": run.id,
        "state": run.state,
        "digest": run.digest,
        "statements": str(folder),
        **write_run(run.document),
    }
    answer(summary, show_close, as_json=as_json)
    _tell_jumps(desk, run.id)


def _tell_jumps(desk: Office, run_id: str) -> None:
    """Name the positions that jumped, beside the answer."""
    from ticketing.settlement import day  # noqa: PLC0415  only these commands need the database

    for jump in day.list_jumps(desk, run_id):
        click.echo(f"{jump.party}: {jump.after}, was {jump.before} in {jump.against}", err=True)


@click.command("runs")
def runs_command() -> None:
    """List the runs, oldest first.

    \b
    Example:
      throughfare settlement runs
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import service  # noqa: PLC0415  only this command needs the database

    for run in service.list_runs(_office(), after=None, limit=10_000):
        click.echo(f"{run.id}  {run.region}  {run.period} v{run.version}  {run.state:<10}  {run.digest[:12]}")


@click.command("show")
@click.argument("run_id", metavar="RUN")
@AS_JSON
def show_command(run_id: str, *, as_json: bool) -> None:
    """Show a run: its dataset, its steps with their people, its files with their SHA-256.

    On a terminal a summary is shown, in a pipe JSON is written.

    \b
    Example:
      throughfare settlement show 019a...
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import claims, service  # noqa: PLC0415  only this command needs the database

    desk = _office()
    run, steps, files = service.get_trail(desk, _full_id(run_id))
    answer(claims.show_trail(run, steps, files), show_run, as_json=as_json)
    if run.is_calculated:
        _tell_jumps(desk, run.id)


@click.command("approve")
@click.argument("run_id", metavar="RUN")
@_BY
@click.option("--digest", required=True, help="The digest that you have read; it must be the run's.")
def approve_command(run_id: str, by: str, digest: str) -> None:
    """Approve a calculated run: another person than the one who prepared it, by its digest.

    Positions that jumped against the month or the year before (`[credit]` of the terms) are named on standard error.

    \b
    Example:
      throughfare settlement approve 019a... --by "Bertil Lind" --digest 5f0c...
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    desk, run_id = _office(), _full_id(run_id)
    _tell_jumps(desk, run_id)
    _tell(payout.approve(desk, run_id, by, digest))


@click.command("reject")
@click.argument("run_id", metavar="RUN")
@_BY
@_REASON
def reject_command(run_id: str, by: str, reason: str) -> None:
    """Send a calculated run back; `close` then makes its next version.

    \b
    Example:
      throughfare settlement reject 019a... --by "Bertil Lind" --reason "the threshold changed in March"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    _tell(payout.reject(_office(), _full_id(run_id), by, reason))


@click.command("void")
@click.argument("run_id", metavar="RUN")
@_BY
@_REASON
def void_command(run_id: str, by: str, reason: str) -> None:
    """Take a run back before its payments have left; the bookings of its approval are reversed.

    \b
    Example:
      throughfare settlement void 019a... --by "Anna Kask" --reason "wrong account of tlt"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    _tell(payout.void(_office(), _full_id(run_id), by, reason))


@click.command("export")
@click.argument("run_id", metavar="RUN")
@_BY
@_OUT
@click.option("--language", type=click.Choice(["en", "et", "fi", "sv"]), default="en", show_default=True)
@click.option(
    "--despite",
    default="",
    help="The reason to pay somebody whose payments the terms hold back: the run keeps it.",
)
def export_command(run_id: str, by: str, out: Path | None, language: str, despite: str) -> None:
    """Write every file of an approved run: payments, statements, VAT report, journals, UIC delivery, manifest.

    \b
    Example:
      throughfare settlement export 019a... --by "Bertil Lind"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import outlook, payout  # noqa: PLC0415  only this command needs the database

    desk = _office()
    out, run_id = out or desk.files, _full_id(run_id)
    with progress("exporting") as tell:
        run = outlook.export_unless_held(
            desk, run_id, by, out, language=language, despite=despite, progress=tell
        )
    _tell(
        run,
        files=str(out / run.region / f"{run.period}-v{run.version}"),
        message_id=payout.message_id_of(run),
    )


@click.command("sent")
@click.argument("run_id", metavar="RUN")
@_BY
@click.option("--message-id", required=True, help="The MsgId in the file that the bank has taken.")
def sent_command(run_id: str, by: str, message_id: str) -> None:
    """Record that the bank has taken the payment file.

    \b
    Example:
      throughfare settlement sent 019a... --by "Bertil Lind" --message-id TF-2026-03-...
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import payout  # noqa: PLC0415  only this command needs the database

    _tell(payout.mark_sent(_office(), _full_id(run_id), by, message_id))


@click.command("journal")
@click.argument("period")
@_REGION
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="beancount", show_default=True)
@click.option("--to", "until", default="", help="The last month, for a journal of several months.")
def journal_command(period: str, region: str | None, form: Format, until: str) -> None:
    """Write the journal of a closed PERIOD (or of all months to another one) for an auditor's own program.

    With --to, months that are not closed are left out and named on standard error. What is asserted at its end is what
    these months have moved on each account.

    \b
    Example:
      throughfare settlement journal 2026-03 > 2026-03.beancount && bean-check 2026-03.beancount
      throughfare settlement journal 2026-01 --to 2026-12 --format hledger > 2026.hledger
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import service  # noqa: PLC0415  only this command needs the database

    desk, where = _at(region)
    if until:
        closed, left_out = service.list_closed(desk, where, period, until)
        period, until = closed[0], closed[-1]
        if left_out:
            click.echo(f"not closed, and left out: {', '.join(left_out)}", err=True)
    with progress(f"journal of {period}", answers=True) as tell:
        far = partial(tell, f"journal of {period}")
        for line in service.write_journal(desk, where, period, form, until=until, far=far):
            click.echo(line, nl=False)


@click.command("simulate")
@click.option("--period", required=True, help="The closed month, like 2026-03.")
@click.option("--agreement", type=click.File("rb"), default=None, help="An agreement (or a list), as JSON.")
@click.option("--terms", type=click.File("rb"), default=None, help="Other settlement terms, as TOML.")
@_REGION
def simulate_command(
    period: str, agreement: BinaryIO | None, terms: BinaryIO | None, region: str | None
) -> None:
    """Show each operator's month under another agreement or other terms; nothing is booked.

    \b
    Example:
      throughfare settlement simulate --agreement new-gulf-link.json --period 2026-03
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from throughfare_gate.strictjson import NotStrict, loads  # noqa: PLC0415  see above
    from ticketing.errors import InvalidRequest  # noqa: PLC0415  only this command needs it
    from ticketing.settlement import month  # noqa: PLC0415  only this command needs the database
    from ticketing.settlement.terms import read_terms  # noqa: PLC0415  see above

    if (agreement is None) == (terms is None):
        raise InvalidRequest("give --agreement or --terms, one of them")
    if agreement is not None:
        try:
            document = loads(agreement.read())
        except NotStrict as error:
            raise InvalidRequest.at("agreement", f"this is no JSON that can be read: {error}") from None
        with progress(f"pricing {period} again") as tell:
            far = partial(tell, f"pricing {period} again")
            comparison = month.simulate_agreement(*_at(region), period, document, far)
    elif terms is not None:
        try:
            other = tomllib.loads(terms.read().decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest.at("terms", f"this is no TOML that can be read: {error}") from None
        with progress(f"summing {period}") as tell:
            far = partial(tell, f"summing {period}")
            comparison = month.simulate_terms(*_at(region), period, read_terms(other), far)
    click.echo(json.dumps(comparison.as_dict(), ensure_ascii=False, indent=2))


@click.command("dispute")
@click.argument("run_id", metavar="RUN")
@click.argument("operator")
@click.argument("line")
@by_option(roles=("finance", "operator_finance"))
@_REASON
def dispute_command(run_id: str, operator: str, line: str, by: str, reason: str) -> None:
    """Dispute a LINE (last column of the statement; its last eight characters are enough) of an OPERATOR.

    \b
    Example:
      throughfare settlement dispute 019a... hsl 019b... --by "Heli Aalto" --reason "this tram was ours"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import claims  # noqa: PLC0415  only this command needs the database

    check_operator(by, operator)
    _tell_case(claims.open_dispute(_office(), _full_id(run_id), operator, line, by=by, reason=reason))


@click.command("answer")
@click.argument("dispute")
@_BY
@click.option("--text", required=True, help="The answer that the operator reads.")
@click.option("--stands", is_flag=True, help="The line stands; this ends the dispute.")
@click.option(
    "--amount", default=None, help="The amount that was missing, like 0.50; a negative amount takes back."
)
@click.option("--against", default=None, help="The operator that bears it; the scheme by default.")
def answer_command(
    dispute: str, *, by: str, text: str, stands: bool, amount: str | None, against: str | None
) -> None:
    """Answer a DISPUTE, for good: the line stands, or an amount corrects it in the open month.

    \b
    Examples:
      throughfare settlement answer 019c... --by "Anna Kask" --text "you are right" --amount 0.50 --against tlt
      throughfare settlement answer 019c... --by "Anna Kask" --text "half of it" --amount=-0.25
      throughfare settlement answer 019c... --by "Anna Kask" --text "the tap was tlt's" --stands
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import claims  # noqa: PLC0415  only this command needs the database

    case = claims.answer(_office(), dispute, by=by, text=text, stands=stands, amount=amount, against=against)
    _tell_case(case)


@click.command("disputes")
@click.option("--operator", default=None, help="Only one operator's, and those that it bears.")
def disputes_command(operator: str | None) -> None:
    """List disputes with their trails.

    \b
    Example:
      throughfare settlement disputes --operator hsl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.settlement import claims  # noqa: PLC0415  only this command needs the database

    for case in claims.list_cases(_office(), operator):
        _tell_case(case)


COMMANDS = (
    close_command, runs_command, show_command, approve_command, reject_command, void_command, export_command,
    sent_command, journal_command, simulate_command, dispute_command, answer_command, disputes_command,
)  # fmt: skip


def _office() -> Any:
    from ticketing.cli.deployment import office, settings  # noqa: PLC0415  only these commands need the database

    return office(settings())


def _at(region: str | None) -> tuple[Any, str]:
    """The office and the region that a command is about; a region that is not served opens nothing."""
    from ticketing.cli import deployment  # noqa: PLC0415  see above

    chosen = deployment.region(region)
    return _office(), chosen


def _full_id(start: str) -> str:
    """The run that an id begins with, so that a clerk types a few characters."""
    from ticketing.settlement import service  # noqa: PLC0415  see above

    return service.find_run_id(_office(), start)


def _tell(run: Run, **more: str) -> None:
    told = {
        "run": run.id,
        "region": run.region,
        "period": run.period,
        "version": run.version,
        "state": run.state,
    }
    click.echo(json.dumps({**told, "digest": run.digest, **more}, ensure_ascii=False, indent=2))


def _tell_case(case: Any) -> None:
    from ticketing.settlement import claims  # noqa: PLC0415  see above

    click.echo(json.dumps(claims.show_case(case), ensure_ascii=False, indent=2))
