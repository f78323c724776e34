"""`throughfare devices`: enrol, list and revoke the gates of an operator."""

import json

import click

from ticketing.cli import deployment
from ticketing.cli.deployment import current_database, settings
from ticketing.gate import devices, journal
from ticketing.gate.devices import Place, shown
from ticketing.gate.house import Gatehouse
from ticketing.regions import Sailings, load_regions
from ticketing.tickets.issue import Press
from ticketing.tickets.keys import key_store

_OPERATOR = click.option("--operator", required=True, help="The operator of the gate.")


@click.group()
def command() -> None:
    """Enrol, list and revoke the gates of an operator."""


@command.command("code")
@_OPERATOR
@click.option("--name", required=True, help="The gate's name for staff, for example 'Pasila, gate 3'.")
@click.option("--stop", "stop_id", default=None, help="The stop where it stands, where that matters.")
@click.option("--zone", default=None, help="The zone that it opens to.")
@click.option(
    "--direction", type=click.Choice(["in", "out"]), default=None, help="For check-in and check-out."
)
def code_command(
    operator: str, name: str, stop_id: str | None, zone: str | None, direction: str | None
) -> None:
    """Make a code that enrols one gate within ten minutes.

    \b
    Example:
      throughfare devices code --operator hsl --name "Pasila, gate 3"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    deployment.operator(operator)
    house = _house(Sailings(load_regions(settings())) if stop_id else None)
    code, expires_at = devices.make_code(
        house, operator, Place(name, stop_id, zone, direction), "command line"
    )
    house.database.close()
    click.echo(f"{code}\nWorks once, until {expires_at:%H:%M:%S} UTC. On the gate:")
    click.echo(f"  throughfare-gate enrol --server {house.press.public_url} --code {code}")
    click.echo(f"On an inspector's phone:\n  {house.press.public_url}/inspect/#code={code}")


@command.command("list")
@_OPERATOR
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def list_command(operator: str, *, as_json: bool) -> None:
    """List an operator's gates with their health and counters.

    \b
    Example:
      throughfare devices list --operator hsl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    house = _house()
    states = [shown(state) for state in devices.list_devices(house, operator)]
    house.database.close()
    if as_json:
        click.echo(json.dumps(states, indent=2, ensure_ascii=False))
        return
    for device in states:
        counts = f"{device['told']} told, {device['missing']} missing, {device['queue_length'] or 0} waiting"
        off = f", clock {device['clock_offset']} s off" if device["clock_is_off"] else ""
        click.echo(f"{device['id']}  {device['state']:<8} {device['name']:<20} {counts}{off}")


@command.command("revoke")
@_OPERATOR
@click.argument("device_id")
@click.option("--because", required=True, help="The reason, for the journal.")
def revoke_command(operator: str, device_id: str, because: str) -> None:
    """Revoke a lost or stolen gate: refused at once, its later uploads kept and flagged.

    \b
    Example:
      throughfare devices revoke --operator hsl 019a... --because "stolen from tram 4"
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    house = _house()
    devices.revoke(house, operator, device_id, because, "command line")
    house.database.close()
    click.echo(f"{device_id} is revoked")


@command.command("journal")
@_OPERATOR
def journal_command(operator: str) -> None:
    """Print what people did at an operator's gates and prove that no entry was changed; exit 1 if one was.

    \b
    Example:
      throughfare devices journal --operator hsl
    """  # noqa: D301  the \b is click's mark for text that must not be wrapped
    house = _house()
    for entry in journal.list_journal(house, operator):
        ticket = f" ticket {entry['ticket']}..." if entry["ticket"] else ""
        click.echo(f"{entry['at']}  {entry['kind']:<11} {entry['by']}{ticket}: {entry['reason']}")
    broken = journal.journal_break(house, operator)
    house.database.close()
    if broken is not None:
        raise click.ClickException(f"the journal is not whole from its entry {broken} on")
    click.echo("the journal is whole")


def _house(sailings: Sailings | None = None) -> Gatehouse:
    configured = settings()
    opened = current_database(configured)
    keys = key_store(configured)
    demo = configured.is_sandbox
    press = Press(keys, configured.issuer, configured.public_url, demo=demo)
    known = sailings or Sailings()
    return Gatehouse(
        database=opened, clock=configured.clock(), keys=keys, press=press, accept_demo=demo, sailings=known
    )
