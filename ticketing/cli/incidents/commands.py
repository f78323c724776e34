"""`throughfare incidents`: what failed, told to partners: drafts, sharing, answers, files, the clocks, the chain."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from throughfare_gate.strictjson import NotStrict, loads
from ticketing.cli.by import by_option
from ticketing.cli.incidents.desk import opened
from ticketing.cli.incidents.partners import partner_group
from ticketing.errors import InvalidRequest
from ticketing.frozen import IncidentStatus, IncidentType, Tlp
from ticketing.incidents.clocks import DUTIES

if TYPE_CHECKING:
    from ticketing.incidents.show import Shown

_TYPES, _TLPS, _STATUSES = get_args(IncidentType), get_args(Tlp), get_args(IncidentStatus)


@click.group()
def command() -> None:
    """Share failures and attacks with partners, keep the clocks, answer (docs/incidents.md)."""


command.add_command(partner_group)


@command.command("list")
def list_command() -> None:
    """List incidents, ours and our partners', the newest first.

    \b
    Example:
      throughfare incidents list
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import reporting  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        for case in reporting.list_cases(desk):
            record, whose = case.record, case.partner.name if case.partner else "ours"
            state = "shared" if case.is_shared else case.last.kind
            click.echo(
                f"{case.incident.id}  {record.aware_at.astimezone(UTC):%Y-%m-%d %H:%M}  {record.severity}  {record.tlp:<12}  "
                f"{record.status:<11}  {state:<8}  {whose:<12}  {record.type}"
            )


@command.command("show")
@click.argument("incident_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The whole incident as JSON.")
def show_command(incident_id: str, *, as_json: bool) -> None:
    """Show an incident with its clocks, its partners and their answers.

    \b
    Example:
      throughfare incidents show 019a2f6e-1c40-7d2a-9b63-5b1c7a8d9e10
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import show  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        shown = show.show(desk, incident_id)
        text = json.dumps(show.as_json(shown), indent=2, ensure_ascii=False) if as_json else _told(shown)
    click.echo(text)


@command.command("draft")
@click.argument("kind", metavar="TYPE", type=click.Choice(_TYPES))
@click.option("--title", required=True, help="One line, without names.")
@click.option("--facts", required=True, help="The facts of the type as JSON, or @FILE (docs/incidents.md).")
@click.option("--occurred-at", required=True, help="When it began, with its offset.")
@click.option("--aware-at", help="When somebody knew that it was one; now where it is left out.")
@click.option("--operator", help="The operator that it concerns.")
@click.option("--lines", default="", help="Two lines in your own words, without names.")
@click.option("--tlp", type=click.Choice(_TLPS), default="AMBER", show_default=True)
@by_option()
def draft_command(kind: IncidentType, facts: str, by: str, lines: str, **given: Any) -> None:
    """Open a draft of which the service has no fact of its own; nobody else sees it.

    \b
    Example:
      throughfare incidents draft wrong_tariff_or_price --by Anna --title "Adults paid too much" \\
        --occurred-at 2026-12-01T03:00:00+02:00 --facts @facts.json
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import reporting  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        given["aware_at"] = given["aware_at"] or desk.clock.now().isoformat()
        text = Path(facts[1:]).read_text(encoding="utf-8") if facts.startswith("@") else facts
        record = reporting.new_record(kind, _json(text), {**given, "narrative": lines})
        click.echo(reporting.open_draft(desk, record, by))


@command.command("look")
def look_command() -> None:
    """Look for facts that are incidents, and open a draft of each once; the worker does the same.

    \b
    Example:
      throughfare incidents look
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import triggers  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        click.echo(f"{triggers.draft_all(desk)} new drafts")


@command.command("share")
@click.argument("incident_id", metavar="ID")
@click.option("--tlp", type=click.Choice(_TLPS), help="Its colour; as before where it is left out.")
@click.option("--lines", "narrative", help="Two lines in your own words, without names.")
@click.option("--status", type=click.Choice(_STATUSES))
@click.option("--lessons", help="The lessons; a close needs them.")
@click.option("--passengers", type=click.IntRange(0), help="Passengers that it has met or may meet.")
@click.option("--money-minor", type=click.IntRange(0), help="Money at risk, in minor units.")
@click.option("--significant/--not-significant", "is_significant", default=None, help="In the sense of NIS2.")
@click.option("--cross-border/--not-cross-border", "is_cross_border", default=None)
@click.option("--malicious/--not-malicious", "is_malicious", default=None)
@click.option("--to", multiple=True, metavar="ISSUER", help="A partner who sees it whatever its colour.")
@by_option()
def share_command(incident_id: str, to: tuple[str, ...], by: str, **given: Any) -> None:
    """Share an incident: the first time, an update, or its close. The worker brings it to the partners.

    \b
    Example:
      throughfare incidents share ID --tlp GREEN --status contained --lines "The key is out." --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import reporting  # noqa: PLC0415  loads the rooms

    change = {name: value for name, value in given.items() if value is not None}
    with opened() as desk:
        step = reporting.share(desk, incident_id, change, by, to=to)
        click.echo(f"shared as TLP:{step.tlp}, severity {step.record.severity}, status {step.status}")


@command.command("put-away")
@click.argument("incident_id", metavar="ID")
@by_option()
def put_away_command(incident_id: str, by: str) -> None:
    """Put a draft away that is no incident; partners never hear of it.

    \b
    Example:
      throughfare incidents put-away ID --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import reporting  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        reporting.put_away(desk, incident_id, by)
    click.echo("put away")


@command.command("submitted")
@click.argument("incident_id", metavar="ID")
@click.argument("duty", type=click.Choice(DUTIES))
@click.argument("reference")
@by_option()
def submitted_command(incident_id: str, duty: str, reference: str, by: str) -> None:
    """Write down that an authority was told, with the reference that it gave; it stays here.

    \b
    Example:
      throughfare incidents submitted ID nis2_early_warning CERT-2026-0042 --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import reporting  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        reporting.note_submitted(desk, incident_id, duty, reference, by)
    click.echo(f"{duty} is answered")


@command.command("answer")
@click.argument("incident_id", metavar="ID")
@click.option("--affected/--not-affected", default=None, help="It concerns you, or not; left out: not known.")
@click.option("--tickets", type=click.IntRange(0), default=0, help="Tickets of yours that it concerns.")
@click.option("--done", is_flag=True, help="Your part is done.")
@by_option()
def answer_command(incident_id: str, affected: bool | None, tickets: int, by: str, *, done: bool) -> None:
    """Answer a partner's incident: seen, affected, done.

    \b
    Example:
      throughfare incidents answer ID --affected --tickets 12 --done --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import answering  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        answering.answer(desk, incident_id, by, affected=affected, tickets=tickets, is_done=done)
    click.echo("the answer waits for the worker")


@command.command("withdraw-key")
@click.argument("incident_id", metavar="ID")
@by_option()
def withdraw_command(incident_id: str, by: str) -> None:
    """Take the key of a partner's incident out of the bundles of our gates.

    \b
    Example:
      throughfare incidents withdraw-key ID --by Anna
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import answering  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        is_new = answering.withdraw_kid(desk, incident_id, by)
    click.echo("gates refuse the key with their next bundle" if is_new else "the key is out already")


@command.command("export")
@click.argument("incident_id", metavar="ID")
@click.option("--for", "issuer", help="The signed record for a partner.")
@click.option("--answer", "is_answer", is_flag=True, help="Our signed answer to its partner.")
@click.option("--stix", is_flag=True, help="A bundle of STIX 2.1.")
@click.option("--misp", is_flag=True, help="An event of MISP.")
def export_command(incident_id: str, issuer: str | None, *, is_answer: bool, stix: bool, misp: bool) -> None:
    """Write an incident as a file: signed for one partner, or as STIX or MISP for other tools.

    \b
    Example:
      throughfare incidents export ID --for tickets.malmo.example > incident.jws
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import exchange, misp_event, reporting, stix_bundle  # noqa: PLC0415  loads the rooms

    if sum([issuer is not None, is_answer, stix, misp]) != 1:
        raise click.UsageError("give one of --for, --answer, --stix and --misp")
    with opened() as desk:
        if issuer:
            text = exchange.export_for(desk, incident_id, issuer)
        elif is_answer:
            text = exchange.export_answer(desk, incident_id)
        else:
            case = reporting.get_case(desk, incident_id)
            write = stix_bundle.bundle if stix else misp_event.event
            text = json.dumps(write(case, desk.issuer), indent=2, ensure_ascii=False)
    click.echo(text)


@command.command("import")
@click.argument("file", type=click.File("rb"))
def import_command(file: Any) -> None:
    """Take in a partner's signed file, or the mail that carries it (.eml).

    \b
    Example:
      throughfare incidents import incident.jws
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import exchange  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        taken = exchange.import_file(desk, file.read(1_000_000))
    click.echo(f"{taken.incident_id} of {taken.partner}{'' if taken.is_new else ', known already'}")


@command.command("deliver")
def deliver_command() -> None:
    """Send what waits and fetch from partners, once; the worker does the same.

    \b
    Example:
      throughfare incidents deliver
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import delivering  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        click.echo(f"{delivering.deliver_due(desk)} arrived, {delivering.fetch_all(desk)} new from partners")


@command.command("figures")
def figures_command() -> None:
    """Tell the median time from a report until four of five partners have answered.

    \b
    Example:
      throughfare incidents figures
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.incidents import figures  # noqa: PLC0415  loads the rooms

    with opened() as desk:
        seen = figures.judge(figures.list_reports(desk))
    median = "none yet" if seen.median_seconds is None else f"{seen.median_seconds:.0f} s"
    click.echo(f"{seen.reports} reports, {seen.answered} answered by 80 % of partners; median {median}")


@command.command("verify")
def verify_command() -> None:
    """Check the chain of all steps: exit 1 where one was changed or is missing.

    \b
    Example:
      throughfare incidents verify
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    from ticketing.db.incidents import steps  # noqa: PLC0415

    with opened() as desk, desk.database.read() as tx:
        faults = list(steps.broken(tx))
    for fault in faults:
        click.echo(f"{fault} was changed, or a step before it is missing")
    if faults:
        sys.exit(1)
    click.echo("the chain holds")


def _json(text: str) -> object:
    """Read facts; raises InvalidRequest for a text that is no JSON."""
    try:
        return loads(text)
    except NotStrict as error:
        raise InvalidRequest.at("facts", str(error)) from None


def _told(shown: "Shown") -> str:
    case, record = shown.case, shown.case.record
    lines = [
        f"{record.title} (TLP:{record.tlp})",
        f"{record.type}, {record.status}, severity {record.severity}, from {case.partner.name if case.partner else 'us'}",
        f"aware {_at(record.aware_at)}, began {_at(record.occurred_at)}",
        *([record.narrative] if record.narrative else []),
        f"facts: {json.dumps(case.last.document['facts'], ensure_ascii=False)}",
        *(
            f"  {due.duty:<20} {due.state:<15} {_at(due.due_at)}"
            for due in shown.deadlines
            if due.state != "does_not_apply"
        ),
        *(
            f"  {state.partner.name:<20} sees {'yes' if state.sees else 'no':<3} arrived {_at(state.arrived_at)} "
            f"answered {_at(state.answered_at)} {state.waits_because}"
            for state in shown.partners
        ),
    ]
    return "\n".join(lines)


def _at(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
